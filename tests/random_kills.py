"""Kills parts of a running pipebench at random moments, and counts by SQL what became of the orders.

Runs on servers of its own, in a directory of its own. Called by scripts/random-kills.sh, which builds the binary.
Prints a table, and each rule that was broken; exits with 1 if there is one.
"""

import argparse
import contextlib
import dataclasses
import glob
import json
import os
import pwd
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ORDERS = 1500
# A run takes at least ORDERS / 20 x 12 ms = 0.9 s, so that most kills come amid it.
WORK = ["-n", str(ORDERS), "-c", "20", "--http-latency", "10ms", "--db-latency", "2ms", "--db-connections", "8",
        "--lease", "500ms", "--attempt-timeout", "2s", "--order-timeout", "10s", "--seed", "7",
        "--busy-limit", "100%", "--grace", "5s", "--quiet"]
LONGEST_SESSION_S = 90
LATEST_KILL_S = 1.2

COLUMNS = ("order_id, customer, region, currency, item_count, total_minor, weight_grams, promised_on, line_totals, "
           "checksum")
PATTERNS = ["fan-out", "semaphore", "process-pool", "thread-pool", "redis-streams"]
WITH_WORKERS = ["process-pool", "redis-streams"]
# Victim -> the patterns that have it. The servers of `own-...` are throwaway servers of the session.
VICTIMS = {"worker": WITH_WORKERS, "run": PATTERNS, "mock-api": PATTERNS, "backend": PATTERNS,
           "postmaster": PATTERNS, "redis": ["redis-streams"], "own-backend": PATTERNS, "own-postmaster": PATTERNS,
           "own-redis": ["redis-streams"]}
# Their death is no part of what is measured, so the row must say it.
SPOILS_THE_ROW = {"run", "mock-api", "own-backend", "own-postmaster", "own-redis"}


def wait_until(condition, limit_s, what):
    end = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"random-kills: {what}: not within {limit_s} s")
        time.sleep(0.01)


def read_text(path):
    try:
        with open(path, "rb") as f:
            return f.read().decode(errors="replace")
    except OSError:
        return ""


def command_line(pid):
    return read_text(f"/proc/{pid}/cmdline").replace("\0", " ").strip()


def all_pids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def parent_and_state(pid):
    stat = read_text(f"/proc/{pid}/stat")
    fields = stat[stat.rfind(")") + 1:].split()
    return (int(fields[1]), fields[0]) if len(fields) > 1 else (0, "X")


def is_alive(pid):
    return parent_and_state(pid)[1] not in "ZX"


def descendants(pid):
    children = {}
    for p in all_pids():
        children.setdefault(parent_and_state(p)[0], []).append(p)
    out, waiting = [], [pid]
    while waiting:
        found = children.get(waiting.pop(), [])
        out += found
        waiting += found
    return out


class Servers:
    """A PostgreSQL and a Redis on unix sockets, which come back when they are killed."""

    def __init__(self, directory):
        self.directory = directory
        self.user = "postgres" if os.geteuid() == 0 else None
        self.bindir = max(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda d: float(d.split("/")[4]))
        self.postgres_home = os.path.join(directory, "pg")
        self.data = os.path.join(self.postgres_home, "data")
        self.socket = os.path.join(directory, "redis.sock")
        os.mkdir(self.postgres_home)
        if self.user:
            shutil.chown(self.postgres_home, self.user)
        subprocess.run([f"{self.bindir}/initdb", "-D", self.data, "-A", "trust", "-N", "-U", "pipebench"], check=True,
                       stdout=subprocess.DEVNULL, user=self.user, cwd=self.postgres_home)
        self.start_postgres()
        self.start_redis()

    @property
    def postgres_url(self):
        return f"postgresql:///postgres?host={self.postgres_home}&user=pipebench"

    def start_postgres(self):
        # A postmaster that was killed leaves this file; the next one checks that no backend is left.
        self.postgres = subprocess.Popen(
            [f"{self.bindir}/postgres", "-D", self.data, "-k", self.postgres_home, "-c", "listen_addresses=", "-c",
             "fsync=off", "-c", "max_connections=130"], user=self.user, cwd=self.postgres_home,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self.is_up, 60, "PostgreSQL starts")

    def is_up(self):
        if self.postgres.poll() is not None:  # the backends of its predecessor were not yet gone
            self.postgres = subprocess.Popen(self.postgres.args, user=self.user, cwd=self.postgres_home,
                                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(0.1)
        return subprocess.run(["psql", "-AtXqc", "SELECT 1", self.postgres_url], capture_output=True).returncode == 0

    def start_redis(self):
        self.redis = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.socket, "--save", "", "--appendonly", "no", "--dir",
             self.directory], stdout=subprocess.DEVNULL)
        wait_until(lambda: self.ask_redis("PING") == "PONG", 10, "Redis starts")

    def reap(self, pid):
        """Waits for the end of a server that was killed."""
        for server in (self.postgres, self.redis):
            if server.pid == pid:
                server.wait()

    def mend(self):
        """Starts again what a trial has killed."""
        if self.redis.poll() is not None:
            self.start_redis()
        if self.postgres.poll() is not None:
            self.start_postgres()
        wait_until(self.is_up, 60, "PostgreSQL recovers")

    def sql(self, text):
        done = subprocess.run(["psql", "-AtXqc", text, self.postgres_url], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"random-kills: {text}: {done.stderr.strip()}")
        return done.stdout.strip()

    def ask_redis(self, *words):
        return subprocess.run(["redis-cli", "-s", self.socket, *words], capture_output=True, text=True).stdout.strip()

    def stop(self):
        self.redis.kill()
        self.redis.wait()
        self.postgres.send_signal(signal.SIGINT)
        self.postgres.wait()


