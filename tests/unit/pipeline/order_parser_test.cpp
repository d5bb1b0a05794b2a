// Foreign bytes to an order: anything that a server sends becomes an order within its bounds, or is refused. The sums
// of the transform rely on these bounds, or they would overflow.
#include "pipeline/order_parser.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

using namespace pipebench;
using nlohmann::json;

namespace {

const std::string sample = R"({
    "id": 7, "customer": "  ada  LOVELACE", "service_level": "express", "currency": "GBP",
    "ship_to": {"street": "12 St James's Sq", "postcode": "SW1Y 4LB", "city": "London", "country": "GB"},
    "lines": [{"sku": "A-1", "quantity": 3, "unit_price_minor": 1999, "weight_grams": 250},
              {"sku": "B-2", "quantity": 1, "unit_price_minor": 0, "weight_grams": 0}],
    "created_at": "2026-03-13T23:59:59Z"})";

/// The sample with one value replaced; the path is a JSON pointer.
std::string with(const std::string& path, const json& value) {
    auto order = json::parse(sample);
    order[json::json_pointer(path)] = value;
    return order.dump();
}

/// The sample with some bytes replaced, for text that no JSON writer produces.
std::string with_bytes(const std::string& old_bytes, const std::string& new_bytes) {
    std::string out = sample;
    return out.replace(out.find(old_bytes), old_bytes.size(), new_bytes);
}

const std::vector<std::string> members{"/id",
                                       "/customer",
                                       "/service_level",
                                       "/currency",
                                       "/created_at",
                                       "/ship_to",
                                       "/ship_to/street",
                                       "/ship_to/postcode",
                                       "/ship_to/city",
                                       "/ship_to/country",
                                       "/lines",
                                       "/lines/0",
                                       "/lines/1/sku",
                                       "/lines/1/quantity",
                                       "/lines/1/unit_price_minor",
                                       "/lines/1/weight_grams"};

/// An order that differs from the sample in every member.
const std::string other = R"({
    "id": 8, "customer": "Bo", "service_level": "same_day", "currency": "JPY",
    "ship_to": {"street": "1 Ginza", "postcode": "104-0061", "city": "Tokyo", "country": "JP"},
    "lines": [{"sku": "C-3", "quantity": 1, "unit_price_minor": 5, "weight_grams": 7},
              {"sku": "C-4", "quantity": 2, "unit_price_minor": 6, "weight_grams": 8},
              {"sku": "C-5", "quantity": 3, "unit_price_minor": 7, "weight_grams": 9}],
    "created_at": "2025-01-02T03:04:05Z"})";

/// The sample without the member at the path.
std::string without(const std::string& path) {
    auto order = json::parse(sample);
    const json::json_pointer at(path);
    order[at.parent_pointer()].erase(at.back());
    return order.dump();
}

/// Memory that has held another order, as on reuse.
order_scratch used() {
    order_scratch o;
    REQUIRE(parse_order(other, o));
    return o;
}

/// The names of all members, each once.
const std::vector<std::string> names{
    "id",      "customer", "service_level", "currency", "ship_to",          "street",       "postcode",  "city",
    "country", "lines",    "sku",           "quantity", "unit_price_minor", "weight_grams", "created_at"};

/// The word in quotes, with some of its characters, by number, as escapes.
template <class Which>
std::string escaped(const std::string& word, const Which& is_escaped) {
    std::string out = "\"";
    for (std::size_t i = 0; i < word.size(); ++i) {
        const auto code = static_cast<unsigned>(static_cast<unsigned char>(word[i]));
        if (is_escaped(i)) out += fmt::format("\\u{:04x}", code);
        else out += word[i];
    }
    return out + '"';
}

}  // namespace

TEST_CASE("an order is read with every member", "[order_parser]") {
    const auto o = parse_order(sample);
    REQUIRE(o);
    CHECK(o->id == 7);
    CHECK(o->customer == "  ada  LOVELACE");
    CHECK(o->street == "12 St James's Sq");
    CHECK(o->postcode == "SW1Y 4LB");
    CHECK(o->city == "London");
    CHECK(o->country == "GB");
    CHECK(o->service == service_level::express);
    CHECK(o->currency == "GBP");
    CHECK(o->lines == std::vector<order_line>{{"A-1", 3, 1999, 250}, {"B-2", 1, 0, 0}});
    CHECK(o->created_at == std::chrono::sys_seconds(std::chrono::seconds(1773446399)));
}

TEST_CASE("the order of members, and members that nobody knows, make no difference", "[order_parser]") {
    auto more = json::parse(sample);  // sorts the members, too
    const auto anything =
        json::parse(R"({"id": 8, "lines": [[1, {"sku": 2}]], "a": [null, true, 1.5, -1, "x", {}]})");
    more["extra"] = more["ship_to"]["extra"] = more["lines"][0]["extra"] = anything;
    more["huge"] = ~0ull;
    more["nothing"] = nullptr;
    CHECK(parse_order(more.dump()) == parse_order(sample));
}

