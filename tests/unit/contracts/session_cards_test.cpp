// What a session and its workers elsewhere tell each other: read as it was written, and refused if nobody of ours wrote it.
#include "contracts/session_cards.hpp"

#include "contracts/error.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <nlohmann/json.hpp>

#include <cmath>

using namespace pipebench;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

namespace {

session_card sample_session() {
    session_card out;
    out.version = "0.1.0";
    out.session = "0123456789abcdef";
    out.phase = session_phase::running;
    out.run = 3;
    out.work.orders = 77;
    out.work.streams.batch = 9;
    out.schema = "pipebench_1234abcd";
    out.table = "redis_streams_3";
    out.stream = "pipebench:1234abcd:3";
    out.transform_rounds_per_us = 2.5;
    return out;
}

worker_card sample_worker() {
    worker_card out;
    out.instance = "fedcba9876543210";
    out.session = "0123456789abcdef";
    out.host = "node-7";
    out.kernel = "Linux 6.1";
    out.version = "0.1.0";
    out.pid = 4242;
    out.cores = 8;
    out.processes = 5;
    out.workers = 50;
    out.in_flight_limit = 250;
    out.phase = worker_phase::drained;
    out.beat = 12;
    out.run = 3;
    out.ended = 1000;
    out.in_hand = 4;
    out.retries = 5;
    out.refused_retries = 6;
    out.cpu_user_s = 1.5;
    out.cpu_system_s = 0.25;
    out.peak_rss_bytes = 12'000'000;
    out.loop_lag_p99_ms = std::nan("");
    out.clock_s = 1.8e9;
    return out;
}

/// The text of the card with one member replaced.
template <class Card>
std::string with(const Card& card, const char* member, const nlohmann::json& value) {
    auto in = nlohmann::json::parse(to_text(card));
    in[member] = value;
    return in.dump();
}

std::string with_work(const char* parameter, const nlohmann::json& value) {
    auto in = nlohmann::json::parse(to_text(sample_session()));
    in["work"][parameter] = value;
    return in.dump();
}

}  // namespace

TEST_CASE("the card of a session is read as it was written", "[session_cards]") {
    const auto card = parse_session_card(to_text(sample_session()));
    CHECK(card.session == "0123456789abcdef");
    CHECK(card.phase == session_phase::running);
    CHECK(card.run == 3);
    CHECK(card.work.orders == 77);
    CHECK(card.work.streams.batch == 9);
    CHECK(card.schema == "pipebench_1234abcd");
    CHECK(card.table == "redis_streams_3");
    CHECK(card.stream == "pipebench:1234abcd:3");
    CHECK(card.transform_rounds_per_us == 2.5);
}

TEST_CASE("the card of a worker is read as it was written, and what is not known stays so", "[session_cards]") {
    const auto card = parse_worker_card(to_text(sample_worker()));
    CHECK(card.instance == "fedcba9876543210");
    CHECK(card.host == "node-7");
    CHECK(card.phase == worker_phase::drained);
    CHECK(card.ended == 1000);
    CHECK(card.in_hand == 4);
    CHECK(card.retries == 5);
    CHECK(card.refused_retries == 6);
    CHECK(card.cpu_user_s == 1.5);
    CHECK(card.peak_rss_bytes == known_bytes(12'000'000));
    CHECK_FALSE(card.peak_pss_bytes);
    CHECK(std::isnan(card.loop_lag_p99_ms));
}

TEST_CASE("a session's card that none of ours has written is refused in one line", "[session_cards]") {
    const auto [text, why] = GENERATE(table<std::string, std::string>({
        {"", "not JSON"},
        {"[1]", "not JSON"},
        {std::string(100'000, '['), "longer than any"},
        {"{}", "missing"},
        {with(sample_session(), "protocol", 2), "its protocol is 2"},
        {with(sample_session(), "session", "../../etc"), "'session'"},
        {with(sample_session(), "phase", "dancing"), "'phase'"},
        {with(sample_session(), "run", -1), "'run'"},
        {with(sample_session(), "schema", "x\"; DROP TABLE y; --"), "'schema'"},
        {with(sample_session(), "schema", "public"), "'schema'"},
        {with(sample_session(), "stream", "somebody:elses"), "'stream'"},
        {with(sample_session(), "transform_rounds_per_us", nullptr), "another kind"},
        {with_work("processes", 4'000'000'000u), "from 1 to"},
        {with_work("orders", 18'000'000'000'000'000'000u), "in Redis"},
        {R"({"protocol":)" + std::string(100, '[') + std::string(100, ']') + "}", "nested too deeply"},
        {with(sample_session(), "table", std::string(64, 'a')), "'table'"},
        {with(sample_session(), "stream", "a b"), "'stream'"},
        {with(sample_session(), "work", nlohmann::json::object()), "in Redis"},
        {with(sample_session(), "work", 7), "in Redis"},
    }));
    CAPTURE(text.substr(0, 200));
    CHECK_THROWS_MATCHES(parse_session_card(text), setup_error, MessageMatches(ContainsSubstring(why)));
}

TEST_CASE("a worker's card that none of ours has written is refused in one line", "[session_cards]") {
    const auto [text, why] = GENERATE(table<std::string, std::string>({
        {"nonsense", "not JSON"},
        {with(sample_worker(), "instance", "FEDCBA9876543210"), "'instance'"},
        {with(sample_worker(), "instance", nullptr), "another kind"},
        {with(sample_worker(), "ended", 1e30), "'ended'"},
        {with(sample_worker(), "cpu_user_s", -1.0), "'cpu_user_s'"},
        {with(sample_worker(), "peak_rss_bytes", "many"), "'peak_rss_bytes'"},
        {with(sample_worker(), "phase", 3), "another kind"},
    }));
    CAPTURE(text.substr(0, 200));
    CHECK_THROWS_MATCHES(parse_worker_card(text), setup_error, MessageMatches(ContainsSubstring(why)));
}

TEST_CASE("what a worker calls its host cannot write to a terminal", "[session_cards]") {
    auto card = sample_worker();
    card.host = "evil\x1b[2J\nhost";
    const auto read = parse_worker_card(to_text(card)).host;
    CHECK(read.find('\x1b') == std::string::npos);
    CHECK(read.find('\n') == std::string::npos);
}

TEST_CASE("names of sessions are short words of lower-case letters, digits and '-'", "[session_cards]") {
    for (const char* name : {"a", "nightly-2026-11-27", "x1"}) CHECK(is_session_name(name));
    for (const char* name : {"", "1a", "-a", "A", "a_b", "a b", "a:b", "ü"}) CHECK_FALSE(is_session_name(name));
    CHECK(is_session_name(std::string(40, 'a')));
    CHECK_FALSE(is_session_name(std::string(41, 'a')));
}

TEST_CASE("instances are random", "[session_cards]") {
    const auto one = new_instance_id();
    CHECK(is_instance_id(one));
    CHECK(one != new_instance_id());
    CHECK_FALSE(is_instance_id(one.substr(1)));
    CHECK_FALSE(is_instance_id("0123456789abcdeg"));
}
