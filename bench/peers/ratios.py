#!/usr/bin/env python3
"""Reads a JSON result, and prints as markdown how the runners in Python compare with the patterns of pipebench."""

import json
import sys
from collections.abc import Callable
from statistics import median
from typing import Any

PEERS = {pattern: f"py-{pattern}" for pattern in ("semaphore", "process-pool", "thread-pool", "redis-streams")}
PEERS = {"fan-out": "py-gather"} | PEERS
HEADINGS = (
    "Pattern", "Time C++ (s)", "faithful (s)", "tuned (s)", "faithful / C++", "tuned / C++",
    "CPU/order C++ (us)", "faithful / C++", "tuned / C++",
    "PSS C++ (MB)", "faithful (MB)", "tuned (MB)",
)  # fmt: skip
HOW_TO_READ = """\
Faithful is the Python as published. Tuned is the same pattern, as fast as its libraries allow. All values are
medians of the rounds; PSS is the peak of the process tree.
"""

Run = dict[str, Any]
Series = list[Run]  # the runs of one pattern or runner


def main() -> int:
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        return refuse("usage: ratios.py RESULT.json")
    try:
        with open(sys.argv[1], encoding="utf-8") as file:
            result = json.load(file)
        if result["schema"] != "pipebench.result/1":
            return refuse(f"{sys.argv[1]} is not a pipebench.result/1")
        print(render(result), end="")
    except OSError as error:
        return refuse(f"cannot read {sys.argv[1]}: {error.strerror}")
    except (KeyError, TypeError, ValueError):
        return refuse(f"{sys.argv[1]} is not a pipebench.result/1")
    return 0


def refuse(why: str) -> int:
    print(f"ratios.py: {why}", file=sys.stderr)
    return 2


def render(result: dict[str, Any]) -> str:
    runs = [run for run in result["runs"] if not run["interrupted"]]
    scenarios = list(dict.fromkeys(run["scenario"] for run in runs))
    parts = [headline(result)]
    for scenario in scenarios:
        rows: dict[str, Series] = {}
        for run in runs:
            if run["scenario"] == scenario:
                rows.setdefault(run["pattern"], []).append(run)
        if len(scenarios) > 1:
            parts.append(f"**{scenario}**\n")
        parts.append(table(rows))
        parts.append(remarks(rows))
    return "\n".join(part for part in parts if part)


def headline(result: dict[str, Any]) -> str:
    box, parameters, rounds = result["box"], result["parameters"], result["rounds"]
    return (
        f"{box['cores']} cores, {box['cpu_model']}; {result['started_at'][:10]}; {parameters['orders']:,} orders, "
        f"{rounds} round{'s' * (rounds != 1)}; profile {result['profile']}, latency {parameters['http_latency']} + "
        f"{parameters['db_latency']}\n"
    )


def table(rows: dict[str, Series]) -> str:
    lines = ["| " + " | ".join(HEADINGS) + " |", "|---|" + "---:|" * (len(HEADINGS) - 1)]
    for pattern, peer in PEERS.items():
        three = [rows.get(name, []) for name in (pattern, peer, f"{peer}-tuned")]
        if any(three):
            lines.append("| " + " | ".join([pattern, *cells(*three)]) + " |")
    return "\n".join(lines) + f"\n\n{HOW_TO_READ}"


def cells(cpp: Series, faithful: Series, tuned: Series) -> list[str]:
    time, cpu = of("time_s"), of("cpu_per_order_us")
    return [
        *(middle(series, time) for series in (cpp, faithful, tuned)),
        *(ratio(series, cpp, time) for series in (faithful, tuned)),
        middle(cpp, cpu),
        *(ratio(series, cpp, cpu) for series in (faithful, tuned)),
        *(middle(series, pss_mb) for series in (cpp, faithful, tuned)),
    ]


def pss_mb(run: Run) -> float | None:
    pss = run["memory"]["peak_pss_bytes"]
    return None if pss is None else pss / 1e6


def of(name: str) -> Callable[[Run], float | None]:
    return lambda run: run[name]


def value(series: Series, metric: Callable[[Run], float | None]) -> float | None:
    values = [v for v in map(metric, series) if v is not None]
    return median(values) if values else None


def middle(series: Series, metric: Callable[[Run], float | None]) -> str:
    mark = "" if all(run["verdict"]["trusted"] for run in series) else " !"
    return text(value(series, metric)) + mark


def ratio(series: Series, cpp: Series, metric: Callable[[Run], float | None]) -> str:
    mine, theirs = value(series, metric), value(cpp, metric)
    return text(mine / theirs if mine is not None and theirs else None, "x")


def text(number: float | None, unit: str = "") -> str:
    if number is None:
        return ""
    return f"{number:,.{0 if number >= 100 else 1 if number >= 10 else 2}f}{unit}"


def remarks(rows: dict[str, Series]) -> str:
    lines = []
    for pattern, peer in PEERS.items():
        limits = {n: rows[n][0]["in_flight_limit"] for n in (pattern, peer, f"{peer}-tuned") if n in rows}
        if len(set(limits.values())) > 1:
            lines.append("in flight: " + ", ".join(f"{name} {limit:,}" for name, limit in limits.items()))
    for name, series in rows.items():
        for what in ("lost", "corrupt", "unexpected"):
            if total := sum(run["ledger"][what] for run in series):
                lines.append(f"{name}: {total:,} orders {what}")
        if total := sum(run["failed"] + run["dead_lettered"] for run in series):
            lines.append(f"{name}: {total:,} orders failed")
        for verdict in dict.fromkeys(run["verdict"]["text"] for run in series if not run["verdict"]["trusted"]):
            lines.append(f"! {name}: {verdict}")
    return "".join(f"- {line}\n" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
