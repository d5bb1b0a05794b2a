#!/usr/bin/env python3
"""Sessions of redis-streams whose workers are on other machines, each a network namespace with a host name and a pid
space of its own. Run by scripts/scale.sh in a network namespace, as root.

scale.py BINARY FOLDER [PART...]     the parts are scaling, latency-free, production, troubles or the name of a trouble
"""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ADDRESS = "10.77.0.1"  # of the servers: in these namespaces, and nowhere else
POSTGRES = f"host={ADDRESS} user=postgres dbname=postgres"
REDIS = f"redis://{ADDRESS}:6379"
TARGET = f"http://{ADDRESS}:8080"
LEASE_S = 3
LIMIT_S = 1200  # of one session

Run = dict[str, Any]


def say(text: str) -> None:
    print(f"scale.sh: {text}", file=sys.stderr, flush=True)


def check(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def until(what: str, holds: Callable[[], bool], limit_s: float = 60) -> None:
    end = time.monotonic() + limit_s
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {limit_s} s in vain: {what}")
        time.sleep(0.05)


def children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


class Host:
    """A machine: a network namespace on the bridge, a host name, and a pid space in which it is process 1."""

    def __init__(self, number: int) -> None:
        self.name = f"host-{number}"
        self.link = f"veth{number}"
        self.holder = subprocess.Popen(
            ["unshare", "--net", "--uts", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c",
             f"hostname {self.name}; exec sleep infinity"],
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until("a namespace is there", lambda: bool(children(self.holder.pid)))
        self.init = children(self.holder.pid)[0]
        # Without its pid space: each process in there takes an id, and how often this asks is not certain.
        hostname = ["nsenter", "--target", str(self.init), "--uts", "--", "hostname"]
        until("it has its name", lambda: check(hostname).strip() == self.name)
        check(["ip", "link", "add", self.link, "type", "veth", "peer", "name", "eth0", "netns", str(self.init)])
        check(["ip", "link", "set", self.link, "master", "bridge", "up"])
        self.inside("ip", "address", "add", f"10.77.0.{10 + number}/24", "dev", "eth0")
        self.inside("ip", "link", "set", "eth0", "up")
        self.inside("ip", "link", "set", "lo", "up")

    def enter(self) -> list[str]:
        return ["nsenter", "--target", str(self.init), "--net", "--uts", "--pid", "--mount", "--"]

    def inside(self, *command: str) -> str:
        return check([*self.enter(), *command])

    def cut(self) -> None:
        """No packet gets in or out, and nobody is told."""
        check(["ip", "link", "set", self.link, "down"])

    def mend(self) -> None:
        check(["ip", "link", "set", self.link, "up"])

    def drop(self, hook: str, which: str = "") -> None:
        """Of the packets that come in (hook input) or go out (output), those; all of them without a condition."""
        self.inside("nft", f"add table inet cut; add chain inet cut these {{ type filter hook {hook} priority 0; }}; "
                           f"add rule inet cut these {which} drop")  # fmt: skip

    def drop_no_more(self) -> None:
        self.inside("nft", "delete table inet cut")

    def kill(self) -> None:
        os.kill(self.init, signal.SIGKILL)
        self.holder.wait()

    def stop(self) -> None:
        if self.holder.poll() is None:
            self.kill()


class Worker:
    """`pipebench worker` on a host."""

    def __init__(self, scene: "Scene", host: Host, arguments: list[str], before: list[str] | None = None) -> None:
        self.log = scene.scratch / f"worker-{len(scene.workers)}.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [*host.enter(), *(before or []), scene.binary, "worker", "--join", "scale", "--redis", REDIS, "--postgres",
                 POSTGRES, "--target", TARGET, *arguments],
                stdout=log, stderr=log,
            )  # fmt: skip
        scene.workers.append(self)

    def agent(self) -> int:
        """Its pid here: nsenter forks it into the pid space."""
        pid = self.process.pid
        while below := children(pid):
            if Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[1:2] == [b"worker"]:
                break
            pid = below[0]
        return pid

    def tree(self) -> list[int]:
        out = [self.agent()]
        for pid in out:
            out += children(pid)
        return out

    def signal_all(self, number: int) -> None:
        for pid in self.tree():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def end(self, limit_s: float = 120) -> int:
        return self.process.wait(limit_s)


