// What the command line makes of words: suggestions for those it does not know, and profiles whose parameters have
// to be fair to every pattern.
#include "cli/values.hpp"

#include "cli/profiles.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>

using namespace pipebench;
using namespace std::chrono_literals;

namespace {

const std::vector<std::string> known{"fan-out", "semaphore", "process-pool", "thread-pool", "redis-streams"};

workload at(std::string_view id, unsigned concurrency) {
    const auto all = profiles();
    const auto found = std::find_if(all.begin(), all.end(), [id](const profile& p) { return p.id == id; });
    REQUIRE(found != all.end());
    return found->at(concurrency);
}

/// What an application with one option says to these words; nothing when it takes them.
std::string refusal_of(CLI::App& app, const std::vector<std::string>& words) {
    try {
        app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
        return {};
    } catch (const CLI::ParseError& e) {
        return e.what();
    }
}

}  // namespace

// --- suggestions ---

TEST_CASE("a word is taken for the nearest that is known", "[values]") {
    CHECK(did_you_mean("fanout", known) == ", did you mean 'fan-out'?");
    CHECK(did_you_mean("semaphor", known) == ", did you mean 'semaphore'?");
    CHECK(did_you_mean("threadpool", known) == ", did you mean 'thread-pool'?");
    CHECK(did_you_mean("proces-pol", known) == ", did you mean 'process-pool'?");
    CHECK(did_you_mean("redis-stream", known) == ", did you mean 'redis-streams'?");
    CHECK(did_you_mean("redis", {"redis", "redis-streams"}) == ", did you mean 'redis'?");
}

TEST_CASE("a word that is near nothing is taken for nothing", "[values]") {
    CHECK(did_you_mean("banana", known).empty());
    CHECK(did_you_mean("", known).empty());
    CHECK(did_you_mean("fan-out", {}).empty());
}

TEST_CASE("a refusal names the word, the nearest and all that are known", "[values]") {
    CHECK(not_one_of("pattern", "fanout", {"fan-out", "semaphore"}) ==
          "'fanout' is not a pattern, did you mean 'fan-out'? (known: fan-out, semaphore)");
    CHECK(not_one_of("pattern", "x\x1b[2J", {"semaphore"}) == "'x\\x1b[2J' is not a pattern (known: semaphore)");
    CHECK(not_one_of("pattern", std::string(1000, 'x'), {"semaphore"}).size() < 200);
}

// --- options ---

TEST_CASE("a count outside its range is refused with the option, the value and what is accepted", "[values]") {
    CLI::App app;
    std::uint64_t taken = 0;
    add_count(app, "-n,--orders", {1, 10'000}, "", [&](auto n) { taken = n; });
    CHECK(refusal_of(app, {"-n", "10k"}).empty());
    CHECK(taken == 10'000);
    const auto refusal = [&](const std::string& text) { return refusal_of(app, {"--orders", text}); };
    CHECK(refusal("10001") == "--orders: '10001' is not a whole number from 1 to 10000 (suffixes: k, M)");
    CHECK_FALSE(refusal("0").empty());
    CHECK_FALSE(refusal("many").empty());
    CHECK(taken == 10'000);
}

TEST_CASE("a duration outside its range is refused likewise", "[values]") {
    CLI::App app;
    duration taken{};
    add_duration(app, "--block", {1ms, 1min}, "", [&](auto d) { taken = d; });
    CHECK(refusal_of(app, {"--block", "1.5s"}).empty());
    CHECK(taken == 1500ms);
    CHECK(refusal_of(app, {"--block", "61s"}) ==
          "--block: '61s' is not a duration from 1ms to 60s with a unit (us, ms, s, m, h), such as 100ms");
    CHECK_FALSE(refusal_of(app, {"--block", "0"}).empty());
    CHECK_FALSE(refusal_of(app, {"--block", "100"}).empty());
}

TEST_CASE("a choice that is none is refused with the nearest", "[values]") {
    CLI::App app;
    std::string taken;
    add_choice(app, "--format", {"text", "json"}, "", [&](const auto& c) { taken = c; });
    CHECK(refusal_of(app, {"--format", "json"}).empty());
    CHECK(taken == "json");
    CHECK(refusal_of(app, {"--format", "jsn"}) ==
          "--format: 'jsn' is not a choice, did you mean 'json'? (known: text, json)");
}

// --- profiles ---

TEST_CASE("equal gives every bounded pattern exactly C orders in flight, whatever C", "[profiles]") {
    for (unsigned c = 1; c <= 300; ++c) {
        CAPTURE(c);
        const auto w = at("equal", c);
        REQUIRE(w.permits == c);
        REQUIRE(w.threads == c);
        REQUIRE(w.pool_processes == c);
        REQUIRE(w.runner_concurrency == c);
        REQUIRE(w.streams.workers * w.streams.batch == c);
        REQUIRE(w.streams.mode == batch_mode::together);
        REQUIRE(w.streams.workers <= 20);
        REQUIRE(w.streams.processes >= 1);
        REQUIRE(w.streams.processes <= std::min(w.streams.workers, 4u));
    }
}

TEST_CASE("equal at 100 is what a workload is anyway", "[profiles]") {
    const auto w = at("equal", default_concurrency);
    CHECK(profiles().front().id == "equal");
    CHECK(w.streams.workers == stream_parameters{}.workers);
    CHECK(w.streams.batch == stream_parameters{}.batch);
    CHECK(w.streams.processes == stream_parameters{}.processes);
    CHECK(w.http.mean == 100ms);
    CHECK(w.db_latency == 100ms);
}

TEST_CASE("article is the published run, whatever C", "[profiles]") {
    const auto w = at("article", GENERATE(1u, 100u, 5000u));
    CHECK(w.orders == 10'000);
    CHECK(w.permits == 100);
    CHECK(w.threads == 100);
    CHECK(w.pool_processes == 8);
    CHECK(w.streams.workers == 20);
    CHECK(w.streams.batch == 10);
    CHECK(w.streams.mode == batch_mode::one_by_one);
    CHECK(w.connections == connection_use::per_order);
    CHECK(w.retry.attempts == 1);
    CHECK(w.http.mean == 100ms);
    CHECK(w.db_latency == 100ms);
}

TEST_CASE("capacity has no latency to wait for, and no more processes than cores can use", "[profiles]") {
    const auto w = at("capacity", 60);
    CHECK(w.http.mean == 0s);
    CHECK(w.db_latency == 0s);
    CHECK(w.retry.attempts == 1);
    CHECK(w.permits == 60);
    CHECK(w.pool_processes >= 2);
    CHECK(w.pool_processes % 2 == 0);
}

TEST_CASE("every profile has a name of its own and a question", "[profiles]") {
    REQUIRE_FALSE(profiles().empty());
    for (const auto& p : profiles()) {
        CHECK_FALSE(p.question.empty());
        CHECK(std::count_if(profiles().begin(), profiles().end(), [&](const auto& q) { return q.id == p.id; }) == 1);
    }
}
