// Saved results may come from another version, be half written or hostile. Any file gives a result or a one-line
// error.
#include "contracts/error.hpp"
#include "pipebench/result.hpp"
#include "support/sample_result.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <vector>

using namespace pipebench;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

namespace {

std::string saved(const session_result& r) { return nlohmann::ordered_json(r).dump(2); }

/// The error of parse_result for a text that it must refuse.
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

/// The result in the first version of this schema.
nlohmann::ordered_json of_the_first_version(const session_result& r) {
    auto out = nlohmann::ordered_json(r);
    for (const auto* key : {"rounds", "warmup_runs", "assertions", "chaos", "target_time_s", "memory_budget_bytes"})
        out.erase(key);
    for (auto& run : out["runs"]) {
        for (const auto* key : {"round", "position", "foreign_share", "in_flight", "scenario", "dead_lettered",
                                "retries", "refused_retries", "series", "recovery", "yardstick", "throttled_share"})
            run.erase(key);
        for (const auto* key : {"threads", "throttled", "faults", "early"}) run["api"].erase(key);
        run["ledger"].erase("checked");
        run["verdict"].erase("kind");
    }
    return out;
}

/// A JSON pointer to every value in a document that is not an object or a list.
std::vector<std::string> leaves(const nlohmann::json& document) {
    std::vector<std::string> out;
    const auto flat = document.flatten();
    for (const auto& [pointer, value] : flat.items()) out.push_back(pointer);
    return out;
}

}  // namespace

TEST_CASE("a result comes back from JSON as it went in", "[result]") {
    const auto original =
        GENERATE(session_result{}, test::sample_session(), test::troubled_session(), test::session_of_rounds());
    CHECK(saved(parse_result(saved(original))) == saved(original));
}

TEST_CASE("what event loops were measured for comes back from JSON, and is left out where it was not", "[result]") {
    auto r = test::sample_session();
    CHECK_FALSE(nlohmann::json::parse(saved(r)).contains("transform_rounds_per_us"));
    CHECK_FALSE(nlohmann::json::parse(saved(r))["runs"][0].contains("loop_lag"));
    CHECK_FALSE(parse_result(saved(r)).runs.at(0).transform_pool);
    r.transform_rounds_per_us = 11.25;
    r.runs.at(0).loop_lag = latency_summary{1, 2, 3, 4, 5, 6};
    r.runs.at(0).transform_pool = transform_pool_view{100, 7, 1, {1, 2, 3, 4, 5, 6}};
    CHECK(parse_result(saved(r)) == r);
}

TEST_CASE("the durations of the stages come back from JSON, and are left out where they are not known", "[result]") {
    auto r = test::sample_session();
    CHECK_FALSE(nlohmann::json::parse(saved(r))["runs"][0].contains("stages"));
    CHECK_FALSE(parse_result(saved(r)).runs.at(0).stages);
    r.runs.at(0).stages = stage_times{{3, {1, 2, 3, 4, 5, 6}, {{7}, {3}}}, {}, {2, {2, 3, 4, 5, 6, 7}, {{9}, {2}}}};
    CHECK(parse_result(saved(r)) == r);
}

