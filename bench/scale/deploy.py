#!/usr/bin/env python3
"""Runs the set-ups in examples/deploy as they are, on three machines that are network namespaces. Run by
scripts/deploy.sh in a network and a mount namespace of its own, as root.

deploy.py BINARY FOLDER [PART...]     the parts are those in PARTS below; all of them without an argument

A part is a function that takes the binary and a folder for results, and yields what it has checked.
"""

import contextlib
import json
import os
import re
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hosts import ADDRESS, KEPT, TARGET, Host, Run, Scene, Session, check, rows_of, say, scene_of, table, until

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "deploy"
FREEZER = Path("/sys/fs/cgroup/freezer")


@dataclass
class Finding:
    what: str
    seen: str
    good: bool


# --- what the parts share ---


@contextlib.contextmanager
def stage(part: str, binary: str, folder: Path) -> Iterator[Scene]:
    """Servers and three hosts. What they have logged is kept in the folder for results."""
    with scene_of(binary, folder) as scene:
        try:
            yield scene
        finally:
            for log in scene.scratch.rglob("*.log"):
                shutil.copy(log, folder / f"{part}-{log.name}")


class User:
    """A plain user whom only this mount namespace knows. Servers and tasks that need no root run as that one."""

    NAME, ID = "pipebench", 61077

    def __init__(self, scene: Scene) -> None:
        self.home = scene.scratch / "home"
        self.programs = scene.scratch / "bin"
        self.programs.mkdir()
        # Copied, because a plain user may not be allowed to read where they are.
        shutil.copy(scene.binary, self.programs / "pipebench")
        (self.programs / "pipebench").chmod(0o755)
        passwd = scene.scratch / "passwd"
        others = [line for line in Path("/etc/passwd").read_text().splitlines() if not line.startswith(f"{self.NAME}:")]
        passwd.write_text("\n".join([*others, f"{self.NAME}:*:{self.ID}:{self.ID}::{self.home}:/bin/bash"]) + "\n")
        for in_there in (None, *scene.hosts):
            check([*(in_there.enter() if in_there else []), "mount", "--bind", str(passwd), "/etc/passwd"])
        self.home.mkdir()
        self.own(self.home, 0o700)

    @staticmethod
    @contextlib.contextmanager
    def of(scene: Scene) -> Iterator["User"]:
        try:
            yield User(scene)
        finally:
            subprocess.run(["umount", "/etc/passwd"], check=False, capture_output=True)

    def own(self, path: Path, mode: int) -> None:
        os.chown(path, self.ID, self.ID)
        path.chmod(mode)

    def copy(self, source: Path) -> Path:
        """An example, as it is."""
        return Path(shutil.copy(source, self.programs))

    def be(self) -> list[str]:
        """Before a command. A shell in the background hands on signals that are ignored."""
        return ["setpriv", f"--reuid={self.ID}", f"--regid={self.ID}", "--clear-groups", "env",
                "--default-signal=INT,HUP,TERM"]  # fmt: skip

    def environment(self, more: dict[str, str]) -> dict[str, str]:
        return {"HOME": str(self.home), "USER": self.NAME, "LANG": "C.UTF-8",
                "PATH": f"{self.programs}:/usr/sbin:/usr/bin:/sbin:/bin", **more}  # fmt: skip


