// Options with our kinds of values. Each complains in one line that names the option, the value and what is
// accepted.
#pragma once

#include "cli/terminal.hpp"
#include "pipebench/duration.hpp"
#include "pipebench/workload.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <string>
#include <vector>

namespace pipebench {

struct count_range {
    std::uint64_t lowest = 0, highest = 1'000'000'000;
};

struct duration_range {
    duration lowest{}, highest = max_duration;
};

/// `take` gets the value once it is known to be good.
CLI::Option* add_count(CLI::App& app, const std::string& names, count_range range, const std::string& help,
                       std::function<void(std::uint64_t)> take);
CLI::Option* add_duration(CLI::App& app, const std::string& names, duration_range range, const std::string& help,
                          std::function<void(duration)> take);
CLI::Option* add_choice(CLI::App& app, const std::string& names, std::vector<std::string> choices,
                        const std::string& help, std::function<void(const std::string&)> take);

CLI::Option* add_jitter(CLI::App& app, std::function<void(const jitter&)> take);
CLI::Option* add_colour_option(CLI::App& app, colour_wish& wish);

/// ", did you mean 'x'?" for the nearest of `known`, or nothing when none is near.
[[nodiscard]] std::string did_you_mean(const std::string& given, const std::vector<std::string>& known);
/// "'fanout' is not a pattern, did you mean 'fan-out'? Known: ..."
[[nodiscard]] std::string not_one_of(const std::string& kind, const std::string& given,
                                     const std::vector<std::string>& known);

}  // namespace pipebench
