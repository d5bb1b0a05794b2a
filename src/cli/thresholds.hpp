// --threshold METRIC=SHARE, of compare and of gate.
#pragma once

#include "analysis/comparison.hpp"

#include <vector>

namespace pipebench {

class option_set;

/// An unknown metric is answered with the list.
void declare_thresholds(option_set& options, std::vector<threshold>& out);

}  // namespace pipebench