class Passwords:
    """The servers' passwords, and a look at every command line on this machine, in all pid spaces, until it is told to stop.
    Redis asks for its password; PostgreSQL is given one, but trusts this network."""

    def __init__(self, scene: Scene) -> None:
        self.redis, self.postgres = secrets.token_hex(16), secrets.token_hex(16)
        os.environ["REDISCLI_AUTH"] = self.redis
        subprocess.run(["redis-cli", "-h", ADDRESS], input=f"config set requirepass {self.redis}\n", text=True, check=True,
                       capture_output=True)  # fmt: skip
        self.servers = {
            "PIPEBENCH_REDIS": f"redis://:{self.redis}@{ADDRESS}:6379",
            "PIPEBENCH_POSTGRES": f"postgresql://postgres:{self.postgres}@{ADDRESS}/postgres",
            "PIPEBENCH_TARGET": TARGET,
        }
        self.looks, self.workers_seen, self.seen = 0, 0, set[str]()
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def watch(self) -> None:
        while not self.over.wait(0.1):
            workers = 0
            for process in Path("/proc").glob("[0-9]*"):
                with contextlib.suppress(OSError):
                    line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                    workers += "worker --join" in line and line.split()[0].endswith("pipebench")
                    if self.redis in line or self.postgres in line:
                        self.seen.add(line[:80])
            self.looks += 1
            self.workers_seen = max(self.workers_seen, workers)

    @staticmethod
    @contextlib.contextmanager
    def of(scene: Scene) -> Iterator["Passwords"]:
        passwords = Passwords(scene)
        try:
            yield passwords
        finally:
            passwords.stop()
            os.environ.pop("REDISCLI_AUTH")

    def stop(self) -> None:
        self.over.set()
        self.thread.join()

    def finding(self) -> Finding:
        self.stop()
        text = f"{self.looks} looks at all command lines, with up to {self.workers_seen} workers among them: "
        text += f"in {', '.join(self.seen)}" if self.seen else "none"
        return Finding("a password on a command line", text, not self.seen and self.workers_seen > 0 and self.looks > 50)


def processes_on(host: Host) -> dict[int, str]:
    """What runs there, besides its process 1."""
    space = os.readlink(f"/proc/{host.init}/ns/pid")
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if int(process.name) != host.init and os.readlink(process / "ns/pid") == space:
                found[int(process.name)] = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return {pid: line for pid, line in found.items() if line}


def run_in(result: Path) -> Run:
    return dict(json.loads(result.read_text())["runs"][-1])


def in_words(run: Run, rows: int, again: int) -> str:
    ledger = run["ledger"]
    return (f"{run['stored']:,} of {run['orders']:,} stored, {rows:,} rows (SQL), {again} deliveries again, "
            f"{ledger['lost']} lost, {ledger['corrupt']} corrupt")  # fmt: skip


def balances(run: Run, rows: int) -> bool:
    """Each row is accounted for, and nothing is lost."""
    ledger = run["ledger"]
    known = run["stored"] + (ledger["recovered"] or 0)
    return rows == ledger["rows"] == known and ledger["lost"] == ledger["corrupt"] == ledger["unexpected"] == 0


def workers_finding(name: str, run: Run, number: int, how: set[str], complaints: list[str]) -> Finding:
    hows, hosts = [w["how"] for w in run["workers"]], {w["host"] for w in run["workers"]}
    text = f"{len(hows)} on {len(hosts)} hosts: " + ", ".join(f"{hows.count(h)} {h}" for h in sorted(set(hows)))
    good = len(hows) == number and len(hosts) == 3 and set(hows) <= how and not complaints
    return Finding(f"{name}: workers", "; ".join([text, *complaints[:3]]), good)


# --- slurm ---

KILL_WAIT_S = 30  # Slurm's default


@contextlib.contextmanager
def freezers(hosts: int) -> Iterator[list[Path]]:
    """A directory for each host in the freezer hierarchy of cgroup v1, or none if this machine has no such."""
    if not (FREEZER / "cgroup.procs").exists() or not os.access(FREEZER, os.W_OK):
        yield []
        return
    top = FREEZER / f"pipebench-deploy-{os.getpid()}"
    mine = [top / f"host-{i + 1}" for i in range(hosts)]
    try:
        for directory in mine:
            directory.mkdir(parents=True)
        yield mine
    finally:
        for directory, _, _ in os.walk(top, topdown=False):
            until(f"{directory} is empty", lambda d=directory: removed(Path(d)), 20)


def removed(directory: Path) -> bool:
    with contextlib.suppress(OSError):  # the processes of a host that was killed take a moment
        directory.rmdir()
    return not directory.exists()


