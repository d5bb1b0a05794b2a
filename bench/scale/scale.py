#!/usr/bin/env python3
"""Sessions of redis-streams whose workers are on other machines, each a network namespace with a host name and a pid
space of its own. Run by scripts/scale.sh in a network namespace, as root.

scale.py BINARY FOLDER [PART...]     the parts are scaling, latency-free, production, troubles or the name of a trouble
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from hosts import LEASE_S, Run, Scene, Session, Worker, say, scene_of, table

# --- scaling ---


def redis_cpu_s(scene: Scene) -> float:
    info = dict(line.split(":", 1) for line in scene.redis("info", "cpu").splitlines() if ":" in line)
    return float(info["used_cpu_user"]) + float(info["used_cpu_sys"])


def box_ticks() -> tuple[int, int]:
    """CPU time of the machine since its start: busy, all."""
    values = [int(v) for v in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return sum(values) - values[3] - values[4], sum(values)


def limit_of(run: Run, box: float, redis: float) -> str:
    """Who set the rate: the waits of the orders, or what had no more CPU time."""
    if box > 0.9:
        return f"this box, {100 * box:.0f} % busy"
    if redis > 0.9:
        return "Redis, which has one thread"
    return "the waits of its orders" if run["efficiency"] > 0.95 else f"not known (box {100 * box:.0f} % busy)"


def measure_at(scene: Scene, processes: int, orders: int, db_latency: str) -> tuple[Run, float, str]:
    """Ten workers in each process, on as many hosts as there are processes, up to three. Returns the run, the share of a
    core that Redis used, and who was the limit."""
    hosts = min(processes, len(scene.hosts))
    shares = [processes // hosts + (1 if i < processes % hosts else 0) for i in range(hosts)]
    session = scene.session(f"scaling-{db_latency}-{processes}", ["-n", str(orders), "--db-latency", db_latency,
                                                                  "--expect-workers", str(hosts)])  # fmt: skip
    for i, share in enumerate(shares):
        scene.worker(i, ["--processes", str(share), "--workers", str(10 * share), "--batch", "1", "--db-connections",
                         str(share)])  # fmt: skip
    session.under_way(1)
    began, redis_before, (busy_before, all_before) = time.monotonic(), redis_cpu_s(scene), box_ticks()
    run = session.end()
    redis = (redis_cpu_s(scene) - redis_before) / (time.monotonic() - began)
    busy, whole = box_ticks()
    session.rows()
    scene.end_workers()
    box = (busy - busy_before) / max(1, whole - all_before)
    return run, redis, limit_of(run, box, redis)


def scaling(binary: str, folder: Path, http: str, db: str, orders_per_process: int) -> bool:
    rows, first = [], 0.0
    efficiency = 0.0
    with scene_of(binary, folder, latency=http) as scene:
        for processes in (1, 2, 4, 8, 15):
            run, redis, limit = measure_at(scene, processes, orders_per_process * processes, db)
            rate = run["orders_per_s"]
            first = first or rate
            efficiency = rate / first / processes
            hosts = len({w["host"] for w in run["workers"]})
            rows.append([str(processes), str(hosts), str(run["in_flight_limit"]), f"{rate:,.0f}", f"{rate / first:.2f}",
                         f"{100 * efficiency:.1f}", f"{run['cpu_per_order_us']:.0f}", f"{100 * redis:.1f}",
                         limit, run["verdict"]["text"]])  # fmt: skip
    print(f"{http} + {db}, {orders_per_process:,} orders for each process:\n")
    table(["Processes", "Hosts", "In flight", "Orders/s", "Speed-up", "Efficiency (%)", "CPU/order (us)", "Redis CPU (%)",
           "Limit", "Verdict"], rows)  # fmt: skip
    return http == "0s" or efficiency >= 0.97


def production(binary: str, folder: Path) -> bool:
    """Three hosts of five processes of ten workers: 50,000 orders an hour for ten minutes, and 10,000 at once."""
    share = ["--processes", "5", "--workers", "50", "--db-connections", "5"]
    good = True
    with scene_of(binary, folder) as scene:
        for name, arguments in (
            ("closed", ["-n", "10000", "--db-latency", "100ms"]),
            ("production", ["--profile", "deployment", "--arrivals", "poisson", "--duration", "10m"]),
        ):
            batch = ["--batch", "1"] if name == "closed" else []
            session = scene.session(name, [*arguments, "--expect-workers", "3"])
            for i in range(3):
                scene.worker(i, share + batch)
            run = session.end()
            rows, deliveries = session.rows()
            scene.end_workers()
            processes = sum(w["processes"] for w in run["workers"])
            hosts = len({w["host"] for w in run["workers"]})
            text = (f"{name}: {hosts} hosts, {processes} processes, {run['in_flight_limit']} in flight; {run['stored']:,} of "
                    f"{run['orders']:,} stored, {rows:,} rows, {deliveries - rows} deliveries again, {run['ledger']['lost']} lost; ")  # fmt: skip
            if run.get("load"):
                text += "; ".join(f"{o['text']}: {o['verdict']}, {o['late']} of {o['orders']:,} late" for o in run["load"]["objectives"])
                text += f"; p99 {run['latency']['p99_ms']:.0f} ms"
                good &= all(o["verdict"] == "met" for o in run["load"]["objectives"])
            else:
                ratio = run["time_s"] / run["floor_s"]
                text += f"{run['time_s']:.2f} s, {ratio:.3f} times its floor of {run['floor_s']:.2f} s"
                good &= ratio <= 1.03
            print(f"{text}: {run['verdict']['text']}", flush=True)
            good &= rows == run["orders"] and run["ledger"]["lost"] == 0
    return good


# --- troubles ---

SHARE = ["--processes", "2", "--workers", "10", "--batch", "2", "--db-connections", "2"]


def trouble_session(scene: Scene, name: str, orders: int = 4000, workers: int = 2) -> tuple[Session, list[Worker]]:
    session = scene.session(name, ["-n", str(orders), "--db-latency", "50ms", "--expect-workers", str(workers)])
    return session, [scene.worker(i, SHARE) for i in range(workers)]


def killed(scene: Scene) -> Run:
    """a host is killed"""
    session, _ = trouble_session(scene, "killed")
    session.under_way(1000)
    scene.hosts[0].kill()
    return finished(session, planned=False)


def outage(scene: Scene, name: str, begin: Callable[[], None], end: Callable[[], None], leases: float,
           redelivers: bool | None) -> Run:  # fmt: skip
    """Something happens to a host amid a session, for so many of its leases."""
    session, _ = trouble_session(scene, name, 8000 if leases > 1 else 4000)
    session.under_way(1000)
    begin()
    time.sleep(leases * LEASE_S)  # this is the outage
    end()
    return finished(session, redelivers=redelivers)


def cut_short(scene: Scene) -> Run:
    """a host is cut off for less than its lease"""
    return outage(scene, "cut-short", scene.hosts[0].cut, scene.hosts[0].mend, 0.4, redelivers=False)


def cut_long(scene: Scene) -> Run:
    """a host is cut off for three times its lease, both ways"""
    return outage(scene, "cut-long", scene.hosts[0].cut, scene.hosts[0].mend, 3, redelivers=True)


def cut_one_way(scene: Scene) -> Run:
    """what a host is sent is dropped for three times its lease"""
    host = scene.hosts[0]
    return outage(scene, "cut-one-way", lambda: host.drop("input"), host.drop_no_more, 3, redelivers=True)


def without_store(scene: Scene) -> Run:
    """a host reaches Redis, and for three times its lease not PostgreSQL"""
    host = scene.hosts[0]
    return outage(scene, "without-store", lambda: host.drop("output", "tcp dport 5432"), host.drop_no_more, 3,
                  redelivers=None)  # fmt: skip


def frozen(scene: Scene) -> Run:
    """a host's processes are stopped for twice the lease, and continued"""
    return outage(scene, "frozen", lambda: scene.workers[0].signal_all(signal.SIGSTOP),
                  lambda: scene.workers[0].signal_all(signal.SIGCONT), 2, redelivers=True)  # fmt: skip


