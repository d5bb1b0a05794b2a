// The question of a session, answered in a few lines: what was fastest, cheapest and smallest, what failed, and how sure
// that is. Pure.
#pragma once

#include "analysis/sweep.hpp"
#include "report/formats.hpp"
#include "report/model.hpp"

#include <vector>

namespace pipebench::reporting {

/// One fact for each part of the answer, each of one line; about the first scenario, and with several about production.
/// Empty if nothing was measured.
[[nodiscard]] std::vector<fact> answer(const report_model& m);

/// Of a sweep: which pattern leads at which points, and so where the lead changes hands; what failed, and how sure it is.
/// Of one pattern: the points at which it is best and worst.
[[nodiscard]] std::vector<fact> answer(const sweep_outcome& s);

}  // namespace pipebench::reporting
