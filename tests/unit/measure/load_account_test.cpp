// The account of an open run, from a record and a series made by hand.
#include "measure/load_account.hpp"

#include "contracts/arrival_schedule.hpp"
#include "contracts/recorder.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>

using namespace pipebench;
using namespace std::chrono_literals;

namespace {

/// A run of 2 s at 100/s.
struct open_run {
    open_run() {
        work.orders = 200;
        work.arrive.rate = {100, 1s};
        work.arrive.time = 2s;
        record = recorder::create(work.orders);
    }
    /// A series of 2 s with this queue at its end, growing evenly.
    [[nodiscard]] static series_view growing_to(double queued) {
        series_view out;
        for (int i = 0; i <= 20; ++i) {
            out.t_s.push_back(0.1 * i);
            out.queued.push_back(queued * i / 20);
        }
        return out;
    }
    workload work;
    recorder record = recorder::create(1);
};

/// As if the run had lasted for so long.
void end_after(recorder& record, std::chrono::milliseconds time) {
    record.start_clock();
    while (record.elapsed() < time) {
    }
    record.stop_clock();
}

}  // namespace

TEST_CASE("rates are those of the window, without the warm-up", "[load]") {
    open_run run;
    run.work.arrive.rate = {100'000, 1s};
    run.work.orders = 2000;
    run.work.arrive.time = 20ms;
    run.work.arrive.warm_up = 10ms;
    run.record = recorder::create(2000);
    run.record.expect_arrivals(10ms, 20ms, {});
    end_after(run.record, 25ms);
    const auto load = load_of(run.record, {}, {run.work, 4, true, 0});
    CHECK(load.orders == 1000);
    CHECK(std::abs(load.window_s - 0.01) < 1e-9);
    CHECK(std::abs(load.offered_per_s - 100'000) < 1e-3);
    CHECK(load.achieved_per_s == 0);
    CHECK(load.unfinished == 2000);
    CHECK(load.drain_s > 0);
}

TEST_CASE("a queue that grows while orders are left undone is a saturated run", "[load]") {
    open_run run;
    run.record.expect_arrivals(0ns, 2s, {});
    end_after(run.record, 2000ms);
    const auto load = load_of(run.record, open_run::growing_to(100), {run.work, 4, true, 0.08});
    CHECK(load.saturated);
    CHECK(std::abs(load.queue_growth_per_s - 50) < 0.5);
    CHECK(load.queue_peak == 100);
    CHECK(std::abs(load.queue_mean - 50) < 0.5);
    CHECK_FALSE(load_of(run.record, open_run::growing_to(1), {run.work, 4, true, 0.08}).saturated);
}

TEST_CASE("what was not stored is late", "[load]") {
    open_run run;
    run.work.objectives = {{0.99, 500ms}};
    run.work.arrive.rate = {100'000, 1s};
    run.work.arrive.time = 2ms;
    run.record.expect_arrivals(0ns, 2ms, run.work.objectives);
    end_after(run.record, 3ms);
    const arrival_schedule when(run.work);
    auto log = run.record.log(&when);
    for (order_id id = 1; id <= 100; ++id) log.end(log.begin(id), {});
    log.end(log.begin(101), {stage::fetch, error_kind::timeout});
    log.settle(102, {stage::schedule, error_kind::overloaded, 0, 0});
    const auto load = load_of(run.record, {}, {run.work, 4, true, 0});
    REQUIRE(load.objectives.size() == 1);
    CHECK(load.objectives[0].text == "p99<500ms");
    CHECK(load.objectives[0].orders == 200);
    CHECK(load.objectives[0].late == 100);
    CHECK(load.objectives[0].needed == 299);
    CHECK(load.objectives[0].verdict == objective_verdict::not_met);
    CHECK(load.shed == 1);
    CHECK(load.unfinished == 98);
}
