// Which runs may be called the best at something. Pure.
#pragma once

#include "pipebench/result.hpp"

namespace pipebench {

/// The run did its job: it is trusted and complete, stored every order, kept up with what arrived, and missed no
/// objective. A run that did less of the work may well need less of everything.
[[nodiscard]] bool can_be_best(const run_result& run);

}  // namespace pipebench
