// What a metrics process knows of its session: the run that goes, and the sums over those that have ended. Pure but for
// the clock of the run that goes. One thread.
#pragma once

#include "contracts/arrival_schedule.hpp"
#include "contracts/recorder.hpp"
#include "metrics/live_messages.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pipebench {

/// The stages whose durations are kept.
inline constexpr std::array timed_stages{stage::fetch, stage::transform, stage::store};

/// What grows with the runs of one pattern under one scenario, over all rounds, and never falls.
struct run_sums {
    bool orders_seen = false;  ///< of at least one run: else nothing is known of its orders
    progress done;
    std::uint64_t arrived = 0;  ///< of open runs: orders whose time had come
    latency_counts service, wait, response, lateness, loop_lag;
    std::array<latency_counts, timed_stages.size()> stages;
    std::array<std::uint64_t, max_objectives> on_time{};
    /// NaN: not known. That of the harness is known of runs that have ended.
    double cpu_s = std::numeric_limits<double>::quiet_NaN(), harness_cpu_s = std::numeric_limits<double>::quiet_NaN();
    std::array<double, service_count> services_cpu_s = not_known();
    std::uint64_t runs = 0;     ///< that have ended
    std::uint64_t ledgers = 0;  ///< that were checked
    std::uint64_t lost = 0, corrupt = 0, unexpected = 0;

    static constexpr std::array<double, service_count> not_known() {
        std::array<double, service_count> out{};
        out.fill(std::numeric_limits<double>::quiet_NaN());
        return out;
    }
};

enum class live_phase : std::uint8_t { idle, starting, running, checking };
inline constexpr std::size_t live_phase_count = 4;
[[nodiscard]] std::string_view name_of(live_phase p) noexcept;

class live_session {
public:
    /// Of pattern and scenario; sums beyond it go into those of "other".
    static constexpr std::size_t most_sums = 64;
    struct key {
        std::string pattern, scenario;
        auto operator<=>(const key&) const = default;
    };

    /// `record`: of the run that begins; null with the other messages, and where nobody has it.
    void take(const live_message& m, std::unique_ptr<recorder> record);

    [[nodiscard]] const session_opening& session() const noexcept { return session_; }
    [[nodiscard]] live_phase phase() const;
    /// The run that goes, or whose ledger is being checked.
    struct current_run {
        run_opening what;
        std::unique_ptr<recorder> record;  ///< null: its orders are not seen
        run_glance seen;
    };
    [[nodiscard]] const current_run* run() const noexcept { return run_ ? &*run_ : nullptr; }
    /// The runs that have ended, the last most_ended of them.
    struct ended_run {
        run_opening what;
        run_closing how;
        std::optional<progress> done;  ///< nullopt: not seen
        bool begins_known = true;
    };
    static constexpr std::size_t most_ended = 200;
    [[nodiscard]] const std::vector<ended_run>& ended() const noexcept { return ended_; }

    /// The sums, with those of the run that goes. Never less than at the last call.
    [[nodiscard]] const std::map<key, run_sums>& sums();
    /// The work of the first run: histograms keep its bounds.
    [[nodiscard]] const std::optional<workload>& first_work() const noexcept { return first_work_; }
    /// Orders begun and not ended, and those that have arrived and not begun. NaN: not known. Workers elsewhere say what
    /// they have in hand, and nobody knows what waits.
    [[nodiscard]] double in_flight() const;
    [[nodiscard]] double queued() const;
    /// How long ago the order that is next in line arrived; 0: none waits; NaN: not known.
    [[nodiscard]] double oldest_queued_s() const;

private:
    void begin(const run_opening& what, std::unique_ptr<recorder> record);
    void end(const run_closing& how);
    [[nodiscard]] key key_of(const run_opening& what) const;
    [[nodiscard]] run_sums sums_of_run() const;

    session_opening session_;
    std::optional<workload> first_work_;
    std::optional<current_run> run_;
    std::optional<arrival_schedule> arrivals_;  ///< of an open run that goes
    std::map<key, run_sums> before_, shown_;
    std::vector<ended_run> ended_;
};

}  // namespace pipebench
