// The options that say which work is done, by which patterns: shared by run, gate, sweep and services.
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

/// Some options of the work may have a list of values, for a sweep.
struct value_lists {
    std::vector<std::string> options;  ///< that may: "--concurrency"
    std::size_t most_values = 0;
    std::map<std::string, std::vector<std::string>> given;  ///< by option; of two values or more
};

struct work_options {
    std::vector<std::string> patterns{"all"};
    bool may_be_none = false;  ///< -p none: only where there are --runners
    std::string profile{profiles().front().id};
    unsigned concurrency = default_concurrency;
    std::map<const parameter*, std::string> changes;  ///< over the profile; good for parse()
    value_lists lists;

    /// Of -c and of the options of the parameters, by its long name. Throws setup_error, which does not name it.
    void set(std::string_view option, const std::string& text);
};

/// -p, --profile, -c, and every parameter of the workload that has an option. What `o` holds is the default.
void declare_work(option_set& options, work_options& o);

/// In --help: "4; article, capacity: 1", the default of the profile in `o`, and of the others where it is another.
[[nodiscard]] std::string default_of(const parameter& p, const work_options& o);

/// These throw setup_error, which names the option.
[[nodiscard]] workload workload_of(const work_options& options);
[[nodiscard]] std::vector<const pattern*> patterns_of(const work_options& options);

/// The same work for the `run` of another pipebench, whatever its defaults are: profile, concurrency, and the
/// parameters that were given. An older one may not know the others. The pattern is left out.
[[nodiscard]] std::vector<std::string> work_arguments(const work_options& options);

}  // namespace pipebench
