// The text of metrics: families, buckets, and what is not known.
#include "contracts/latency_bin.hpp"
#include "metrics/family_list.hpp"
#include "support/command.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <limits>

using namespace pipebench;
using namespace pipebench::test;
using namespace std::chrono_literals;

namespace {

latency_counts counts_of(const std::vector<std::chrono::milliseconds>& all) {
    latency_counts out;
    out.bins.resize(latency_bins);
    for (const auto t : all) {
        ++out.bins[latency_bin(t)];
        out.sum += t;
    }
    return out;
}

std::vector<std::string> samples_in(const std::string& text) {
    std::vector<std::string> out;
    for (const auto& line : lines_of(text))
        if (!line.starts_with("#")) out.push_back(line);
    return out;
}

}  // namespace

TEST_CASE("metrics of one name are one family, whatever is added between them", "[family_list]") {
    family_list out;
    out.counter("a_total", "A.", {{"k", "1"}}, 1);
    out.gauge("b", "B.", {}, 2.5);
    out.counter("a_total", "A.", {{"k", "2"}}, 3);
    CHECK(out.text() == "# HELP a_total A.\n# TYPE a_total counter\na_total{k=\"1\"} 1\na_total{k=\"2\"} 3\n"
                        "# HELP b B.\n# TYPE b gauge\nb 2.5\n");
}

TEST_CASE("what is not known is absent, and its family with it", "[family_list]") {
    family_list out;
    out.gauge("b", "B.", {}, std::numeric_limits<double>::quiet_NaN());
    out.counter("c_total", "C.", {}, std::numeric_limits<double>::infinity());
    CHECK(out.text().empty());
}

TEST_CASE("a label can hold any text", "[family_list]") {
    family_list out;
    out.gauge("b", "B.", {{"k", "a\"b\\c\nd"}}, 1);
    CHECK(samples_in(out.text()) == std::vector<std::string>{R"(b{k="a\"b\\c\nd"} 1)"});
}

TEST_CASE("buckets hold all up to their bound, and the last one everything", "[family_list]") {
    family_list out;
    const bucket_bounds bounds{latency_bin(10ms), latency_bin(100ms)};
    out.histogram("t_seconds", "T.", {}, counts_of({5ms, 10ms, 11ms, 100ms, 5000ms}), bounds);
    const auto samples = samples_in(out.text());
    REQUIRE(samples.size() == 5);
    CHECK(samples[0].ends_with(" 5"));  // count
    CHECK(samples[1].ends_with(" 5.126"));
    CHECK(samples[2].ends_with("} 2"));
    CHECK(samples[3].ends_with("} 4"));
    CHECK(samples[4] == "t_seconds_bucket{le=\"+Inf\"} 5");
}

TEST_CASE("a constant duration is in the middle of a bucket, and a limit is a bound", "[family_list]") {
    for (const std::chrono::nanoseconds usual : {1ms, 20ms, 100ms, 200ms, 1000ms}) {
        const auto bounds = bounds_around(usual, {300ms});
        CHECK(std::is_sorted(bounds.begin(), bounds.end()));
        CHECK(std::adjacent_find(bounds.begin(), bounds.end()) == bounds.end());
        CHECK(std::count(bounds.begin(), bounds.end(), latency_bin(300ms)) == 1);
        CHECK(bounds.back() == latency_bin(60s));
        if (usual == 300ms) continue;
        for (int times = 1; times <= 10; ++times) {
            CAPTURE(usual.count(), times);
            if (times * usual != 300ms)
                CHECK(std::count(bounds.begin(), bounds.end(), latency_bin(times * usual)) == 0);
        }
    }
}