@dataclasses.dataclass
class Trial:
    number: int
    victim: str
    pattern: str
    delay_s: float
    outcome: str = "late"  # of the kill: "hit", or "late" when the run had ended
    stored: int = 0
    failed: int = 0
    trusted: bool = False
    broken: list = dataclasses.field(default_factory=list)  # the rules that it broke


def plan(number, seed):
    dice = random.Random(f"{seed}/{number}")
    victim = dice.choice(list(VICTIMS))
    return Trial(number, victim, dice.choice(VICTIMS[victim]), dice.uniform(0, LATEST_KILL_S))


class Judge:
    def __init__(self, binary, servers, directory):
        self.binary, self.servers, self.directory = binary, servers, directory
        self.tmp = os.path.join(directory, "tmp")
        os.mkdir(self.tmp)
        os.chmod(self.tmp, 0o1777)
        self.result_file = os.path.join(directory, "r.json")
        self.session = None

    def start(self, pattern, own_servers):
        where = [] if own_servers else ["--postgres", self.servers.postgres_url, "--redis",
                                        "unix://" + self.servers.socket, "--keep"]
        with contextlib.suppress(FileNotFoundError):
            os.remove(self.result_file)
        command = [self.binary, "-p", pattern, *WORK, *where, "--export-json", self.result_file]
        self.session = subprocess.Popen(command, env={**os.environ, "TMPDIR": self.tmp}, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, text=True)
        return self.session

    def stop(self):
        """Ends a session that was left under way."""
        if self.session and self.session.poll() is None:
            self.session.terminate()
            self.session.wait()

    def make_reference(self):
        session = self.start("semaphore", own_servers=False)
        _, said = session.communicate(timeout=LONGEST_SESSION_S)
        if session.returncode != 0:
            sys.exit(f"random-kills: a run without a kill failed: {said.strip()}")
        self.servers.sql(f"CREATE TABLE reference AS SELECT {COLUMNS} FROM {self.table()}")
        self.drop_schemas()

    def schemas(self):
        return self.servers.sql(r"SELECT nspname FROM pg_namespace WHERE nspname LIKE 'pipebench\_%'").split()

    def table(self):
        return self.servers.sql(r"SELECT format('%I.%I', schemaname, tablename) FROM pg_tables "
                                r"WHERE schemaname LIKE 'pipebench\_%'")

    def drop_schemas(self):
        for schema in self.schemas():
            self.servers.sql(f'SET client_min_messages = error; DROP SCHEMA "{schema}" CASCADE')

    def execute(self, trial):
        own = trial.victim.startswith("own-")
        session = self.start(trial.pattern, own)
        run = self.run_of(session)
        if run:
            time.sleep(trial.delay_s)
            self.kill(trial, session, run)
        if not own:
            self.servers.mend()
        try:
            _, said = session.communicate(timeout=LONGEST_SESSION_S)
        except subprocess.TimeoutExpired:
            trial.broken.append("hung")
            for pid in descendants(session.pid) + [session.pid]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            _, said = session.communicate()
        self.judge(trial, session.returncode, said.strip())
        if not own:
            self.count_by_sql(trial)
            self.drop_schemas()
        self.look_for_remains(trial)

    @staticmethod
    def run_of(session):
        """The process of the run; None if the session ends without one."""
        end = time.monotonic() + LONGEST_SESSION_S
        while session.poll() is None and time.monotonic() < end:
            found = [p for p in descendants(session.pid) if " _run" in command_line(p)]
            if found:
                return found[0]
            time.sleep(0.005)
        return None

    def kill(self, trial, session, run):
        candidates = self.candidates(trial.victim, session, run)
        if not candidates or not is_alive(run):
            return
        victim = random.Random(trial.number).choice(candidates)
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
            self.servers.reap(victim)
            trial.outcome = "hit" if victim == run or is_alive(run) else "late"

    def candidates(self, victim, session, run):
        if victim == "run":
            return [run]
        if victim == "worker":
            return [p for p in descendants(run) if is_alive(p)]
        if victim == "postmaster":
            return [self.servers.postgres.pid]
        if victim == "redis":
            return [self.servers.redis.pid]
        if victim == "backend":
            return self.backends(self.servers.postgres.pid)
        ours = {p: command_line(p) for p in descendants(session.pid) if p != run}
        if victim == "own-backend":
            return [p for p in ours if self.is_backend(ours[p])]
        pattern = {"mock-api": " mock-api ", "own-postmaster": "/postgres -D", "own-redis": "redis-server "}[victim]
        return [p for p in ours if re.search(pattern, ours[p])]

    def backends(self, postmaster):
        return [p for p in descendants(postmaster) if self.is_backend(command_line(p))]

    @staticmethod
    def is_backend(words):
        return re.match(r"postgres: \S+ \S+ \[local\]", words) is not None

    def judge(self, trial, code, said):
        if code not in (0, 3):
            trial.broken.append(f"exit code {code}: {said.splitlines()[-1] if said else 'no word'}")
        try:
            with open(self.result_file, encoding="utf-8") as f:
                self.result = json.load(f)["runs"][0]
        except (OSError, ValueError, IndexError) as e:
            self.result = None
            trial.broken.append(f"no result: {e}")
            return
        r = self.result
        trial.stored, trial.failed, trial.trusted = r["stored"], r["failed"], r["verdict"]["trusted"]
        if r["orders"] != sum(r[k] for k in ("stored", "failed", "dead_lettered", "not_started")):
            trial.broken.append("the orders do not add up")
        for kind in ("lost", "corrupt", "unexpected"):
            if r["ledger"][kind]:
                trial.broken.append(f"the ledger found {r['ledger'][kind]} {kind}")
        if trial.outcome == "hit" and trial.victim in SPOILS_THE_ROW and trial.trusted:
            trial.broken.append(f"trusted: {r['verdict']['text']}")
        if trial.victim == "worker" and trial.stored != ORDERS:
            trial.broken.append(f"{ORDERS - trial.stored} orders not stored")

    def count_by_sql(self, trial):
        if self.result is None:
            return
        table = self.table()
        rows = int(self.servers.sql(f"SELECT count(*) FROM {table}")) if table else 0
        if rows < trial.stored:
            trial.broken.append(f"{trial.stored - rows} lost: {trial.stored} said to be stored, {rows} rows")
        if not table:
            return
        wrong = int(self.servers.sql(f"SELECT count(*) FROM (SELECT {COLUMNS} FROM {table} EXCEPT "
                                     f"SELECT {COLUMNS} FROM reference) AS wrong"))
        if wrong:
            trial.broken.append(f"{wrong} rows corrupt or of no order")

    def look_for_remains(self, trial):
        """What is left breaks a rule, and is removed, so that the next trial does not find it."""
        mark = f"TMPDIR={self.tmp}"
        pids = [p for p in all_pids() if mark in read_text(f"/proc/{p}/environ").split("\0") and is_alive(p)]
        files = os.listdir(self.tmp)
        keys = self.servers.ask_redis("KEYS", "pipebench:*").split()
        if pids or files or keys:
            trial.broken.append(f"left behind: {' '.join([*map(str, pids), *files, *keys][:5])}")
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for name in files:
            shutil.rmtree(os.path.join(self.tmp, name), ignore_errors=True)
        if keys:
            self.servers.ask_redis("FLUSHALL")


