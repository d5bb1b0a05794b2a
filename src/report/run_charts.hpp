// The charts of a session. Pure.
#pragma once

#include "report/chart.hpp"
#include "report/model.hpp"

#include <string>
#include <vector>

namespace pipebench::reporting {

struct chart_group {
    std::string title;
    std::vector<chart> charts;
};

/// Those of one scenario; a chart without values, and a group without charts, are left out.
[[nodiscard]] std::vector<chart_group> charts_of(const report_model& m, const scenario_report& part);

}  // namespace pipebench::reporting
