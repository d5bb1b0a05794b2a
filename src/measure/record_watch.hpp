// What happens in a run, as events: found in the run's record, at every look since the last. Pure, for one thread.
#pragma once

#include "contracts/run_reader.hpp"
#include "contracts/trouble_board.hpp"
#include "pipebench/event.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace pipebench {

using tell_event = std::function<void(const event&)>;

/// That time, as an event has it.
[[nodiscard]] double event_seconds(std::chrono::nanoseconds t);

/// When the API throttles. A pause of `quiet_for` without a 429 ends it.
class throttling_watch {
public:
    static constexpr std::chrono::seconds quiet_for{2};

    /// `throttled`: requests so far that were answered with 429.
    void look(std::uint64_t throttled, std::chrono::nanoseconds elapsed, const tell_event& tell);
    void finish(const tell_event& tell);

private:
    bool is_on_ = false;
    std::uint64_t before_ = 0, seen_ = 0;  ///< at its begin, and at the last look
    std::chrono::nanoseconds began_{}, last_{};
};

class record_watch {
public:
    using clock = std::chrono::steady_clock;
    static constexpr std::chrono::milliseconds interval{100};

    /// `record` must outlive it.
    record_watch(const run_reader& record, tell_event tell) : record_(record), tell_(std::move(tell)) {}

    void look_when_due(clock::time_point now = clock::now());
    void look();
    /// The last look: the run has ended.
    void finish();

private:
    void find_process_changes(bool is_over);
    void find_redeliveries();
    void find_failures();
    void tell_failure(const failed_order& failed);
    [[nodiscard]] std::string reason_of(const failed_order& failed) const;

    const run_reader& record_;
    tell_event tell_;
    clock::time_point next_{};
    throttling_watch throttling_;
    std::uint64_t redelivered_ = 0;
    std::size_t changes_ = 0;                                         ///< told
    std::vector<bool> told_ = std::vector<bool>(most_failed_orders);  ///< of the failures
    std::size_t failures_ = 0;                                        ///< told
};

}  // namespace pipebench
