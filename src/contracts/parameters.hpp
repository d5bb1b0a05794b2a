// The parameters of a workload, one row each. Everything that lists them walks this table: their JSON, the command
// line, the arguments for another pipebench, the Profile line of a report, and docs/options.md, which a test holds to
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
    const char* option;  ///< "-n,--orders"; empty: none
    parameter_group group;
    unsigned profile_place;  ///< in the Profile line of a report, from 1; 0: left out of it
    const char* help;        ///< without the default
    parameter_value value;

    [[nodiscard]] bool has_option() const noexcept { return *option != '\0'; }
    [[nodiscard]] std::string_view long_option() const noexcept;  ///< "--orders"; empty: none
};

/// The table, in the order of --help.
[[nodiscard]] std::span<const parameter> parameters();

/// By its long option; throws std::out_of_range for one that is not there.
[[nodiscard]] const parameter& parameter_of(std::string_view long_option);

/// Those that change the numbers, in the order in which a reader of a report asks for them.
[[nodiscard]] std::vector<const parameter*> parameters_of_profile_line();

}  // namespace pipebench
