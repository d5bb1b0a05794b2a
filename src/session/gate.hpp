// The session of a gate: an old binary and a new one, run by run in turn, on the same servers. Each is asked in its
// own words: `BINARY run --pattern P ... --export-json -`, which any pipebench understands.
#pragma once

#include "analysis/gate.hpp"
#include "session/session.hpp"
#include "system/environment.hpp"

#include <functional>
#include <string>
#include <vector>

namespace pipebench {

struct gate_settings {
    std::string base, head;  ///< paths of the two binaries
    std::vector<const pattern*> patterns;
    workload work;                            ///< what the mock API and the servers must stand
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

/// Throws setup_error, in one line that names the binary, when one is no pipebench, crashes, hangs, or cannot do the
/// work; and for a base that was not built or set up as the head was.
[[nodiscard]] gate_outcome run_gate(const gate_settings& settings, const gate_observer& observer);

}  // namespace pipebench
