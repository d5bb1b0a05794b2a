// People act on the line "Production ready?". It must not approve an untested case, nor hide the worst problem behind
// a harmless one.
#include "analysis/readiness.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <functional>

using namespace pipebench;

namespace {

run_result good_run(const std::string& scenario = "flaky", const std::string& pattern = "semaphore") {
    run_result r;
    r.pattern = pattern;
    r.scenario = scenario;
    r.in_flight_limit = 100;
    r.orders = r.stored = 10'000;
    r.time_s = 5;
    r.memory.peak_rss_bytes = 50'000'000;
    r.api.known = true;
    r.api.requests = r.api.responses = 10'000;
    if (scenario == "throttled") r.api.throttled = 1;
    if (scenario == "flaky") r.api.faults = 1;
    if (scenario == "db-restart") r.recovery.killed = kill_target::connections;
    r.verdict = {verdict_kind::ok, "ok"};
    return r;
}

/// All cases were tested, and no problem was found.
session_result thorough() {
    session_result s;
    for (const auto* scenario : {"clean", "throttled", "flaky", "outage", "db-restart"})
        s.runs.push_back(good_run(scenario));
    s.runs.front().recovery.killed = kill_target::worker;
    s.chaos = "kill-worker@50%";
    s.target_time_s = 60;
    s.memory_budget_bytes = 500'000'000;
    return s;
}

session_result session_of(const run_result& run) {
    session_result s;
    s.runs = {run};
    return s;
}

readiness only(const session_result& s) {
    const auto all = assess(s, summarise(s));
    REQUIRE(all.size() == 1);
    return all.front();
}

/// The readiness after this change of a run.
readiness after(const std::function<void(run_result&)>& harm) {
    auto run = good_run();
    harm(run);
    return only(session_of(run));
}

using strings = std::vector<std::string>;

strings reasons(const readiness& r) {
    strings out;
    for (const auto& e : r.against) out.push_back(e.text);
    return out;
}

}  // namespace

TEST_CASE("who was tried in all ways and has nothing against it is ready", "[readiness]") {
    const auto r = only(thorough());
    CHECK(r.pattern == "semaphore");
    CHECK(describe(r) == "ready");
    CHECK(r.is_ready());
    CHECK(reasons(r).empty());
    CHECK(not_tried(thorough()).empty());
}

TEST_CASE("who was tried in some ways is ready as far as that goes", "[readiness]") {
    auto s = thorough();
    const auto leave_out = GENERATE(0, 1, 2, 3);
    if (leave_out == 0) s.runs.pop_back();
    if (leave_out == 1) s.chaos.clear();
    if (leave_out == 2) s.target_time_s = 0;
    if (leave_out == 3) s.memory_budget_bytes = 0;
    CAPTURE(leave_out);
    CHECK(describe(only(s)) == "ready, as far as tried");
    CHECK(only(s).is_ready());
    CHECK(not_tried(s).size() == 1);
}

TEST_CASE("after clean runs only it is not known", "[readiness]") {
    auto s = session_of(good_run("clean"));
    CHECK(describe(only(s)) == "not known: nothing went wrong yet");
    CHECK_FALSE(only(s).is_ready());
    s.chaos = "kill-run@50%";
    CHECK(describe(only(s)) == "not known: nothing went wrong yet");  // the run ended before it
    s.runs[0].recovery.killed = kill_target::run;                     // a kill counts as trouble, too
    CHECK(describe(only(s)) == "ready, as far as tried");
}

TEST_CASE("a row that is not to be trusted says nothing for its pattern", "[readiness]") {
    auto s = thorough();
    s.runs[2].verdict = {verdict_kind::invalid_busy_box, "INVALID: the box was busy"};
    CHECK(describe(only(s)) == "not known: a row is not to be trusted");
    CHECK_FALSE(only(s).is_ready());
    s.runs[0].ledger.lost = 1;  // but the problems still count
    CHECK(describe(only(s)) == "loses work");
}

