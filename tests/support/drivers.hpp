// Drives orders through one pipeline with the blocking or the awaitable driver.
#pragma once

#include "concurrency/event_loop.hpp"
#include "pipeline/pipeline_factory.hpp"

#include <catch2/generators/catch_generators.hpp>

#include <vector>

namespace pipebench::test {

enum class driver { blocking, awaitable };
inline const char* name_of(driver d) { return d == driver::blocking ? "blocking driver" : "awaitable driver"; }

/// Runs the rest of the test once with each.
inline driver each_driver() { return GENERATE(driver::blocking, driver::awaitable); }

/// One attempt of 300 ms, and no simulated latency.
inline workload impatient() {
    workload w;
    w.limits = {std::chrono::milliseconds{300}, std::chrono::seconds{20}};
    w.retry = {1, std::chrono::milliseconds{1}, std::chrono::milliseconds{2}};
    w.db_latency = {};
    return w;
}

/// Orders 1..n, one after another, over one pipeline with one database connection.
inline std::vector<outcome> drive(driver which, const workload& work, const addresses& where, order_id orders = 1) {
    const real_pipelines open(work, where);
    std::vector<outcome> out;
    if (which == driver::blocking) {
        const auto pipeline = open.blocking();
        for (order_id id = 1; id <= orders; ++id) out.push_back(pipeline->process(id));
        return out;
    }
    run_event_loop([&]() -> task<> {
        const auto pipeline = co_await open.async(1);
        for (order_id id = 1; id <= orders; ++id) out.push_back(co_await pipeline->process(id));
        pipeline->close();
    });
    return out;
}

}  // namespace pipebench::test
