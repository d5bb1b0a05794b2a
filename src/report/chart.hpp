// The charts of a page: what is in them, without how they are drawn, which page/page.js does. Pure.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace pipebench::reporting {

/// Of a line. A long run has more samples than a screen has columns.
inline constexpr std::size_t most_chart_points = 500;
/// More cannot be told apart; the table has them all.
inline constexpr std::size_t most_chart_rows = 60;

inline constexpr double no_value = std::numeric_limits<double>::quiet_NaN();

enum class series_kind : std::uint8_t {
    line,
    step,       ///< a line that keeps its value until the next point
    dots,       ///< points without a line
    crosses,    ///< the same, for values not to be trusted
    ticks,      ///< a short line across the row at x
    bars,       ///< from 0 to x
    spans,      ///< from low to high
    intervals,  ///< a point at x with its interval
};

struct chart_point {
    double x = 0;
    double y = 0;  ///< of a chart with rows: the index of the row. NaN: a gap
    double low = no_value, high = no_value;
    std::string note{};  ///< said besides the value
};

struct chart_series {
    std::string label;
    series_kind kind = series_kind::line;
    std::size_t colour = 0;  ///< a number; the page has the palette
    std::vector<chart_point> points{};
};

struct chart_axis {
    std::string title;
    bool logarithmic = false;
    double least = no_value, most = no_value;  ///< NaN: as the values have it
    std::vector<std::string> labels{};         ///< of the values 0, 1, ...; empty: the values are numbers
};

/// A vertical line.
struct chart_mark {
    double at = 0;
    std::string text;
};

struct chart {
    std::string title;
    std::string explanation;  ///< below it; empty: it explains itself
    chart_axis x, y;
    bool has_rows = false;  ///< y counts rows, whose names are the labels of y
    std::vector<chart_series> series{};
    std::vector<chart_mark> marks{};
};

/// Whether there is anything to draw.
[[nodiscard]] bool has_values(const chart& c);

/// Its explanation; says so if there are more rows than are drawn.
[[nodiscard]] std::string explanation_of(const chart& c);

/// Numbers with six digits; one that is not finite becomes null. Rows beyond most_chart_rows are left out.
[[nodiscard]] nlohmann::ordered_json json_of(const chart& c);

/// "Time against floor (bars): Time, Floor; semaphore, fan-out"
[[nodiscard]] std::string describe(const chart& c);

/// At most `most` points of a line, with the least and the greatest of every part of it. The first and the last point stay.
[[nodiscard]] std::vector<chart_point> thinned(std::vector<chart_point> points, std::size_t most = most_chart_points);

/// Whether values above 0 lie so far apart that a linear axis would hide the small ones.
[[nodiscard]] bool spread_widely(const std::vector<chart_series>& series, double chart_point::*value);

}  // namespace pipebench::reporting
