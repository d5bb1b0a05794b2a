"""Lets a real Prometheus scrape real sessions of pipebench, and asks it every expression of examples/observe.

    check_observe.py static                              what needs no program that runs
    check_observe.py live PIPEBENCH PROMETHEUS_PORT PORT... SCRATCH MINUTES
                                                         the rest; the ports are those of config, and the minutes those
                                                         of --profile deployment, all patterns together
    check_observe.py config PORT...                      prints a configuration: of run, services, worker, mock-api

One line per check on stderr; exit code 1 if one failed. All of it is on the loopback interface.
"""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

from example_files import (HERE, REPO, WAIT_S, Failure, check_static, config, dashboard_expressions, failures, need, run,
                           say)

PATTERNS = 5
SCRAPE_PAUSE_S = 0.2
MOST_LINTED = 8  # scrapes of one command in one phase
EDGE_S = 1.5  # around a session: what Prometheus scrapes then may find it not begun or gone

# Expressions that are empty unless something is wrong which no session here is made to suffer.
ONLY_IN_TROUBLE = {
    "PipebenchOrdersWrong": "no pattern loses or spoils an order",
    "PipebenchWorkersMissing": "the worker here does not die; scripts/scale.sh kills some",
    "PipebenchStuck": "would take a server that does not answer for a minute",
    "PipebenchStreamPendingOld": "would take an order of half a minute",
    "PipebenchEventLoopLag": "would take work for the CPU in the event loops; pipebench's own take microseconds",
    "PipebenchQueueGrows": "depends on how fast this machine is",
    "PipebenchResponseSlow": "depends on how fast this machine is",
    "PipebenchObjectiveMissed": "depends on how fast this machine is",
}


# --- Prometheus ---


def rules(port):
    """(name, expression) of the rules that Prometheus has loaded."""
    groups = ask(port, "rules")["groups"]
    return [(rule["name"], rule["query"], rule["type"]) for group in groups for rule in group["rules"]]


def ask(port, what, **parameters):
    url = f"http://{HERE}:{port}/api/v1/{what}?{urllib.parse.urlencode(parameters)}"
    try:
        with urllib.request.urlopen(url, timeout=WAIT_S) as answer:
            return json.load(answer)["data"]
    except urllib.error.HTTPError as e:
        raise Failure(f"{what}: {json.load(e).get('error')}") from e


def values(port, expression, begin, end):
    """All numbers of all series between the two times."""
    step = max(1, int((end - begin) / 5000) + 1)
    found = ask(port, "query_range", query=expression, start=begin, end=end, step=step)["result"]
    return [float(v) for series in found for _, v in series["values"] if v != "NaN"]


def wait_until(what, holds):
    limit = time.time() + WAIT_S
    while not holds():
        if time.time() > limit:
            raise Failure(f"waited for {WAIT_S} s: {what}")
        time.sleep(0.1)


def is_ready(port):
    try:
        with urllib.request.urlopen(f"http://{HERE}:{port}/-/ready", timeout=1):
            return True
    except OSError:
        return False


# --- sessions ---


