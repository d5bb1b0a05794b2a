// Durations and counts as people type them. The command line and saved results use the same parser, so an error in it
// makes every run wrong.
#include "contracts/units.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

using namespace pipebench;
using namespace std::chrono_literals;

TEST_CASE("a duration is a number and a unit", "[duration]") {
    CHECK(parse_duration("100ms") == 100ms);
    CHECK(parse_duration("250us") == 250us);
    CHECK(parse_duration("1.5s") == 1500ms);
    CHECK(parse_duration("2m") == 2min);
    CHECK(parse_duration("24h") == 24h);
    CHECK(parse_duration("0.1s") == 100ms);
    CHECK(parse_duration("0ms") == 0ms);
}

TEST_CASE("only zero needs no unit", "[duration]") {
    CHECK(parse_duration("0") == 0us);
    CHECK_FALSE(parse_duration("100"));
    CHECK_FALSE(parse_duration("0.5"));
}

TEST_CASE("what is not a duration is refused, not guessed", "[duration]") {
    const auto* text =
        GENERATE("", " ", "-5", "-5ms", "+5ms", "1e30", "1e3ms", "nan", "nanms", "inf", "infs", "ms", "100 ms",
                 " 100ms", "100ms ", "100mss", "100MS", "1,5s", "1.s", ".5s", "1..5s", "0x10ms", "10k", "1s1s", "1d");
    CAPTURE(text);
    CHECK_FALSE(parse_duration(text));
}

TEST_CASE("a duration of more than a day is refused, however large the number", "[duration]") {
    CHECK_FALSE(parse_duration("25h"));
    CHECK_FALSE(parse_duration("86400.000001s"));
    CHECK_FALSE(parse_duration("99999999999999999999999999h"));
    CHECK_FALSE(parse_duration(std::string(400, '9') + "h"));
}

TEST_CASE("a duration too short to be kept is refused: a zero would switch things off", "[duration]") {
    CHECK_FALSE(parse_duration("0.4us"));
    CHECK_FALSE(parse_duration("0.0000001ms"));
    CHECK(parse_duration("0.5us") == 1us);
}

TEST_CASE("a duration is written in the shortest form that is read back exactly", "[duration]") {
    CHECK(format_duration(100ms) == "100ms");
    CHECK(format_duration(1500ms) == "1.5s");
    CHECK(format_duration(250us) == "250us");
    CHECK(format_duration(1500us) == "1.5ms");
    CHECK(format_duration(0us) == "0s");
    CHECK(format_duration(24h) == "86400s");
    const duration d =
        GENERATE(1us, 999us, 1000us, 1001us, 999'999us, 1'000'000us, 1'234'567us, 86'399'999'999us, 86'400'000'000us);
    CAPTURE(d.count());
    CHECK(parse_duration(format_duration(d)) == d);
}

TEST_CASE("a count is a whole number, with k or M if wanted", "[count]") {
    CHECK(parse_count("0") == 0);
    CHECK(parse_count("100") == 100);
    CHECK(parse_count("10k") == 10'000);
    CHECK(parse_count("10K") == 10'000);
    CHECK(parse_count("1.5k") == 1'500);
    CHECK(parse_count("1.5M") == 1'500'000);
    CHECK(parse_count("1.0") == 1);
    CHECK(parse_count("2.50000k") == 2'500);
}

TEST_CASE("a count with a suffix is exact where binary fractions are not", "[count]") {
    CHECK(parse_count("1.001k") == 1'001);  // 1.001 * 1000 is 1000.9999999999999 in doubles
    CHECK(parse_count("1.005k") == 1'005);
    CHECK(parse_count("8.000001M") == 8'000'001);
    for (unsigned i = 0; i < 1000; ++i) {
        const std::string fraction = std::to_string(1000 + i).substr(1);
        REQUIRE(parse_count("3." + fraction + "k") == 3000 + i);
    }
}

TEST_CASE("what is not a whole number is refused", "[count]") {
    const auto* text =
        GENERATE("", "-5", "+5", "1e30", "1e3", "nan", "inf", "k", "M", ".5k", "1.", "1.k", "0.5", "1.0005k",
                 "0.0000001M", "10kk", "10m", "10 k", " 10", "10 ", "0x10", "1,000", "1.5.5k", "1.-5k");
    CAPTURE(text);
    CHECK_FALSE(parse_count(text));
}

TEST_CASE("a count beyond 10^15 is refused, also where it would overflow", "[count]") {
    CHECK(parse_count("1000000000000000") == 1'000'000'000'000'000);
    CHECK_FALSE(parse_count("1000000000000001"));
    CHECK_FALSE(parse_count("1000000001M"));
    CHECK_FALSE(parse_count("18446744073709551617"));  // 2^64 + 1 would wrap to 1
    CHECK_FALSE(parse_count("18446744073710M"));
    CHECK_FALSE(parse_count(std::string(400, '9')));
}

TEST_CASE("a size is a number and a unit of bytes, decimal or binary", "[size]") {
    CHECK(parse_size("1B") == 1);
    CHECK(parse_size("64kB") == 64'000);
    CHECK(parse_size("64KiB") == 65'536);
    CHECK(parse_size("1.5MB") == 1'500'000);
    CHECK(parse_size("1.5MiB") == 1'572'864);
    CHECK(parse_size("2GB") == 2'000'000'000);
    CHECK(parse_size("2GiB") == 2'147'483'648);
    CHECK(parse_size("1000000GB") == 1'000'000'000'000'000);
}

TEST_CASE("what is not a size is refused, not guessed", "[size]") {
    const auto* text = GENERATE("", "0", "64", "B", "0B", "0.4B", "-1B", "+1B", "64 kB", " 64kB", "64kB ", "64KB",
                                "64Kb", "64kb", "64k", "64M", "64MiBs", "1e3B", "nanB", "infGB", "0x10B", "1,5MB",
                                "1.MB", ".5MB", "1000001GB", "99999999999999999999999999GiB");
    CAPTURE(text);
    CHECK_FALSE(parse_size(text));
}

TEST_CASE("a rate is a count a second", "[rate]") {
    CHECK(parse_rate("1/s") == 1);
    CHECK(parse_rate("500/s") == 500);
    CHECK(parse_rate("10k/s") == 10'000);
    CHECK(parse_rate("1.5k/s") == 1'500);
    CHECK(parse_rate("1M/s") == 1'000'000);
}

TEST_CASE("what is not a rate is refused; so is a rate of none, which would never end", "[rate]") {
    const auto* text = GENERATE("", "500", "/s", "0/s", "0k/s", "500/m", "500/", "500 /s", "500/ s", "500/s ",
                                " 500/s", "-5/s", "+5/s", "0.5/s", "1e3/s", "500/S", "500/s/s", "1000000000000001/s");
    CAPTURE(text);
    CHECK_FALSE(parse_rate(text));
}
