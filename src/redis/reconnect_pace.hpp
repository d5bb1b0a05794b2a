// How often to try when a server is away: exponential backoff with full jitter, and an end to the patience. Reads no
// clock. Source: AWS Architecture Blog, "Exponential Backoff And Jitter" (2015).
#pragma once

#include "pipebench/duration.hpp"

#include <cstdint>
#include <optional>
#include <random>

namespace pipebench {

/// Of one absence of the server: from the first failure to the first success.
class reconnect_pace {
public:
    using clock = std::chrono::steady_clock;
    static constexpr duration base = std::chrono::milliseconds{50};
    static constexpr duration cap = std::chrono::seconds{1};

    /// `patience`: how long the server may be away in all. `seed`: another one for every client, or all of them come
    /// back at the same instant.
    reconnect_pace(duration patience, std::uint64_t seed)
        : patience_(patience),
          random_(static_cast<std::uint32_t>(seed * 0x9e3779b97f4a7c15ull >> 32)) {}  // like seeds, unlike beginnings

    /// After a failure: the pause before the next try, random(0, min(cap, base * 2^tries)); nothing when the patience
    /// is at its end.
    [[nodiscard]] std::optional<duration> next(clock::time_point now);

private:
    duration patience_;
    std::minstd_rand random_;
    std::optional<clock::time_point> since_;
    unsigned tries_ = 0;
};

}  // namespace pipebench
