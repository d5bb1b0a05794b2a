// The options for workload and patterns, shared by run, gate, sweep and services.
#pragma once

#include "cli/profiles.hpp"
#include "contracts/parameters.hpp"
#include "pipebench/pattern.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

class option_set;

/// Options that accept a list of values, for a sweep.
struct value_lists {
    std::vector<std::string> options;  ///< options that accept a list: "--concurrency"
    std::size_t most_values = 0;
    std::map<std::string, std::vector<std::string>> given;  ///< lists of two or more values, by option
};

struct work_options {
    std::vector<std::string> patterns{"all"};
    bool may_be_none = false;  ///< -p none is allowed: there are --runners
    std::string profile{profiles().front().id};
    unsigned concurrency = default_concurrency;
    std::map<const parameter*, std::string> changes;  ///< changes to the profile; parse() accepts them
    value_lists lists;

    /// Sets -c or the option of a parameter, by its long name. Throws setup_error, which does not name the option.
    void set(std::string_view option, const std::string& text);
};

/// Declares -p, --profile, -c, and the option of every parameter that has one. The values in `o` are the defaults.
void declare_work(option_set& options, work_options& o);

/// Text for --help, "4; article, capacity: 1": the default of the profile in `o`, then the differing ones of others.
[[nodiscard]] std::string default_of(const parameter& p, const work_options& o);

/// These throw setup_error; its message names the option.
[[nodiscard]] workload workload_of(const work_options& options);
[[nodiscard]] std::vector<const pattern*> patterns_of(const work_options& options);

/// Arguments for the same work in `run` of another pipebench, independent of its defaults: profile, concurrency, and
/// the given parameters only, because an older version may not know the others. Without the pattern.
[[nodiscard]] std::vector<std::string> work_arguments(const work_options& options);

/// Whether the user or the profile has given this option another value than its default.
[[nodiscard]] bool is_set(const work_options& options, std::string_view option);

}  // namespace pipebench
