"""Machines for sessions of redis-streams, each a network namespace with a host name and a pid space of its own: servers,
hosts, workers and sessions, for scale.py and deploy.py. Needs root and a network namespace of its own."""

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
KEPT = ["--busy-limit", "100%", "--no-yardstick", "--keep", "--lease", f"{LEASE_S}s"]
SCRIPT = f"{Path(sys.argv[0]).stem}.sh"  # scale.sh for scale.py

Run = dict[str, Any]


def say(text: str) -> None:
    print(f"{SCRIPT}: {text}", file=sys.stderr, flush=True)


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
        self.address = f"10.77.0.{10 + number}"
        self.holder = subprocess.Popen(
            ["unshare", "--net", "--uts", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c",
             f"hostname {self.name}; exec sleep infinity"],
            stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def set_up(self) -> None:
        until("a namespace is there", lambda: bool(children(self.holder.pid)))
        self.init = children(self.holder.pid)[0]
        # Without its pid space: each process in there takes an id, and how often this asks is not certain.
        hostname = ["nsenter", "--target", str(self.init), "--uts", "--", "hostname"]
        until("it has its name", lambda: check(hostname).strip() == self.name)
        check(["ip", "link", "add", self.link, "type", "veth", "peer", "name", "eth0", "netns", str(self.init)])
        check(["ip", "link", "set", self.link, "master", "bridge", "up"])
        self.inside("ip", "address", "add", f"{self.address}/24", "dev", "eth0")
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
        self.number_of_hosts, self.latency = hosts, latency
        self.hosts: list[Host] = []
        self.workers: list[Worker] = []
        self.servers: list[subprocess.Popen[bytes]] = []
        self.sessions: list[Session] = []

    def open(self) -> None:
        # With an address of its own: otherwise it has that of a port, and loses it with a host that is killed.
        check(["ip", "link", "add", "bridge", "address", "02:00:00:00:00:01", "type", "bridge"])
        check(["ip", "address", "add", f"{ADDRESS}/24", "dev", "bridge"])
        check(["ip", "link", "set", "bridge", "up"])
        check(["ip", "link", "set", "lo", "up"])
        for i in range(self.number_of_hosts):
            self.hosts.append(Host(i + 1))
            self.hosts[-1].set_up()
        self.start_servers(self.latency)

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

    def session(self, name: str, arguments: list[str], servers: dict[str, str] | None = None) -> "Session":
        self.sessions.append(Session(self, name, arguments, servers))
        return self.sessions[-1]

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
        for session in self.sessions:
            session.process.kill()  # does nothing if it has ended
            session.process.wait()
        for s in reversed(self.servers):
            s.terminate()
        for s in self.servers:
            try:
                s.wait(30)
            except subprocess.TimeoutExpired:
                s.kill()
                s.wait()
        subprocess.run(["ip", "link", "delete", "bridge"], check=False, capture_output=True)


class Session:
    """`pipebench run --session scale`, which keeps its table, so that its rows are counted by SQL. The servers are options,
    or else variables of its environment."""

    def __init__(self, scene: Scene, name: str, arguments: list[str], servers: dict[str, str] | None = None) -> None:
        self.scene = scene
        self.result = scene.folder / f"{name}.json"
        self.result.unlink(missing_ok=True)
        self.log = scene.scratch / f"{name}.log"
        self.began = time.monotonic()
        options = [] if servers else ["--redis", REDIS, "--postgres", POSTGRES, "--target", TARGET]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [scene.binary, "run", "-p", "redis-streams", "--session", "scale", *options, *KEPT, "--export-json",
                 str(self.result), *arguments],
                stdout=log, stderr=log, env={**os.environ, **(servers or {})},
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
        return rows_of(self.scene, self.result)


def rows_of(scene: Scene, result: Path) -> tuple[int, int]:
    """Rows and deliveries, by SQL, of the table that the run has left; drops its schema."""
    warnings = "\n".join(json.loads(result.read_text())["warnings"])
    schema = re.findall(r"the tables stay in schema (pipebench_[0-9a-f]+)", warnings)[0]
    table = scene.sql(f"SELECT tablename FROM pg_tables WHERE schemaname = '{schema}'")
    rows, deliveries = scene.sql(f"SELECT count(*), sum(deliveries) FROM {schema}.{table}").split("|")
    scene.sql(f"DROP SCHEMA {schema} CASCADE")
    return int(rows), int(deliveries or 0)


@contextlib.contextmanager
def scene_of(binary: str, folder: Path, hosts: int = 3, latency: str = "100ms") -> Iterator[Scene]:
    with tempfile.TemporaryDirectory(prefix=f"pipebench-{Path(SCRIPT).stem}.") as scratch:
        os.chmod(scratch, 0o755)
        scene = Scene(binary, folder, Path(scratch), hosts, latency)
        try:
            scene.open()
            yield scene
        finally:
            scene.close()


def table(headings: list[str], rows: list[list[str]], others: str = "---:") -> None:
    print("| " + " | ".join(headings) + " |")
    print("|---|" + f"{others}|" * (len(headings) - 1))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print(flush=True)