TEST_CASE("each member has to be there", "[order_parser]") {
    for (const auto& member : members) {
        if (member == "/lines/0") continue;  // one line less is another order
        auto order = json::parse(sample);
        const json::json_pointer path(member);
        order[path.parent_pointer()].erase(path.back());
        CAPTURE(member);
        CHECK_FALSE(parse_order(order.dump()));
    }
}

TEST_CASE("each member has to be of its type", "[order_parser]") {
    for (const auto& member : members)
        for (const char* wrong : {"null", "true", "1.5", "-1", "\"\"", "[]", "{}", "[[]]", "18446744073709551615"}) {
            CAPTURE(member, wrong);
            const auto order = parse_order(with(member, json::parse(wrong)));
            CHECK_FALSE((order && !(member == "/id" && order->id == ~order_id{0})));  // any id is valid
        }
}

TEST_CASE("a whole number may be written with a fraction of zero or an exponent", "[order_parser]") {
    for (const char* whole : {"3.0", "3e0", "0.3e1"}) {
        CAPTURE(whole);
        const auto o = parse_order(with_bytes("\"quantity\": 3", std::string("\"quantity\": ") + whole));
        REQUIRE(o);
        CHECK(o->lines.at(0).quantity == 3);
    }
    for (const char* number : {"3.5", "1e300", "-0.0"})
        CHECK_FALSE(parse_order(with_bytes("\"quantity\": 3", std::string("\"quantity\": ") + number)));
}

TEST_CASE("an order is an object", "[order_parser]") {
    const auto* text = GENERATE("", " ", "null", "7", "\"order\"", "[]", "{}", "[{\"id\":7}]", "<html>", "{\"id\":7");
    CAPTURE(text);
    CHECK_FALSE(parse_order(text));
    CHECK_FALSE(parse_order("[" + sample + "]"));
}

TEST_CASE("numbers are taken up to their bounds, and not beyond", "[order_parser]") {
    const auto [member, lowest, highest] =
        GENERATE(table<std::string, std::int64_t, std::int64_t>({{"quantity", 1, max_quantity},
                                                                 {"unit_price_minor", 0, max_unit_price_minor},
                                                                 {"weight_grams", 0, max_weight_grams}}));
    CAPTURE(member);
    const auto path = "/lines/0/" + member;
    CHECK(parse_order(with(path, lowest)));
    CHECK(parse_order(with(path, highest)));
    CHECK_FALSE(parse_order(with(path, lowest - 1)));
    CHECK_FALSE(parse_order(with(path, highest + 1)));
    CHECK_FALSE(parse_order(with(path, std::int64_t{1} << 62)));
    CHECK_FALSE(parse_order(with_bytes("\"quantity\": 3", "\"quantity\": 1e999")));
    CHECK_FALSE(parse_order(with("/id", 0)));
}

TEST_CASE("texts are taken up to their length, and not beyond", "[order_parser]") {
    const auto* path = GENERATE("/customer", "/ship_to/street", "/ship_to/postcode", "/ship_to/city", "/lines/1/sku");
    CAPTURE(path);
    CHECK(parse_order(with(path, std::string(max_text, 'x'))));
    CHECK_FALSE(parse_order(with(path, std::string(max_text + 1, 'x'))));
}

TEST_CASE("codes, services and dates are taken as they are written in the schema only", "[order_parser]") {
    const auto [path, value] = GENERATE(table<std::string, std::string>({{"/ship_to/country", "gb"},
                                                                         {"/ship_to/country", "GBR"},
                                                                         {"/currency", "EU"},
                                                                         {"/currency", "EU1"},
                                                                         {"/service_level", "Express"},
                                                                         {"/service_level", "overnight"},
                                                                         {"/created_at", "2026-03-13"}}));
    CAPTURE(path, value);
    CHECK_FALSE(parse_order(with(path, value)));
}

TEST_CASE("an order has 1 to 100 lines, however they are told", "[order_parser]") {
    const auto line = json::parse(sample)["lines"][0];
    CHECK(parse_order(with("/lines", std::vector<json>(max_lines, line))));
    CHECK_FALSE(parse_order(with("/lines", std::vector<json>(max_lines + 1, line))));
    CHECK_FALSE(parse_order(with("/lines/1", json::array())));
    CHECK_FALSE(parse_order(with("/lines/1", json::array({line}))));
}

TEST_CASE("of a member that is there twice, the last counts", "[order_parser]") {
    CHECK(parse_order(with_bytes("\"id\": 7", "\"id\": 7, \"id\": 8"))->id == 8);
    const auto once = json::parse(sample)["lines"].dump();
    CHECK(parse_order(with_bytes("\"id\": 7", "\"id\": 7, \"lines\": " + once)) == parse_order(sample));
}

