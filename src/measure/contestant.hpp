// A contestant is a built-in pattern or a runner (a user's program). This interface holds everything in which the two
// differ: how a run is started and ended, how it reports its orders, and which keys it leaves in Redis.
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

/// How a run reports the outcome of its orders.
enum class order_reports : std::uint8_t {
    in_record,  ///< it writes the record itself: every order with its attempts, and the clock
    in_lines,   ///< it may print lines (runner_lines.hpp); its table shows the rest
};

/// Whether pipebench started the server or the user gave its address.
enum class server_owner : std::uint8_t { pipebench, user };

/// Arguments of contestant::start().
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
    /// Resources that it needs on this machine and in the servers.
    [[nodiscard]] virtual needs needs_at(const workload& work) const = 0;
    [[nodiscard]] virtual order_reports reports() const noexcept = 0;
    /// Whether a run that was killed is started again, as an operator would.
    [[nodiscard]] virtual bool may_restart() const noexcept = 0;
    /// After this time a run is asked to end, as after a signal. nullopt: no limit.
    [[nodiscard]] virtual std::optional<duration> time_limit() const noexcept = 0;
    [[nodiscard]] virtual forks_from forks() const noexcept = 0;

    /// Throws setup_error when it cannot be started.
    [[nodiscard]] virtual child_process start(const run_start& with) const = 0;
    /// Asks a run to end that does not read the stop flag of the record.
    virtual void ask_to_end(pid_t run) const noexcept = 0;
    /// Kills processes of the run that have outlived its first one. True if there were any.
    virtual bool kill_remains(pid_t run) const noexcept = 0;
    /// Deletes the keys of a run in Redis, which begin with `prefix`.
    virtual void delete_keys(const std::string& redis, const std::string& prefix) const noexcept = 0;

    /// Text for the verdict of a failed run.
    [[nodiscard]] virtual std::string describe_failure(const run_observation& seen) const = 0;
};

/// Shared, because each point of a sweep has its own settings with the same contestants.
using contestants = std::vector<std::shared_ptr<const contestant>>;

}  // namespace pipebench