namespace {

/// A run of which every field has a value of its own.
run_result run_with_every_field_set() {
    run_result r;
    r.pattern = "a pattern";
    r.title = "a title";
    r.scenario = "flaky";
    r.round = 1001;
    r.position = 1002;
    r.in_flight_limit = 1003;
    r.time_s = 1.5;
    r.floor_s = 2.5;
    r.efficiency = 3.5;
    r.orders_per_s = 4.5;
    r.orders = 1004;
    r.stored = 1005;
    r.failed = 1006;
    r.dead_lettered = 1007;
    r.not_started = 1008;
    r.repeated = 1009;
    r.http_attempts = 1010;
    r.store_attempts = 1011;
    r.retries = 1012;
    r.refused_retries = 1013;
    r.failures = {{stage::schedule, error_kind::dead_letter, 1014}, {stage::store, error_kind::database, 1015}};
    r.latency = {5.5, 6.5, 7.5, 8.5, 9.5, 10.5};
    r.served = {{1044}, {1045}};
    r.load = load_view{44.5,
                       45.5,
                       46.5,
                       1046,
                       47.5,
                       48.5,
                       1047,
                       1048,
                       {5.6, 6.6, 7.6, 8.6, 9.6, 10.6},
                       {5.7, 6.7, 7.7, 8.7, 9.7, 10.7},
                       49.5,
                       50.5,
                       51.5,
                       52.5,
                       53.5,
                       true,
                       {54.5, 55.5, 56.5, 57.5, 58.5},
                       {{1049}, {1050}},
                       {{1051}, {1052}},
                       {{"an objective", 0.25, 59.5, 1053, 1054, 1055, objective_verdict::not_met}}};
    r.stages = stage_times{{1057, {1.7, 2.7, 3.7, 4.7, 5.7, 6.8}, {{1058}, {1059}}},
                           {1060, {1.8, 2.8, 3.8, 4.8, 5.8, 6.9}, {{1061}, {1062}}},
                           {1063, {1.9, 2.9, 3.9, 4.9, 5.9, 7.1}, {{1064}, {1065}}}};
    r.memory = {1016, 1017, 1018, 1019, 1020, 1021, 11.5, 12.5};
    r.cpu = {13.5, 14.5, 15.5};
    r.cpu_per_order_us = 16.5;
    r.cpu_sections = {1022, 17.5, 18.5, 19.5, 20.5};
    r.loop_lag = latency_summary{44.5, 45.5, 46.5, 47.5, 48.5, 49.5};
    r.workers = {{"0123456789abcdef",
                  "a host",
                  "its kernel",
                  "its version",
                  1047,
                  1048,
                  1049,
                  1050,
                  1051,
                  60.5,
                  61.5,
                  worker_end::missing,
                  {{62.5, 63.5}},
                  1052,
                  1055,
                  1056,
                  1057,
                  64.5,
                  65.5,
                  1053,
                  1054,
                  66.5,
                  67.5}};
    r.transform_pool = transform_pool_view{1044, 1045, 1, {50.5, 51.5, 52.5, 53.5, 54.5, 55.5}};
    r.harness_cpu_s = 21.5;
    r.steal_share = 22.5;
    r.throttled_share = 60.5;
    r.yardstick = yardstick_view{1056, {{"a piece", 61.5, 62.5}}};
    r.foreign_share = 23.5;
    r.in_flight = {1023, 24.5};
    r.series = {25.5, {26.5}, {27.5}, {28.5}, {29.5}, {30.5}, {31.5}, {32.5}, {33.5}};
    r.recovery = {kill_target::itself, 34.5, 35.5, 36.5, 1024, 37.5};
    r.services = {{service::redis, 38.5, 1025}, {service::postgres, 39.5, 1026}};
    r.api = {true, 1027, 1028, 1029, 1030, 1031, 1032, 1033, 1034, 1035, 1036};
    r.connection_waits = {1043, 43.5};
    r.ledger = {true, 1037, 1038, 1039, 1040, 1041, 1042, true};
    r.interrupted = true;
    r.verdict = {verdict_kind::invalid_littles_law, "a verdict"};
    r.notes = {"a note", "and another"};
    r.events = {{event_kind::restart, 68.5, {{"what", "run"}}}};
    return r;
}

session_result session_with_every_field_set() {
    session_result s;
    s.name = "a name";
    s.tags = {{"a key", "a value"}};
    s.started_at = "a time";
    s.command = "a command";
    s.profile = "a profile";
    s.parameters = {{"orders", 2001}};
    s.transform_rounds_per_us = 56.5;
    s.build = {"a version", "a type", "a compiler", "a sanitizer"};
    s.box = {"an OS", "a kernel", "a CPU", "a governor", "a hypervisor",
             2002,    2003,       2004,    40.5,         container_limits{63.5, 2007, 2008}};
    s.servers = {{"a server", "its version", "its origin", "its settings"}};
    s.chaos = "kill-run@25%";
    s.target_time_s = 41.5;
    s.memory_budget_bytes = 2005;
    s.rounds = 2006;
    s.runs = {run_with_every_field_set()};
    s.warmup_runs = {run_with_every_field_set()};
    s.warmup_runs[0].title = "of the run to warm up";
    s.assertions = {{"an assertion", true, "its detail"}};
    s.warnings = {"a warning"};
    s.interrupted = true;
    s.session_s = 42.5;
    return s;
}

}  // namespace

TEST_CASE("what was saved is read as the same value, whatever its fields", "[result]") {
    const auto original = session_with_every_field_set();
    CHECK(parse_result(saved(original)) == original);
    CHECK(parse_result(saved({})) == session_result{});
    // Nothing is left at its default, so no field can be missing from the lists that are read and written.
    session_result plain;
    plain.runs.resize(1);
    plain.warmup_runs.resize(1);
    const auto defaults = nlohmann::json::parse(saved(plain)).flatten();
    const auto fields = nlohmann::json::parse(saved(original)).flatten();
    for (const auto& [pointer, value] : fields.items())
        if (pointer != "/schema" && !pointer.ends_with("/trusted") && !pointer.ends_with("/ledger/checked") &&
            defaults.contains(pointer)) {
            CAPTURE(pointer);
            CHECK(defaults[pointer] != value);
        }
}

