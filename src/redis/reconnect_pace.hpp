// How often to try again while a server is away: exponential backoff with full jitter (backoff.hpp), up to a limit, the
// patience. Reads no clock.
#pragma once

#include "pipebench/duration.hpp"

#include <cstdint>
#include <optional>

namespace pipebench {

/// For one absence of the server: from the first failure to the first success.
class reconnect_pace {
public:
    using clock = std::chrono::steady_clock;
    static constexpr duration base = std::chrono::milliseconds{50};
    static constexpr duration cap = std::chrono::seconds{1};

    /// `patience`: how long the server may be away in all. `seed`: another one for every client, so that they do not
    /// all come back at the same instant.
    reconnect_pace(duration patience, std::uint64_t seed) : patience_(patience), random_(seed) {}

    /// After a failure: the pause before the next try; nullopt when the patience is over.
    [[nodiscard]] std::optional<duration> next(clock::time_point now);

private:
    duration patience_;
    std::uint64_t random_;  ///< state of splitmix64
    std::optional<clock::time_point> since_;
    unsigned tries_ = 0;
};

}  // namespace pipebench
