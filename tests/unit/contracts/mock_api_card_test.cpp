// What a mock API says of itself is read by sessions, and no other text is taken for it.
#include "contracts/mock_api_card.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

using namespace pipebench;
using namespace std::chrono_literals;

TEST_CASE("the card of a mock API is read as it was written", "[mock_api]") {
    const mock_api_card card{"0.1.0", 7, {1500us, *parse_jitter("lognormal:0.5")}, "flaky"};
    const auto read = parse_mock_api_card(to_json(card));
    REQUIRE(read);
    CHECK(read->version == "0.1.0");
    CHECK(read->seed == 7);
    CHECK(read->http.mean == 1500us);
    CHECK(format_jitter(read->http.spread) == "lognormal:0.5");
    CHECK(read->scenario == "flaky");
}

TEST_CASE("what another program answers is not the card of a mock API", "[mock_api]") {
    const std::string text = GENERATE(
        "", "ok", "[]", "{}", "{\"pipebench_mock_api\": 1}",
        R"({"pipebench_mock_api":"1","seed":-1,"http_latency":"5ms","http_jitter":"none","scenario":"clean"})",
        R"({"pipebench_mock_api":"1","seed":1,"http_latency":"5","http_jitter":"none","scenario":"clean"})",
        R"({"pipebench_mock_api":"1","seed":1,"http_latency":"5ms","http_jitter":"none"})");
    CHECK_FALSE(parse_mock_api_card(text));
}
