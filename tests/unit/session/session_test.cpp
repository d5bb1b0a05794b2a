// A session without processes: the order of runs, saved results, refusals, and signals. A round that is left out or
// counted twice would distort every reported number.
#include "session/session.hpp"

#include "contracts/error.hpp"
#include "pipebench/reporter.hpp"
#include "report/model.hpp"
#include "support/command.hpp"
#include "support/fake_run.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <map>
#include <set>

using namespace pipebench;
using namespace pipebench::test;
using namespace std::chrono_literals;

namespace {

using words = std::vector<std::string>;

/// A session of two contestants, with one round unless the test changes that.
struct bench {
    session_settings settings;
    fake_executor executor;
    signal_watch signals;
    session_observer observer;
    words messages;
    std::vector<run_place> places;
    std::vector<session_result> saved;

    explicit bench(const words& names = {"semaphore", "thread-pool"}) {
        for (const auto& name : names) settings.contestants.push_back(std::make_shared<fake_contestant>(name));
        settings.work.orders = fake_executor::orders;
        settings.work.http = {};
        settings.work.db_latency = {};
        settings.scenarios = {find_scenario("clean")};
        observer.message = [this](const std::string& text) { messages.push_back(text); };
        observer.run_starts = [this](const contestant&, const run_place& place, std::chrono::duration<double>) {
            places.push_back(place);
        };
        observer.can_be_saved = [this](const session_result& so_far) { saved.push_back(so_far); };
    }
    bench(const bench&) = delete;
    bench& operator=(const bench&) = delete;

    session_outcome run() { return run_session(settings, observer, executor, signals); }

    /// Raises SIGINT during the run of this number, which then stores `stored` orders.
    void interrupt_in_run(std::size_t number, std::uint64_t stored = fake_executor::orders) {
        executor.on_execute = [this, number, stored, begun = std::size_t{0}](const run_plan&) mutable {
            const bool last = ++begun == number;
            if (last) ::raise(SIGINT);
            signals.poll();  // as a real run does
            return run_of(fake_executor::orders, last ? stored : fake_executor::orders);
        };
    }
    /// The error message; empty if the session succeeded.
    std::string refusal() {
        try {
            static_cast<void>(run());
            return {};
        } catch (const setup_error& e) {
            return e.what();
        }
    }
};

fake_contestant& only(bench& b) {
    auto c = std::make_shared<fake_contestant>("semaphore");
    b.settings.contestants = {c};
    return *c;
}

words patterns_of(const std::vector<run_result>& runs) {
    words out;
    for (const auto& run : runs) out.push_back(run.pattern);
    return out;
}

/// Patterns by round, in the order in which they were run.
std::map<std::uint64_t, words> rounds_of(const session_result& result) {
    std::map<std::uint64_t, words> out;
    for (const auto& run : result.runs) {
        auto& round = out[run.round];
        round.push_back(run.pattern);
        CHECK(run.position == round.size());
    }
    return out;
}

bool has(const words& all, const std::string& part) {
    return std::any_of(all.begin(), all.end(), [&](const auto& text) { return contains(text, part); });
}

}  // namespace

// --- rounds ---

TEST_CASE("each round has each contestant once, and rounds to warm up are kept apart", "[session][rounds]") {
    bench b;
    b.settings.rounds = 3;
    b.settings.warmup = 1;
    const auto result = b.run().result;
    CHECK(result.rounds == 3);
    CHECK(result.interrupted == false);
    CHECK(result.runs.size() == 6);
    CHECK(result.warmup_runs.size() == 2);
    const auto rounds = rounds_of(result);
    REQUIRE(rounds.size() == 3);
    CHECK(rounds.begin()->first == 1);
    CHECK(rounds.rbegin()->first == 3);
    for (const auto& [number, patterns] : rounds)
        CHECK(std::set(patterns.begin(), patterns.end()) == std::set<std::string>{"semaphore", "thread-pool"});
    CHECK(rounds.at(1) == words{"semaphore", "thread-pool"});
    CHECK(rounds.at(2) != rounds.at(1));  // the two rounds form a Latin square
}

