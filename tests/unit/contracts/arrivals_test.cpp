// The texts of open load: what they mean, and that they come back as they were.
#include "pipebench/arrivals.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>

using namespace pipebench;
using namespace std::chrono_literals;

TEST_CASE("a rate is exact, whatever its unit", "[arrivals]") {
    CHECK(parse_arrival_rate("14/s") == arrival_rate{14, 1s});
    CHECK(parse_arrival_rate("840/m") == arrival_rate{840, 1min});
    CHECK(parse_arrival_rate("50k/h") == arrival_rate{50'000, 1h});
    CHECK(parse_arrival_rate("0.5/s") == arrival_rate{5, 10s});
    CHECK(parse_arrival_rate("13.89/s") == arrival_rate{1389, 100s});
    CHECK(parse_arrival_rate("1M/s") == arrival_rate{1'000'000, 1s});
}

TEST_CASE("a rate without a unit, of nothing, or out of reach is none", "[arrivals]") {
    for (const char* text : {"", "14", "14/", "/s", "14/d", "14/ms", "0/s", "-1/s", "1e3/s", " 14/s", "14 /s",
                             "1.5M/s", "1000001/s", "1.1234567/s", ".5/s", "5./s", "1.2.3/s", "inf/s", "14/s/s"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_arrival_rate(text));
    }
}

TEST_CASE("rates, processes, ramps and steps are written as they are read", "[arrivals]") {
    for (const char* text : {"14/s", "840/m", "50k/h", "0.5/s", "13.89/s", "1M/s", "0.01/h"}) {
        CAPTURE(text);
        CHECK(format_arrival_rate(*parse_arrival_rate(text)) == text);
    }
    for (const char* text : {"constant", "poisson", "burst:20"})
        CHECK(format_arrival_process(*parse_arrival_process(text)) == text);
    CHECK(format_rate_ramp(*parse_rate_ramp("10/s..100/s")) == "10/s..100/s");
    CHECK(format_rate_steps(*parse_rate_steps("10/s,50/m")) == "10/s,50/m");
}

TEST_CASE("a process of another form is none", "[arrivals]") {
    for (const char* text : {"", "Poisson", "burst", "burst:", "burst:0", "burst:10001", "burst:x", "poisson:2"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_arrival_process(text));
    }
    CHECK(parse_arrival_process("burst:10000"));
}

TEST_CASE("ramps and steps of another form are none", "[arrivals]") {
    for (const char* text : {"", "10/s", "10/s..", "..10/s", "10/s..0/s", "10/s-20/s"})
        CHECK_FALSE(parse_rate_ramp(text));
    std::string too_many = "1/s";
    for (std::size_t i = 0; i < max_rate_steps; ++i) too_many += ",1/s";
    for (const std::string& text : {std::string(), std::string("10/s,"), std::string(",10/s"), too_many})
        CHECK_FALSE(parse_rate_steps(text));
}
