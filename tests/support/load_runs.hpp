// Runs under open load that were not measured, for the tests of searches and of their reports.
#pragma once

#include "analysis/objective.hpp"
#include "pipebench/objective.hpp"
#include "pipebench/result.hpp"
#include "pipebench/workload.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace pipebench::test {

/// A run at this rate of which so many orders were late for the work's first objective.
inline run_result load_run(const std::string& pattern, const workload& work, std::uint64_t late) {
    const auto& target = work.objectives.front();
    run_result run;
    run.pattern = run.title = pattern;
    run.orders = run.stored = work.orders;
    run.time_s = std::chrono::duration<double>(work.arrive.time).count();
    run.verdict = {verdict_kind::ok, "ok"};
    auto& load = run.load.emplace();
    load.orders = work.orders;
    load.offered_per_s = load.achieved_per_s = work.arrive.rate.per_second();
    load.objectives.push_back({.text = format_objective(target),
                               .quantile = target.quantile,
                               .limit_ms = std::chrono::duration<double, std::milli>(target.limit).count(),
                               .orders = work.orders,
                               .late = late,
                               .needed = orders_for_a_verdict(target.quantile),
                               .verdict = judge_objective(target.quantile, {work.orders, late})});
    return run;
}

/// p99<125ms, of orders that take 50 ms and arrive at random.
inline workload load_work() {
    using namespace std::chrono_literals;
    workload out;
    out.http.mean = 25ms;
    out.db_latency = 25ms;
    out.arrive.rate = {100, 1s};
    out.arrive.process.is = arrival_process::kind::poisson;
    out.objectives = {{.quantile = 0.99, .limit = 125ms}};
    return out;
}

}  // namespace pipebench::test
