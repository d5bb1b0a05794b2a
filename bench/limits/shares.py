#!/usr/bin/env python3
"""Prints, as markdown, what each stage reached alone, and what share of the limit each pattern reached.

shares.py LIMITS.json                                                prints the tables of such a file
shares.py --collect LIMITS.json SECONDS ROWS FOLDER                  writes such a file from its parts (measure.sh)

LIMITS.json is what scripts/limits.sh saves.
"""

import json
import os
import sys
from collections.abc import Callable, Iterable
from statistics import median
from typing import Any

SCHEMA = "pipebench.limits/2"
PATTERNS = ("fan-out", "semaphore", "process-pool", "thread-pool", "redis-streams")
STAGES = {
    "mock_api": "mock API, by wrk",
    "mock_api_closing": "mock API, by wrk, a connection per request",
    "insert_1": "PostgreSQL, a row per transaction, 1 connection",
    "insert_8": "PostgreSQL, a row per transaction, 8 connections",
    "insert_20": "PostgreSQL, a row per transaction, 20 connections",
    "batches": "PostgreSQL, {rows:,} rows per transaction, 8 connections",
    "xadd_1": "Redis, XADD, one at a time on 50 connections",
    "xadd_16": "Redis, XADD, 16 at a time on 50 connections",
}
OTHERS_LIMIT = 0.2  # share of the box; a remark is printed if other programs use more
INSERTS = ("insert_1", "insert_8", "insert_20")
STAGE_HEADINGS = ("Alone", "Per second", "Lowest", "Highest", "Each (us)", "Box busy (%)")
MODES = ("row", "batch")
PARTS = ("whole", "tenth", "at-once")
PATTERN_HEADINGS = (
    "Pattern", "Orders", "Orders/s", "of its limit", "Start-up (ms)", "of its limit, after start-up", "CPU/order (us)",
)  # fmt: skip
HOW_TO_READ = """\
Limit: 1 / (1 / mock API + 1 / PostgreSQL). Each of them alone fills the box, so an order takes the time of both. The
limit includes the CPU that wrk and pgbench use themselves, and leaves out Redis. If the box was not busy, a pattern
that uses both at once can exceed the limit. The limit of fan-out is that of a connection per request. Start-up is what
runs of a tenth of the orders take longer than a tenth of the time: connections, processes, memory used for the first
time. All columns except lowest and highest are medians.
"""

Result = dict[str, Any]
Run = dict[str, Any]
Sample = dict[str, float]


def main(arguments: list[str]) -> int:
    try:
        if len(arguments) == 5 and arguments[0] == "--collect":
            collect(*arguments[1:])
        elif len(arguments) == 1 and not arguments[0].startswith("-"):
            print(render(load(arguments[0])), end="")
        else:
            return refuse("usage: shares.py LIMITS.json")
    except OSError as error:
        return refuse(f"{error.filename}: {error.strerror}")
    except (AttributeError, KeyError, TypeError, ValueError):
        return refuse(f"{arguments[-1]} was not saved by scripts/limits.sh ({SCHEMA})")
    return 0


def refuse(why: str) -> int:
    print(f"shares.py: {why}", file=sys.stderr)
    return 2


def load(path: str) -> Any:
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def collect(to: str, seconds: str, rows: str, folder: str) -> None:
    """Each line of samples has a stage, its rate, and the box's CPU ticks (busy, all) before and after it. pgbench
    counts transactions, also for batches. The stage "others" is the box while no stage runs."""
    stages: dict[str, list[Sample]] = {}
    with open(os.path.join(folder, "samples"), encoding="utf-8") as file:
        for stage, rate, *ticks in map(str.split, file):
            busy, total, busy_after, total_after = map(int, ticks)
            per_s = float(rate) * (int(rows) if stage == "batches" else 1)
            share = (busy_after - busy) / max(1, total_after - total)
            stages.setdefault(stage, []).append({"per_s": per_s, "box_share": share})
    limits = {
        "schema": SCHEMA,
        "seconds": int(seconds),
        "batch_rows": int(rows),
        "stages": stages,
        "results": {mode: parts_of(folder, mode) for mode in MODES},
    }
    with open(to, "w", encoding="utf-8") as file:
        json.dump(limits, file)
        file.write("\n")


def parts_of(folder: str, mode: str) -> dict[str, Result]:
    files = {part: os.path.join(folder, f"{mode}-{part}.json") for part in PARTS}
    return {part: load(file) for part, file in files.items() if os.path.exists(file)}


def render(limits: Result) -> str:
    if limits["schema"] != SCHEMA:
        raise ValueError(limits["schema"])
    rates = {stage: median(s["per_s"] for s in limits["stages"][stage]) for stage in STAGES}
    best = max(INSERTS, key=lambda stage: rates[stage])
    stores = {"row": rates[best], "batch": rates["batches"]}
    parts = [headline(limits), stage_table(limits, best, rates, stores)]
    for mode, title in titles(limits).items():
        bounded, unbounded = (both(rates[api], stores[mode]) for api in ("mock_api", "mock_api_closing"))
        parts += [f"Write mode {mode}, {title}:\n", pattern_table(limits["results"][mode], bounded, unbounded)]
    parts += [HOW_TO_READ, "".join(f"- {line}\n" for line in remarks(limits))]
    return "\n".join(part for part in parts if part)


def both(first: float, second: float) -> float:
    return 1 / (1 / first + 1 / second)


def titles(limits: Result) -> dict[str, str]:
    return {"row": "a row per transaction", "batch": f"{limits['batch_rows']:,} rows per transaction"}