class Scrapes:
    """Scrapes of one command, linted when it is over."""

    def __init__(self, command):
        self.command, self.by_phase, self.names = command, {}, set()
        self.first = self.last = None  # when it answered

    def take(self, port, after_a_kill=False):
        try:
            with urllib.request.urlopen(f"http://{HERE}:{port}/metrics", timeout=5) as answer:
                text = answer.read().decode()
        except OSError:
            return False
        self.last = time.time()
        self.first = self.first or self.last
        phase = re.search(r'^pipebench_session_phase\{phase="(\w+)"\} 1$', text, re.M)
        name = phase[1] if phase else "serving"
        if name == "idle":
            name = "between runs" if "pipebench_runs_total" in text else "before the first run"
        if after_a_kill and name == "running" and self.has_killed(text):
            name = "after a kill"
        self.by_phase.setdefault(name, []).append(text)
        self.names |= set(re.findall(r"^# TYPE (\w+) ", text, re.M))
        return True

    @staticmethod
    def has_killed(text):
        """--chaos ...@50% kills when half of the orders are done."""
        numbers = [re.search(rf"^pipebench_{name}.* (\d+)$", text, re.M)
                   for name in ('orders_total.*outcome="stored"', "run_orders")]
        return all(numbers) and int(numbers[0][1]) > 0.6 * int(numbers[1][1])

    def lint(self):
        for phase, texts in self.by_phase.items():
            some = texts[:: max(1, len(texts) // MOST_LINTED)]
            for text in some:
                done = run("promtool", "check", "metrics", stdin=text)
                need(done.returncode == 0 and not done.stdout, f"promtool check metrics: {self.command}, {phase}:", done.stdout)
            say(f"promtool check metrics: {self.command}, {phase}: {len(some)} of {len(texts)} scrapes")


class Scene:
    def __init__(self, pipebench, prometheus, ports, scratch, minutes):
        self.pipebench, self.prometheus, self.scratch, self.minutes = pipebench, prometheus, scratch, minutes
        self.ports = dict(zip(("run", "services", "worker", "mock-api"), ports))
        self.began = time.time()
        self.names, self.running = set(), []

    def start(self, port, *arguments, env=None):
        log = open(self.scratch / f"{arguments[0]}.log", "a")
        process = subprocess.Popen([self.pipebench, *arguments, "--metrics", f"{HERE}:{port}"], stdin=subprocess.DEVNULL,
                                   stdout=log, stderr=log, env={**os.environ, **(env or {})})
        log.close()
        self.running.append(process)
        return process

    def stop(self, process):
        if process.poll() is None:
            process.terminate()
        process.wait(WAIT_S)

    def stop_all(self):
        for process in reversed(self.running):
            self.stop(process)

    def session(self, title, *arguments, env=None, beside=(), phases=(), limit=WAIT_S * 5):
        """A whole command: scraped in every phase, and there for Prometheus all the time. beside: commands that are
        there, too. phases: which must have been seen."""
        process = self.start(self.ports["run"], *arguments, env=env)
        watched = [(self.ports["run"], Scrapes(title)), *((self.ports[name], Scrapes(name)) for name in beside)]
        end = time.time() + limit
        while process.poll() is None:
            for port, scrapes in watched:
                scrapes.take(port, after_a_kill="after a kill" in phases)
            if time.time() > end:
                self.stop(process)
                raise Failure(f"{title}: does not end")
            time.sleep(SCRAPE_PAUSE_S)
        # What the numbers of a busy machine are worth is not judged here.
        need(process.returncode in (0, 1, 3), f"{title}: exit code {process.returncode}:", self.end_of_log(arguments[0]))
        for phase in phases:
            need(phase in watched[0][1].by_phase, f"{title}: no scrape in the phase '{phase}':", list(watched[0][1].by_phase))
        for port, scrapes in watched:
            if need(scrapes.first, f"{scrapes.command}: no metrics"):
                self.check_up(scrapes.command, port, scrapes.first, scrapes.last)
                scrapes.lint()
                self.names |= scrapes.names

    def end_of_log(self, command):
        return (self.scratch / f"{command}.log").read_text()[-800:]

    def check_up(self, title, port, begin, end):
        begin, end = begin + EDGE_S, end - EDGE_S
        if end - begin < 1:
            say(f"up: {title} was too short to tell")
            return
        found = ask(self.prometheus, "query", query=f'up{{instance="{HERE}:{port}"}}[{int(end - begin)}s]', time=end)["result"]
        ups = [(at, up) for series in found for at, up in series["values"]]
        down = [at - begin for at, up in ups if up != "1"]
        # A second without a scrape is Prometheus's own: of a server that does not answer, it writes up == 0.
        gap = max((late[0] - early[0] for early, late in zip(ups, ups[1:])), default=0)
        seen = f"{title}: {len(ups)} scrapes in {end - begin:.0f} s, at most {gap:.0f} s apart"
        if need(not down and 2 * len(ups) > end - begin - 1, f"up: {seen}; not up after these seconds:", down):
            say(f"up == 1: {seen}")

    def servers_of(self, services):
        """The variables that `pipebench services` prints."""
        log = self.scratch / "services.log"
        wait_until("services", lambda: services.poll() is not None or "export PIPEBENCH_TARGET" in log.read_text())
        return dict(re.findall(r"^export (PIPEBENCH_(?:POSTGRES|REDIS|TARGET))='?([^'\n]*)'?$", log.read_text(), re.M))

    def closed(self):
        self.session("run of all patterns, two rounds", "run", "-n", "400", "-c", "40", "--repeat", "2", "--loop-lag",
                     phases=("before the first run", "running", "between runs"))
        result = self.scratch / "kill.json"
        self.session("run with a kill", "run", "-p", "redis-streams", "-n", "1200", "-c", "40", "--lease", "1s", "--chaos",
                     "kill-worker@50%", "--export-json", str(result), phases=("running", "after a kill"))
        need(json.loads(result.read_text())["runs"][0]["recovery"]["killed"] == "worker", "run with a kill: nothing was killed")
        self.session("run with failures", "run", "-p", "semaphore,thread-pool", "-n", "4k", "-c", "200", "--http-latency", "20ms",
                     "--scenario", "hostile,flaky", "--attempts", "1")
        self.session("run that is throttled", "run", "-p", "fan-out,semaphore", "-n", "6k", "-c", "500", "--http-latency", "20ms",
                     "--scenario", "throttled")

    def others(self):
        self.session("sweep", "sweep", "-p", "semaphore", "-n", "400", "--concurrency", "10,50", "--http-latency", "20ms",
                     phases=("running",))
        self.session("gate", "gate", "--baseline", self.pipebench, "-p", "semaphore", "--repeat", "8", "-n", "300",
                     "--http-latency", "30ms", phases=("running",))

    def workers(self):
        services = self.start(self.ports["services"], "services", "-p", "redis-streams", "--http-latency", "20ms")
        env = self.servers_of(services)
        need(len(env) == 3, "services: its variables:", env)
        began = time.time() + EDGE_S
        worker = self.start(self.ports["worker"], "worker", "--join", "observed", "--processes", "2", "--workers", "20", env=env)
        self.session("run with a worker elsewhere", "run", "-p", "redis-streams", "--session", "observed", "--expect-workers", "1",
                     "--join-timeout", "30s", "-n", "4k", "--db-latency", "200ms", env=env, beside=("services", "worker"),
                     phases=("running",))
        need(not values(self.prometheus, f'pipebench_queue_depth{{instance="{HERE}:{self.ports["run"]}"}}', began, time.time()),
             "run with a worker elsewhere: it cannot know how many wait, and says it")
        need(worker.wait(WAIT_S) == 0, "worker: its exit code:", worker.returncode, self.end_of_log("worker"))
        self.stop(services)

    def open_run(self):
        api = self.start(self.ports["mock-api"], "mock-api")
        log = self.scratch / "mock-api.log"
        wait_until("mock-api", lambda: api.poll() is not None or "/orders/1" in log.read_text())
        target = re.search(r"(http://\S+)/orders/1", log.read_text())[1]
        seconds = 60 * self.minutes // PATTERNS
        self.session("open run of --profile deployment", "run", "--profile", "deployment", "--duration", f"{seconds}s", "--loop-lag",
                     "--target", target, beside=("mock-api",), phases=("running",), limit=60 * self.minutes + WAIT_S * 5)
        self.stop(api)

    # --- what Prometheus has seen ---

    def check_answers(self):
        now = time.time()
        begin, answered, quiet = self.began, 0, []
        for where, expression in dashboard_expressions():
            if need(values(self.prometheus, expression, begin, now), f"dashboard: {where}: no answer:", expression):
                answered += 1
        say(f"dashboard: {answered} expressions answer")
        for name, expression, kind in rules(self.prometheus):
            found = values(self.prometheus, expression, begin, now)
            if kind == "recording" or name not in ONLY_IN_TROUBLE:
                if need(found, f"rule {name}: no answer:", expression):
                    say(f"rule {name} answers")
            else:
                quiet.append(name)
                say(f"rule {name} {'answers' if found else 'is valid and quiet: ' + ONLY_IN_TROUBLE[name]}")
            self.check_metrics_of(name, expression, begin, now)
        need(set(quiet) == set(ONLY_IN_TROUBLE), "rules that do not exist:", set(ONLY_IN_TROUBLE) - set(quiet))

    def check_metrics_of(self, name, expression, begin, end):
        """A quiet alert must not be one that asks for what does not exist."""
        for metric in set(re.findall(r"\bpipebench[_:][\w:]+", expression)):
            need(values(self.prometheus, f"count({metric})", begin, end), f"rule {name}: there is no {metric}")

    def check_document(self):
        listed = set(re.findall(r"^\| `(pipebench_\w+)`", (REPO / "docs/observe.md").read_text(), re.M))
        if need(listed == self.names, "docs/observe.md: differs from what was scraped:", listed ^ self.names):
            say(f"docs/observe.md lists the {len(listed)} metrics that were scraped")


def live(pipebench, prometheus, ports, scratch, minutes):
    wait_until("Prometheus", lambda: is_ready(prometheus))
    wait_until("Prometheus: all targets", lambda: len(ask(prometheus, "query", query="up")["result"]) == len(ports))
    scene = Scene(pipebench, prometheus, ports, pathlib.Path(scratch), minutes)
    try:
        scene.closed()
        scene.others()
        scene.workers()
        scene.open_run()
    finally:
        scene.stop_all()
    time.sleep(EDGE_S)
    scene.check_answers()
    scene.check_document()


def main(arguments):
    what, rest = arguments[0], arguments[1:]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        if what == "static":
            check_static()
        elif what == "config":
            print(config(rest), end="")
        else:
            live(rest[0], int(rest[1]), [int(p) for p in rest[2:6]], rest[6], int(rest[7]))
    except Failure as e:
        need(False, str(e))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