TEST_CASE("every finding is said with its number", "[readiness]") {
    struct row {
        std::function<void(run_result&)> harm;
        std::string verdict, reason;
    };
    const auto failed_by = [](error_kind kind, std::uint64_t n) {
        return [=](run_result& r) {
            r.failures = {{stage::fetch, kind, n}};
            r.failed = n;
        };
    };
    const auto r = GENERATE_COPY(values<row>({
        {[](auto& x) { x.ledger.lost = 1'234; }, "loses work",
         "loses work: 1,234 lost, 0 corrupt, 0 unexpected under flaky"},
        {[](auto& x) { x.ledger.corrupt = 1; }, "loses work",
         "loses work: 0 lost, 1 corrupt, 0 unexpected under flaky"},
        {[](auto& x) { x.ledger.unexpected = 2; }, "loses work",
         "loses work: 0 lost, 0 corrupt, 2 unexpected under flaky"},
        {[](auto& x) { x.not_started = 5'000; }, "breaks", "breaks: 5,000 orders were never done under flaky"},
        {failed_by(error_kind::resources, 1), "breaks",
         "breaks at 100 in flight: 1 order had no descriptor, port or memory under flaky"},
        {[](auto& x) { x.ledger.redelivered = 1; }, "duplicates effects",
         "duplicates effects: 1 order was written again under flaky"},
        {[](auto& x) { x.ledger.redelivered = 25; }, "duplicates effects",
         "duplicates effects: 25 orders were written again under flaky"},
        {[](auto& x) { x.api.throttled = 501; }, "throttled",
         "throttled: 5.01 % of the requests got 429 under flaky"},
        {failed_by(error_kind::timeout, 11), "fails orders", "fails 0.11 % of the orders under flaky"},
        {failed_by(error_kind::database, 10'000), "fails orders", "fails 100 % of the orders under flaky"},
    }));
    const auto said = after(r.harm);
    CHECK(describe(said) == r.verdict);
    CHECK(reasons(said) == strings{r.reason});
    CHECK_FALSE(said.is_ready());
}

TEST_CASE("a limit that was set is exceeded only above it", "[readiness]") {
    auto s = session_of(good_run());
    s.target_time_s = 5;
    s.memory_budget_bytes = 50'000'000;
    CHECK(only(s).is_ready());
    s.runs[0].time_s = 5.25;
    CHECK(describe(only(s)) == "too slow");
    CHECK(reasons(only(s)) == strings{"too slow: 5.25 s where 5 s is the target under flaky"});
    s.runs[0].memory.peak_rss_bytes = 61'200'000;
    CHECK(describe(only(s)) == "over memory budget, too slow");
    CHECK(reasons(only(s))[0] == "over the memory budget: 61.2 MB of 50.0 MB under flaky");
}

TEST_CASE("what is within bounds is no finding", "[readiness]") {
    CHECK(after([](auto& x) { x.api.throttled = 500; }).is_ready());  // exactly 5 %
    CHECK(after([](auto& x) { x.failures = {{stage::fetch, error_kind::timeout, 10}}; }).is_ready());
    CHECK(after([](auto& x) { x.repeated = 10; }).is_ready());
    CHECK(after([](auto& x) { x.ledger.recovered = 10; }).is_ready());
    CHECK(after([](auto& x) { x.api = {}; }).is_ready());  // the API's counters are unknown
    CHECK(after([](auto& x) { x = {}, x.scenario = "flaky", x.verdict.kind = verdict_kind::ok; }).is_ready());
}

TEST_CASE("what is the order's own fault is not its pattern's", "[readiness]") {
    using k = error_kind;
    const auto kind = GENERATE(k::rejected, k::bad_content, k::wrong_order, k::too_large, k::protocol, k::dead_letter,
                               k::worker_died);
    CAPTURE(name_of(kind));
    CHECK(after([&](auto& x) { x.failures = {{stage::transform, kind, 5'000}}; }).is_ready());
}

TEST_CASE("failures of several kinds and stages add up", "[readiness]") {
    CHECK_FALSE(after([](auto& x) {
                    x.failures = {{stage::fetch, error_kind::timeout, 6},
                                  {stage::store, error_kind::timeout, 3},
                                  {stage::store, error_kind::reset, 2}};
                }).is_ready());
}

TEST_CASE("orders that Ctrl-C left undone break nothing", "[readiness]") {
    const auto r = after([](auto& x) {
        x.not_started = 100;
        x.interrupted = true;
        x.verdict = {verdict_kind::interrupted, "interrupted"};
    });
    CHECK(describe(r) == "not known: a row is not to be trusted");
    CHECK(reasons(r).empty());
}

TEST_CASE("the worst comes first, whatever came first", "[readiness]") {
    auto s = thorough();
    s.target_time_s = 1;
    s.runs[0].api.throttled = 5'000;
    s.runs[1].ledger.redelivered = 2;
    s.runs[4].ledger.lost = 3;
    for (auto& run : s.runs) run.failures = {{stage::fetch, error_kind::reset, 100}};
    const auto r = only(s);
    CHECK(describe(r) == "loses work, duplicates effects, throttled, fails orders, too slow");
    REQUIRE(reasons(r).size() == 13);
    CHECK(reasons(r)[0] == "loses work: 3 lost, 0 corrupt, 0 unexpected under db-restart with kill-worker@50%");
    CHECK(reasons(r)[1] == "duplicates effects: 2 orders were written again under throttled with kill-worker@50%");
    CHECK(reasons(r)[2] == "throttled: 50 % of the requests got 429 with kill-worker@50%");
}

TEST_CASE("each pattern is judged by its own rows, in the order of the first round", "[readiness]") {
    session_result s;
    for (const auto* scenario : {"flaky", "outage"})
        for (const auto* pattern : {"thread-pool", "fan-out"}) s.runs.push_back(good_run(scenario, pattern));
    s.runs[3].not_started = 1;
    const auto all = assess(s, summarise(s));
    REQUIRE(all.size() == 2);
    CHECK(all[0].pattern == "thread-pool");
    CHECK(all[0].is_ready());
    CHECK(all[1].pattern == "fan-out");
    CHECK(reasons(all[1]) == strings{"breaks: 1 order was never done under outage"});
    CHECK(assess({}, {}).empty());
}

TEST_CASE("one order lost in one round of several speaks against it", "[readiness]") {
    session_result s;
    s.rounds = 3;
    for (std::uint64_t round = 1; round <= 3; ++round) {
        s.runs.push_back(good_run());
        s.runs.back().round = round;
    }
    s.runs[1].ledger.lost = 1;
    CHECK(describe(only(s)) == "loses work");
}

TEST_CASE("what was not tried is said with the option that would", "[readiness]") {
    CHECK(not_tried({}) == strings{"how it takes trouble: --scenario throttled,flaky,outage,db-restart",
                                   "what a death costs: --chaos kill-worker@50%",
                                   "whether it is fast enough: --target-time 60s",
                                   "whether it is small enough: --memory-budget 500MB"});
    auto s = thorough();
    s.runs.erase(s.runs.begin() + 1, s.runs.begin() + 3);
    CHECK(not_tried(s) == strings{"how it takes trouble: --scenario throttled,flaky"});
}

TEST_CASE("trouble that has hit nothing was not tried", "[readiness]") {
    auto s = thorough();
    for (auto& run : s.runs) {
        run.recovery.killed = kill_target::none;
        run.api.throttled = run.api.faults = 0;
    }
    CHECK(not_tried(s) == strings{"how it takes trouble: --scenario throttled,flaky,db-restart",
                                  "what a death costs: --chaos kill-worker@50%"});
    s.runs = {s.runs[4]};
    CHECK(describe(only(s)) == "not known: nothing went wrong yet");
}

TEST_CASE("a pattern is tried by what has hit its own runs", "[readiness]") {
    auto missed = good_run("db-restart", "mine");
    missed.recovery.killed = kill_target::none;
    session_result s;
    s.runs = {good_run("db-restart"), missed};
    const auto all = assess(s, summarise(s));
    REQUIRE(all.size() == 2);
    CHECK(describe(all[0]) == "ready, as far as tried");
    CHECK(describe(all[1]) == "not known: nothing went wrong yet");
}

TEST_CASE("every rule is a finding's name and what it means", "[readiness]") {
    for (const auto& [name, meaning] : readiness_rules) {
        CHECK_FALSE(name.empty());
        CHECK_FALSE(meaning.empty());
    }
}
