// Options with our kinds of values. Each complains in one line that names the option, the value and what is
// accepted.
#pragma once

#include "cli/terminal.hpp"
#include "contracts/suggestion.hpp"
#include "pipebench/duration.hpp"
#include "pipebench/workload.hpp"
#include "session/chaos.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
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
/// "20%" or "0.2"; `take` gets the share.
CLI::Option* add_percent(CLI::App& app, const std::string& names, const std::string& help,
                         std::function<void(double)> take);
/// "500/s"
CLI::Option* add_rate(CLI::App& app, const std::string& names, const std::string& help,
                      std::function<void(std::uint64_t)> take);
/// "500MB"
CLI::Option* add_size(CLI::App& app, const std::string& names, const std::string& help,
                      std::function<void(std::uint64_t)> take);
CLI::Option* add_choice(CLI::App& app, const std::string& names, std::vector<std::string> choices,
                        const std::string& help, std::function<void(const std::string&)> take);

CLI::Option* add_chaos(CLI::App& app, std::function<void(const chaos_plan&)> take);
CLI::Option* add_jitter(CLI::App& app, std::function<void(const jitter&)> take);
CLI::Option* add_colour_option(CLI::App& app, colour_wish& wish);

}  // namespace pipebench
