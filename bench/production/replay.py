#!/usr/bin/env python3
"""Replays a published production and its advice, and prints the tables of docs/production.md as markdown.

replay.py BINARY DIRECTORY [deployment] [transform] [pays]

BINARY is pipebench; the result of every session stays in DIRECTORY. Without names it prints all tables. See
scripts/production.sh.
"""

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Run = dict[str, Any]

STREAMS = ("-p", "redis-streams")
# Each row of the deployment: what it is, and what differs from the profile.
DEPLOYMENTS = {
    "as published: COUNT 10, one after another": (),
    "the same, orders in bursts of 20": ("--arrivals", "burst:20"),
    "the same, orders in bursts of 100": ("--arrivals", "burst:100"),
    "COUNT 1": ("--batch", "1"),
    "COUNT 1, bursts of 20": ("--batch", "1", "--arrivals", "burst:20"),
    "COUNT 1, bursts of 100": ("--batch", "1", "--arrivals", "burst:100"),
    "5 workers in 1 process, COUNT 1": ("--workers", "5", "--processes", "1", "--batch", "1"),
    "5 workers in 1 process, COUNT 10": ("--workers", "5", "--processes", "1"),
}
DEPLOYED_ORDERS = "1k"  # 72 s at 50,000 an hour

LOOPS = ("fan-out", "semaphore", "redis-streams")  # the patterns that have an event loop
COSTS = ("100us", "1ms", "5ms", "20ms")
PLACES = ("loop", "threads:1", "threads:2", "threads:4", "processes:2", "processes:4")
TRANSFORM_WORK = ("-n", "600", "-c", "40", "--http-latency", "20ms", "--db-latency", "20ms")

SHARES = (0.1, 0.3, 0.5, 0.7, 0.9)  # of the CPU of one core
PAYS_COST_MS = 5
PAYS_SECONDS = 20


class Sessions:
    """Runs pipebench and keeps its results."""

    def __init__(self, binary: str, directory: Path) -> None:
        self.binary, self.directory, self.count = binary, directory, 0

    def runs(self, *arguments: str) -> list[Run]:
        self.count += 1
        file = self.directory / f"{self.count}.json"
        command = [self.binary, *arguments, "--export-json", str(file)]
        print(f"replay.py: pipebench {' '.join(arguments)}", file=sys.stderr)
        file.unlink(missing_ok=True)
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if not file.exists():
            raise SystemExit(f"replay.py: {' '.join(command)}: {done.stderr.strip().splitlines()[-1]}")
        return json.loads(file.read_text())["runs"]


def number(value: float | None, digits: int = 0) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"


def megabytes(run: Run) -> str:
    pss = run["memory"]["peak_pss_bytes"]
    return number(pss / 1e6 if pss is not None else None, 1)


def verdict(run: Run) -> str:
    met = [f"{o['text']} {o['verdict']}" for o in run.get("load", {}).get("objectives", [])]
    return "; ".join([run["verdict"]["text"], *met])


def table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(headings)]
    lines.append(["---"] + ["---:"] * (len(lines[0]) - 2) + ["---"])
    lines += [list(row) for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def deployment(sessions: Sessions) -> None:
    rows = []
    for what, changes in DEPLOYMENTS.items():
        (run,) = sessions.runs(*STREAMS, "--profile", "deployment", "-n", DEPLOYED_ORDERS, *changes)
        load, latency = run["load"], run["latency"]
        share = load["forecast"]["utilisation"]
        rows.append([
            what, number(100 * share if share is not None else None, 1), number(latency["p50_ms"]),
            number(latency["p99_ms"]), number(latency["max_ms"]), number(load["service"]["p99_ms"]),
            number(run["cpu_per_order_us"]), megabytes(run), verdict(run),
        ])  # fmt: skip
    print("### The deployment\n")
    print(table(("50,000 orders/h, 200 ms each", "Utilisation (%)", "p50 (ms)", "p99 (ms)", "max (ms)",
                 "Service p99 (ms)", "CPU/order (us)", "PSS (MB)", "Verdict"), rows))  # fmt: skip


def transform(sessions: Sessions) -> None:
    rows = []
    for cost in COSTS:
        for place in PLACES:
            runs = sessions.runs("-p", ",".join(LOOPS), *TRANSFORM_WORK, "--transform-cost", cost,
                                 "--transform-on", place)  # fmt: skip
            for run in runs:
                lag = run.get("loop_lag") or {}
                rows.append([
                    run["pattern"], cost, place, number(run["orders_per_s"]), number(run["latency"]["p99_ms"]),
                    number(lag.get("p99_ms"), 1), number(run["cpu_per_order_us"]), megabytes(run),
                    number(run["ledger"]["redelivered"]), run["verdict"]["text"],
                ])  # fmt: skip
    rows.sort(key=lambda row: (LOOPS.index(row[0]), COSTS.index(row[1]), PLACES.index(row[2])))
    print("### Where the transform runs\n")
    print(table(("Pattern", "Cost", "Transform on", "Orders/s", "p99 (ms)", "Loop lag p99 (ms)", "CPU/order (us)",
                 "PSS (MB)", "Redelivered", "Verdict"), rows))  # fmt: skip


def pays(sessions: Sessions) -> None:
    rows = []
    for share in SHARES:
        rate = f"{round(1000 * share / PAYS_COST_MS)}/s"
        for place in ("loop", "threads:2", "processes:2"):
            (run,) = sessions.runs("-p", "semaphore", "-c", "100", "--http-latency", "20ms", "--db-latency", "20ms",
                                   "--rate", rate, "--duration", f"{PAYS_SECONDS}s", "--arrivals", "poisson",
                                   "--transform-cost", f"{PAYS_COST_MS}ms", "--transform-on", place)  # fmt: skip
            lag = run.get("loop_lag") or {}
            rows.append([
                f"{100 * share:.0f}", rate, place, number(run["latency"]["p50_ms"], 1),
                number(run["latency"]["p99_ms"], 1), number(lag.get("p99_ms"), 1), number(run["cpu_per_order_us"]),
                megabytes(run), run["verdict"]["text"],
            ])  # fmt: skip
    print("### From which utilisation on a pool pays\n")
    print(table((f"A core's share of {PAYS_COST_MS} ms pieces (%)", "Rate", "Transform on", "p50 (ms)", "p99 (ms)",
                 "Loop lag p99 (ms)", "CPU/order (us)", "PSS (MB)", "Verdict"), rows))  # fmt: skip


TABLES = {"deployment": deployment, "transform": transform, "pays": pays}


def main(arguments: list[str]) -> int:
    if len(arguments) < 2 or not set(arguments[2:]) <= TABLES.keys():
        print(f"usage: replay.py BINARY DIRECTORY [{'] ['.join(TABLES)}]", file=sys.stderr)
        return 2
    sessions = Sessions(arguments[0], Path(arguments[1]))
    for name in arguments[2:] or TABLES:
        TABLES[name](sessions)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
