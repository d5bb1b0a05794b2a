// --threshold METRIC=SHARE, of compare and of gate.
#pragma once

#include "analysis/comparison.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <vector>

namespace pipebench {

using thresholds_ptr = std::shared_ptr<std::vector<threshold>>;

/// An unknown metric is answered with the list.
void declare_thresholds(CLI::App& app, const thresholds_ptr& out);

}  // namespace pipebench
