// The parameters are passed as JSON to the process of a run and into the saved result. All values must survive this,
// and broken JSON is refused in one line.
#include "contracts/error.hpp"
#include "pipebench/workload.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <nlohmann/json.hpp>

using namespace pipebench;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

namespace {

nlohmann::json saved(const workload& w) {
    nlohmann::json out;
    to_json(out, w);
    return out;
}

workload loaded(const nlohmann::json& in) {
    workload w;
    from_json(in, w);
    return w;
}

/// A workload in which no field has its default.
workload unusual_workload() {
    workload w;
    w.orders = 1'000'000'007;
    w.seed = 18'446'744'073'709'551'615ull;
    w.http = {1234567us, {jitter::shape::lognormal, {}, 0.35}};
    w.db_latency = 0us;
    w.connections = connection_use::per_order;
    w.limits = {1500us, 24h};
    w.retry = {1, 1us, 999us};
    w.db_connections = 4'294'967'295u;
    w.permits = 1;
    w.pool_processes = 2;
    w.threads = 3;
    w.runner_concurrency = 4;
    w.write = write_mode::batch;
    w.write_batch = 7;
    w.transform_cost = {1500us, 0.5};
    w.transform_on = {3, true};
    w.streams = {5, 6, 7, 8ms, batch_mode::one_by_one, 9s};
    return w;
}

/// The default workload with one field changed.
nlohmann::json with(const char* key, nlohmann::json value) {
    auto out = saved(workload{});
    out[key] = std::move(value);
    return out;
}

}  // namespace