class Slurm:
    """munged and slurmctld here, and a slurmd on each host."""

    def __init__(self, scene: Scene, user: User, cgroups: list[Path]) -> None:
        self.scene, self.user, self.cgroups = scene, user, cgroups
        self.folder = scene.scratch / "slurm"
        for name in ("", "key", "munge", "state", "spool"):
            (self.folder / name).mkdir(mode=0o755)
        (self.folder / "key").chmod(0o700)
        (self.folder / "key/munge.key").write_bytes(secrets.token_bytes(1024))
        (self.folder / "key/munge.key").chmod(0o600)
        self.write_configuration()
        self.start()

    @property
    def tracking(self) -> str:
        return "proctrack/cgroup" if self.cgroups else "proctrack/linuxproc"

    def write_configuration(self) -> None:
        f, hosts = self.folder, self.scene.hosts
        lines = [
            "ClusterName=pipebench", f"SlurmctldHost={socket.gethostname().split('.')[0]}({ADDRESS})", "SlurmUser=root",
            "AuthType=auth/munge", "CredType=cred/munge", f"AuthInfo=socket={f}/munge/socket", "MpiDefault=none",
            f"StateSaveLocation={f}/state", f"SlurmdSpoolDir={f}/spool/%n", f"SlurmctldPidFile={f}/slurmctld.pid",
            f"SlurmdPidFile={f}/slurmd-%n.pid", f"ProctrackType={self.tracking}", "TaskPlugin=task/none",
            "JobAcctGatherType=jobacct_gather/none", "SelectType=select/cons_tres", "SelectTypeParameters=CR_Core_Memory",
            "SlurmdParameters=config_overrides", "ReturnToService=2", f"KillWait={KILL_WAIT_S}",
            *(f"NodeName={h.name} NodeAddr={h.address} CPUs=5 RealMemory=2000" for h in hosts),
            f"PartitionName=all Nodes={','.join(h.name for h in hosts)} Default=YES MaxTime=60 State=UP",
        ]  # fmt: skip
        (f / "slurm.conf").write_text("\n".join(lines) + "\n")
        (f / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\nCgroupAutomount=no\n")
        os.environ["SLURM_CONF"] = str(f / "slurm.conf")

    def start(self) -> None:
        f = self.folder
        self.scene.start("munged", ["munged", "--foreground", f"--key-file={f}/key/munge.key", f"--socket={f}/munge/socket",
                                    f"--pid-file={f}/munge/pid", f"--log-file={f}/key/log", f"--seed-file={f}/key/seed"])  # fmt: skip
        until("munged answers", lambda: (f / "munge/socket").exists())
        self.scene.start("slurmctld", ["slurmctld", "-D", "-f", f"{f}/slurm.conf"])
        for i, host in enumerate(self.scene.hosts):
            slurmd = f"exec slurmd -D -N {host.name} -f {f}/slurm.conf"
            if self.cgroups:  # as in a container: its own directory is the root of the hierarchy
                mounts = f"mount -t tmpfs none {FREEZER.parent} && mkdir {FREEZER} && mount -t cgroup -o freezer none {FREEZER}"
                slurmd = f"echo 0 >{self.cgroups[i]}/cgroup.procs && exec unshare --cgroup sh -c '{mounts} && {slurmd}'"
            self.scene.start(f"slurmd-{host.name}", [*host.enter(), "sh", "-c", slurmd])
        until("all nodes are idle", self.idle, 30)

    def idle(self) -> bool:
        states = subprocess.run(["sinfo", "--noheader", "--Node", "--format=%T"], check=False, capture_output=True, text=True)
        return states.stdout.split() == ["idle"] * len(self.scene.hosts)

    def version(self) -> str:
        return check(["slurmctld", "-V"]).split()[-1]

    def sh(self, *command: str, servers: dict[str, str] | None = None) -> str:
        environment = self.user.environment({"SLURM_CONF": os.environ["SLURM_CONF"], **(servers or {})})
        return subprocess.run([*self.user.be(), *command], check=True, capture_output=True, text=True, env=environment,
                              cwd=self.user.home).stdout  # fmt: skip

    def leftovers(self) -> list[str]:
        """What a job has left on the hosts: everything but slurmd."""
        return [line for h in self.scene.hosts for line in processes_on(h).values() if not line.startswith("slurmd ")]

    def files_with(self, word: str) -> tuple[int, list[str]]:
        """How many files of Slurm have this word in them, and which of them others may read."""
        found = []
        for file in (f for f in self.folder.rglob("*") if f.is_file()):
            with contextlib.suppress(OSError):  # a job that ends takes its files away
                if word.encode() in file.read_bytes():
                    found.append((file, file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH)))
        return len(found), [str(file.relative_to(self.folder)) for file, others in found if others]