TEST_CASE("a contestant takes its turn in every round", "[session][rounds]") {
    bench b({"semaphore", "mine"});
    b.settings.rounds = 2;
    const auto runs = b.run().result.runs;
    REQUIRE(runs.size() == 4);
    CHECK(runs[0].pattern != runs[1].pattern);
    CHECK(runs[0].pattern == runs[3].pattern);  // a Latin square of two
}

TEST_CASE("servers are started once before all runs, and each run is checked before the next", "[session]") {
    bench b;
    static_cast<void>(b.run());
    CHECK(b.executor.asked ==
          words{"start", "run semaphore clean", "check semaphore", "run thread-pool clean", "check thread-pool"});
    CHECK(b.executor.most.in_flight == 1);
}

TEST_CASE("the servers are made for the most that a contestant needs", "[session]") {
    bench b;
    b.settings.contestants = {
        std::make_shared<fake_contestant>("a", needs{.database_connections = 5}),
        std::make_shared<fake_contestant>("b", needs{.database_connections = 3, .redis = true})};
    static_cast<void>(b.run());
    CHECK(b.executor.most.database_connections == 5);
    CHECK(b.executor.most.redis);
}

TEST_CASE("every contestant runs under every scenario, one scenario after the other", "[session][rounds]") {
    bench b;
    b.settings.scenarios = {find_scenario("clean"), find_scenario("flaky")};
    const auto runs = b.run().result.runs;
    REQUIRE(runs.size() == 4);
    CHECK(patterns_of(runs) == words{"semaphore", "thread-pool", "semaphore", "thread-pool"});
    words scenarios;
    std::vector<std::uint64_t> positions;
    for (const auto& run : runs) {
        scenarios.push_back(run.scenario);
        positions.push_back(run.position);
    }
    CHECK(scenarios == words{"clean", "clean", "flaky", "flaky"});
    CHECK(positions == std::vector<std::uint64_t>{1, 2, 3, 4});
    CHECK(b.places.front().scenario == "clean");  // shown, since there are two
}

TEST_CASE("an observer is told which round it is, and the scenario where it is not just the clean one",
          "[session][rounds]") {
    bench b({"fan-out"});
    b.settings.rounds = 2;
    b.settings.warmup = 1;
    static_cast<void>(b.run());
    REQUIRE(b.places.size() == 3);
    CHECK(b.places[0].warmup);
    CHECK(b.places[0].rounds == 1);
    CHECK_FALSE(b.places[1].warmup);
    CHECK(b.places[1].round == 1);
    CHECK(b.places[2].round == 2);
    CHECK(b.places[2].rounds == 2);
    CHECK(b.places[2].scenario.empty());
}

// --- saved results ---

TEST_CASE("after every run all there is can be saved, marked as interrupted", "[session][rounds]") {
    bench b;
    b.settings.rounds = 2;
    static_cast<void>(b.run());
    REQUIRE(b.saved.size() == 4);
    for (std::size_t i = 0; i < b.saved.size(); ++i) {
        CHECK(b.saved[i].interrupted == true);
        CHECK(b.saved[i].rounds == 2);
        CHECK(b.saved[i].runs.size() == i + 1);
        CHECK(b.saved[i].runs.back().stored == fake_executor::orders);
        CHECK(b.saved[i].runs.back().interrupted == false);
    }
}

TEST_CASE("rounds to warm up are saved too, and are no runs", "[session][rounds][signal]") {
    bench b;
    b.settings.warmup = 100;
    b.settings.rounds = 2;
    b.interrupt_in_run(2);
    const auto outcome = b.run();
    CHECK(outcome.signal == SIGINT);
    for (const auto& so_far : b.saved) {
        CHECK(so_far.runs.empty());
        CHECK_FALSE(so_far.warmup_runs.empty());
        for (const auto& r : reporters()) CHECK_FALSE(r.render(model_of(so_far), colours::off).empty());
    }
}

