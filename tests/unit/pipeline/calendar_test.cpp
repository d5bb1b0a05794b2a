// The promised date is a column of a row: if it is a day off, the row is corrupt.
#include "pipeline/calendar.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

using namespace pipebench;
using namespace std::chrono;
using namespace std::chrono_literals;

namespace {

std::string promised(const char* ordered_at, service_level service) {
    return format_day(promised_day(parse_timestamp(ordered_at).value(), service));
}

}  // namespace

TEST_CASE("a timestamp is read to the second", "[calendar]") {
    CHECK(parse_timestamp("2026-03-14T09:26:53Z") == sys_days(2026y / March / 14) + 9h + 26min + 53s);
    CHECK(parse_timestamp("1970-01-01T00:00:00Z") == sys_seconds{});
    CHECK(parse_timestamp("2024-02-29T23:59:59Z") == sys_days(2024y / February / 29) + 24h - 1s);
}

TEST_CASE("what is not exactly such a timestamp is refused", "[calendar]") {
    const auto* text =
        GENERATE("", "2026-03-14", "2026-03-14T09:26:53", "2026-03-14T09:26:53z", "2026-03-14 09:26:53Z",
                 "2026-03-14T09:26:53.0Z", "2026-03-14T09:26:53+00:00", "2026-3-14T09:26:53Z", " 026-03-14T09:26:53Z",
                 "-026-03-14T09:26:53Z", "2026-0x-14T09:26:53Z", "2026-13-14T09:26:53Z", "2026-00-14T09:26:53Z",
                 "2026-02-29T09:26:53Z", "2026-04-31T09:26:53Z", "2026-03-00T09:26:53Z", "2026-03-14T24:00:00Z",
                 "2026-03-14T09:60:53Z", "2026-03-14T09:26:60Z", "2026-03-14T09:26:53ZZ");
    CAPTURE(text);
    CHECK_FALSE(parse_timestamp(text));
}

TEST_CASE("a promise counts working days from the day of the order", "[calendar]") {
    const auto* wednesday = "2026-03-11T12:00:00Z";
    CHECK(promised(wednesday, service_level::same_day) == "2026-03-11");
    CHECK(promised(wednesday, service_level::express) == "2026-03-12");
    CHECK(promised(wednesday, service_level::standard) == "2026-03-17");  // over one weekend
    CHECK(promised(wednesday, service_level::economy) == "2026-03-20");
}

TEST_CASE("an order at the weekend counts as one of Monday", "[calendar]") {
    const auto* at = GENERATE("2026-03-14T00:00:00Z", "2026-03-15T23:59:59Z");
    CHECK(promised(at, service_level::same_day) == "2026-03-16");
    CHECK(promised(at, service_level::express) == "2026-03-17");
    CHECK(promised(at, service_level::standard) == "2026-03-20");
    CHECK(promised(at, service_level::economy) == "2026-03-25");  // over another weekend
}

TEST_CASE("the last second of Friday is Friday", "[calendar]") {
    CHECK(promised("2026-03-13T23:59:59Z", service_level::same_day) == "2026-03-13");
    CHECK(promised("2026-03-13T23:59:59Z", service_level::express) == "2026-03-16");
}

TEST_CASE("a promise goes over the ends of months and years", "[calendar]") {
    CHECK(promised("2025-12-31T10:00:00Z", service_level::standard) == "2026-01-06");
    CHECK(promised("2024-02-28T10:00:00Z", service_level::express) == "2024-02-29");
    CHECK(format_day(sys_days(987y / January / 5)) == "0987-01-05");
}
