// The command line and saved results use the same text of an objective.
#include "pipebench/objective.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

using namespace pipebench;
using namespace std::chrono_literals;

TEST_CASE("an objective is a percentile, a sign and a duration", "[objective]") {
    CHECK(parse_objective("p99<500ms") == objective{0.99, 500ms});
    CHECK(parse_objective("p50<2s") == objective{0.5, 2s});
    CHECK(parse_objective("p99.9<1.5s") == objective{0.999, 1500ms});
    CHECK(parse_objective("p99.99<250us") == objective{0.9999, 250us});
    CHECK(parse_objective("p99.999<1m") == objective{0.99999, 1min});
    CHECK(parse_objective("p0.001<1h") == objective{0.00001, 1h});
}

TEST_CASE("spaces may stand around the sign of an objective", "[objective]") {
    for (const auto* text : {"p99 < 500ms", "p99< 500ms", "p99 <500ms", "p99  <  500ms"}) {
        CAPTURE(text);
        CHECK(parse_objective(text) == objective{0.99, 500ms});
    }
}

TEST_CASE("what is not an objective is refused, not guessed", "[objective]") {
    const auto* text = GENERATE("", "p", "<", "p<", "p99", "p99<", "<500ms", "500ms", "p<500ms", "p 99<500ms",
                                " p99<500ms", "p99<500ms ", "P99<500ms", "99<500ms", "p99%<500ms", "p99<=500ms",
                                "p99>500ms", "p99=500ms", "p99<<500ms", "p99<500", "p99<500ms<1s", "p99<p50",
                                "p-99<500ms", "p+99<500ms", "p.5<500ms", "p99.<500ms", "p9,9<500ms", "p1e1<500ms",
                                "p99k<500ms", "p99M<500ms", "pnan<500ms", "p99<nanms", "p99<-5ms", "p99\t<500ms");
    CAPTURE(text);
    CHECK_FALSE(parse_objective(text));
}

TEST_CASE("a percentile of none or of all, and one that is too fine, is refused", "[objective]") {
    const auto* text = GENERATE("p0<1s", "p0.000<1s", "p100<1s", "p100.0<1s", "p101<1s", "p999<1s", "p99.9999<1s",
                                "p0.0001<1s", "p99999999999999999999<1s");
    CAPTURE(text);
    CHECK_FALSE(parse_objective(text));
}

TEST_CASE("an objective without time, or of more than a day, is refused", "[objective]") {
    CHECK_FALSE(parse_objective("p99<0"));
    CHECK_FALSE(parse_objective("p99<0ms"));
    CHECK_FALSE(parse_objective("p99<25h"));
    CHECK(parse_objective("p99<24h"));
}

TEST_CASE("an objective is written as it is read", "[objective]") {
    CHECK(format_objective({0.99, 500ms}) == "p99<500ms");
    CHECK(format_objective({0.999, 1500ms}) == "p99.9<1.5s");
    CHECK(format_objective({0.07, 1us}) == "p7<1us");
    CHECK(format_objective(parse_objective("p99.90 < 2m").value()) == "p99.9<120s");
}

TEST_CASE("every percentile is read back as it was written", "[objective]") {
    int changed = 0;
    for (int thousandths = 1; thousandths < 100'000; ++thousandths) {
        const objective o{thousandths / 100'000.0, 500ms};
        changed += parse_objective(format_objective(o)) == o ? 0 : 1;
    }
    CHECK(changed == 0);
}
