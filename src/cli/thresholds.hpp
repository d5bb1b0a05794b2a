// The option --threshold METRIC=SHARE of compare and gate.
#pragma once

#include "analysis/comparison.hpp"

#include <vector>

namespace pipebench {

class option_set;

/// The error for an unknown metric lists the known ones.
void declare_thresholds(option_set& options, std::vector<threshold>& out);

}  // namespace pipebench