class Job:
    """One job of session.sbatch."""

    def __init__(self, slurm: Slurm, servers: dict[str, str], options: list[str], of_sbatch: tuple[str, ...] = ()) -> None:
        self.slurm, self.scene = slurm, slurm.scene
        script = slurm.user.copy(EXAMPLES / "slurm/session.sbatch")
        self.began = time.monotonic()
        self.id = slurm.sh("sbatch", "--parsable", *of_sbatch, str(script), *KEPT, *options, servers=servers).strip()
        self.result = slurm.user.home / f"pipebench-{self.id}.json"
        self.log = slurm.user.home / f"slurm-{self.id}.out"

    def field(self, name: str) -> str:
        words = self.slurm.sh("scontrol", "--oneliner", "show", "job", self.id).split()
        return next(w.split("=", 1)[1] for w in words if w.startswith(f"{name}="))

    def under_way(self, least: int) -> None:
        until("the job is under way", lambda: self.ended() or self.scene.results_are_in(least), 120)

    def ended(self) -> bool:
        return self.field("JobState") not in ("PENDING", "RUNNING", "COMPLETING", "CONFIGURING")

    def end(self, limit_s: float = 180) -> str:
        until(f"job {self.id} has ended", self.ended, limit_s)
        until("its processes have ended", lambda: not self.slurm.leftovers(), KILL_WAIT_S + 10)
        return f"{self.field('JobState')}, exit code {self.field('ExitCode')}"

    def complaints(self) -> list[str]:
        """What srun says of tasks that ended otherwise than with 0, and workers that gave up."""
        return [line for line in self.log.read_text().splitlines() if "srun: error" in line or "gave up" in line]

    def run(self) -> tuple[Run, int, int]:
        """The result, and rows and deliveries again by SQL."""
        if not self.result.exists():
            raise RuntimeError(f"job {self.id} has left no result: {self.log.read_text()[-2000:]}")
        shutil.copy(self.result, self.scene.folder / f"slurm-{self.id}.json")
        shutil.copy(self.log, self.scene.folder / f"slurm-{self.id}.log")
        rows, deliveries = rows_of(self.scene, self.result)
        return run_in(self.result), rows, deliveries - rows


LOAD = ["--profile", "deployment", "--rate", "200/s", "--slo", "p99<5s"]  # so late only if something is wrong


def slurm(binary: str, folder: Path) -> Iterator[Finding]:
    with (
        freezers(3) as cgroups,
        stage("slurm", binary, folder) as scene,
        User.of(scene) as user,
        Passwords.of(scene) as passwords,
    ):
        cluster = Slurm(scene, user, cgroups)
        yield from whole_job(cluster, passwords)
        yield from job_ended_early(cluster, passwords, "scancel --signal=TERM --batch JOB", ["--signal=TERM", "--batch"])
        if cgroups:
            yield from job_ended_early(cluster, passwords, "scancel JOB", [])
        else:
            say("slurm: scancel JOB is left out: proctrack/linuxproc sends SIGTERM to the workers' own processes, too")
        yield from job_at_its_limit(cluster, passwords)
        yield passwords.finding()