class Scene:
    """The servers, the hosts and the workers of one session after another."""

    def __init__(self, binary: str, folder: Path, scratch: Path, hosts: int, latency: str) -> None:
        self.binary, self.folder, self.scratch = binary, folder, scratch
        self.workers: list[Worker] = []
        self.servers: list[subprocess.Popen[bytes]] = []
        # With an address of its own: otherwise it has that of a port, and loses it with a host that is killed.
        check(["ip", "link", "add", "bridge", "address", "02:00:00:00:00:01", "type", "bridge"])
        check(["ip", "address", "add", f"{ADDRESS}/24", "dev", "bridge"])
        check(["ip", "link", "set", "bridge", "up"])
        check(["ip", "link", "set", "lo", "up"])
        self.hosts = [Host(i + 1) for i in range(hosts)]
        self.start_servers(latency)

    def start(self, name: str, command: list[str]) -> None:
        with (self.scratch / f"{name}.log").open("w") as log:
            self.servers.append(subprocess.Popen(command, stdout=log, stderr=log))

    def start_servers(self, latency: str) -> None:
        self.start("redis", ["redis-server", "--bind", ADDRESS, "--protected-mode", "no", "--save", "", "--dir",
                             str(self.scratch)])  # fmt: skip
        programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        self.psql_program = str(programs / "psql")
        data = self.scratch / "postgres"
        check(["install", "--directory", "--owner=postgres", "--mode=700", str(data)])
        check(["runuser", "-u", "postgres", "--", str(programs / "initdb"), "--auth=trust", "--no-sync", "-D", str(data)])
        with (data / "pg_hba.conf").open("a") as hba:
            hba.write("host all all 10.77.0.0/24 trust\n")
        self.start("postgres", ["runuser", "-u", "postgres", "--", str(programs / "postgres"), "-D", str(data), "-h",
                                ADDRESS, "-k", "", "-c", "fsync=off", "-c", "max_connections=300"])  # fmt: skip
        self.start("mock-api", [self.binary, "mock-api", "--listen", ADDRESS, "--allow-remote", "--port", "8080",
                                "--http-latency", latency, "--quiet"])  # fmt: skip
        until("PostgreSQL answers", lambda: self.answers([str(programs / "pg_isready"), "-h", ADDRESS]))
        until("Redis answers", lambda: self.answers(["redis-cli", "-h", ADDRESS, "ping"]))

    @staticmethod
    def answers(command: list[str]) -> bool:
        return subprocess.run(command, check=False, capture_output=True).returncode == 0

    def redis(self, *command: str) -> str:
        return check(["redis-cli", "-h", ADDRESS, *command])

    def sql(self, text: str) -> str:
        return check([self.psql_program, "-XAtq", POSTGRES, "-c", text]).strip()

    def worker(self, host: int, arguments: list[str], before: list[str] | None = None) -> Worker:
        return Worker(self, self.hosts[host], arguments, before)

    def session(self, name: str, arguments: list[str]) -> "Session":
        return Session(self, name, arguments)

    def results_are_in(self, least: int) -> bool:
        keys = self.redis("--scan", "--pattern", "pipebench:*:order_results").split()
        return len(keys) == 1 and int(self.redis("xlen", keys[0])) >= least

    def end_workers(self) -> None:
        for w in self.workers:
            if w.process.poll() is None:
                w.signal_all(signal.SIGKILL)
                w.process.kill()
            w.process.wait()
        self.workers = []

    def close(self) -> None:
        self.end_workers()
        for h in self.hosts:
            h.stop()
        for s in reversed(self.servers):
            s.terminate()
        for s in self.servers:
            s.wait()
        check(["ip", "link", "delete", "bridge"])


class Session:
    """`pipebench run --session scale`, which keeps its table, so that its rows are counted by SQL."""

    def __init__(self, scene: Scene, name: str, arguments: list[str]) -> None:
        self.scene = scene
        self.result = scene.folder / f"{name}.json"
        self.result.unlink(missing_ok=True)
        self.log = scene.scratch / f"{name}.log"
        self.began = time.monotonic()
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [scene.binary, "run", "-p", "redis-streams", "--session", "scale", "--redis", REDIS, "--postgres", POSTGRES,
                 "--target", TARGET, "--busy-limit", "100%", "--no-yardstick", "--keep", "--lease", f"{LEASE_S}s",
                 "--export-json", str(self.result), *arguments],
                stdout=log, stderr=log,
            )  # fmt: skip

    def under_way(self, least: int = 50) -> None:
        until("the run is under way", lambda: self.scene.results_are_in(least))

    def end(self) -> Run:
        code = self.process.wait(LIMIT_S)
        if not self.result.exists():
            raise RuntimeError(f"exit code {code}: {self.log.read_text()[-2000:]}")
        run: Run = json.loads(self.result.read_text())["runs"][-1]
        run["exit_code"] = code
        return run

    def rows(self) -> tuple[int, int]:
        """Rows and deliveries, by SQL, of the table that the run has left; drops its schema."""
        warnings = "\n".join(json.loads(self.result.read_text())["warnings"])
        schema = re.findall(r"the tables stay in schema (pipebench_[0-9a-f]+)", warnings)[0]
        table = self.scene.sql(f"SELECT tablename FROM pg_tables WHERE schemaname = '{schema}'")
        rows, deliveries = self.scene.sql(f"SELECT count(*), sum(deliveries) FROM {schema}.{table}").split("|")
        self.scene.sql(f"DROP SCHEMA {schema} CASCADE")
        return int(rows), int(deliveries or 0)


@contextlib.contextmanager
def scene_of(binary: str, folder: Path, hosts: int = 3, latency: str = "100ms") -> Iterator[Scene]:
    with tempfile.TemporaryDirectory(prefix="pipebench-scale.") as scratch:
        os.chmod(scratch, 0o755)
        scene = Scene(binary, folder, Path(scratch), hosts, latency)
        try:
            yield scene
        finally:
            scene.close()


# --- scaling ---


def table(headings: list[str], rows: list[list[str]]) -> None:
    print("| " + " | ".join(headings) + " |")
    print("|---|" + "---:|" * (len(headings) - 1))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print(flush=True)


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
