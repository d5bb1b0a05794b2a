// Percentiles of what a result keeps, and HdrHistogram's text of it.
#include "contracts/latency_bin.hpp"
#include "report/numbers.hpp"
#include "report/percentiles.hpp"
#include "support/sample_result.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <fmt/format.h>

#include <cmath>

using namespace pipebench;
using namespace pipebench::reporting;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a percentile is the edge of the bin that it lies in", "[percentiles]") {
    const latency_distribution d{{100, 200, 300}, {50, 49, 1}};
    CHECK(quantile_ms(d, 0.5) == upper_edge_ms(100));
    CHECK(quantile_ms(d, 0.501) == upper_edge_ms(200));
    CHECK(quantile_ms(d, 0.99) == upper_edge_ms(200));
    CHECK(quantile_ms(d, 0.991) == upper_edge_ms(300));
    CHECK(quantile_ms(d, 1) == upper_edge_ms(300));
    CHECK(quantile_ms(d, 0) == upper_edge_ms(100));
}

TEST_CASE("a percentile never exceeds the exact maximum, which its bin may", "[percentiles]") {
    const latency_distribution d{{100, 300}, {1, 1}};
    const double largest = (upper_edge_ms(299) + upper_edge_ms(300)) / 2;
    CHECK(quantile_ms(d, 1, largest) == largest);
    CHECK(quantile_ms(d, 0.5, largest) == upper_edge_ms(100));
    auto s = test::sample_session();
    s.runs.resize(1);
    s.runs[0].served = d;
    s.runs[0].latency.max_ms = largest;
    CHECK(percentile_table(summarise(s), {99.9}).rows[0].cells[3] == fixed(largest, 1));
    CHECK_THAT(to_hgrm(d, largest), ContainsSubstring(fmt::format("#[Max     = {:12.3f}", largest)));
    s.runs[0].latency.max_ms = std::nan("");  // among orders that did not end
    CHECK(percentile_table(summarise(s), {99.9}).rows[0].cells[3] == fixed(upper_edge_ms(300), 1));
}

TEST_CASE("of no orders no percentile is known, and a foreign distribution is no crash", "[percentiles]") {
    CHECK(std::isnan(quantile_ms({}, 0.5)));
    CHECK(std::isnan(quantile_ms({{1}, {0}}, 0.5)));
    CHECK(std::isfinite(quantile_ms({{~0ull, 5}, {~0ull, ~0ull}}, 0.5)));
    CHECK(std::isfinite(quantile_ms({{1, 2, 3}, {1}}, 1)));
    CHECK_THAT(to_hgrm({{~0ull}, {~0ull}}), ContainsSubstring("Total count"));
}

TEST_CASE("the text for HdrHistogram's tools has a line for each bin, and the moments", "[percentiles]") {
    const auto text = to_hgrm({{100, 300}, {3, 1}});
    CHECK_THAT(text, ContainsSubstring(" 0.750000000000          3           4.00\n"));
    CHECK_THAT(text, ContainsSubstring(" 1.000000000000          4\n"));
    CHECK_THAT(text, ContainsSubstring("Total count    =            4]"));
    CHECK_THAT(to_hgrm({}), ContainsSubstring("Total count    =            0]"));
}

TEST_CASE("a table of percentiles has a row for each distribution that holds orders", "[percentiles]") {
    auto s = test::sample_session();
    s.runs.resize(2);
    s.runs[0].served = {{100}, {7}};
    s.runs[1].served = {};
    const auto rows = summarise(s);
    const auto t = percentile_table(rows, {50, 99.95});
    REQUIRE(t.columns.size() == 5);
    CHECK(t.columns[4].name == "p99.95");
    REQUIRE(t.rows.size() == 1);
    CHECK(t.rows[0].cells[2] == "7");
}
