// What a metrics process knows of a session: sums over runs that never fall, and the run that goes.
#include "contracts/error.hpp"
#include "metrics/families.hpp"
#include "metrics/live_session.hpp"
#include "metrics/status.hpp"
#include "support/command.hpp"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <memory>

using namespace pipebench;
using namespace pipebench::test;
using namespace std::chrono_literals;

namespace {

run_opening run_of(const std::string& pattern, std::uint64_t orders = 10) {
    run_opening out;
    out.pattern = pattern;
    out.scenario = "clean";
    out.work.orders = orders;
    return out;
}

/// A record that the session and its test both have, as a session and its metrics process do.
struct shared_record {
    recorder ours = recorder::create(10);
    [[nodiscard]] std::unique_ptr<recorder> theirs() const {
        return std::make_unique<recorder>(recorder::attach(::dup(ours.descriptor())));
    }
    void end(order_id id, error_kind kind = error_kind::none) {
        auto log = ours.log();
        log.end(log.begin(id), {stage::store, kind, 1, 1});
    }
};

const run_sums& sums_of(live_session& session, const std::string& pattern) {
    return session.sums().at({pattern, "clean"});
}

bool has(live_session& session, const std::string& line) { return contains(metrics_of(session), line + "\n"); }

}  // namespace

TEST_CASE("counters go on over the runs of a pattern", "[live_session]") {
    live_session session;
    for (int round = 1; round <= 3; ++round) {
        shared_record record;
        session.take(run_of("semaphore"), record.theirs());
        CHECK(sums_of(session, "semaphore").done.stored == 4u * static_cast<unsigned>(round - 1));
        for (order_id id = 1; id <= 4; ++id) record.end(id);
        CHECK(sums_of(session, "semaphore").done.stored == 4u * static_cast<unsigned>(round));
        session.take(run_closing{.cpu_s = 0.5, .ledger_checked = true}, nullptr);
        CHECK(sums_of(session, "semaphore").done.stored == 4u * static_cast<unsigned>(round));
        CHECK(sums_of(session, "semaphore").cpu_s == 0.5 * round);
        CHECK(sums_of(session, "semaphore").runs == static_cast<unsigned>(round));
    }
    CHECK(has(session, "pipebench_orders_total{pattern=\"semaphore\",scenario=\"clean\",outcome=\"stored\"} 12"));
    CHECK(has(session, "pipebench_order_service_seconds_count{pattern=\"semaphore\",scenario=\"clean\"} 12"));
    CHECK(has(session, "pipebench_ledger_orders_total{pattern=\"semaphore\",scenario=\"clean\",found=\"lost\"} 0"));
}

TEST_CASE("a counter does not fall when an order that had failed is stored after all", "[live_session]") {
    live_session session;
    shared_record record;
    session.take(run_of("redis-streams"), record.theirs());
    record.end(1, error_kind::timeout);
    REQUIRE(sums_of(session, "redis-streams").done.failed == 1);
    record.end(1);
    REQUIRE(record.ours.read().failed == 0);
    CHECK(sums_of(session, "redis-streams").done.failed == 1);
    CHECK(sums_of(session, "redis-streams").done.stored == 1);
}

TEST_CASE("what a run does now is there while it goes, and absent before and after", "[live_session]") {
    const std::string in_flight = "pipebench_in_flight_orders{pattern=\"fan-out\",scenario=\"clean\"} 1";
    live_session session;
    CHECK(session.phase() == live_phase::idle);
    CHECK_FALSE(contains(metrics_of(session), "pipebench_in_flight_orders"));
    shared_record record;
    session.take(run_of("fan-out"), record.theirs());
    CHECK(session.phase() == live_phase::starting);
    record.ours.start_clock();
    static_cast<void>(record.ours.log().begin(1));
    CHECK(session.phase() == live_phase::running);
    CHECK(has(session, in_flight));
    CHECK_FALSE(contains(metrics_of(session), "pipebench_in_flight_limit"));  // nothing bounds it
    record.ours.stop_clock();
    CHECK(session.phase() == live_phase::checking);
    session.take(run_closing{}, nullptr);
    CHECK(session.phase() == live_phase::idle);
    CHECK_FALSE(contains(metrics_of(session), "pipebench_in_flight_orders"));
}

TEST_CASE("of a run whose record nobody has, what it used is known, and its orders are not", "[live_session]") {
    live_session session;
    session.take(run_of("semaphore"), nullptr);
    CHECK(session.phase() == live_phase::running);
    session.take(run_closing{.cpu_s = 2}, nullptr);
    CHECK(has(session, "pipebench_runs_total{pattern=\"semaphore\",scenario=\"clean\"} 1"));
    CHECK(has(session, "pipebench_cpu_seconds_total{pattern=\"semaphore\",scenario=\"clean\",service=\"run\"} 2"));
    CHECK_FALSE(contains(metrics_of(session), "pipebench_orders_total"));
    CHECK_FALSE(contains(metrics_of(session), "pipebench_ledger_orders_total"));
}

TEST_CASE("where orders begin elsewhere, those in flight and in the queue are not known, and neither are stages",
          "[live_session]") {
    live_session session;
    shared_record record;
    session.take(run_of("redis-streams"), record.theirs());
    record.end(1);
    run_glance seen;
    seen.begins_known = false;
    session.take(seen, nullptr);
    const auto text = metrics_of(session);
    for (const char* unknown :
         {"in_flight_orders", "queue_depth", "oldest_queued_age_seconds", "stage_duration_seconds"}) {
        CAPTURE(unknown);
        CHECK_FALSE(contains(text, unknown));
    }
    CHECK(has(session, "pipebench_orders_total{pattern=\"redis-streams\",scenario=\"clean\",outcome=\"stored\"} 1"));
}