TEST_CASE("nesting is bounded, known or not, closed or not", "[order_parser]") {
    for (const std::string nest : {"[", "{\"a\":", "{\"lines\":[{\"ship_to\":"}) {
        std::string deep;
        for (int i = 0; i < 100'000; ++i) deep += nest;
        CHECK_FALSE(parse_order(deep));
        CHECK_FALSE(parse_order(with_bytes("\"id\": 7", "\"id\": 7, \"x\": " + deep)));
    }
    const auto nested = [](std::size_t depth) {
        return with_bytes("\"id\": 7", "\"id\": 7, \"x\": " + std::string(depth, '[') + std::string(depth, ']'));
    };
    CHECK(parse_order(nested(max_json_depth - 1)));  // the order itself is one level
    CHECK_FALSE(parse_order(nested(max_json_depth)));
}

TEST_CASE("texts that PostgreSQL could not store, or that are not UTF-8, are refused", "[order_parser]") {
    const auto customer = GENERATE(as<std::string>{}, "a\\u0000b", "\\ud800", "\\udc00x", "\\ud800\\ud800", "\xff",
                                   "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80", "a\nb", "a\tb", "\\x41");
    CAPTURE(customer);
    CHECK_FALSE(parse_order(with_bytes("  ada  LOVELACE", customer)));
}

TEST_CASE("texts of any script and with any escape are taken", "[order_parser]") {
    CHECK(parse_order(with_bytes("  ada  LOVELACE", "\\u00e9\\ud83d\\ude00 Zo\xc3\xab \\\"\\\\\\n"))->customer ==
          "\xc3\xa9\xf0\x9f\x98\x80 Zo\xc3\xab \"\\\n");
}

TEST_CASE("nothing may follow the order, and nothing that JSON does not know be in it", "[order_parser]") {
    CHECK(parse_order(sample + " \r\n\t"));
    for (const char* after : {"x", "}", ",", "{}", "null"}) CHECK_FALSE(parse_order(sample + after));
    CHECK_FALSE(parse_order(sample + std::string(1, '\0')));
    CHECK_FALSE(parse_order(with_bytes("\"id\": 7", "\"id\": 7,")));
    CHECK_FALSE(parse_order(with_bytes("\"id\": 7", "'id': 7")));
    CHECK_FALSE(parse_order(with_bytes("\"id\": 7", "\"id\": 07")));
    CHECK_FALSE(parse_order(with_bytes("\"id\": 7", "\"id\": NaN")));
    CHECK_FALSE(parse_order(with_bytes("\"id\": 7", "/* id */ \"id\": 7")));
}

TEST_CASE("an order with any one byte changed, or cut anywhere, is an order within its bounds or none",
          "[order_parser]") {
    std::size_t taken = 0, refused = 0;
    const auto try_one = [&](const std::string& text) {
        const auto o = parse_order(text);
        ++(o ? taken : refused);
        if (!o) return;
        REQUIRE((o->lines.size() >= 1 && o->lines.size() <= max_lines && o->id != 0));
        for (const auto& l : o->lines) REQUIRE((l.quantity >= 1 && l.quantity <= max_quantity));
    };
    for (std::size_t at = 0; at < sample.size(); ++at) {
        for (int byte = 0; byte < 256; ++byte) {
            std::string text = sample;
            text[at] = static_cast<char>(byte);
            try_one(text);
        }
        try_one(sample.substr(0, at));
    }
    CHECK(taken > 1000);  // otherwise the test tried too few
    CHECK(refused > 1000);
}

// --- reuse of an order's memory ---

TEST_CASE("an order that is read into a used one is as if it were read into a new one", "[order_parser]") {
    auto o = used();
    REQUIRE(parse_order(sample, o));
    CHECK(o.parsed == parse_order(sample));
    REQUIRE(parse_order(other, o));  // and back, with more lines than there were
    CHECK(o.parsed == used().parsed);
}

TEST_CASE("each member has to be there, also where the order before had it", "[order_parser]") {
    for (const auto& member : members) {
        if (member == "/lines/0") continue;  // one line less is another order
        auto o = used();
        CAPTURE(member);
        CHECK_FALSE(parse_order(without(member), o));
    }
}

TEST_CASE("lines are not added to those of the order before", "[order_parser]") {
    auto o = used();
    CHECK_FALSE(parse_order(with("/lines", json::array()), o));
    o = used();
    REQUIRE(parse_order(with("/lines", json::array({json::parse(sample)["lines"][1]})), o));
    CHECK(o.parsed.lines == std::vector<order_line>{{"B-2", 1, 0, 0}});
}

TEST_CASE("an order is read right after one that was refused, wherever that broke off", "[order_parser]") {
    auto o = used();
    const auto hard =
        with_bytes("\"customer\": \"  ada  LOVELACE\"", "\"custo\\u006der\": \"\\u0041da \\\"Lovelace\"");
    for (std::size_t length = 0; length < hard.size(); ++length) {
        CAPTURE(length);
        REQUIRE_FALSE(parse_order(hard.substr(0, length), o));
        REQUIRE(parse_order(sample, o));
        REQUIRE(o.parsed == parse_order(sample));
    }
}

// --- texts with escapes, which the parser gives in parts ---

TEST_CASE("a member is known by its name, whichever of its characters are escaped", "[order_parser]") {
    for (const auto& name : names) {
        const auto written_as = [&](const std::string& text) { return with_bytes('"' + name + '"', text); };
        CAPTURE(name);
        for (std::size_t at = 0; at < name.size(); ++at) {
            CAPTURE(at);
            CHECK(parse_order(written_as(escaped(name, [at](std::size_t i) { return i == at; }))) ==
                  parse_order(sample));
        }
        CHECK(parse_order(written_as(escaped(name, [](std::size_t) { return true; }))) == parse_order(sample));
        CHECK(parse_order(written_as(escaped(name, [](std::size_t i) { return i % 2 == 0; }))) ==
              parse_order(sample));
    }
}

TEST_CASE("a name with escapes is still known when its value has some, too", "[order_parser]") {
    const auto all = [](std::size_t) { return true; };
    const auto first = [](std::size_t i) { return i == 0; };
    const std::string customer = "Ada \\\"Countess\\\" of Lovelace, \\u00e9\\ud83d\\ude00";
    const auto* as_read = "Ada \"Countess\" of Lovelace, \xc3\xa9\xf0\x9f\x98\x80";
    for (const auto& name : {escaped("customer", all), escaped("customer", first)}) {
        CAPTURE(name);
        const auto o = parse_order(with_bytes("\"customer\": \"  ada  LOVELACE\"", name + ": \"" + customer + '"'));
        REQUIRE(o);
        CHECK(o->customer == as_read);
        CHECK(o->street == "12 St James's Sq");
    }
    for (const auto& name : {escaped("sku", all), escaped("sku", first)}) {
        CAPTURE(name);
        const auto o = parse_order(with_bytes("\"sku\": \"A-1\"", name + ": " + escaped("A-1", all)));
        CHECK(o == parse_order(sample));
    }
    for (const auto& name : {escaped("service_level", all), escaped("service_level", first)}) {
        CAPTURE(name);
        const auto o =
            parse_order(with_bytes("\"service_level\": \"express\"", name + ": " + escaped("express", first)));
        CHECK(o == parse_order(sample));
    }
}

TEST_CASE("a name that only begins or ends like a member's is another one", "[order_parser]") {
    const auto* name =
        GENERATE("customer\\u0000", "customer\\u0020", "\\u0020customer", "Customer", "custome", "\\u0043ustomer");
    CAPTURE(name);
    CHECK_FALSE(parse_order(with_bytes("\"customer\"", fmt::format("\"{}\"", name))));
    // In addition to the right member it is an unknown one.
    CHECK(parse_order(with_bytes("\"id\": 7", fmt::format("\"id\": 7, \"{}\": \"Bo\"", name))) ==
          parse_order(sample));
}

TEST_CASE("escapes count as what they stand for, and texts end where they end", "[order_parser]") {
    const auto all = [](std::size_t) { return true; };
    const auto customer = [](const std::string& text) { return with_bytes("\"  ada  LOVELACE\"", text); };
    CHECK(parse_order(customer(escaped(std::string(max_text, 'x'), all)))->customer == std::string(max_text, 'x'));
    CHECK_FALSE(parse_order(customer(escaped(std::string(max_text + 1, 'x'), all))));
    CHECK(parse_order(customer("\"\\u0041\""))->customer == "A");
    CHECK(parse_order(customer("\"A\\u0042\""))->customer == "AB");
    CHECK(parse_order(customer("\"\\u0041B\""))->customer == "AB");
    CHECK(parse_order(customer("\"\\u0041B\\u0043D\""))->customer == "ABCD");
}

TEST_CASE("names and texts that nobody knows may be long and full of escapes", "[order_parser]") {
    const auto some = [](std::size_t i) { return i % 7 == 3; };
    const auto length = GENERATE(as<std::size_t>{}, 1, 4095, 4096, 4097, 10'000, 50'000);
    CAPTURE(length);
    const auto text = escaped(std::string(length, 'x'), some);
    CHECK(parse_order(with_bytes("\"id\": 7", "\"id\": 7, " + text + ": " + text)) == parse_order(sample));
    CHECK_FALSE(parse_order(with_bytes("\"  ada  LOVELACE\"", escaped(std::string(length + max_text, 'x'), some))));
}