def whole_job(cluster: Slurm, passwords: Passwords) -> Iterator[Finding]:
    say("slurm: a whole session")
    job = Job(cluster, passwords.servers, [*LOAD[2:], "--duration", "30s"])
    job.under_way(500)
    tracked = "".join(f", {n} tasks in the cgroup of {d.name}" for d in cluster.cgroups if (n := tasks_in(d, job.id)))
    without = "" if cluster.cgroups else ", because this machine has no freezer of cgroup v1"
    yield Finding("Slurm", f"{cluster.version()}, three slurmd, {cluster.tracking}{without}{tracked}",
                  tracked.count(", 5 tasks") == len(cluster.cgroups))  # fmt: skip
    kept, others_read = cluster.files_with(passwords.redis)
    yield Finding("files of Slurm with a password, and of these others may read",
                  f"{kept}, {', '.join(others_read) or 'none'}", kept > 0 and not others_read)  # fmt: skip
    end = job.end()
    run, rows, again = job.run()
    yield Finding("a whole session: the job", end, end == "COMPLETED, exit code 0:0")
    yield workers_finding("a whole session", run, 15, {"stayed"}, job.complaints())
    yield Finding("a whole session: orders", in_words(run, rows, again), balances(run, rows) and rows == run["orders"])


def tasks_in(cgroup: Path, job: str) -> int:
    """Workers in the cgroup that Slurm has made for the step."""
    pids = [pid for procs in cgroup.glob(f"slurm*/uid_*/job_{job}/step_0/**/cgroup.procs") for pid in procs.read_text().split()]
    # Each has a process of its own, which is the other half.
    return sum(Path(f"/proc/{pid}/status").exists() and is_agent(int(pid)) for pid in pids)


def is_agent(pid: int) -> bool:
    """Whether this is `pipebench worker`, started by slurmstepd."""
    parent = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1]
    return "slurmstepd" in Path(f"/proc/{parent}/cmdline").read_text()


def job_ended_early(cluster: Slurm, passwords: Passwords, name: str, options: list[str]) -> Iterator[Finding]:
    """A job that is ended amid, and what becomes of the orders that its workers have in hand."""
    say(f"slurm: {name}")
    job = Job(cluster, passwords.servers, [*LOAD[2:], "--duration", "60s"])
    job.under_way(3000)
    cluster.sh("scancel", *options, job.id)
    began = time.monotonic()
    end = job.end()
    yield from early_end_findings(name, job, end, time.monotonic() - began)


def job_at_its_limit(cluster: Slurm, passwords: Passwords) -> Iterator[Finding]:
    say("slurm: the time limit")
    job = Job(cluster, passwords.servers, [*LOAD[2:], "--duration", "120s"], ("--time=1", "--signal=B:TERM@20"))
    job.under_way(50)
    end = job.end()
    yield from early_end_findings("--signal=B:TERM@20, a limit of 1 min", job, end, 0)


def early_end_findings(name: str, job: Job, end: str, took: float) -> Iterator[Finding]:
    run, rows, again = job.run()
    uncounted = run["ledger"]["recovered"] or 0
    said = sum(int(n) for n in re.findall(r"worker: (\d+) orders in 1 run", job.log.read_text()))
    yield Finding(f"{name}: the job", f"{end}{f', nothing runs {took:.1f} s later' if took else ''}",
                  "143:0" in end and took < KILL_WAIT_S)  # fmt: skip
    yield workers_finding(name, run, 15, {"stayed", "signed_off"}, job.complaints())
    yield Finding(f"{name}: orders",
                  f"{in_words(run, rows, again)}; {uncounted} of the rows not counted as stored; by the workers {said:,}; "
                  f"{run['verdict']['text']}",
                  balances(run, rows) and run["interrupted"] and uncounted == 0 and said == rows)  # fmt: skip


# --- ssh ---

SHARE = ["--processes", "5", "--workers", "50", "--db-connections", "5"]


