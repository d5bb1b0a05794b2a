// The row of an order. The ledger finds corrupt rows with the same code, so the expected values are computed by hand
// here.
#include "pipeline/transform.hpp"

#include "pipeline/order_parser.hpp"

#include <catch2/catch_test_macros.hpp>

#include <functional>
#include <vector>

using namespace pipebench;
using namespace std::chrono;

namespace {

order worked_example() {
    order o;
    o.id = 7;
    o.customer = std::string("  ada   LOVELACE ");  // assigning a literal trips a false -Wrestrict of g++ 12
    o.country = std::string("GB");
    o.currency = std::string("GBP");
    o.service = service_level::express;
    o.lines = {{"A-1", 3, 1999, 250}, {"B-2", 1, 350, 1000}};
    o.created_at = sys_days(2026y / March / 13) + hours(23);  // a Friday
    return o;
}

/// FNV-1a over bytes, implemented from its definition.
std::uint64_t fnv1a(std::string_view bytes) {
    std::uint64_t hash = 14695981039346656037ull;
    for (const char c : bytes) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 1099511628211ull;
    }
    return hash;
}

std::string little_endian(std::int64_t number) {
    std::string out;
    for (int i = 0; i < 8; ++i) out += static_cast<char>(static_cast<std::uint64_t>(number) >> (8 * i) & 0xff);
    return out;
}

}  // namespace

TEST_CASE("an order becomes the row worked out by hand", "[transform]") {
    const auto row = transform(worked_example());
    CHECK(row.id == 7);
    CHECK(row.customer == "Ada Lovelace");
    CHECK(row.region == "EMEA");
    CHECK(row.currency == "GBP");
    CHECK(row.item_count == 4);
    CHECK(row.total_minor == 3 * 1999 + 350);
    CHECK(row.weight_grams == 3 * 250 + 1000);
    CHECK(row.line_totals == "{5997,350}");
    CHECK(row.promised_on == "2026-03-16");  // one working day after Friday is Monday
    CHECK(row.checksum == checksum_of(row));
}

TEST_CASE("the largest order that is parsed does not overflow", "[transform]") {
    auto o = worked_example();
    o.lines.assign(max_lines, {"S", max_quantity, max_unit_price_minor, max_weight_grams});
    const auto row = transform(o);
    CHECK(row.total_minor == 100'000'000'000'000);
    CHECK(row.weight_grams == 10'000'000'000'000);
    CHECK(row.item_count == 1'000'000);
}

TEST_CASE("a row keeps nothing of the street, but of everything that it shows", "[transform]") {
    auto o = worked_example();
    o.street = std::string("elsewhere");
    CHECK(transform(o) == transform(worked_example()));
    o.lines[1].quantity = 2;
    CHECK(transform(o) != transform(worked_example()));
}

TEST_CASE("a name has single spaces and capitals where words begin", "[transform]") {
    CHECK(normalised_name("ada lovelace") == "Ada Lovelace");
    CHECK(normalised_name(" \t ADA \r\n\v\f  lovelace  ") == "Ada Lovelace");
    CHECK(normalised_name("o'NEILL-smith 3RD") == "O'neill-smith 3rd");
    CHECK(normalised_name("x") == "X");
    CHECK(normalised_name("").empty());
    CHECK(normalised_name(" \t ").empty());
}

TEST_CASE("letters beyond ASCII stay as they are, byte by byte", "[transform]") {
    CHECK(normalised_name("zo\xc3\x8b  \xc5\x81UKASZ") == "Zo\xc3\x8b \xc5\x81ukasz");
    CHECK(normalised_name("\xe6\x9d\x8e") == "\xe6\x9d\x8e");
}

TEST_CASE("a region is found for every country that has one, first and last of its list included", "[transform]") {
    for (const char* country : {"AE", "DE", "GB", "TR", "ZA"}) CHECK(region_of(country) == "EMEA");
    for (const char* country : {"AU", "JP", "SG", "VN"}) CHECK(region_of(country) == "APAC");
    for (const char* country : {"AR", "BR", "US", "VE"}) CHECK(region_of(country) == "AMER");
}

TEST_CASE("what is no country we know is OTHER", "[transform]") {
    for (const char* country : {"", "A", "AQ", "GS", "us", "E ", " A", "EA", "USA", "AE AT"}) {
        CAPTURE(country);
        CHECK(region_of(country) == "OTHER");
    }
}

TEST_CASE("the checksum is FNV-1a of the fields in their order, each with its border", "[transform]") {
    REQUIRE(fnv1a("foobar") == 0x85944171f73967e8);  // draft-eastlake-fnv, appendix C
    const order_row row{7, "Ada", "EMEA", "GBP", 4, 6347, -1, "2026-03-16", "{5997,350}", 0};
    const std::string texts("Ada\0EMEA\0GBP\0"
                            "2026-03-16\0{5997,350}\0",
                            35);
    const auto bytes = little_endian(7) + texts + little_endian(4) + little_endian(6347) + little_endian(-1);
    CHECK(checksum_of(row) == static_cast<std::int64_t>(fnv1a(bytes)));
}

TEST_CASE("the checksum changes with every field, and with a border between fields", "[transform]") {
    const auto row = transform(worked_example());
    const std::vector<std::function<void(order_row&)>> changes{
        [](order_row& r) { ++r.id; },
        [](order_row& r) { r.customer += 'x'; },
        [](order_row& r) { r.region += 'x'; },
        [](order_row& r) { r.currency += 'x'; },
        [](order_row& r) { ++r.item_count; },
        [](order_row& r) { ++r.total_minor; },
        [](order_row& r) { ++r.weight_grams; },
        [](order_row& r) { r.promised_on += 'x'; },
        [](order_row& r) { r.line_totals += 'x'; },
        [](order_row& r) { std::swap(r.region, r.currency); },
        [](order_row& r) { r.region = r.customer.back() + r.region, r.customer.pop_back(); }};
    for (std::size_t i = 0; i < changes.size(); ++i) {
        auto changed = row;
        changes[i](changed);
        CAPTURE(i);
        CHECK(checksum_of(changed) != checksum_of(row));
    }
    auto with_another = row;
    with_another.checksum = 0;
    CHECK(checksum_of(with_another) == checksum_of(row));  // the checksum does not include itself
}
