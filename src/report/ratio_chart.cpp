#include "report/ratio_chart.hpp"

#include "report/numbers.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace pipebench::reporting {
namespace {

struct verdict_look {
    change verdict;
    std::string_view label;
    std::size_t colour;
};
constexpr std::array looks{verdict_look{change::worse, "Worse", 1}, verdict_look{change::better, "Better", 2},
                           verdict_look{change::same, "Same", 0},
                           verdict_look{change::cannot_tell, "Cannot tell", 6}};

chart_point point_of(const ratio_row& r, std::size_t row) {
    chart_point out{r.estimate.ratio, static_cast<double>(row)};
    if (const auto& range = r.estimate.range) {
        out.low = range->low;
        out.high = range->high;
    }
    out.note = name_of(r.verdict);
    return out;
}

}  // namespace

chart ratio_chart(std::string title, const std::vector<ratio_row>& rows) {
    chart out;
    out.title = std::move(title);
    out.x = {"head / base", true};
    out.has_rows = true;
    for (const auto& look : looks)
        out.series.push_back({std::string(look.label), series_kind::intervals, look.colour});
    for (const auto& row : rows) {
        if (!std::isfinite(row.estimate.ratio) || row.estimate.ratio <= 0) continue;
        for (std::size_t i = 0; i < looks.size(); ++i)
            if (looks[i].verdict == row.verdict) out.series[i].points.push_back(point_of(row, out.y.labels.size()));
        out.y.labels.push_back(row.name);
    }
    std::erase_if(out.series, [](const chart_series& s) { return s.points.empty(); });
    out.marks = {{1, "no change"}};
    return out;
}

}  // namespace pipebench::reporting