class Machines:
    """A sshd on each host, with a host key of its own, and the plain user's key pair."""

    def __init__(self, scene: Scene, user: User) -> None:
        self.scene, self.user = scene, user
        self.of_user = user.home / ".ssh"
        self.of_user.mkdir()
        self.keygen(self.of_user / "id_ed25519")
        shutil.copy(self.of_user / "id_ed25519.pub", self.of_user / "authorized_keys")
        known, names = [], []
        for host in scene.hosts:
            key = self.start(host)
            known.append(f"{host.address} {key}")
            names.append(f"Host {host.name}\n    HostName {host.address}\n")
        (self.of_user / "known_hosts").write_text("".join(known))
        (self.of_user / "config").write_text("".join(names))
        for path in (self.of_user, *self.of_user.iterdir()):
            user.own(path, 0o700 if path.is_dir() else 0o600)
        until("each sshd answers", lambda: all(self.answers(h) for h in scene.hosts), 30)

    @staticmethod
    def keygen(file: Path) -> None:
        check(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(file)])

    def start(self, host: Host) -> str:
        """Returns its public host key."""
        folder = self.scene.scratch / f"sshd-{host.name}"
        folder.mkdir(mode=0o700)
        self.keygen(folder / "key")
        (folder / "sshd_config").write_text(
            f"ListenAddress {host.address}\nHostKey {folder}/key\nPidFile none\nUsePAM no\nPermitRootLogin no\n"
            f"PasswordAuthentication no\nKbdInteractiveAuthentication no\n"
        )
        # sshd wants /run/sshd.
        command = f"mount -t tmpfs none /run && mkdir /run/sshd && exec /usr/sbin/sshd -D -e -f {folder}/sshd_config"
        self.scene.start(f"sshd-{host.name}", [*host.enter(), "sh", "-c", command])
        return (folder / "key.pub").read_text()

    def answers(self, host: Host) -> bool:
        return self.scene.answers([*self.user.be(), "ssh", "-o", "BatchMode=yes", host.name, "true"])

    @staticmethod
    def version() -> str:
        return subprocess.run(["ssh", "-V"], check=True, capture_output=True, text=True).stderr.split(",")[0]

    @contextlib.contextmanager
    def script(self, name: str, servers: dict[str, str]) -> Iterator["Script"]:
        script = Script(self, name, servers)
        try:
            yield script
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(script.process.pid, signal.SIGKILL)
            script.process.wait()


class Script:
    """start-workers.sh, in a process group of its own, as a shell on a terminal starts it."""

    def __init__(self, machines: Machines, name: str, servers: dict[str, str]) -> None:
        scene, user = machines.scene, machines.user
        program = user.copy(EXAMPLES / "ssh/start-workers.sh")
        self.log = scene.scratch / f"script-{name}.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [*user.be(), str(program), "scale", *(h.name for h in scene.hosts)], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, cwd=user.home, start_new_session=True,
                env=user.environment({**servers, "PIPEBENCH_PROGRAM": str(user.programs / "pipebench")}),
            )  # fmt: skip

    def interrupt(self) -> None:
        os.killpg(self.process.pid, signal.SIGINT)

    def ssh_to(self, host: Host) -> int:
        """The pid of that one of its children."""
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                line = (process / "cmdline").read_bytes().split(b"\0")
                if line[0] == b"ssh" and host.name.encode() in line and os.getpgid(int(process.name)) == self.process.pid:
                    return int(process.name)
        raise RuntimeError(f"there is no ssh to {host.name}")

    def text(self) -> str:
        return self.log.read_text()


def ssh(binary: str, folder: Path) -> Iterator[Finding]:
    with stage("ssh", binary, folder) as scene, User.of(scene) as user, Passwords.of(scene) as passwords:
        machines = Machines(scene, user)
        yield Finding("ssh", f"{machines.version()}, three sshd with keys of their own, a plain user", True)
        yield from whole_session(machines, passwords)
        yield from interrupted(machines, passwords)
        yield from interrupted_twice(machines, passwords)
        yield from worker_killed(machines, passwords)
        yield from ssh_killed(machines, passwords)
        yield passwords.finding()


