// What is measured: one of our patterns, or a user's program. Everything in which the two differ is here: how a run
// of it is started and ended, how it reports its orders, and what it leaves in Redis.
#pragma once

#include "contracts/recorder.hpp"
#include "measure/run_observation.hpp"
#include "measure/run_spec.hpp"
#include "pipebench/pattern.hpp"
#include "system/child_process.hpp"
#include "system/process_tree.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

/// How a run reports what became of its orders.
enum class order_reports : std::uint8_t {
    in_record,  ///< it keeps the record itself: every order with its attempts, and the clock
    in_lines,   ///< it prints lines (runner_report.hpp), or none: the rest is found in its table
};

/// Whose server it is: a throwaway one of pipebench's, or one that the user gave.
enum class server_owner : std::uint8_t { pipebench, user };

/// What a run is started with.
struct run_start {
    const run_spec& spec;
    recorder& record;
    server_owner postgres = server_owner::user;
    int lines = -1;  ///< descriptor for its lines about orders
    int notes = -1;  ///< descriptor for everything else that it prints
};

class contestant {
public:
    contestant() = default;
    contestant(const contestant&) = delete;
    contestant& operator=(const contestant&) = delete;
    virtual ~contestant() = default;

    [[nodiscard]] virtual std::string_view id() const noexcept = 0;     ///< as on the command line
    [[nodiscard]] virtual std::string_view title() const noexcept = 0;  ///< as in the table
    /// What it needs of the box and of the servers.
    [[nodiscard]] virtual needs needs_at(const workload& work) const = 0;
    [[nodiscard]] virtual order_reports reports() const noexcept = 0;
    /// Whether a run that was killed is started again, as an operator would.
    [[nodiscard]] virtual bool may_restart() const noexcept = 0;
    /// After which a run is asked to end, as after a signal. None: it may take its time.
    [[nodiscard]] virtual std::optional<duration> time_limit() const noexcept = 0;
    [[nodiscard]] virtual forks_from forks() const noexcept = 0;

    /// Throws setup_error when it cannot be started.
    [[nodiscard]] virtual child_process start(const run_start& with) const = 0;
    /// Beside the stop flag of the record, for a run that does not read it.
    virtual void ask_to_end(pid_t run) const noexcept = 0;
    /// Kills what has outlived the run's first process. True: there was something.
    virtual bool kill_remains(pid_t run) const noexcept = 0;
    /// Deletes what a run has left in Redis under the prefix that it was given.
    virtual void delete_keys(const std::string& redis, const std::string& prefix) const noexcept = 0;

    /// Whether a run that failed has a row, which says how; otherwise the failure ends the session. `died_at_work`:
    /// it would have been started again after a kill, and had begun an order.
    [[nodiscard]] virtual bool failure_has_a_row(const child_end& end, bool died_at_work) const = 0;
    /// For the verdict of that row.
    [[nodiscard]] virtual std::string describe_failure(const run_observation& seen) const = 0;
};

/// Shared by the points of a sweep, each of which has settings of its own.
using contestants = std::vector<std::shared_ptr<const contestant>>;

}  // namespace pipebench