TEST_CASE("a workload comes back from JSON as it went in", "[workload]") {
    CHECK(saved(loaded(saved(unusual_workload()))) == saved(unusual_workload()));
    CHECK(saved(loaded(saved(workload{}))) == saved(workload{}));
    const workload w = loaded(nlohmann::json::parse(saved(unusual_workload()).dump()));
    CHECK(w.seed == 18'446'744'073'709'551'615ull);
    CHECK(w.http.mean == 1234567us);
    CHECK(w.http.spread == jitter{jitter::shape::lognormal, {}, 0.35});
    CHECK(w.connections == connection_use::per_order);
    CHECK(w.db_connections == 4'294'967'295u);
    CHECK(w.streams.mode == batch_mode::one_by_one);
    CHECK(w.streams.lease == 9s);
}

TEST_CASE("a workload in which any field is missing is refused, and the field is named", "[workload]") {
    const auto good = saved(workload{});
    for (const auto& [key, value] : good.items()) {
        auto broken = good;
        broken.erase(key);
        CAPTURE(key);
        CHECK_THROWS_MATCHES(loaded(broken), setup_error, MessageMatches(ContainsSubstring(key)));
    }
}

TEST_CASE("a workload in which any field has the wrong type is refused, and the field is named", "[workload]") {
    const nlohmann::json wrong = GENERATE(as<nlohmann::json>{}, nullptr, true, -5, 1.5, 1e300, "\x1b[31m nonsense",
                                          "-5ms", "25h", nlohmann::json::array(), nlohmann::json::object());
    const auto good = saved(workload{});
    for (const auto& [key, value] : good.items()) {
        CAPTURE(key, wrong.dump());
        if ((key == "retry_budget" && wrong == 1.5) || (key == "poison" && wrong.is_array()))
            continue;  // valid for that field
        CHECK_THROWS_MATCHES(loaded(with(key.c_str(), wrong)), setup_error, MessageMatches(ContainsSubstring(key)));
    }
}

TEST_CASE("a number too large for its field is refused, not cut", "[workload]") {
    CHECK_THROWS_AS(loaded(with("permits", 4'294'967'296ull)), setup_error);
    const auto beyond_64_bits = nlohmann::json::parse("18446744073709551616");
    CHECK_THROWS_AS(loaded(with("orders", beyond_64_bits)), setup_error);
}

TEST_CASE("what is no object is no workload", "[workload]") {
    const nlohmann::json wrong = GENERATE(as<nlohmann::json>{}, nullptr, 5, "text", nlohmann::json::array({1, 2}));
    CHECK_THROWS_MATCHES(loaded(wrong), setup_error, MessageMatches(ContainsSubstring("object")));
}

TEST_CASE("a refusal is one line without control characters", "[workload]") {
    try {
        (void)loaded(with("http_latency", "\x1b[31m\n\xff" + std::string(5000, 'x')));
        FAIL("it was taken");
    } catch (const setup_error& e) {
        const std::string text = e.what();
        CHECK(text.size() < 200);
        CHECK(text.find_first_of("\n\x1b") == std::string::npos);
    }
}

TEST_CASE("a jitter is none, uniform with a width or lognormal with a sigma up to 3", "[workload][jitter]") {
    CHECK(parse_jitter("none") == jitter{});
    CHECK(parse_jitter("uniform:20ms") == jitter{jitter::shape::uniform, 20ms, 0});
    CHECK(parse_jitter("lognormal:0.5") == jitter{jitter::shape::lognormal, {}, 0.5});
    CHECK(parse_jitter("lognormal:3") == jitter{jitter::shape::lognormal, {}, 3});
    const auto* text = GENERATE("", "none:", "None", "uniform", "uniform:", "uniform:20", "uniform:-1ms",
                                "lognormal:", "lognormal:0", "lognormal:-1", "lognormal:3.1", "lognormal:nan",
                                "lognormal:inf", "lognormal:0.5x", "normal:1ms", ":20ms");
    CAPTURE(text);
    CHECK_FALSE(parse_jitter(text));
}

TEST_CASE("a jitter is written as it is read", "[workload][jitter]") {
    const auto* text = GENERATE("none", "uniform:20ms", "lognormal:0.5", "lognormal:0.1");
    CHECK(format_jitter(parse_jitter(text).value()) == text);
}

TEST_CASE("the CPU cost of a transform is a time, or a time with a spread", "[workload][transform-cost]") {
    CHECK(parse_cpu_cost("5ms") == cpu_cost{5ms, 0});
    CHECK(parse_cpu_cost("1us") == cpu_cost{1us, 0});
    CHECK(parse_cpu_cost("10s") == cpu_cost{10s, 0});
    CHECK(parse_cpu_cost("5ms:lognormal:0.5") == cpu_cost{5ms, 0.5});
    for (const auto* none : {"none", "0", "0s"}) CHECK(parse_cpu_cost(none) == cpu_cost{});
    for (const auto* bad : {"", "5", "10.1s", "5ms:", "5ms:none", "5ms:uniform:1ms", "5ms:lognormal:0",
                            "0s:lognormal:1", "5ms:lognormal:3.1", "ms", "none:lognormal:1"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_cpu_cost(bad));
    }
    for (const auto* text : {"none", "5ms", "5ms:lognormal:0.5"})
        CHECK(format_cpu_cost(*parse_cpu_cost(text)) == text);
}

TEST_CASE("a transform is done on the loop, or on up to 64 threads or processes", "[workload][transform-cost]") {
    CHECK(parse_transform_place("loop") == transform_place{});
    CHECK(parse_transform_place("threads:64") == transform_place{64});
    CHECK(parse_transform_place("processes:2") == transform_place{2, true});
    for (const auto* bad : {"", "threads", "threads:", "threads:0", "threads:65", "threads:-1",
                            "processes:", "processes:65", "loop:1"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_transform_place(bad));
    }
    for (const auto* text : {"loop", "threads:4", "processes:4"})
        CHECK(format_transform_place(*parse_transform_place(text)) == text);
}

TEST_CASE("work without a cost of the transform is saved as before", "[workload][transform-cost]") {
    CHECK_FALSE(saved(workload{}).contains("transform_cost"));
    CHECK_FALSE(saved(workload{}).contains("transform_on"));
    CHECK(saved(loaded(saved(unusual_workload()))) == saved(unusual_workload()));
}