def ssh_session(machines: Machines, passwords: Passwords, name: str, duration: str) -> Session:
    say(f"ssh: {name}")
    return machines.scene.session(f"ssh-{name}", [*LOAD, *SHARE, "--duration", duration, "--order-timeout", "20s",
                                                  "--expect-workers", "3"], passwords.servers)  # fmt: skip


def workers_on(host: Host) -> list[int]:
    return [pid for pid, line in processes_on(host).items() if "/pipebench worker " in line.split("sh -c")[0]]


def nothing_left(scene: Scene) -> bool:
    """Only sshd is there, without a connection."""
    return all(line.startswith("sshd: /usr/sbin/sshd") for h in scene.hosts for line in processes_on(h).values())


def both_ends(machines: Machines, session: Session, script: Script) -> tuple[Run, int]:
    """Of the session and of the script, by themselves; nothing is left then."""
    run = session.end()
    code = script.process.wait(60)
    until("nothing is left on the hosts", lambda: nothing_left(machines.scene), 30)
    return run, code


def whole_session(machines: Machines, passwords: Passwords) -> Iterator[Finding]:
    session = ssh_session(machines, passwords, "whole", "30s")
    with machines.script("whole", passwords.servers) as script:
        run, code = both_ends(machines, session, script)
    rows, deliveries = session.rows()
    yield Finding("a whole session: exit codes", f"session {run['exit_code']}, script {code}", run["exit_code"] == code == 0)
    yield workers_finding("a whole session", run, 3, {"stayed"}, [])
    yield Finding("a whole session: orders", in_words(run, rows, deliveries - rows),
                  balances(run, rows) and rows == run["orders"])  # fmt: skip


def interrupted(machines: Machines, passwords: Passwords) -> Iterator[Finding]:
    session = ssh_session(machines, passwords, "interrupted", "20s")
    with machines.script("interrupted", passwords.servers) as script:
        session.under_way(2000)
        script.interrupt()
        began = time.monotonic()
        code = script.process.wait(60)
        until("nothing is left on the hosts", lambda: nothing_left(machines.scene), 30)
        took = time.monotonic() - began
        run = session.end()
    rows, deliveries = session.rows()
    said = sum(int(n) for n in re.findall(r"worker: (\d+) orders in 1 run", script.text()))
    yield Finding("Ctrl-C amid: exit codes", f"script {code}, nothing runs {took:.1f} s later; session {run['exit_code']}",
                  code == 0 and run["exit_code"] in (1, 3))  # fmt: skip
    yield workers_finding("Ctrl-C amid", run, 3, {"signed_off"}, [])
    yield Finding("Ctrl-C amid: orders",
                  f"{in_words(run, rows, deliveries - rows)}; by the workers {said:,}; {run['verdict']['text']}",
                  balances(run, rows) and said == rows)  # fmt: skip


def interrupted_twice(machines: Machines, passwords: Passwords) -> Iterator[Finding]:
    session = ssh_session(machines, passwords, "interrupted-twice", "60s")
    with machines.script("interrupted-twice", passwords.servers) as script:
        session.under_way(1000)
        script.interrupt()
        time.sleep(0.1)  # less than an order takes
        script.interrupt()
        code = script.process.wait(60)
        until("nothing is left on the hosts", lambda: nothing_left(machines.scene), 30)
    session.process.terminate()  # nobody is left to do its orders; it may not know yet that they have signed off
    run = session.end()
    rows, deliveries = session.rows()
    yield Finding("Ctrl-C twice: exit codes", f"script {code}; session, which was terminated then, {run['exit_code']}",
                  code == 130 and run["exit_code"] == 143)  # fmt: skip
    yield workers_finding("Ctrl-C twice", run, 3, {"signed_off", "stayed"}, [])
    yield Finding("Ctrl-C twice: orders", in_words(run, rows, deliveries - rows), balances(run, rows))


