// /status documents for tests of a view.
#pragma once

#include <nlohmann/json.hpp>

#include <string>

namespace pipebench::test {

/// A closed run of semaphore, with 1,000 of 10,000 orders ended after 2 s.
inline nlohmann::json status_of_run() {
    return nlohmann::json::parse(R"({
        "pipebench": "0.1.0", "command": "run", "started_at": "2026-11-27T22:19:50Z", "phase": "running",
        "run": {"pattern": "semaphore", "scenario": "clean", "round": 1, "rounds": 1, "warmup": false, "run": 2, "of": 5,
                "orders": 10000, "floor_s": 20.0, "in_flight_limit": 100, "open": false, "elapsed_s": 2.0,
                "killed_at_s": null,
                "orders_now": {"begun": 1100, "stored": 988, "failed": 12, "repeated": 0, "in_flight": 100, "queued": 8900,
                               "retries": 3, "throttled": 4,
                               "failures": [{"stage": "fetch", "kind": "timeout", "orders": 12}]},
                "service": {"p50_ms": 201.5, "p90_ms": 203.0, "p99_ms": 209.75, "max_ms": 230.0},
                "response": null, "oldest_queued_s": null, "cpu_s": 0.5, "rss_bytes": 16000000, "pss_bytes": 6200000,
                "processes": 1, "stream": {"lag": null, "pending": null, "oldest_pending_s": null},
                "services": [{"name": "postgres", "cpu_s": 1.25, "rss_bytes": 150000000, "pss_bytes": null}],
                "workers": []},
        "ended": [{"pattern": "fan-out", "scenario": "clean", "round": 1, "rounds": 1, "run": 1, "of": 5,
                   "verdict": "ok, at its floor", "time_s": 0.688, "orders_per_s": 14528.0,
                   "orders_now": {"stored": 10000, "failed": 0}, "lost": 0}]})");
}

/// The same run at a later time, with as many orders stored.
inline nlohmann::json status_at(double elapsed_s, int stored) {
    auto out = status_of_run();
    out["run"]["elapsed_s"] = elapsed_s;
    out["run"]["orders_now"]["stored"] = stored;
    out["run"]["orders_now"]["failed"] = 0;
    return out;
}

}  // namespace pipebench::test
