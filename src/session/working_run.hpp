// What a worker elsewhere runs for one run of its session: processes that take orders of its stream.
#pragma once

#include "contracts/recorder.hpp"
#include "contracts/session_cards.hpp"
#include "measure/pattern_contestant.hpp"
#include "measure/run_glance.hpp"
#include "measure/run_watch.hpp"
#include "pipebench/pattern.hpp"
#include "session/worker_agent.hpp"
#include "system/child_process.hpp"
#include "system/process_tree_sampler.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace pipebench {

/// redis-streams. Throws setup_error.
[[nodiscard]] const pattern& streams_pattern();
/// The share of a worker in the session's work.
[[nodiscard]] workload work_here(workload work, const worker_settings& here);

class working_run {
public:
    /// Starts the processes. `say` gets each line that they print, `happened` what happens. Throws setup_error.
    working_run(const session_card& session, const worker_settings& here, const std::string& target_address,
                const std::string& instance, const std::function<void(const std::string&)>& say,
                const tell_event& happened);

    [[nodiscard]] std::uint64_t number() const noexcept { return run_; }
    [[nodiscard]] int pid_descriptor() const noexcept { return process_.pid_descriptor(); }

    /// Reads what they print, and samples their memory if that is due.
    void look();
    /// From now on they take no orders, and end what they have in hand. Beyond the limit they are killed.
    void drain(duration limit);
    [[nodiscard]] bool is_draining() const noexcept { return deadline_.has_value(); }
    void kill() { process_.signal(SIGKILL); }
    /// How they ended; nullopt while they run.
    [[nodiscard]] std::optional<child_end> end();
    /// It has ended.
    [[nodiscard]] event last_event();
    /// What they are, have done and have used.
    void describe(worker_card& card);
    [[nodiscard]] const recorder& record() const noexcept { return record_; }
    [[nodiscard]] const run_spec& spec() const noexcept { return spec_; }
    /// The same for who watches them; `number`: of the glance.
    [[nodiscard]] run_glance glance(std::uint64_t number) const;

private:
    using clock = std::chrono::steady_clock;

    std::uint64_t run_;
    pattern_contestant contestant_;
    run_spec spec_;
    recorder record_;
    line_pipe notes_;
    record_watch events_;
    child_process process_;
    process_tree_sampler tree_;
    clock::time_point next_sample_ = clock::now();
    std::optional<clock::time_point> deadline_;
    std::optional<child_end> end_;
};

}  // namespace pipebench
