// Saved results are read from anywhere: from another version, half written, or made by an enemy. Whatever it is,
// it gives a result or one line of refusal.
#include "pipebench/error.hpp"
#include "pipebench/result.hpp"
#include "support/sample_result.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <cmath>
#include <limits>

using namespace pipebench;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

namespace {

std::string saved(const session_result& r) { return nlohmann::ordered_json(r).dump(2); }

/// What parse_result says of a text that it must not take.
std::string refusal(std::string_view text) {
    try {
        (void)parse_result(text);
    } catch (const setup_error& e) {
        return e.what();
    }
    return "";
}

void check_one_line(const std::string& refused) {
    CHECK_FALSE(refused.empty());
    CHECK(refused.size() < 300);
    CHECK(refused.find_first_of("\n\r\x1b") == std::string::npos);
}

/// Every place in a document that is not an object or a list, as a JSON pointer.
std::vector<std::string> leaves(const nlohmann::json& document) {
    std::vector<std::string> out;
    const auto flat = document.flatten();
    for (const auto& [pointer, value] : flat.items()) out.push_back(pointer);
    return out;
}

}  // namespace

TEST_CASE("a result comes back from JSON as it went in", "[result]") {
    const auto original =
        GENERATE(session_result{}, test_support::sample_session(), test_support::troubled_session());
    CHECK(saved(parse_result(saved(original))) == saved(original));
}

TEST_CASE("every number of a result survives: small, large and with all its digits", "[result]") {
    session_result s = test_support::sample_session();
    s.runs[0].orders = std::numeric_limits<std::uint64_t>::max();
    s.runs[0].time_s = 0.1 + 0.2;
    s.runs[0].floor_s = 5e-324;
    s.runs[0].latency.max_ms = 1.7976931348623157e308;
    const auto back = parse_result(saved(s));
    CHECK(back.runs[0].orders == s.runs[0].orders);
    CHECK(back.runs[0].time_s == s.runs[0].time_s);
    CHECK(back.runs[0].floor_s == s.runs[0].floor_s);
    CHECK(back.runs[0].latency.max_ms == s.runs[0].latency.max_ms);
}

TEST_CASE("a quotient without a value does not make a measurement unreadable", "[result]") {
    session_result s = test_support::sample_session();
    s.runs[0].efficiency = std::numeric_limits<double>::quiet_NaN();
    CHECK(std::isnan(parse_result(saved(s)).runs[0].efficiency));
}

TEST_CASE("a result cut off anywhere is refused in one line", "[result]") {
    const std::string whole = saved(test_support::troubled_session());
    for (std::size_t length = 0; length < whole.size(); length += 37) {
        CAPTURE(length);
        check_one_line(refusal(whole.substr(0, length)));
    }
}

TEST_CASE("what is no result is refused in one line", "[result]") {
    const std::string text =
        GENERATE(as<std::string>{}, "", " ", "null", "5", "\"text\"", "[]", "{}", "[1, {\"schema\": 1}]",
                 R"({"schema": 5})", R"({"schema": null})", R"({"schema": ""})",
                 R"({"name": "package", "version": "1.0.0"})", "not JSON\nat all \x1b[31m", "\xff\xfe\x00 binary",
                 R"({"schema": "pipebench.result/1"})", R"({"schema": "pipebench.result/1"} trailing)");
    CAPTURE(text);
    check_one_line(refusal(text));
}

TEST_CASE("a result of another schema is refused with both names", "[result]") {
    const auto* other = GENERATE("pipebench.result/2", "pipebench.result/10", "pipebench.sweep/1", "hyperfine");
    auto document = nlohmann::ordered_json(test_support::sample_session());
    document["schema"] = other;
    const auto refused = refusal(document.dump());
    check_one_line(refused);
    CHECK_THAT(refused, ContainsSubstring(other) && ContainsSubstring("pipebench.result/1"));
}

