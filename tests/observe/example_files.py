"""The files of examples/observe: what can be checked of them without a Prometheus that runs, and what check_observe.py asks
one."""

import json
import os
import pathlib
import re
import subprocess
import sys

REPO = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = REPO / "examples/observe"
WAIT_S = 60  # the longest wait for anything but a session
RATE_WINDOW = "5s"  # for Grafana's $__rate_interval at a scrape interval of 1 s
HERE = "127.0.0.1"
COLUMNS = 24  # of a dashboard


class Failure(Exception):
    pass


failures = []


def say(text):
    print(f"check-observe.sh: {text}", file=sys.stderr, flush=True)


def need(holds, what, *details):
    if not holds:
        failures.append(what)
        say("error: " + " ".join([what, *(str(d) for d in details)])[:1500])
    return bool(holds)


def run(*command, stdin=None):
    return subprocess.run(command, input=stdin, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=WAIT_S)


def dashboard():
    return json.loads((EXAMPLES / "dashboard.json").read_text())


def in_prometheus(expression):
    """As Grafana sends it: all patterns, scenarios and jobs."""
    return re.sub(r"\$\w+", ".*", expression.replace("$__rate_interval", RATE_WINDOW))


def dashboard_expressions():
    """(where, expression) of each panel, annotation and variable."""
    board, out = dashboard(), []
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            out.append((f"{panel['title']} {target['refId']}", in_prometheus(target["expr"])))
    for annotation in board["annotations"]["list"]:
        out.append((f"annotation {annotation['name']}", in_prometheus(annotation["expr"])))
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            metric, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["definition"]).groups()
            out.append((f"variable {variable['name']}", f"count by ({label}) ({metric})"))
    return out


def check_shape():
    board = dashboard()
    need("id" not in board, "dashboard: has an id, which belongs to one Grafana")
    need(board["uid"] and board["schemaVersion"] >= 36, "dashboard: uid or schemaVersion")
    names = {v["name"] for v in board["templating"]["list"]}
    need({"DS_PROMETHEUS", "job", "pattern", "scenario"} == names, "dashboard: other variables:", names)
    taken = set()
    for panel in board["panels"]:
        where, at = f"dashboard: {panel['title']}:", panel["gridPos"]
        place = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        need(not place & taken and at["x"] + at["w"] <= COLUMNS, where, "lies on another panel, or outside")
        taken |= place
        if panel["type"] == "row":
            continue
        need(panel["datasource"]["uid"] == "${DS_PROMETHEUS}", where, "another data source")
        need(panel["targets"], where, "asks nothing")
        for target in panel["targets"]:
            need(target["datasource"]["uid"] == "${DS_PROMETHEUS}", where, "another data source")
            used = set(re.findall(r"\$(\w+)", target["expr"])) - {"__rate_interval"}
            need(used <= names, where, "unknown variables:", used - names)
    say(f"dashboard: {sum(p['type'] != 'row' for p in board['panels'])} panels, {len(dashboard_expressions())} expressions")


def check_promtool(what, *arguments):
    done = run("promtool", *arguments)
    if need(done.returncode == 0, f"promtool {what}:", done.stdout):
        say(f"promtool accepts {what}")


def check_static():
    check_promtool("prometheus.yml", "check", "config", str(EXAMPLES / "prometheus.yml"))
    check_promtool("the rules", "check", "rules", str(EXAMPLES / "recording.yml"), str(EXAMPLES / "alerts.yml"))
    check_promtool("the tests of the alerts", "test", "rules", str(EXAMPLES / "alerts_test.yml"))
    check_shape()
    # JSON is YAML; a recording rule has any expression.
    made = {"groups": [{"name": "dashboard", "rules": [{"record": f"dashboard:{i}", "expr": expression}
                                                       for i, (_, expression) in enumerate(dashboard_expressions())]}]}
    file = pathlib.Path(os.environ.get("TMPDIR", "/tmp")) / f"dashboard-rules.{os.getpid()}.yml"
    try:
        file.write_text(json.dumps(made))
        check_promtool("the expressions of the dashboard", "check", "rules", str(file))
    finally:
        file.unlink(missing_ok=True)


def config(ports):
    run_port, services, worker, api = ports
    text = (EXAMPLES / "prometheus.yml").read_text()
    for was, now in (('["127.0.0.1:9464"]', json.dumps([f"{HERE}:{p}" for p in (run_port, services, worker)])),
                     ('["127.0.0.1:9465"]', json.dumps([f"{HERE}:{api}"])),
                     ("- recording.yml", f"- {EXAMPLES / 'recording.yml'}"), ("- alerts.yml", f"- {EXAMPLES / 'alerts.yml'}")):
        if was not in text:
            raise Failure(f"prometheus.yml has no {was}")
        text = text.replace(was, now)
    return text