def worker_killed(machines: Machines, passwords: Passwords) -> Iterator[Finding]:
    session = ssh_session(machines, passwords, "worker-killed", "20s")
    with machines.script("worker-killed", passwords.servers) as script:
        session.under_way(1000)
        for pid in workers_on(machines.scene.hosts[1]):
            os.kill(pid, signal.SIGKILL)
        run, code = both_ends(machines, session, script)
    rows, deliveries = session.rows()
    yield Finding("one worker is killed: exit codes", f"script {code} (128 + 9), session {run['exit_code']}",
                  code == 137 and run["exit_code"] == 3)  # fmt: skip
    yield workers_finding("one worker is killed", run, 3, {"stayed", "missing"}, [])
    yield Finding("one worker is killed: orders", f"{in_words(run, rows, deliveries - rows)}; {run['verdict']['text']}",
                  balances(run, rows) and rows == run["orders"])  # fmt: skip


def ssh_killed(machines: Machines, passwords: Passwords) -> Iterator[Finding]:
    session = ssh_session(machines, passwords, "ssh-killed", "20s")
    with machines.script("ssh-killed", passwords.servers) as script:
        session.under_way(1000)
        os.kill(script.ssh_to(machines.scene.hosts[0]), signal.SIGKILL)
        run, code = both_ends(machines, session, script)
    rows, deliveries = session.rows()
    yield Finding("one ssh is killed: exit codes", f"script {code} (128 + 9), session {run['exit_code']}",
                  code == 137 and run["exit_code"] == 0)  # fmt: skip
    how = {w["host"]: w["how"] for w in run["workers"]}
    yield Finding("one ssh is killed: workers", ", ".join(f"{host} {how[host]}" for host in sorted(how)),
                  [how[h.name] for h in machines.scene.hosts] == ["signed_off", "stayed", "stayed"])  # fmt: skip
    yield Finding("one ssh is killed: orders", in_words(run, rows, deliveries - rows),
                  balances(run, rows) and rows == run["orders"])  # fmt: skip


ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PARTS = {"slurm": slurm, "ssh": ssh}


def end(number: int, _: object) -> None:
    """Ends the script once; what it has started is stopped then without an interruption."""
    for each in ENDS:
        signal.signal(each, signal.SIG_IGN)
    sys.exit(128 + number)


def checked(part: str, binary: str, folder: Path) -> list[Finding]:
    """What the part has found, up to where it failed."""
    findings = []
    try:
        with contextlib.closing(PARTS[part](binary, folder)) as found:
            for finding in found:
                say(f"{part}: {finding.what}: {finding.seen}: {'as expected' if finding.good else 'NOT as expected'}")
                findings.append(finding)
    except Exception as error:  # noqa: BLE001
        output = getattr(error, "stderr", None) or ""
        findings.append(Finding("the part itself", f"{type(error).__name__}: {error} {output}".strip(), False))
        say(f"{part}: {findings[-1].seen}")
    return findings


def main(arguments: list[str]) -> int:
    binary, folder, parts = arguments[0], Path(arguments[1]), arguments[2:] or list(PARTS)
    for part in parts:
        if part not in PARTS:
            print(f"deploy.sh: '{part}' is no part; the parts are: {', '.join(PARTS)}", file=sys.stderr)
            return 2
    for number in ENDS:
        signal.signal(number, end)
    os.umask(0o022)  # a plain user is to read what is made here
    findings = [(part, finding) for part in parts for finding in checked(part, binary, folder)]
    table(["Example", "What", "What was seen", "Result"],
          [[part, f.what, f.seen.replace("\n", " ").replace("|", "\\|"), "as expected" if f.good else "NOT as expected"]
           for part, f in findings], "---")  # fmt: skip
    return 0 if all(f.good for _, f in findings) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