TEST_CASE("what was seen last of the CPU stands where the end does not know it", "[live_session]") {
    live_session session;
    shared_record record;
    session.take(run_of("semaphore"), record.theirs());
    run_glance seen;
    seen.cpu_s = 1.5;
    session.take(seen, nullptr);
    session.take(run_closing{}, nullptr);
    CHECK(sums_of(session, "semaphore").cpu_s == 1.5);
}

TEST_CASE("a part of a run elsewhere does not say what arrives and waits", "[live_session]") {
    live_session session;
    shared_record record;
    auto what = run_of("redis-streams");
    what.work.arrive.rate = {1, 1s};
    what.is_part = true;
    session.take(what, record.theirs());
    record.ours.start_clock();
    static_cast<void>(record.ours.log().begin(1));
    CHECK(session.in_flight() == 1);
    CHECK(std::isnan(session.queued()));
    for (const char* name : {"pipebench_queue_depth", "pipebench_arrivals_total", "pipebench_offered_rate"})
        CHECK_FALSE(contains(metrics_of(session), name));
}

TEST_CASE("patterns beyond the limit share their sums, so that labels are bounded", "[live_session]") {
    live_session session;
    for (std::size_t i = 0; i < live_session::most_sums + 20; ++i) {
        shared_record record;
        session.take(run_of("runner-" + std::to_string(i)), record.theirs());
        record.end(1);
        session.take(run_closing{}, nullptr);
    }
    CHECK(session.sums().size() == live_session::most_sums + 1);
    CHECK(session.sums().at({"other", "other"}).done.stored == 20);
}

TEST_CASE("the oldest order that waits is the next in line", "[live_session]") {
    live_session session;
    shared_record record;
    auto what = run_of("semaphore");
    what.work.arrive.rate = {1, 1s};
    session.take(what, record.theirs());
    CHECK(std::isnan(session.oldest_queued_s()));
    record.ours.start_clock();
    CHECK(session.oldest_queued_s() == 0);  // nothing waits
    record.ours.log().offer();
    CHECK(session.oldest_queued_s() >= 0);
    CHECK(session.oldest_queued_s() < 60);
}

TEST_CASE("what is in flight elsewhere is what the workers have in hand, and what waits is not known",
          "[live_session]") {
    live_session session;
    shared_record record;
    session.take(run_of("redis-streams"), record.theirs());
    record.ours.start_clock();
    run_glance seen;
    seen.begins_known = false;
    for (const auto how : {worker_end::stayed, worker_end::stayed, worker_end::missing}) {
        auto& w = seen.workers.emplace_back();
        w.how = how;
        w.in_hand = 20;
    }
    seen.workers_present = 2;
    seen.workers_missing = 1;
    seen.in_hand = 40;
    session.take(seen, nullptr);
    CHECK(session.in_flight() == 40);
    CHECK(std::isnan(session.queued()));
    CHECK(std::isnan(session.oldest_queued_s()));
    CHECK_FALSE(contains(metrics_of(session), "pipebench_queue_depth"));
    CHECK(has(session, "pipebench_workers{pattern=\"redis-streams\",scenario=\"clean\",state=\"missing\"} 1"));
}

TEST_CASE("messages arrive as they were sent", "[live_messages]") {
    auto begins = run_of("semaphore");
    begins.in_flight_limit = 100;
    begins.round = 3;
    const auto read_begins = std::get<run_opening>(parse_live_message(to_text(begins)));
    CHECK(read_begins.pattern == "semaphore");
    CHECK(read_begins.in_flight_limit == 100);
    CHECK(read_begins.round == 3);
    CHECK(read_begins.work.orders == 10);
    run_glance seen;
    seen.number = 7;
    seen.pss_bytes = 5;
    seen.services.push_back({.name = service::redis, .cpu_s = 1.5, .rss_bytes = 9});
    auto& worker = seen.workers.emplace_back();
    worker.instance = "0123456789abcdef";
    worker.how = worker_end::missing;
    const auto read_seen = std::get<run_glance>(parse_live_message(to_text(seen)));
    CHECK(read_seen.number == 7);
    CHECK(read_seen.pss_bytes == 5);
    CHECK(std::isnan(read_seen.cpu_s));
    CHECK(std::isnan(read_seen.stream.lag));
    REQUIRE(read_seen.services.size() == 1);
    CHECK(read_seen.services[0].name == service::redis);
    CHECK_FALSE(read_seen.services[0].pss_bytes);
    REQUIRE(read_seen.workers.size() == 1);
    CHECK(read_seen.workers[0].how == worker_end::missing);
    CHECK_THROWS_AS(parse_live_message("{}"), setup_error);
    CHECK_THROWS_AS(parse_live_message("x"), setup_error);
}

TEST_CASE("the status says what goes on, and null for what is not known", "[status]") {
    live_session session;
    CHECK(nlohmann::json::parse(status_of(session))["run"].is_null());
    shared_record record;
    session.take(run_of("semaphore"), record.theirs());
    record.ours.start_clock();
    record.end(1);
    record.end(2, error_kind::timeout);
    const auto now = nlohmann::json::parse(status_of(session));
    CHECK(now["phase"] == "running");
    CHECK(now["run"]["orders_now"]["stored"] == 1);
    CHECK(now["run"]["orders_now"]["failures"][0]["kind"] == "timeout");
    CHECK(now["run"]["in_flight_limit"].is_null());
    CHECK(now["run"]["response"].is_null());
    session.take(run_closing{.verdict = "ok", .time_s = 2}, nullptr);
    const auto after = nlohmann::json::parse(status_of(session));
    CHECK(after["run"].is_null());
    CHECK(after["ended"][0]["verdict"] == "ok");
    CHECK(after["ended"][0]["orders_per_s"].is_null());
}
