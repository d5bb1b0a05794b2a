// The ledger finds corrupt rows by generating each order again, in another process and perhaps another build. If an
// order were not a pure function of its id and the seed, or its JSON were incomplete, correct runs would look
// corrupt.
#include "mock_api/order_book.hpp"
#include "mock_api/order_json.hpp"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <set>

using namespace pipebench;

namespace {

constexpr std::uint64_t seed = 42;
constexpr order_id sample = 20'000;

std::string json_of(const order& o) {
    std::string out;
    append_json(out, o);
    return out;
}

/// Reads the output of append_json with an independent parser.
order parse(const std::string& text) {
    const auto json = nlohmann::json::parse(text);
    const std::map<std::string, service_level> services{{"economy", service_level::economy},
                                                        {"standard", service_level::standard},
                                                        {"express", service_level::express},
                                                        {"same_day", service_level::same_day}};
    order o;
    json.at("id").get_to(o.id);
    json.at("customer").get_to(o.customer);
    json.at("ship_to").at("street").get_to(o.street);
    json.at("ship_to").at("postcode").get_to(o.postcode);
    json.at("ship_to").at("city").get_to(o.city);
    json.at("ship_to").at("country").get_to(o.country);
    o.service = services.at(json.at("service_level"));
    json.at("currency").get_to(o.currency);
    for (const auto& line : json.at("lines"))
        o.lines.push_back(
            {line.at("sku"), line.at("quantity"), line.at("unit_price_minor"), line.at("weight_grams")});
    return o;
}

/// An order with the shortest of everything, for tests that change one thing.
order plain_order() {
    order o;
    o.id = 7;
    o.customer = std::string(1, 'A');  // assigning a literal trips a false -Wrestrict of g++ 12
    o.country = std::string("DE");
    o.currency = std::string("EUR");
    o.lines = {{"S", 1, 2, 3}};
    o.created_at = std::chrono::sys_days{std::chrono::year{2026} / 3 / 14} + std::chrono::seconds{33'966 + 47};
    return o;
}

bool capital_letters(const std::string& text, std::size_t length) {
    return text.size() == length &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

}  // namespace

TEST_CASE("an order is the same for ever: its bytes are part of what saved results mean", "[order_book]") {
    CHECK(json_of(make_order(1, seed)) ==
          R"({"id":1,"customer":"Maria van der Berg ","ship_to":{"street":"SQN 295 Bloco Z","postcode":"02879-368",)"
          R"("city":"Brasília","country":"BR"},"service_level":"same_day","currency":"BRL","lines":[)"
          R"({"sku":"TOY-5906-W","quantity":8,"unit_price_minor":4340,"weight_grams":1568},)"
          R"({"sku":"BOX-14114","quantity":9,"unit_price_minor":256,"weight_grams":986},)"
          R"({"sku":"CHEM-94291","quantity":3,"unit_price_minor":165332,"weight_grams":270}],)"
          R"("created_at":"2026-04-11T09:49:38Z"})");
}

TEST_CASE("an order made into the memory of another is no different", "[order_book]") {
    order used;
    for (order_id id = 1; id <= 200; ++id) {
        make_order(used, id, seed);
        REQUIRE(used == make_order(id, seed));
    }
}

TEST_CASE("orders differ by id and by seed, and neighbouring seeds do not share them", "[order_book]") {
    std::set<std::string> seen;
    for (std::uint64_t s = 0; s < 20; ++s)
        for (order_id id = 1; id <= 100; ++id) {
            order o = make_order(id, s);
            o.id = 0;  // the ids differ in any case
            seen.insert(json_of(o));
        }
    CHECK(seen.size() == 2'000);
}

TEST_CASE("every order keeps the limits of the schema", "[order_book]") {
    for (order_id id = 1; id <= sample; ++id) {
        const order o = make_order(id, seed);
        CAPTURE(id, json_of(o));
        REQUIRE((o.customer.size() >= 1 && o.customer.size() <= 200));
        REQUIRE((o.street.size() <= 200 && o.postcode.size() <= 20 && o.city.size() <= 100));
        REQUIRE(capital_letters(o.country, 2));
        REQUIRE(capital_letters(o.currency, 3));
        REQUIRE((o.lines.size() >= 1 && o.lines.size() <= 5));
        for (const order_line& line : o.lines) {
            REQUIRE((line.quantity >= 1 && line.quantity <= 10'000));
            REQUIRE((line.unit_price_minor >= 0 && line.unit_price_minor <= 100'000'000));
            REQUIRE((line.weight_grams >= 0 && line.weight_grams <= 10'000'000));
            REQUIRE((!line.sku.empty() && line.sku.size() <= 64));
        }
    }
}

TEST_CASE("a body has 280 to 700 bytes", "[order_book]") {
    std::string body;
    for (order_id id = 1; id <= sample; ++id) {
        body.clear();
        append_json(body, make_order(id, seed));
        CAPTURE(body);
        REQUIRE((body.size() >= 280 && body.size() <= 700));
    }
}

TEST_CASE("orders come from all 24 countries, at all service levels, over one whole year", "[order_book]") {
    std::set<std::string> countries;
    std::map<service_level, int> services;
    std::map<std::size_t, int> lines;
    auto first = std::chrono::sys_seconds::max(), last = std::chrono::sys_seconds::min();
    bool beyond_ascii = false, stray_space = false, quoted = false;
    for (order_id id = 1; id <= sample; ++id) {
        const order o = make_order(id, seed);
        countries.insert(o.country);
        ++services[o.service];
        ++lines[o.lines.size()];
        first = std::min(first, o.created_at);
        last = std::max(last, o.created_at);
        beyond_ascii |= std::any_of(o.customer.begin(), o.customer.end(), [](char c) { return c < 0; });
        stray_space |= o.customer.starts_with("  ");
        quoted |= o.customer.find('"') != std::string::npos;
    }
    CHECK(countries.size() == 24);
    CHECK(services.size() == 4);
    for (const auto& [level, count] : services) CHECK(count > static_cast<int>(sample) / 5);
    CHECK(lines.size() == 5);
    CHECK(last - first > std::chrono::days{364});
    CHECK(last - first < std::chrono::days{365});
    CHECK((beyond_ascii && stray_space && quoted));
}

TEST_CASE("another parser reads back what was written", "[order_book]") {
    for (order_id id = 1; id <= 2'000; ++id) {
        order o = make_order(id, seed);
        const order back = parse(json_of(o));
        o.created_at = {};
        REQUIRE(back == o);
    }
}

TEST_CASE("what JSON cannot hold in a string is escaped", "[order_book]") {
    order o = plain_order();
    for (int c = 0; c < 0x20; ++c) o.customer += static_cast<char>(c);
    o.customer += "\"\\/ \x7f é 李";
    o.lines[0].sku += "\"";
    o.city += "\\";
    CHECK(parse(json_of(o)).customer == o.customer);
    CHECK(parse(json_of(o)).lines == o.lines);
    CHECK(parse(json_of(o)).city == o.city);
}

TEST_CASE("JSON is compact, and a time is written to the second, in UTC", "[order_book]") {
    CHECK(json_of(plain_order()) ==
          R"({"id":7,"customer":"A","ship_to":{"street":"","postcode":"","city":"","country":"DE"},)"
          R"("service_level":"standard","currency":"EUR","lines":[{"sku":"S","quantity":1,"unit_price_minor":2,)"
          R"("weight_grams":3}],"created_at":"2026-03-14T09:26:53Z"})");
    order o = plain_order();
    o.lines.clear();
    CHECK(nlohmann::json::parse(json_of(o)).at("lines").empty());
    o.created_at = std::chrono::sys_days{std::chrono::year{2028} / 2 / 29};
    CHECK(nlohmann::json::parse(json_of(o)).at("created_at") == "2028-02-29T00:00:00Z");
    o.created_at =
        std::chrono::sys_days{std::chrono::year{2026} / 1 / 2} + std::chrono::seconds{3 * 3'600 + 4 * 60 + 5};
    CHECK(nlohmann::json::parse(json_of(o)).at("created_at") == "2026-01-02T03:04:05Z");
}

TEST_CASE("JSON is appended, and memory that suffices is not left", "[order_book]") {
    std::string out = "kept";
    out.reserve(1'000);
    const auto* before = out.data();
    append_json(out, make_order(max_order_id, seed));
    CHECK(out.starts_with("kept{\"id\":1000000000000000,"));
    CHECK(out.data() == before);
}

TEST_CASE("draws are even, and fractions lie above 0 and not above 1", "[order_book]") {
    dice d(seed, 1);
    std::map<std::uint64_t, int> counts;
    for (int i = 0; i < 60'000; ++i) ++counts[d.below(6)];
    CHECK(counts.size() == 6);
    for (const auto& [face, count] : counts) CHECK((count > 9'500 && count < 10'500));
    double sum = 0;
    for (int i = 0; i < 10'000; ++i) {
        const double f = d.fraction();
        REQUIRE((f > 0 && f <= 1));
        sum += f;
    }
    CHECK((sum > 4'800 && sum < 5'200));
}