TEST_CASE("a hostile schema name cannot write to the terminal", "[result]") {
    check_one_line(refusal(R"({"schema": "\u001b[31m\n)" + std::string(5000, 'x') + "\"}"));
}

TEST_CASE("a long token in a broken file does not fill the screen", "[result]") {
    check_one_line(refusal("{\"" + std::string(5000, 'x') + "\n"));
}

TEST_CASE("brackets nested a hundred thousand deep are refused, not followed", "[result]") {
    const std::string opening(100'000, '['), closing(100'000, ']');
    check_one_line(refusal(opening));
    check_one_line(refusal(opening + closing));
    auto text = saved(session_result{});
    const std::string place = "\"parameters\": null";  // the one field that is free in form
    text.replace(text.find(place), place.size(), "\"parameters\": {\"a\": " + opening + closing + "}");
    CHECK_THAT(refusal(text), ContainsSubstring("nested too deeply"));
}

TEST_CASE("a field of the wrong type is refused wherever it is", "[result]") {
    const nlohmann::json document = nlohmann::json::parse(saved(test_support::troubled_session()));
    for (const auto& pointer : leaves(document)) {
        if (pointer.starts_with("/parameters/")) continue;  // free in form
        for (const nlohmann::json& wrong :
             {nlohmann::json(std::vector<int>{1}), nlohmann::json::object(), nlohmann::json(pointer.size() > 1000),
              nlohmann::json(-1), nlohmann::json("text")}) {
            auto broken = document;
            auto& place = broken[nlohmann::json::json_pointer(pointer)];
            const bool same_type = place.type() == wrong.type() || (place.is_number_float() && wrong.is_number()) ||
                                   (place.is_array() && wrong.is_array());
            if (same_type) continue;
            place = wrong;
            CAPTURE(pointer, wrong.dump());
            check_one_line(refusal(broken.dump()));
        }
    }
}

TEST_CASE("parameters are an object, whatever is in it, or nothing", "[result]") {
    auto document = nlohmann::ordered_json(test_support::sample_session());
    for (const nlohmann::ordered_json& wrong : {nlohmann::ordered_json(5), nlohmann::ordered_json("text")}) {
        document["parameters"] = wrong;
        CHECK_THAT(refusal(document.dump()), ContainsSubstring("\"parameters\" is not an object"));
    }
    document["parameters"] = {{"of", {{"another", "version"}}}};
    CHECK(parse_result(document.dump()).parameters["of"]["another"] == "version");
}

TEST_CASE("a document of another program is told from a result", "[result]") {
    CHECK_THAT(refusal(R"({"name": "package"})"), ContainsSubstring("it has no \"schema\""));
    CHECK_THAT(refusal("[]"), ContainsSubstring("it has no \"schema\""));
}

TEST_CASE("a number that is no count is refused: negative, broken, too large", "[result]") {
    const auto* number = GENERATE("-1", "1.5", "1e300", "18446744073709551616", "true", "null", "\"5\"");
    auto text = saved(test_support::sample_session());
    const std::string place = "\"stored\": 10000";
    text.replace(text.find(place), place.size(), std::string{"\"stored\": "} + number);
    CAPTURE(number);
    const auto refused = refusal(text);
    check_one_line(refused);
    CHECK_THAT(refused, ContainsSubstring("stored"));
}

TEST_CASE("a field that is missing is named", "[result]") {
    auto document = nlohmann::ordered_json(test_support::sample_session());
    document["runs"][2]["ledger"].erase("lost");
    CHECK_THROWS_MATCHES(parse_result(document.dump()), setup_error,
                         MessageMatches(ContainsSubstring("\"lost\" is missing")));
}

TEST_CASE("a field that this version does not know is ignored", "[result]") {
    auto document = nlohmann::ordered_json(test_support::sample_session());
    document["later"] = {{"and", "more"}};
    document["runs"][0]["later"] = 5;
    document["runs"][0]["ledger"]["later"] = nullptr;
    CHECK(saved(parse_result(document.dump())) == saved(test_support::sample_session()));
}
