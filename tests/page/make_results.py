"""Makes results that no short session has, from one that a session has saved: workers on three hosts, hostile names, and
a run of ten hours.

    make_results.py CLOSED.json DIRECTORY
"""

import copy
import json
import math
import pathlib
import sys

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'&amp;\u2028<!--"
POINTS = 1200  # max_series_points in include/pipebench/result.hpp
TEN_HOURS_S = 36_000.0


def worker(number, host, joined_s, left_s, how, gaps=()):
    return {
        "instance": f"{number:016x}", "host": host, "kernel": "6.1.0", "version": "0.1.0", "pid": 4000 + number, "cores": 4,
        "processes": 5, "workers": 50, "in_flight_limit": 250, "joined_s": joined_s, "left_s": left_s, "how": how,
        "gaps": [{"from_s": a, "to_s": b} for a, b in gaps], "ended": 100 * number, "in_hand": 3, "retries": 0,
        "refused_retries": 0, "cpu_user_s": 0.4, "cpu_system_s": 0.1, "peak_rss_bytes": 50_000_000,
        "peak_pss_bytes": None, "loop_lag_p99_ms": None, "clock_apart_s": 0.001,
    }


def three_hosts(closed):
    out = copy.deepcopy(closed)
    out["runs"] = [r for r in out["runs"] if r["pattern"] == "redis-streams"][:1]
    out["rounds"] = 1
    run = out["runs"][0]
    end = run["time_s"]
    run["workers"] = [
        worker(1, "north", 0, None, "stayed"), worker(2, "north", 0, None, "stayed", [(0.3 * end, 0.5 * end)]),
        worker(3, "east", 0, 0.6 * end, "signed_off"), worker(4, "east", 0.25 * end, None, "stayed"),
        worker(5, "south", 0, 0.4 * end, "missing", [(0.4 * end, None)]), worker(6, "south", 0.7 * end, None, "stayed"),
        worker(7, "south", 0.1 * end, 0.8 * end, "gave_up"),
    ]
    run["recovery"] |= {"killed": "host", "at_s": 0.4 * end, "resumed_s": 0.2 * end, "drained_s": 0.6 * end}
    return out


def hostile(closed):
    out = copy.deepcopy(closed)
    for run in out["runs"]:
        run["pattern"] += HOSTILE
        run["title"] = run["scenario"] = HOSTILE
        run["verdict"] = {**run["verdict"], "text": HOSTILE}
        run["notes"] = [HOSTILE, "x" * 5000]
        run["workers"] = [worker(1, HOSTILE, 0, None, "stayed")]
    out["profile"] = out["command"] = out["started_at"] = HOSTILE
    out["warnings"] = [HOSTILE]
    out["box"]["cpu_model"] = HOSTILE
    out["parameters"]["http_latency"] = HOSTILE
    return out


def long_run(closed):
    out = copy.deepcopy(closed)
    out["rounds"] = 8
    first = [r for r in out["runs"] if r["round"] == 1]
    out["runs"] = []
    for round_ in range(1, 9):
        for position, run in enumerate(first):
            one = copy.deepcopy(run)
            one |= {"round": round_, "position": position + 1, "time_s": TEN_HOURS_S * (1 + 0.01 * ((round_ * 7 + position) % 5))}
            t = [TEN_HOURS_S * i / POINTS for i in range(1, POINTS + 1)]
            flight = [100 + 5 * math.sin(i / 9) for i in range(POINTS)]
            flight[POINTS // 3] = 900
            one["series"] = {
                "interval_ms": 30_000, "t_s": t, "in_flight": flight, "queued": [abs(50 * math.sin(i / 80)) for i in range(POINTS)],
                "lag": [None] * POINTS, "pending": [None] * POINTS, "completed": [1000.0 * x for x in t],
                "failed": [0.0] * POINTS, "rss_mb": [40 + i / 100 for i in range(POINTS)],
            }
            one["served"] = {"bins": list(range(2000)), "counts": [1 + (i * 37) % 1000 for i in range(2000)]}
            out["runs"].append(one)
    return out


def main():
    closed = json.loads(pathlib.Path(sys.argv[1]).read_text())
    where = pathlib.Path(sys.argv[2])
    for name, make in (("hosts", three_hosts), ("hostile", hostile), ("long", long_run)):
        (where / f"{name}.json").write_text(json.dumps(make(closed)))


main()
