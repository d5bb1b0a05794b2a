// Runs the binaries of a gate as a user would: `BINARY run --pattern P ... --export-json -`, which every version of
// pipebench understands.
#pragma once

#include "contracts/error.hpp"
#include "services/scratch_directory.hpp"
#include "session/gate.hpp"
#include "system/program_run.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace pipebench {

class gate_binaries final : public gate_contenders {
public:
    /// Both must outlive it.
    gate_binaries(const gate_settings& settings, signal_watch& signals);

    [[nodiscard]] std::string version_of(contender c) override;
    void start_servers(const needs& most, const say& message, const say& warning) override;
    [[nodiscard]] std::optional<session_result> run(contender c, const pattern& p) override;

private:
    [[nodiscard]] std::string& path_of(contender c) { return c == contender::head ? head_ : base_; }
    void copy_if_our_own(std::string& binary, const say& warning);
    [[nodiscard]] child_settings command_of(const std::string& binary, const pattern& p,
                                            const std::string& target) const;

    const gate_settings& settings_;
    signal_watch& signals_;
    std::string base_, head_;  ///< paths of the binaries or their copies
    std::optional<scratch_directory> copies_;
    std::optional<session_services> services_;
};

// --- parsing the output of a binary; pure ---

/// Returns "0.1.0", for example. Throws setup_error if this is not the output of pipebench --version.
[[nodiscard]] std::string version_in(const program_output& seen);

/// The result of one run of the pattern. Throws setup_error if the run failed or its output is not such a result.
[[nodiscard]] session_result result_in(const program_output& seen, std::string_view pattern, duration run_limit);

}  // namespace pipebench
