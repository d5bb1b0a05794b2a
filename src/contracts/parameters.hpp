// The parameters of a workload, one row each. Everything that lists them walks this table: their JSON, the command
// line, the arguments for another pipebench, and the Profile line of a report. A test compares docs/options.md with
// it.
#pragma once

#include "pipebench/workload.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

enum class parameter_group : std::uint8_t {
    selection,  ///< what to run
    load,       ///< when orders arrive
    work,       ///< the simulated work
    patterns,   ///< parameters of the patterns
    scenario,   ///< set by a scenario: has no option
};

/// The value of one parameter in a workload: as text for the command line, and in the JSON object of all parameters.
struct parameter_value {
    std::string placeholder;                                          ///< in --help: "TIME"
    std::function<void(workload& w, const std::string& text)> parse;  ///< throws setup_error; null: no option
    std::function<std::string(const workload& w)> format;             ///< parse takes it back; null: no option
    std::function<void(workload& w, const nlohmann::json& all, const char* key)> load;  ///< throws setup_error
    std::function<void(const workload& w, nlohmann::json& out)> save;
};

struct parameter {
    const char* key;     ///< in JSON: "http_latency"
    const char* option;  ///< "-n,--orders"; or empty
    parameter_group group;
    unsigned profile_place;  ///< in the Profile line of a report, from 1; 0: left out of it
    const char* help;        ///< without the default
    parameter_value value;
    bool left_out_at_default = false;  ///< in JSON

    [[nodiscard]] bool has_option() const noexcept { return *option != '\0'; }
    [[nodiscard]] std::string_view long_option() const noexcept;  ///< "--orders"; or empty
};

/// The table, in the order of --help.
[[nodiscard]] std::span<const parameter> parameters();

/// The row of a long option. Throws std::out_of_range if there is none.
[[nodiscard]] const parameter& parameter_of(std::string_view long_option);

/// The parameters of a report's Profile line, by profile_place.
[[nodiscard]] std::vector<const parameter*> parameters_of_profile_line();

}  // namespace pipebench
