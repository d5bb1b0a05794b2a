// When to reconnect to a server that is away: exponential backoff with full jitter (backoff.hpp), up to a time limit,
// the patience. Reads no clock.
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

    /// `patience`: longest time that the server may be away. `seed`: different for every client, so that they do not
    /// all reconnect at the same time.
    reconnect_pace(duration patience, std::uint64_t seed) : patience_(patience), random_(seed) {}

    /// Call it after a failure. Returns the pause before the next try; nullopt when the patience is over.
    [[nodiscard]] std::optional<duration> next(clock::time_point now);

private:
    duration patience_;
    std::uint64_t random_;  ///< state of splitmix64
    std::optional<clock::time_point> since_;
    unsigned tries_ = 0;
};

}  // namespace pipebench