TEST_CASE("a result says what was asked for", "[session]") {
    bench b;
    b.settings.command = "pipebench -p all";
    b.settings.profile = "equal";
    b.settings.chaos = {kill_target::worker, 0.5};
    b.settings.target_time_s = 3;
    b.settings.memory_budget_bytes = 1000;
    const auto result = b.run().result;
    CHECK(result.command == "pipebench -p all");
    CHECK(result.profile == "equal");
    CHECK(result.chaos == "kill-worker@50%");
    CHECK(result.target_time_s == 3);
    CHECK(result.memory_budget_bytes == 1000);
    CHECK(result.parameters["orders"] == fake_executor::orders);
    CHECK(result.servers.size() == 1);
    CHECK(result.warnings.empty());
    CHECK(result.session_s > 0);
}

// --- events ---

TEST_CASE("a session tells its begin and end, and those of its runs, and a result keeps what happened to a run",
          "[session][events]") {
    bench b;
    std::vector<event> told;
    b.observer.happened = [&](const event& e) { told.push_back(e); };
    b.executor.server_warnings = {"redis: evicts"};
    b.executor.on_execute = [](const run_plan& plan) {
        for (unsigned i = 0; i < most_run_events + 10; ++i)
            plan.happened({.kind = event_kind::restart, .at_s = 0.5, .fields = {{"what", "run"}}});
        plan.happened({.kind = event_kind::redelivery, .at_s = 0.5, .fields = {{"orders", 1}}});
        return run_of(fake_executor::orders, fake_executor::orders);
    };
    const auto result = b.run().result;
    std::vector<std::pair<event_kind, std::uint64_t>> frame;
    for (const auto& e : told)
        if (e.kind != event_kind::restart && e.kind != event_kind::redelivery) frame.emplace_back(e.kind, e.run);
    using k = event_kind;
    CHECK(frame == std::vector<std::pair<event_kind, std::uint64_t>>{{k::session_begins, 0},
                                                                     {k::warning, 0},
                                                                     {k::run_begins, 1},
                                                                     {k::run_ends, 1},
                                                                     {k::run_begins, 2},
                                                                     {k::run_ends, 2},
                                                                     {k::session_ends, 0}});
    CHECK(told.size() == frame.size() + 2 * (most_run_events + 11));
    for (const auto& run : result.runs) {
        REQUIRE(run.events.size() == most_run_events);
        CHECK(run.events[0] == event{k::restart, 0.5, {{"what", "run"}}});
    }
}

// --- signals ---

TEST_CASE("a signal during a run ends the session after it, and all runs before it are kept", "[session][signal]") {
    bench b;
    b.settings.rounds = 1000;
    b.interrupt_in_run(3, 4);
    const auto outcome = b.run();
    CHECK(outcome.signal == SIGINT);
    CHECK(outcome.result.interrupted == true);
    REQUIRE(outcome.result.runs.size() == 3);
    CHECK(outcome.result.runs[0].interrupted == false);
    CHECK(outcome.result.runs[1].interrupted == false);
    CHECK(outcome.result.runs[2].interrupted == true);
    CHECK(outcome.result.runs[2].stored == 4);
    CHECK(outcome.result.runs[2].not_started == 6);
    CHECK(outcome.result.runs[2].verdict.text == "interrupted after 4 of 10 orders");
}

TEST_CASE("a signal that comes when the last order has ended interrupts the session, and not the run",
          "[session][signal]") {
    bench b;
    b.interrupt_in_run(2);
    const auto outcome = b.run();
    CHECK(outcome.result.interrupted == true);
    CHECK(outcome.result.runs.size() == 2);
    CHECK(outcome.result.runs.back().interrupted == false);
}

TEST_CASE("before its first run a session that has had its signal measures nothing", "[session][signal]") {
    bench b;
    ::raise(SIGTERM);
    const auto outcome = b.run();
    CHECK(outcome.signal == SIGTERM);
    CHECK(outcome.result.runs.empty());
    CHECK(outcome.result.interrupted == true);
}

// --- refusals ---