TEST_CASE("every failure, kill, service and verdict keeps its name in a saved result", "[result]") {
    auto s = test::sample_session();
    auto& run = s.runs[0];
    for (std::size_t i = 0; i < stage_count; ++i) run.failures.push_back({static_cast<stage>(i), {}, 1});
    for (std::size_t i = 0; i < error_kind_count; ++i) run.failures.push_back({{}, static_cast<error_kind>(i), 1});
    for (std::size_t i = 0; i < service_count; ++i) run.services.push_back({static_cast<service>(i), 1, 1});
    CHECK(parse_result(saved(s)) == s);
    for (std::size_t i = 0; i < kill_target_count; ++i) {
        run.recovery.killed = static_cast<kill_target>(i);
        CHECK(parse_result(saved(s)) == s);
    }
    for (std::size_t i = 0; i < verdict_kind_count; ++i) {
        run.verdict.kind = static_cast<verdict_kind>(i);
        CHECK(parse_result(saved(s)) == s);
    }
}

TEST_CASE("a name that this version does not know is refused, and cannot write to the terminal", "[result]") {
    const auto* pointer = GENERATE("/runs/2/failures/0/stage", "/runs/2/failures/0/kind", "/runs/2/services/0/name",
                                   "/runs/2/recovery/killed", "/runs/2/verdict/kind");
    auto document = nlohmann::json::parse(saved(test::troubled_session()));
    document[nlohmann::json::json_pointer(pointer)] = "no\x1b[31m\n such name";
    CAPTURE(pointer);
    const auto refused = refusal(document.dump());
    check_one_line(refused);
    CHECK_THAT(refused, ContainsSubstring("which this version does not know"));
}

TEST_CASE("a result that was saved without kinds of verdicts has them by its texts", "[result]") {
    struct old_verdict {
        bool trusted;
        const char* text;
        verdict_kind kind;
    };
    using k = verdict_kind;
    const auto [trusted, text, kind] = GENERATE(values<old_verdict>({
        {true, "ok", k::ok},
        {true, "ok, at its floor", k::at_floor},
        {true, "ok, box full: run 50 %, mock-api 15 %, postgres 24 %", k::box_full},
        {true, "0.12 % failed", k::failures},
        {true, "7 % failed, mostly fetch timeout", k::failures},
        {false, "interrupted after 40 of 100 orders", k::interrupted},
        {false, "INTERRUPTED: 40 of 100 orders", k::interrupted},
        {false, "INVALID: 3 lost, 1 unexpected", k::invalid_ledger},
        {false, "INVALID: it died 4 times, at last killed by signal 9 (Killed)", k::invalid_death},
        {false, "INVALID: every order failed", k::invalid_all_failed},
        {false, "INVALID: below its floor", k::invalid_below_floor},
        {false, "INVALID: sanitizer build", k::invalid_sanitizers},
        {false, "INVALID: debug build", k::invalid_debug_build},
        {false, "INVALID: Little's law: throughput x latency gives 10 in flight", k::invalid_littles_law},
        {false, "INVALID: the box was busy: other programs used 50 % of it", k::invalid_busy_box},
        {false, "INVALID: the mock API was the limit: its 1 threads", k::invalid_service_limit},
        {false, "INVALID: PostgreSQL was the limit: it used 97 %", k::invalid_service_limit},
        {false, "INVALID: of another wording", k::invalid},
        {false, "INVALID", k::invalid},
        {false, "", k::not_judged},
    }));
    auto document = nlohmann::ordered_json(test::sample_session());
    document["runs"][0]["verdict"] = {{"trusted", trusted}, {"text", text}};
    CAPTURE(text);
    const auto read = parse_result(document.dump()).runs[0].verdict;
    CHECK(read.kind == kind);
    CHECK(read.text == text);
    CHECK(read.trusted() == trusted);
}

TEST_CASE("a verdict whose kind and trust contradict each other is refused", "[result]") {
    auto document = nlohmann::ordered_json(test::sample_session());
    document["runs"][0]["verdict"]["trusted"] = false;
    CHECK_THAT(refusal(document.dump()), ContainsSubstring("\"trusted\" contradicts the verdict's \"kind\""));
}

