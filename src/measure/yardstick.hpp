// The yardstick: fixed pieces of work that say what the box is worth at a moment. Each run has one beside it in the
// result. When two sessions are compared, it says how far the box itself has moved between them.
#pragma once

#include "pipebench/result.hpp"
#include "system/patience.hpp"

#include <cstddef>
#include <string>

namespace pipebench {

/// Of the pieces of work: raise it with any change to them, since only yardsticks of one version can be compared.
inline constexpr std::uint64_t yardstick_version = 1;

/// Memory that no child process inherits: after a fork(), the kernel would copy its pages when they are written.
class unshared_memory {
public:
    /// All pages are there. Throws setup_error.
    explicit unshared_memory(std::size_t bytes);
    unshared_memory(const unshared_memory&) = delete;
    unshared_memory& operator=(const unshared_memory&) = delete;
    ~unshared_memory();

    [[nodiscard]] std::byte* at(std::size_t offset) const noexcept { return start_ + offset; }

private:
    std::byte* start_;
    std::size_t bytes_;
};

/// For the main thread of a process that has no others.
class yardstick {
public:
    /// `postgres`: connection string. Does not connect.
    yardstick(std::string postgres, const patience& until);

    /// Takes about 60 ms. Nothing of it is left: no connection, no process. Every wait has a limit. The times of a piece
    /// that cannot be measured are NaN. Throws `interrupted` if a signal ended a wait.
    ///
    /// loop        user space alone: 4,000,000 steps of a generator (Marsaglia, Xorshift RNGs, 2003)
    /// calls       10,000 system calls that do next to nothing: read(2) of one byte of /dev/zero
    /// memory      16 copies of 4 MiB
    /// messages    500 round trips of 512 bytes over loopback TCP to another process on the same core
    /// statements  200 times SELECT 1, or as many as 50 ms allow
    [[nodiscard]] yardstick_view measure() const;

private:
    [[nodiscard]] yardstick_piece memory() const;
    [[nodiscard]] yardstick_piece statements() const;

    std::string postgres_;
    patience until_;
    unshared_memory copied_;
};

}  // namespace pipebench
