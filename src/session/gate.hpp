// The session of a gate: runs an old binary, the old one again, and a new one in turn. gate_contenders executes the
// runs.
#pragma once

#include "analysis/gate.hpp"
#include "contracts/error.hpp"
#include "measure/record_watch.hpp"
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
    workload work;                            ///< for the mock API and the servers
    std::vector<std::string> work_arguments;  ///< the same work as arguments of the binaries
    std::string command;                      ///< as typed, without secrets
    server_choice servers;
    std::uint64_t rounds = default_gate_rounds;
    std::vector<threshold> thresholds;
    duration run_limit = std::chrono::minutes(10);  ///< limit of one run; a binary that takes longer has failed
    std::string own_binary;                         ///< for the mock API
    bool allow_mismatch = false;
};

struct gate_observer {
    std::function<void(const std::string&)> message = [](const std::string&) {};
    std::function<void(const pattern&, std::uint64_t round)> run_starts = [](const pattern&, std::uint64_t) {};
    std::function<void(const run_result&)> run_ended = [](const run_result&) {};
    /// Called after every round with the rows so far and no verdict.
    std::function<void(const gate_outcome&)> can_be_saved = [](const gate_outcome&) {};
    tell_event happened = [](const event&) {};
};

/// The old binary, the old one again, and the new one.
enum class contender : std::uint8_t { base, again, head };

/// The two binaries, and the servers that their runs share. gate_binaries implements it; tests return prepared
/// results.
class gate_contenders {
public:
    using say = std::function<void(const std::string&)>;

    gate_contenders() = default;
    gate_contenders(const gate_contenders&) = delete;
    gate_contenders& operator=(const gate_contenders&) = delete;
    virtual ~gate_contenders() = default;

    /// Version of base or head; empty after a signal.
    [[nodiscard]] virtual std::string version_of(contender c) = 0;
    /// Called once, before the first run. `message` gets a line per server, `warning` problems of its settings.
    virtual void start_servers(const needs& most, const say& message, const say& warning) = 0;
    /// The result of one run of the pattern; nullopt after a signal.
    [[nodiscard]] virtual std::optional<session_result> run(contender c, const pattern& p) = 0;
};

/// Throws setup_error, in one line that names the binary, if in the first round one is not pipebench, crashes, hangs, or
/// cannot do the work, and if build or settings of base and head differ. The contenders react to the signals.
[[nodiscard]] gate_outcome run_gate(const gate_settings& settings, const gate_observer& observer,
                                    gate_contenders& contenders, signal_watch& signals);

/// Exit code of pipebench after such a gate.
[[nodiscard]] exit_code code_of(const gate_outcome& g);

}  // namespace pipebench
