// Parsing on the command line: values of options, suggestions for unknown words, and profiles whose parameters must
// be fair to every pattern.
#include "contracts/value_form.hpp"

#include "cli/profiles.hpp"
#include "support/parsed_options.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>

using namespace pipebench;
using pipebench::test::parsed, pipebench::test::refusal_of;
using namespace std::chrono_literals;

namespace {

const std::vector<std::string> known{"fan-out", "semaphore", "process-pool", "thread-pool", "redis-streams"};

workload at(std::string_view id, unsigned concurrency) {
    const auto all = profiles();
    const auto found = std::find_if(all.begin(), all.end(), [id](const profile& p) { return p.id == id; });
    REQUIRE(found != all.end());
    return found->at(concurrency);
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
    std::uint64_t taken = 0;
    const auto refusal = [&](const std::string& option, const std::string& text) {
        return refusal_of(
            [&](option_set& options) {
                options.value("-n,--orders", count_form({1, 10'000}), taken, "");
            },
            {option, text});
    };
    CHECK(refusal("-n", "10k").empty());
    CHECK(taken == 10'000);
    CHECK(refusal("--orders", "10001") == "--orders: '10001' is not a whole number from 1 to 10000 (suffixes: k, M)");
    CHECK_FALSE(refusal("--orders", "0").empty());
    CHECK_FALSE(refusal("--orders", "many").empty());
    CHECK(taken == 10'000);
}

TEST_CASE("a duration outside its range is refused likewise", "[values]") {
    duration taken{};
    const auto refusal = [&](const std::string& text) {
        return refusal_of(
            [&](option_set& options) {
                options.value("--block", duration_form({1ms, 1min}), taken, "");
            },
            {"--block", text});
    };
    CHECK(refusal("1.5s").empty());
    CHECK(taken == 1500ms);
    CHECK(refusal("61s") ==
          "--block: '61s' is not a duration from 1ms to 60s with a unit (us, ms, s, m, h), such as 100ms");
    CHECK_FALSE(refusal("0").empty());
    CHECK_FALSE(refusal("100").empty());
}

TEST_CASE("a choice that is none is refused with the nearest", "[values]") {
    std::string taken = "text";
    const auto refusal = [&](const std::string& text) {
        return refusal_of(
            [&](option_set& options) {
                options.value("--format", choice_form({"text", "json"}), taken, "");
            },
            {"--format", text});
    };
    CHECK(refusal("json").empty());
    CHECK(taken == "json");
    CHECK(refusal("jsn") == "--format: 'jsn' is not a choice, did you mean 'json'? (known: text, json)");
}

TEST_CASE("the default in --help is the value before it is parsed, in its shortest form", "[values]") {
    std::uint64_t count = 10'000, size = 0;
    duration limit = 10min, nothing{};
    double share = 0.2;
    const auto help = parsed(
        [&](option_set& options) {
            options.value("--count", count_form({}), count, "text");
            options.value("--limit", duration_form(), limit, "text");
            options.value("--nothing", off_by_default(duration_form()), nothing, "text");
            options.value("--share", share_form(), share, "text");
            options.value("--size", off_by_default(size_form()), size, "text");
        },
        {"--help"});
    for (const auto* shown : {"--count N", "[10k]", "--limit TIME", "[10m]", "[none]", "[20%]", "--size SIZE"}) {
        CAPTURE(help, shown);
        CHECK(help.find(shown) != std::string::npos);
    }
}

TEST_CASE("a value that is written is read as the same", "[values]") {
    const double share = GENERATE(0.0, 0.2, 0.07, 0.123456789012345, 1.0 / 3, 1.0);
    CHECK(share_form().parse(share_form().format(share)) == share);
    const std::uint64_t n = GENERATE(0u, 1u, 999u, 1000u, 1500u, 2'000'000u, 2'000'001u);
    CHECK(count_form({}).parse(count_form({}).format(n)) == n);
    const duration d = GENERATE(0us, 1us, 1500us, 90s, 10min, 1h, 24h);
    CHECK(duration_form().parse(duration_form().format(d)) == d);
    const std::uint64_t bytes = GENERATE(1u, 1024u, 500'000'000u);
    CHECK(size_form().parse(size_form().format(bytes)) == bytes);
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

TEST_CASE("deployment is the published production, under its load", "[profiles]") {
    const auto w = at("deployment", GENERATE(1u, 100u));
    CHECK(w.arrive.rate == arrival_rate{50'000, 1h});
    CHECK(format_objectives(w.objectives) == "p99<500ms");
    CHECK(w.streams.processes == 15);
    CHECK(w.streams.workers == 150);
    CHECK(w.streams.batch == 10);
    CHECK(w.streams.mode == batch_mode::one_by_one);
    CHECK(w.permits == 150);
    CHECK(w.http.mean == 100ms);
    CHECK(w.db_latency == 100ms);
}

TEST_CASE("every profile has a name of its own and a question", "[profiles]") {
    REQUIRE_FALSE(profiles().empty());
    for (const auto& p : profiles()) {
        CHECK_FALSE(p.question.empty());
        CHECK(std::count_if(profiles().begin(), profiles().end(), [&](const auto& q) { return q.id == p.id; }) == 1);
    }
}
