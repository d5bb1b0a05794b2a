// What the searches under open load have in common on the command line: sweep --find-rate, and plan.
#pragma once

#include "analysis/load_search.hpp"
#include "cli/progress.hpp"
#include "cli/result_output.hpp"
#include "cli/session_options.hpp"
#include "session/load_search.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench {

/// The options of a search, as a session takes them. Points last as long as --duration says, if it is given.
struct load_search_request {
    session_options session;
    std::optional<duration> length;
};

/// Throws setup_error if one of `chosen` is given, which `search` chooses itself, or if an objective is missing.
/// `search` is how a message begins: "--find-rate", "plan".
[[nodiscard]] load_search_request request_of(const session_options& given, std::string_view search,
                                             const std::vector<std::string>& chosen);

[[nodiscard]] renderer rendering_of(const load_search_outcome& s);

/// Shows progress, and saves what is known after each point. `output` must outlive it.
[[nodiscard]] load_search_observer observer_for(const result_output& output, verbosity speech);

/// As that of a session; check_failed if a pattern has no answer.
[[nodiscard]] exit_code code_of(const load_search_outcome& s);

/// Emits the outcome, and throws setup_error if the search failed on its way.
[[nodiscard]] exit_code finish(const load_search_outcome& s, const result_output& output, std::string_view search);

}  // namespace pipebench