def any_result(limits: Result) -> Result:
    return next(result for parts in limits["results"].values() for result in parts.values())


def headline(limits: Result) -> str:
    result, repeat = any_result(limits), len(limits["stages"]["mock_api"])
    box, rounds = result["box"], result["rounds"]
    return (
        f"{box['cores']} cores, {box['cpu_model']}; {result['started_at'][:10]}; "
        f"{rounds} round{'s' * (rounds != 1)}; each stage alone {repeat} x {limits['seconds']} s\n"
    )


def stage_table(limits: Result, best: str, medians: dict[str, float], stores: dict[str, float]) -> str:
    rows = []
    for stage, title in STAGES.items():
        rates = [sample["per_s"] for sample in limits["stages"][stage]]
        busy = median(sample["box_share"] for sample in limits["stages"][stage])
        title = title.format(rows=limits["batch_rows"]) + " (the best of the three)" * (stage == best)
        rows.append((title, text(median(rates)), text(min(rates)), text(max(rates)), each(median(rates)),
                     text(100 * busy)))  # fmt: skip
    for api, whose in (("mock_api", "limit"), ("mock_api_closing", "limit of fan-out")):
        for mode, title in titles(limits).items():
            limit = both(medians[api], stores[mode])
            rows.append((f"**{whose}, {title}**", f"**{text(limit)}**", "", "", each(limit), ""))
    return table(STAGE_HEADINGS, rows)


def pattern_table(parts: dict[str, Result], bounded: float, unbounded: float) -> str:
    rows = []
    for part, limit in (("at-once", unbounded), ("whole", bounded)):
        tenths = by_pattern(parts["tenth"]) if part == "whole" and "tenth" in parts else {}
        for name, runs in by_pattern(parts.get(part, {"runs": []})).items():
            reached, after = orders_per_s(runs), after_start_up(runs, tenths.get(name, []))
            mark = "" if all(run["verdict"]["trusted"] for run in runs) else " !"
            start_up, rate = after if after else (None, None)
            rows.append((name, text(runs[0]["orders"]), text(reached) + mark, quotient(reached, limit, " %", 100),
                         text(start_up and 1000 * start_up), quotient(rate, limit, " %", 100),
                         text(middle(runs, "cpu_per_order_us"))))  # fmt: skip
    return table(PATTERN_HEADINGS, sorted(rows, key=lambda cells: place(cells[0])))


def after_start_up(whole: list[Run], tenth: list[Run]) -> tuple[float, float] | None:
    """Start-up in s, and orders per s after it: the straight line through the runs of both sizes."""
    if not tenth:
        return None
    long, short = middle(whole, "time_s"), middle(tenth, "time_s")
    if long is None or short is None or long <= short:
        return None
    rate = (whole[0]["orders"] - tenth[0]["orders"]) / (long - short)
    return long - whole[0]["orders"] / rate, rate


def place(name: str) -> int:
    return PATTERNS.index(name) if name in PATTERNS else len(PATTERNS)


def by_pattern(result: Result) -> dict[str, list[Run]]:
    out: dict[str, list[Run]] = {}
    for run in result["runs"]:
        if not run["interrupted"]:
            out.setdefault(run["pattern"], []).append(run)
    return out


def orders_per_s(runs: list[Run]) -> float | None:
    return middle(runs, "orders_per_s")


def middle(runs: list[Run], name: str) -> float | None:
    values = [run[name] for run in runs if run[name] is not None]
    return median(values) if values else None


def quotient(above: float | None, below: float | None, unit: str, scale: float = 1) -> str:
    return text(scale * above / below, unit) if above is not None and below else ""


def each(rate: float) -> str:
    return text(1e6 / rate)


def text(number: float | None, unit: str = "") -> str:
    if number is None:
        return ""
    return f"{number:,.{0 if abs(number) >= 100 else 1 if abs(number) >= 10 else 2}f}{unit}"


def table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    headings = list(headings)
    lines = ["| " + " | ".join(headings) + " |", "|---|" + "---:|" * (len(headings) - 1)]
    lines += ["| " + " | ".join(cells) + " |" for cells in rows]
    return "\n".join(lines) + "\n"


def remarks(limits: Result) -> list[str]:
    lines = [
        f"{server['name']} {server['version'].split()[0]}: {server['settings']}" for server in any_result(limits)["servers"]
    ]
    others = max(sample["box_share"] for sample in limits["stages"]["others"])
    if others > OTHERS_LIMIT:
        lines.append(f"! other programs used up to {100 * others:.0f} % of the box: stop them and measure again")
    for mode in MODES:
        for result in limits["results"][mode].values():
            for name, runs in by_pattern(result).items():
                of = f"{mode}, {name}, {runs[0]['orders']:,} orders"
                lines += [f"{of}: {complaint}" for complaint in complaints(runs)]
    return lines


def complaints(runs: list[Run]) -> list[str]:
    lost: Callable[[str], int] = lambda what: sum(run["ledger"][what] for run in runs)
    lines = [f"{lost(what):,} orders {what}" for what in ("lost", "corrupt", "unexpected") if lost(what)]
    if failed := sum(run["failed"] + run["dead_lettered"] for run in runs):
        lines.append(f"{failed:,} orders failed")
    untrusted = [run["verdict"]["text"] for run in runs if not run["verdict"]["trusted"]]
    return lines + [f"! {untrusted.count(text)} of {len(runs)}: {text}" for text in dict.fromkeys(untrusted)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
