// The session of a gate: an old binary, the old one again, and a new one, run by run in turn. How one is run is the
// business of gate_contenders.
#pragma once

#include "analysis/gate.hpp"
#include "contracts/error.hpp"
#include "pipebench/pattern.hpp"
#include "session/session_services.hpp"
#include "system/signal_watch.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace pipebench {

struct gate_settings {
    std::string base, head;  ///< paths of the two binaries
    std::vector<const pattern*> patterns;
    workload work;                            ///< what the mock API and the servers must serve
    std::vector<std::string> work_arguments;  ///< the same work in words for the binaries' command line
    std::string command;                      ///< as typed, without secrets
    server_choice servers;
    std::uint64_t rounds = default_gate_rounds;
    std::vector<threshold> thresholds;
    duration run_limit = std::chrono::minutes(10);  ///< of one run; a binary that takes longer has failed
    std::string own_binary;                         ///< for the mock API
    bool allow_mismatch = false;
};

struct gate_observer {
    std::function<void(const std::string&)> message = [](const std::string&) {};
    /// After every round, with all there is so far and no verdict.
    std::function<void(const gate_outcome&)> can_be_saved = [](const gate_outcome&) {};
};

/// The old binary, the old one again, and the new one.
enum class contender : std::uint8_t { base, again, head };

/// The two binaries, and the servers that their runs share. The real ones are gate_binaries; a test has some that
/// return prepared results.
class gate_contenders {
public:
    using say = std::function<void(const std::string&)>;

    gate_contenders() = default;
    gate_contenders(const gate_contenders&) = delete;
    gate_contenders& operator=(const gate_contenders&) = delete;
    virtual ~gate_contenders() = default;

    /// Of base or head; empty: a signal came.
    [[nodiscard]] virtual std::string version_of(contender c) = 0;
    /// Once, before the first run. `message` is told of each server, `warning` what a user should know of it.
    virtual void start_servers(const needs& most, const say& message, const say& warning) = 0;
    /// The result of one run of the pattern; none: a signal came.
    [[nodiscard]] virtual std::optional<session_result> run(contender c, const pattern& p) = 0;
};

/// Throws setup_error, in one line that names the binary, when one is no pipebench, crashes, hangs, or cannot do the
/// work; and for a base that was not built or set up as the head was.
[[nodiscard]] gate_outcome run_gate(const gate_settings& settings, const gate_observer& observer);

/// The same with contenders of the caller's, which react to these signals during a run.
[[nodiscard]] gate_outcome run_gate(const gate_settings& settings, const gate_observer& observer,
                                    gate_contenders& contenders, signal_watch& signals);

/// What pipebench exits with after such a gate.
[[nodiscard]] exit_code code_of(const gate_outcome& g);

}  // namespace pipebench