TEST_CASE("a field is optional only in the type that got it later", "[result]") {
    auto document = nlohmann::ordered_json(test::sample_session());
    document["runs"][0]["series"].erase("in_flight");  // a run may lack one of that name; a series may not
    CHECK(refusal(document.dump()) == "not a pipebench result: \"in_flight\" is missing");
}

TEST_CASE("of a ledger that was not checked nothing is saved, and nothing read", "[result]") {
    auto session = test::sample_session();
    session.runs[0].ledger.checked = false;
    const auto document = nlohmann::ordered_json(session);
    CHECK(document["runs"][0]["ledger"]["checked"] == false);
    for (const auto* count : {"rows", "lost", "corrupt", "unexpected", "recovered", "redelivered", "content_checked"})
        CHECK(document["runs"][0]["ledger"][count].is_null());
    const auto back = parse_result(document.dump());
    CHECK_FALSE(back.runs[0].ledger.checked);
    CHECK_FALSE(back.runs[0].ledger.balanced());
    CHECK(back.runs[0].ledger.rows == 0);
    CHECK(back.runs[1].ledger == session.runs[1].ledger);
}

TEST_CASE("every number of a result survives: small, large and with all its digits", "[result]") {
    session_result s = test::sample_session();
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
    session_result s = test::sample_session();
    s.runs[0].efficiency = std::numeric_limits<double>::quiet_NaN();
    CHECK(std::isnan(parse_result(saved(s)).runs[0].efficiency));
}

TEST_CASE("a result cut off anywhere is refused in one line", "[result]") {
    const std::string whole = saved(test::troubled_session());
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
    auto document = nlohmann::ordered_json(test::sample_session());
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
    const nlohmann::json document = nlohmann::json::parse(saved(test::troubled_session()));
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
    auto document = nlohmann::ordered_json(test::sample_session());
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
    auto text = saved(test::sample_session());
    const std::string place = "\"stored\": 10000";
    text.replace(text.find(place), place.size(), std::string{"\"stored\": "} + number);
    CAPTURE(number);
    const auto refused = refusal(text);
    check_one_line(refused);
    CHECK_THAT(refused, ContainsSubstring("stored"));
}

TEST_CASE("a measure that is negative is refused with its name, and null is no number", "[result]") {
    auto document = nlohmann::ordered_json(test::sample_session());
    for (const double wrong : {-1.0, -5e-324, -1e308}) {
        document["runs"][1]["time_s"] = wrong;
        const auto refused = refusal(document.dump());
        check_one_line(refused);
        CHECK_THAT(refused, ContainsSubstring("\"time_s\" is negative"));
    }
    document["runs"][1]["time_s"] = nullptr;
    CHECK(std::isnan(parse_result(document.dump()).runs[1].time_s));
    document["runs"][1]["time_s"] = -0.0;
    CHECK(parse_result(document.dump()).runs[1].time_s == 0);
}

TEST_CASE("a result of before there were rounds is one round, and nothing was asserted", "[result]") {
    const auto old = parse_result(of_the_first_version(test::session_of_rounds()).dump());
    CHECK(old.rounds == 1);
    CHECK(old.warmup_runs.empty());
    CHECK(old.assertions.empty());
    REQUIRE(old.runs.size() == 15);
    CHECK(old.runs[14].round == 1);
    CHECK(old.runs[14].position == 1);
    CHECK(old.runs[14].in_flight.samples == 0);
    CHECK(std::isnan(old.runs[14].foreign_share));  // it was not measured
    CHECK(old.runs[14].api.threads == 0);
    auto one = test::sample_session();
    for (auto& run : one.runs) {
        run.api.threads = 0;
        run.foreign_share = run.throttled_share = std::numeric_limits<double>::quiet_NaN();
        run.yardstick.reset();
    }
    one.target_time_s = std::numeric_limits<double>::quiet_NaN();
    CHECK(saved(parse_result(of_the_first_version(one).dump())) == saved(one));
}