def other_clock(scene: Scene) -> Run:
    """a host's monotonic clock is an hour ahead"""
    session = scene.session("other-clock", ["-n", "4000", "--db-latency", "50ms", "--expect-workers", "2"])
    scene.worker(0, SHARE)
    scene.worker(1, SHARE, ["unshare", "--time", "--fork", "--monotonic", "3600", "--boottime", "3600"])
    run = finished(session, redelivers=False)
    run["good"] &= run["latency"]["max_ms"] < 5000
    return run


def late(scene: Scene) -> Run:
    """a worker joins at half"""
    session, _ = trouble_session(scene, "late", workers=1)
    session.under_way(1500)
    scene.worker(1, SHARE)
    run = finished(session, redelivers=False)
    run["good"] &= len(run["workers"]) == 2
    return run


def drained(scene: Scene) -> Run:
    """a worker gets SIGTERM"""
    session, workers = trouble_session(scene, "drained")
    session.under_way(1000)
    os.kill(workers[0].agent(), signal.SIGTERM)
    code = workers[0].end()
    run = finished(session, redelivers=False)
    run["good"] &= code == 0 and sorted(w["how"] for w in run["workers"]) == ["signed_off", "stayed"]
    return run


def same_pid(scene: Scene) -> Run:
    """two hosts on which the worker's processes have the same ids"""
    session, _ = trouble_session(scene, "same-pid")
    run = finished(session, redelivers=False)
    run["good"] &= len({w["pid"] for w in run["workers"]}) == 1 and len({w["instance"] for w in run["workers"]}) == 2
    return run


