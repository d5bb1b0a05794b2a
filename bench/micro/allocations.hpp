// What a thread takes of the heap. allocations.cpp puts a count before glibc's malloc and its kin, and so sees all who
// take memory in this program: operator new, Asio (whose coroutines come from aligned_alloc), hiredis and libpq.
#pragma once

#include <cstdint>

namespace pipebench::bench {

struct heap_use {
    std::uint64_t allocations = 0;  ///< a realloc is one
    std::uint64_t bytes = 0;        ///< asked for; what was given back is not subtracted
};

inline heap_use operator-(const heap_use& a, const heap_use& b) noexcept {
    return {a.allocations - b.allocations, a.bytes - b.bytes};
}

/// Of the calling thread, since it began.
[[nodiscard]] heap_use heap_used() noexcept;
/// Counts what another thread has used as the calling thread's own.
void charge(const heap_use& of_another) noexcept;

}  // namespace pipebench::bench