TEST_CASE("a result of before there was trouble is of clean runs, of which nothing was killed", "[result]") {
    const auto old = parse_result(of_the_first_version(test::sample_session()).dump());
    CHECK(old.chaos.empty());
    CHECK_FALSE(old.target_time_s > 0);
    CHECK(old.memory_budget_bytes == 0);
    const auto& run = old.runs.at(0);
    CHECK(run.scenario == "clean");
    CHECK(run.dead_lettered == 0);
    CHECK(run.series.t_s.empty());
    CHECK(run.recovery.killed == kill_target::none);
    CHECK(run.recovery.runs == 1);
    CHECK(run.api.throttled == 0);
    CHECK(run.stored == 10'000);
}

TEST_CASE("a series comes back with what was not known in it, and is no longer than one of ours", "[result]") {
    auto s = test::sample_session();
    auto& series = s.runs[0].series;
    series.interval_ms = 200;
    series.t_s = {0.1, 0.3};
    series.lag = {5, std::numeric_limits<double>::quiet_NaN()};
    s.runs[0].recovery = {kill_target::redis, 0.5, std::numeric_limits<double>::quiet_NaN(), 1.5, 1, 12};
    const auto back = parse_result(saved(s));
    CHECK(saved(back) == saved(s));
    CHECK(back.runs[0].series.t_s == series.t_s);
    CHECK(std::isnan(back.runs[0].series.lag.at(1)));
    CHECK(std::isnan(back.runs[0].recovery.resumed_s));
    series.rss_mb.assign(max_series_points, 1);
    CHECK_NOTHROW((void)parse_result(saved(s)));
    series.rss_mb.push_back(1);
    CHECK(refusal(saved(s)) == "not a pipebench result: \"rss_mb\" has more than 1,200 entries");
}

TEST_CASE("events come back from JSON, and those that are none are refused", "[result][events]") {
    auto s = test::sample_session();
    const std::vector<event> events{
        {event_kind::kill, 0.5, {{"target", "redis"}, {"hit", true}, {"ended", 7}}},
        {event_kind::worker_joins, std::nullopt, {{"host", "a"}}},
    };
    s.runs[0].events = events;
    CHECK(parse_result(saved(s)).runs[0].events == events);
    auto document = nlohmann::json::parse(saved(s));
    document["runs"][0].erase("events");
    CHECK(parse_result(document.dump()).runs[0].events.empty());
    const auto refused = [&](const nlohmann::json& one) {
        document["runs"][0]["events"] = {one};
        return refusal(document.dump());
    };
    CHECK(refused({{"event", "flood"}}) ==
          "not a pipebench result: \"event\" is 'flood', which this version does not know");
    CHECK(refused({{"at", 1}}) == "not a pipebench result: \"event\" is missing");
    CHECK(refused({{"event", "kill"}, {"at", -1}}) == "not a pipebench result: \"at\" is negative");
    CHECK_THAT(refused({{"event", "kill"}, {"more", {1}}}), ContainsSubstring("a list or an object"));
    CHECK_THAT(refused(5), ContainsSubstring("is not an object"));
}

TEST_CASE("what came later is checked where it is there", "[result]") {
    const auto good = nlohmann::json(nlohmann::json::parse(saved(test::session_of_rounds())));
    for (const auto& [pointer, wrong] : std::vector<std::pair<const char*, nlohmann::json>>{
             {"/rounds", -1},
             {"/warmup_runs", 5},
             {"/warmup_runs/0", nlohmann::json::object()},
             {"/runs/0/round", 1.5},
             {"/runs/0/position", nullptr},
             {"/runs/0/foreign_share", -0.5},
             {"/runs/0/in_flight", nullptr},
             {"/runs/0/in_flight", {{"samples", 1}}},
             {"/runs/0/api/threads", "2"},
             {"/runs/0/api/throttled", -1},
             {"/runs/0/scenario", 7},
             {"/runs/0/dead_lettered", 0.5},
             {"/runs/0/retries", nullptr},
             {"/runs/0/series", nlohmann::json::array()},
             {"/runs/0/series/t_s", 5},
             {"/runs/0/series/t_s", {"0.1"}},
             {"/runs/0/series/lag", {-1}},
             {"/runs/0/recovery", {{"killed", "run"}}},
             {"/runs/0/recovery/runs", -1},
             {"/runs/0/recovery/killed", nullptr},
             {"/chaos", false},
             {"/target_time_s", -1},
             {"/memory_budget_bytes", "500MB"},
             {"/assertions", {{{"text", "all.lost == 0"}, {"held", true}}}},
             {"/assertions/0/held", 1}}) {
        auto broken = good;
        broken[nlohmann::json::json_pointer(pointer)] = wrong;
        CAPTURE(pointer, wrong.dump());
        check_one_line(refusal(broken.dump()));
    }
}

TEST_CASE("what the box did besides is not a number where it is not known", "[result]") {
    session_result s = test::sample_session();
    s.runs[0].foreign_share = std::numeric_limits<double>::quiet_NaN();
    CHECK(nlohmann::ordered_json(s)["runs"][0]["foreign_share"].dump() == "null");
    CHECK(std::isnan(parse_result(saved(s)).runs[0].foreign_share));
}

TEST_CASE("a debug build is one in whatever case", "[result]") {
    for (const auto* type : {"Debug", "debug", "DEBUG"}) CHECK(is_debug({"0.1.0", type, "g++", ""}));
    for (const auto* type : {"", "Release", "RelWithDebInfo", "Debugging", "Debu"})
        CHECK_FALSE(is_debug({"0.1.0", type, "g++", ""}));
}

TEST_CASE("a list longer than any session makes is refused with its name, and one as long is not", "[result]") {
    auto s = test::sample_session();
    s.warnings.assign(1'000, "w");
    s.servers.assign(1'000, s.servers[0]);
    s.runs[0].notes.assign(1'000, "n");
    CHECK_NOTHROW((void)parse_result(saved(s)));
    const auto too_long = [&](void (*grow)(session_result&)) {
        auto longer = s;
        grow(longer);
        return refusal(saved(longer));
    };
    const auto text = [](const char* list) {
        return fmt::format("not a pipebench result: \"{}\" has more than 1,000 entries", list);
    };
    CHECK(too_long([](auto& r) { r.warnings.emplace_back(); }) == text("warnings"));
    CHECK(too_long([](auto& r) { r.servers.emplace_back(); }) == text("servers"));
    CHECK(too_long([](auto& r) { r.runs[0].notes.emplace_back(); }) == text("notes"));
    CHECK(too_long([](auto& r) { r.assertions.resize(1'001); }) == text("assertions"));
    CHECK(too_long([](auto& r) { r.runs[1].failures.resize(1'001); }) == text("failures"));
    CHECK(too_long([](auto& r) { r.runs[1].services.resize(1'001); }) == text("services"));
}

TEST_CASE("ten thousand runs of a hundred patterns can be read, and more cannot", "[result]") {
    session_result s;
    s.runs.resize(10'000);
    for (std::size_t i = 0; i < s.runs.size(); ++i) s.runs[i].pattern = std::to_string(i % 100);
    auto document = nlohmann::json(nlohmann::json::parse(saved(s)));
    CHECK(parse_result(document.dump()).runs.size() == 10'000);
    const std::string list = GENERATE("runs", "warmup_runs");
    document[list] = document["runs"];
    document[list][0]["pattern"] = "one more";
    CHECK(refusal(document.dump()) ==
          "not a pipebench result: \"" + list + "\" has more than 100 different patterns");
    document[list][0]["pattern"] = "0";
    document[list].push_back(document[list][0]);
    CHECK(refusal(document.dump()) == "not a pipebench result: \"" + list + "\" has more than 10,000 entries");
}

TEST_CASE("a field that is missing is named", "[result]") {
    auto document = nlohmann::ordered_json(test::sample_session());
    document["runs"][2]["ledger"].erase("lost");
    CHECK_THROWS_MATCHES(parse_result(document.dump()), setup_error,
                         MessageMatches(ContainsSubstring("\"lost\" is missing")));
}

TEST_CASE("a field that this version does not know is ignored", "[result]") {
    auto document = nlohmann::ordered_json(test::sample_session());
    document["later"] = {{"and", "more"}};
    document["runs"][0]["later"] = 5;
    document["runs"][0]["ledger"]["later"] = nullptr;
    CHECK(saved(parse_result(document.dump())) == saved(test::sample_session()));
}

TEST_CASE("memory that is not known is null, and was 0 in the first results", "[result]") {
    auto document = nlohmann::json::parse(saved(test::sample_session()));
    auto& memory = document["runs"][0]["memory"];
    memory["peak_pss_bytes"] = 0;
    memory["peak_rss_bytes"] = nullptr;
    const auto back = parse_result(document.dump());
    CHECK_FALSE(back.runs[0].memory.peak_pss_bytes);
    CHECK_FALSE(back.runs[0].memory.peak_rss_bytes);
    CHECK(back.runs[1].memory.peak_pss_bytes.value() > 0);
    const auto again = nlohmann::json::parse(saved(back));
    CHECK(again["runs"][0]["memory"]["peak_pss_bytes"].is_null());
    memory["peak_pss_bytes"] = -1;
    CHECK_THROWS_AS(parse_result(document.dump()), setup_error);
}