def flushed(scene: Scene) -> Run:
    """FLUSHALL amid a run"""
    session, _ = trouble_session(scene, "flushed")
    session.under_way(1000)
    scene.redis("flushall")
    return finished(session)


def garbage(scene: Scene) -> Run:
    """garbage is written into every key of the session"""
    session, _ = trouble_session(scene, "garbage")
    session.under_way(1000)
    for key in scene.redis("--scan", "--pattern", "pipebench:*").split():
        kind = scene.redis("type", key).strip()
        if kind == "stream":
            scene.redis("xadd", key, "*", "order", "\x1b[2Jgarbage")
            scene.redis("xadd", key, "*", "order", "99999999999")
        elif kind == "hash":
            scene.redis("hset", key, "0123456789abcdef", '{"protocol": 1, "garbage": []}')
        elif kind == "string" and not key.endswith(":owner"):
            scene.redis("set", key, "garbage")
    return finished(session)


def coordinator_killed(scene: Scene) -> Run:
    """the session is killed; its workers end, and it is started again under the same name"""
    first, workers = trouble_session(scene, "coordinator-first", 20000)
    first.under_way(1000)
    first.process.kill()
    first.process.wait()
    began = time.monotonic()
    codes = [w.end(30) for w in workers]
    ended_after = time.monotonic() - began
    session, _ = trouble_session(scene, "coordinator-again")
    run = finished(session, redelivers=False)
    run["good"] &= codes == [0, 0] and ended_after < 15
    run["remark"] = f"workers ended after {ended_after:.1f} s with {codes}"
    return run


TROUBLES = {
    f.__name__.replace("_", "-"): f
    for f in (killed, cut_short, cut_long, cut_one_way, without_store, frozen, other_clock, late, drained, same_pid, flushed, garbage,
              coordinator_killed)
}  # fmt: skip


def finished(session: Session, planned: bool = True, redelivers: bool | None = None) -> Run:
    run = session.end()
    rows, deliveries = session.rows()
    again = deliveries - rows
    run["rows"], run["again"] = rows, again
    ledger = run["ledger"]
    run["good"] = rows == run["orders"] == run["stored"] and ledger["lost"] == 0 and ledger["corrupt"] == 0
    if redelivers is not None:
        run["good"] &= (again > 0) == redelivers
    if not planned:
        run["good"] &= run["verdict"]["kind"] == "invalid_death"
    return run


def troubles(binary: str, folder: Path, names: list[str]) -> bool:
    lines, all_good = [], True
    for name in names:
        what = TROUBLES[name]
        say(f"{name}: {what.__doc__}")
        with scene_of(binary, folder, hosts=2, latency="50ms") as scene:
            run = what(scene)
        all_good &= run["good"]
        gaps = sum(len(w["gaps"]) for w in run["workers"])
        lines.append([name, str(what.__doc__), f"{run['orders']:,}", f"{run['rows']:,}", str(run["ledger"]["lost"]),
                      str(run["ledger"]["corrupt"]), str(run["again"]), f"{run['time_s']:.1f}", f"{run['floor_s']:.1f}",
                      str(gaps), ", ".join(sorted(w["how"] for w in run["workers"])), "as expected" if run["good"] else "NOT as expected",
                      run.get("remark", "")])  # fmt: skip
        say(f"{name}: {'as expected' if run['good'] else 'NOT as expected'}: {run['verdict']['text']}")
    table(["Trouble", "What happens", "Orders", "Rows (SQL)", "Lost", "Corrupt", "Delivered again", "Time (s)", "Floor (s)", "Gaps",
           "Workers", "Result", ""], lines)  # fmt: skip
    return all_good


def main(arguments: list[str]) -> int:
    binary, folder, parts = arguments[0], Path(arguments[1]), arguments[2:]
    if parts == ["list"]:
        for name, what in TROUBLES.items():
            print(f"{name}: {what.__doc__}")
        return 0
    known = ["scaling", "latency-free", "production", "troubles", *TROUBLES]
    for part in parts:
        if part not in known:
            print(f"scale.sh: '{part}' is no part; the parts are: {', '.join(known)}", file=sys.stderr)
            return 2
    parts = parts or known[:4]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    good = True
    if "scaling" in parts:
        good &= scaling(binary, folder, "100ms", "100ms", 500)
    if "latency-free" in parts:
        good &= scaling(binary, folder, "0s", "0s", 20000)
    if "production" in parts:
        good &= production(binary, folder)
    chosen = list(TROUBLES) if "troubles" in parts else [p for p in parts if p in TROUBLES]
    if chosen:
        good &= troubles(binary, folder, chosen)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
