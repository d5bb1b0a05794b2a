// Who of the workers elsewhere was there, from when to when, by the session's own clock. Pure.
#pragma once

#include "contracts/session_cards.hpp"
#include "pipebench/result.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace pipebench {

/// What a worker that takes part in a run has done since somebody last asked.
struct worker_change {
    enum class what : std::uint8_t { joins, missing, returns, signs_off, gives_up };
    what is = what::joins;
    std::string instance, host;
    std::uint64_t pid = 0;
    std::chrono::steady_clock::time_point at, heard_before{};  ///< heard_before: of one that is or was missing
};

class worker_roll {
public:
    using clock = std::chrono::steady_clock;
    static constexpr std::size_t most_workers = 1000;
    /// Without a new card for so long, a worker is missing.
    static constexpr std::chrono::seconds missing_after{3};

    /// A card that was read at this time. One that was read before changes nothing: only its beat tells whether the
    /// worker lives. Ignored beyond most_workers.
    void take(const worker_card& card, clock::time_point now);

    /// A run is announced. Workers that have left are forgotten.
    void announce(std::uint64_t run);
    /// How many are ready for the run, and not missing.
    [[nodiscard]] std::size_t ready(clock::time_point now) const;
    /// Those that take part in the run, have not left, and are not missing.
    [[nodiscard]] std::size_t present(clock::time_point now) const;
    /// The instances that have left, or have been silent for `silent_for`, and that it has not returned since their last
    /// card.
    [[nodiscard]] std::vector<std::string> take_gone(clock::time_point now);
    static constexpr std::chrono::seconds silent_for{60};
    /// What has changed of those that take part in the run since the last call.
    [[nodiscard]] std::vector<worker_change> take_changes(clock::time_point now);
    /// Those that take part in the run, as "host (instance)", for a message.
    [[nodiscard]] std::vector<std::string> names() const;
    /// Whether everyone who takes part has drained, has left, or is missing.
    [[nodiscard]] bool all_drained(clock::time_point now) const;

    /// Those that have taken part in the run, which began and ended at these times, as they are known now.
    [[nodiscard]] std::vector<joined_worker> seen_in(clock::time_point began, clock::time_point ended,
                                                     clock::time_point now) const;

private:
    enum class presence : std::uint8_t { unknown, here, missing, left };

    struct member {
        worker_card card;  ///< the last one
        double clock_apart_s = 0;
        clock::time_point joined, heard;  ///< of the run
        bool took_part = false;
        bool left = false;
        bool told_gone = false;                    ///< by take_gone()
        presence told = presence::unknown;         ///< by take_changes()
        clock::time_point heard_before_missing{};  ///< when it was told missing last
        std::vector<std::pair<clock::time_point, clock::time_point>> gaps;
    };
    [[nodiscard]] static bool is_missing(const member& m, clock::time_point now) {
        return !m.left && now - m.heard > missing_after;
    }

    [[nodiscard]] static presence presence_of(const member& m, clock::time_point now);

    /// Those that take part in the run, have not left, are not missing, and of which this holds.
    template <class Condition>
    [[nodiscard]] std::size_t count_present(clock::time_point now, Condition holds) const;

    std::uint64_t run_ = 0;
    std::map<std::string, member> members_;
};

/// The number of orders that may be in flight, on average over a run of this duration, at most.
[[nodiscard]] double mean_in_flight_limit(const std::vector<joined_worker>& workers, double run_s);

}  // namespace pipebench