TEST_CASE("what the box cannot hold is refused before anything is started", "[session][bad-input]") {
    bench b;
    b.settings.contestants = {std::make_shared<fake_contestant>("greedy", needs{.in_flight = 1'000'000'000})};
    CHECK(contains(b.refusal(), "greedy: 1000000000 orders in flight need"));
    CHECK(b.executor.asked.empty());
}

TEST_CASE("a run that failed is a row that says why, and the others are measured", "[session]") {
    const auto [status, stored] = GENERATE(table<int, std::uint64_t>({{killed_by_segfault, 3}, {exit_with_2, 0}}));
    bench b({"mine", "semaphore", "thread-pool"});
    b.executor.on_execute = [ended = status, part = stored](const run_plan& plan) {
        const bool fails = plan.who.id() == "mine";
        auto run = run_of(fake_executor::orders, fails ? part : fake_executor::orders);
        if (fails) run.seen.end.status = ended;
        return run;
    };
    const auto outcome = b.run();
    REQUIRE(outcome.result.runs.size() == 3);
    const auto& failed = outcome.result.runs[0];
    CHECK(failed.verdict.kind == verdict_kind::invalid_death);
    CHECK(contains(failed.verdict.text, "INVALID: it failed in 1 runs: "));
    CHECK(failed.not_started == fake_executor::orders - stored);
    CHECK(outcome.result.runs[2].stored == fake_executor::orders);
    CHECK(outcome.signal == 0);
}

TEST_CASE("a run that could not begin is a row that says why, without numbers, and the others are measured",
          "[session]") {
    bench b({"mine", "semaphore"});
    b.executor.on_execute = [](const run_plan& plan) {
        if (plan.who.id() == "mine") throw setup_error("PostgreSQL: cannot connect");
        return run_of(fake_executor::orders, fake_executor::orders);
    };
    const auto result = b.run().result;
    REQUIRE(result.runs.size() == 2);
    const auto& failed = result.runs[0];
    CHECK(failed.verdict ==
          verdict{verdict_kind::invalid_death, "INVALID: it could not be run: PostgreSQL: cannot connect"});
    CHECK(failed.orders == fake_executor::orders);
    CHECK(failed.not_started == fake_executor::orders);
    CHECK_FALSE(std::isfinite(failed.time_s));
    CHECK_FALSE(failed.ledger.checked);
    CHECK(result.runs[1].stored == fake_executor::orders);
    CHECK(result.runs[1].verdict.kind != verdict_kind::invalid_death);
    CHECK_FALSE(result.interrupted);
    for (const auto& r : reporters()) CHECK_FALSE(r.render(model_of(result), colours::off).empty());
}

TEST_CASE("a run that was to be killed, and died at work, has a row that says how often", "[session][chaos]") {
    bench b;
    only(b);
    b.executor.on_execute = [](const run_plan&) {
        auto run = run_of(fake_executor::orders, 3);
        run.seen.runs = 4;
        run.seen.end.status = SIGKILL;
        return run;
    };
    const auto result = b.run().result;
    REQUIRE(result.runs.size() == 1);
    CHECK(result.runs[0].verdict.trusted() == false);
    CHECK(result.runs[0].verdict.text == "INVALID: it failed in 4 runs: killed by signal 9 (Killed)");
    CHECK(result.runs[0].recovery.killed == kill_target::itself);
    CHECK(result.runs[0].recovery.runs == 4);
}

TEST_CASE("a run that failed after a signal is no error: it was asked to end", "[session][signal]") {
    bench b;
    b.executor.on_execute = [&](const run_plan&) {
        ::raise(SIGINT);
        b.signals.poll();
        auto run = run_of(fake_executor::orders, 3);
        run.seen.end.status = SIGKILL;
        return run;
    };
    CHECK(b.run().result.runs.front().verdict.text == "interrupted after 3 of 10 orders");
}

// --- what a signal ends ---

TEST_CASE("a signal while the servers start ends the session without a run", "[session][signal]") {
    bench b;
    b.executor.on_start = [] {
        ::raise(SIGHUP);
        throw interrupted();
    };
    const auto outcome = b.run();
    CHECK(outcome.signal == SIGHUP);
    CHECK(outcome.result.interrupted);
    CHECK(outcome.result.runs.empty());
}

TEST_CASE("a signal before a run begins keeps the runs before it, and is no failure of that run",
          "[session][signal]") {
    bench b;
    b.executor.on_execute = [](const run_plan& plan) {
        if (plan.who.id() == "semaphore") return run_of(fake_executor::orders, fake_executor::orders);
        ::raise(SIGINT);
        throw interrupted();
    };
    const auto outcome = b.run();
    CHECK(outcome.signal == SIGINT);
    CHECK(patterns_of(outcome.result.runs) == words{"semaphore"});
}

TEST_CASE("a signal while the ledger is read keeps the run, whose ledger was not checked", "[session][signal]") {
    bench b;
    b.executor.on_check = [] {
        ::raise(SIGINT);
        throw interrupted();
    };
    const auto outcome = b.run();
    CHECK(outcome.signal == SIGINT);
    REQUIRE(outcome.result.runs.size() == 1);
    const auto& run = outcome.result.runs[0];
    CHECK(run.stored == fake_executor::orders);
    CHECK_FALSE(run.ledger.checked);
    CHECK(run.verdict.text == "INVALID: the ledger could not be read: interrupted");
}

// --- rows ---

TEST_CASE("a ledger that cannot be read makes its row INVALID, and the others are measured", "[session]") {
    bench b;
    b.executor.on_check = [n = 0]() mutable {
        if (++n == 1) throw setup_error("no answer within 30s");
    };
    const auto runs = b.run().result.runs;
    REQUIRE(runs.size() == 2);
    CHECK(runs[0].verdict ==
          verdict{verdict_kind::invalid_unchecked, "INVALID: the ledger could not be read: no answer within 30s"});
    CHECK(runs[0].stored == fake_executor::orders);
    CHECK_FALSE(runs[0].ledger.checked);
    CHECK_FALSE(runs[0].ledger.balanced());
    CHECK(runs[1].ledger.checked);
    CHECK(runs[1].verdict.kind != verdict_kind::invalid_unchecked);
}

TEST_CASE("orders that the ledger does not find make their row INVALID", "[session]") {
    bench b;
    b.executor.ledger.lost = 2;
    for (const auto& run : b.run().result.runs) {
        CHECK(run.ledger.lost == 2);
        CHECK(run.verdict.trusted() == false);
        CHECK(run.verdict.text == "INVALID: 2 lost");
    }
}

// --- messages ---

TEST_CASE("what a session was told to leave out or to leave behind is a warning in its result", "[session]") {
    bench b;
    b.settings.watch = watching::end_only;
    b.settings.tables = leftovers::keep;
    b.settings.servers.target = "http://127.0.0.1:1";
    b.executor.server_warnings = {"redis: evicts"};
    const auto warnings = b.run().result.warnings;
    REQUIRE(warnings.size() == 4);
    CHECK(warnings[0] == "redis: evicts");
    CHECK(contains(warnings[1], "--no-watch"));
    CHECK(warnings[2] == "--keep: the tables stay in schema pipebench_fake");
    CHECK(contains(warnings[3], "with --target"));
    for (const auto& text : warnings) CHECK(has(b.messages, "warning: " + text));
}

TEST_CASE("time that the hypervisor took is a warning with its share", "[session]") {
    bench b;
    only(b);
    b.executor.on_execute = [](const run_plan&) {
        auto run = run_of(fake_executor::orders, fake_executor::orders);
        run.seen.box = {.total_s = 10, .busy_s = 5, .steal_s = 1};
        return run;
    };
    CHECK(b.run().result.warnings == words{"semaphore: the hypervisor took 10 % of the box's time during the run"});
}

TEST_CASE("a session that cannot be short is announced: each long run, and their sum over all rounds", "[session]") {
    bench b;
    b.settings.work.http.mean = 10s;  // of which ten, one at a time, take 100 s
    b.settings.rounds = 2;
    b.settings.warmup = 1;
    ::raise(SIGINT);  // before the first
    static_cast<void>(b.run());
    CHECK(has(b.messages, "semaphore takes at least 100 s: 10 orders x 10s / 1 in flight"));
    CHECK(has(b.messages, "the session takes at least 600 s: the sum of the floors, 3 times each"));
}

TEST_CASE("a short session, and one whose target is the user's, are not announced", "[session]") {
    bench b;
    SECTION("short") { b.settings.work.http.mean = 1ms; }
    SECTION("the simulated latency is not the target's") {
        b.settings.work.http.mean = 10s;
        b.settings.servers.target = "http://127.0.0.1:1";
    }
    static_cast<void>(b.run());
    CHECK_FALSE(has(b.messages, "takes at least"));
}