def print_table(trials):
    print(f"{'Victim':<16}{'Kills':>6}{'Late':>6}{'Stored':>9}{'Failed':>8}{'Trusted':>9}{'Broken':>8}")
    for victim in VICTIMS:
        those = [t for t in trials if t.victim == victim]
        print(f"{victim:<16}{sum(t.outcome == 'hit' for t in those):>6}{sum(t.outcome == 'late' for t in those):>6}"
              f"{sum(t.stored for t in those):>9}{sum(t.failed for t in those):>8}"
              f"{sum(t.trusted for t in those):>9}{sum(bool(t.broken) for t in those):>8}")
    for t in trials:
        for rule in t.broken:
            print(f"trial {t.number}: {t.pattern}, {t.victim} killed ({t.outcome}) after {t.delay_s:.3f} s: {rule}")


def main():
    parser = argparse.ArgumentParser(prog="random-kills", description=__doc__.splitlines()[0])
    parser.add_argument("--binary", required=True)
    parser.add_argument("--kills", type=int, default=200, metavar="N", help="number of trials [200]")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="choose victims and moments by it [1]")
    parser.add_argument("--trial", type=int, metavar="K", help="only this one, to repeat what was found")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    numbers = [asked.trial] if asked.trial is not None else range(1, asked.kills + 1)
    trials = []
    with tempfile.TemporaryDirectory(prefix="random-kills-") as directory:
        os.chmod(directory, 0o755)
        servers = Servers(directory)
        judge = Judge(os.path.abspath(asked.binary), servers, directory)
        try:
            judge.make_reference()
            for number in numbers:
                trial = plan(number, asked.seed)
                judge.execute(trial)
                trials.append(trial)
                if trial.broken or number % 20 == 0:
                    print(f"random-kills: {number} done", *trial.broken, sep="; ", file=sys.stderr, flush=True)
        except KeyboardInterrupt:
            print("random-kills: interrupted", file=sys.stderr)
        finally:
            judge.stop()
            servers.stop()
    print_table(trials)
    sys.exit(any(t.broken for t in trials))


if __name__ == "__main__":
    main()
