// The data of charts: thinning keeps what matters, and what cannot be drawn is left out.
#include "report/chart.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <cmath>

using namespace pipebench::reporting;
using Catch::Matchers::ContainsSubstring;

namespace {

std::vector<chart_point> wave(std::size_t n) {
    std::vector<chart_point> out;
    for (std::size_t i = 0; i < n; ++i) {
        const auto x = static_cast<double>(i);
        out.push_back({x, std::sin(x / 50)});
    }
    return out;
}

bool has(const std::vector<chart_point>& points, double x, double y) {
    return std::any_of(points.begin(), points.end(), [&](auto& p) { return p.x == x && p.y == y; });
}

chart rows_of(std::size_t n) {
    chart out;
    out.title = "rows";
    out.has_rows = true;
    chart_series s{"bar", series_kind::bars};
    for (std::size_t i = 0; i < n; ++i) {
        out.y.labels.push_back("row " + std::to_string(i));
        s.points.push_back({1, static_cast<double>(i)});
    }
    out.series = {s};
    return out;
}

}  // namespace

TEST_CASE("a short line is not thinned", "[chart]") {
    CHECK(thinned(wave(500)).size() == 500);
    CHECK(thinned({}).empty());
}

TEST_CASE("a thinned line keeps its ends, its extremes and its order", "[chart]") {
    auto points = wave(100'000);
    points[34'567].y = 9;
    points[70'001].y = -9;
    const auto out = thinned(points);
    CHECK(out.size() <= most_chart_points);
    CHECK(out.size() > most_chart_points / 2);
    CHECK(has(out, 34'567, 9));
    CHECK(has(out, 70'001, -9));
    CHECK(out.front().x == 0);
    CHECK(out.back().x == 99'999);
    CHECK(std::is_sorted(out.begin(), out.end(), [](auto& a, auto& b) { return a.x < b.x; }));
}

TEST_CASE("a gap stays a gap in a thinned line, and a single one hides no extreme", "[chart]") {
    auto points = wave(10'000);
    for (std::size_t i = 4'000; i < 6'000; ++i) points[i].y = no_value;
    points[8'000].y = no_value;
    points[8'001].y = 5;
    const auto out = thinned(points);
    const auto gaps = std::count_if(out.begin(), out.end(), [](auto& p) { return std::isnan(p.y); });
    CHECK(gaps > 20);
    CHECK(gaps < 60);
    CHECK(has(out, 8'001, 5));
}

TEST_CASE("the numbers of a chart have six digits, and what is not known is null", "[chart]") {
    chart c;
    c.series = {{"a", series_kind::line, 0, {{1.0 / 3, 3}, {2, no_value}, {4, 5, 1, 2, "said"}}}};
    c.marks = {{no_value, "nowhere"}, {2, "here"}};
    const auto out = json_of(c);
    CHECK(out["series"][0]["points"].dump() == R"([[0.333333,3],[2,null],[4,5,1,2,"said"]])");
    CHECK(out["marks"].dump() == R"([{"at":2,"text":"here"}])");
}

TEST_CASE("a chart with too many rows says that it leaves some out", "[chart]") {
    const auto out = json_of(rows_of(most_chart_rows + 5));
    CHECK(out["y"]["labels"].size() == most_chart_rows);
    CHECK(out["series"][0]["points"].size() == most_chart_rows);
    CHECK_THAT(explanation_of(rows_of(most_chart_rows + 5)), ContainsSubstring("The first 60 of 65 rows"));
    CHECK(explanation_of(rows_of(most_chart_rows)).empty());
    CHECK_THAT(describe(rows_of(20)), ContainsSubstring("row 0") && ContainsSubstring("and 12 more"));
}

TEST_CASE("a chart of unknown values has nothing to draw", "[chart]") {
    chart c;
    CHECK_FALSE(has_values(c));
    c.series = {{"a", series_kind::line, 0, {{1, no_value}, {no_value, 1}}}};
    CHECK_FALSE(has_values(c));
    c.series[0].points.push_back({no_value, 0, 1, 2});
    CHECK(has_values(c));
}

TEST_CASE("values far apart want a logarithmic axis, unless one of them has no logarithm", "[chart]") {
    const auto of = [](std::vector<chart_point> points) {
        return spread_widely({{"a", series_kind::line, 0, std::move(points)}}, &chart_point::y);
    };
    CHECK(of({{0, 1}, {1, 100}}));
    CHECK_FALSE(of({{0, 1}, {1, 10}}));
    CHECK_FALSE(of({{0, 0}, {1, 100}}));
    CHECK_FALSE(of({}));
}
