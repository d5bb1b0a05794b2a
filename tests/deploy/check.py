"""What scripts/check-deploy.sh checks in examples/deploy beyond a schema. Prints a line for each fault.

  check.py compose CONFIG REPLICAS SECRET...   a file that `docker-compose config` printed
  check.py kubernetes RENDERED SKETCH          what `kubectl kustomize` printed, and the sketch for KEDA
  check.py systemd UNIT ENVIRONMENT_FILE
  check.py start UNIT ENVIRONMENT_FILE NAME    prints the variables and words of ExecStart, one a line
  check.py json FILE...                        the documents of YAML files as one JSON list

Times, options and variables of pipebench are taken from its sources. Each check is first given a file with faults put
in; if it misses one, that is a fault, too.
"""

import configparser
import copy
import json
import re
import shlex
import sys
from pathlib import Path
from urllib.parse import urlsplit

import yaml

repo = Path(__file__).resolve().parents[2]


def source(pattern, *files):
    for file in files:
        found = re.findall(pattern, (repo / file).read_text())
        if found:
            return found
    raise SystemExit(f"check.py: {files} no longer has {pattern}")


def seconds_of(pattern, file):
    return int(source(pattern + r"[^;]*seconds\{(\d+)\}", file)[0])


order_timeout = seconds_of(r"duration order =", "include/pipebench/workload.hpp")
worker_grace = seconds_of(r"duration grace =", "src/session/worker_agent.hpp")
session_grace = seconds_of(r"duration grace =", "src/session/session.hpp")
version = source(r"project\(pipebench VERSION ([\d.]+)", "CMakeLists.txt")[0]
sources = "".join(file.read_text() for file in sorted((repo / "src").rglob("*.cpp")))
options = set(re.findall(r'"(?:-\w,)?(--[a-z][a-z-]*)[",]', sources))
variables = set(re.findall(r'environment\("(\w+)"\)', sources))
servers = {"PIPEBENCH_REDIS", "PIPEBENCH_POSTGRES", "PIPEBENCH_TARGET"}
assert servers < variables and {"--join", "--session", "--order-timeout"} < options


class Faults(list):
    def expect(self, good, what):
        if not good:
            self.append(what)

    def expect_options(self, words, where):
        for word in words:
            name = word.split("=")[0]
            self.expect(not word.startswith("-") or name in options, f"{where}: pipebench has no option {name}")

    def expect_variables(self, names, where):
        missing = servers - set(names)
        unknown = {name for name in names if name.startswith("PIPEBENCH_")} - variables
        self.expect(not missing, f"{where}: does not get {missing}")
        self.expect(not unknown, f"{where}: pipebench does not read {unknown}")


def option(words, name):
    return next((word.split("=", 1)[1] for word in words if word.startswith(name + "=")), None)


def seconds(text):
    """Of 90, 90s or 1m30s."""
    parts = re.findall(r"(\d+)([hms]?)", str(text))
    return sum(int(number) * {"h": 3600, "m": 60, "s": 1, "": 1}[unit] for number, unit in parts)


def check_graces(faults, worker, session):
    faults.expect(worker_grace > order_timeout, "worker: --grace is not longer than --order-timeout")
    faults.expect(worker > worker_grace, f"worker: stopped after {worker} s, and its --grace is {worker_grace} s")
    faults.expect(session > session_grace, f"coordinator: stopped after {session} s, its --grace is {session_grace} s")


def compose(config, replicas, secrets):
    faults = Faults()
    services = config["services"]
    worker, coordinator = services["worker"], services["coordinator"]
    faults.expect(worker["deploy"]["replicas"] == replicas, f"not {replicas} replicas: {worker['deploy']}")
    expected = option(coordinator["command"], "--expect-workers")
    faults.expect(expected == str(replicas), f"the coordinator waits for {expected} workers of {replicas}")
    faults.expect(f"--join={option(coordinator['command'], '--session')}" in worker["command"], "another session")
    check_graces(faults, seconds(worker["stop_grace_period"]), seconds(coordinator["stop_grace_period"]))

    for name, service in services.items():
        command = json.dumps([service.get("command"), service.get("entrypoint"), service.get("healthcheck")])
        for secret in secrets:
            faults.expect(secret not in command, f"{name}: the password {secret} is in a command")
        faults.expect(not service.get("ports"), f"{name}: publishes a port")
        faults.expect(set(service["networks"]) == {"bench"}, f"{name}: is in another network, too")
        faults.expect(service.get("mem_limit"), f"{name}: no limit of memory")
        for other, how in service.get("depends_on", {}).items():
            faults.expect(how["condition"] == "service_healthy" and "healthcheck" in services[other],
                          f"{name}: does not wait until {other} is healthy")
    for name in "worker", "coordinator", "mock-api":
        service = services[name]
        faults.expect_options(service["command"], name)
        faults.expect(service["cap_drop"] == ["ALL"], f"{name}: keeps capabilities")
        faults.expect("no-new-privileges:true" in service["security_opt"], f"{name}: may gain privileges")
        context = service["build"]["context"] if isinstance(service["build"], dict) else service["build"]
        faults.expect((Path(context) / "Dockerfile").is_file(), f"{name}: no Dockerfile in {context}")
    for name in "worker", "coordinator":
        faults.expect_variables(services[name]["environment"], name)
        for url, server in (("PIPEBENCH_REDIS", "redis"), ("PIPEBENCH_POSTGRES", "postgres"),
                            ("PIPEBENCH_TARGET", "mock-api")):
            faults.expect(urlsplit(services[name]["environment"][url]).hostname == server, f"{name}: {url}: no {server}")
    passwords = {name: urlsplit(worker["environment"][name]).password for name in servers}
    faults.expect(passwords["PIPEBENCH_REDIS"] == services["redis"]["environment"]["REDISCLI_AUTH"] in secrets,
                  "redis: another password than the worker's")
    faults.expect(passwords["PIPEBENCH_POSTGRES"] == services["postgres"]["environment"]["POSTGRES_PASSWORD"] in secrets,
                  "postgres: another password than the worker's")
    targets = [volume["target"] if isinstance(volume, dict) else volume.split(":")[1]
               for volume in coordinator["volumes"]]
    faults.expect(targets == ["/results"], f"coordinator: results go to {targets}")
    faults.expect(config["networks"]["bench"].get("internal") is True, "the network is not internal")
    return faults


compose_faults = [
    ("worker", lambda services: services["worker"].update(stop_grace_period="1m0s")),
    ("replicas", lambda services: services["worker"]["deploy"].update(replicas=14)),
    ("in a command", lambda services: services["redis"].update(
        command=["redis-server", "--requirepass", services["redis"]["environment"]["REDISCLI_AUTH"]])),
    ("no option", lambda services: services["worker"].update(command=["worker", "--join=compose", "--wiat=2m"])),
    ("publishes", lambda services: services["redis"].update(ports=["6379:6379"])),
]


def kubernetes(documents, sketch):
    faults = Faults()
    by_kind = {}
    for document in documents:
        by_kind.setdefault(document["kind"], []).append(document)
    kinds = {"Namespace", "ConfigMap", "Secret", "NetworkPolicy", "Deployment", "Job"}
    faults.expect(set(by_kind) == kinds, f"not each of {kinds}")
    faults.expect(all(len(same) == 1 for same in by_kind.values()), "two of a kind")
    only = {kind: same[0] for kind, same in by_kind.items()}
    namespace = only["Namespace"]["metadata"]["name"]
    for kind in kinds - {"Namespace"}:
        faults.expect(only[kind]["metadata"].get("namespace") == namespace, f"{kind}: not in {namespace}")

    deployment = only["Deployment"]["spec"]
    pods = {"worker": deployment["template"], "coordinator": only["Job"]["spec"]["template"]}
    given = {"configMapRef": only["ConfigMap"], "secretRef": only["Secret"]}
    secret = only["Secret"].get("stringData", {})
    values = {**only["ConfigMap"]["data"], **secret}
    for name, template in pods.items():
        pod, containers = template["spec"], template["spec"]["containers"]
        faults.expect(len(containers) == 1, f"{name}: more than one container")
        container = containers[0]
        for reference in container["envFrom"]:
            ((kind, target),) = reference.items()
            faults.expect(target["name"] == given[kind]["metadata"]["name"], f"{name}: there is no {kind} {target}")
        faults.expect({kind for each in container["envFrom"] for kind in each} == set(given), f"{name}: not from both")
        for each in container.get("env", []):
            for kind, target in each.get("valueFrom", {}).items():
                holder = only["Secret" if kind == "secretKeyRef" else "ConfigMap"]
                keys = {**holder.get("data", {}), **holder.get("stringData", {})}
                faults.expect(target["name"] == holder["metadata"]["name"] and target["key"] in keys,
                              f"{name}: there is no {kind} {target}")
        for key in re.findall(r"\$\((\w+)\)", " ".join(container["args"])):
            faults.expect(key in values, f"{name}: nothing says what $({key}) is")
        faults.expect_variables(values, name)
        faults.expect_options(container["args"], name)
        for text in [*container["args"], *only["ConfigMap"]["data"].values()]:
            faults.expect(not any(value in text for value in secret.values()), f"{name}: a secret is not in the Secret")
            faults.expect(not urlsplit(text).password, f"{name}: a password is not in the Secret")
        faults.expect(container["image"] == f"pipebench:{version}", f"{name}: the image is {container['image']}")
        probes = [key for key in container if key.endswith("Probe")]
        faults.expect(not probes and "ports" not in container, f"{name}: has ports or probes, and opens no port")
        faults.expect("cpu" not in container["resources"]["limits"], f"{name}: its CPU is limited")
        faults.expect(pod["automountServiceAccountToken"] is False, f"{name}: has a token of the cluster")
        # What the label `restricted` of the namespace asks for.
        security, inner = pod["securityContext"], container["securityContext"]
        faults.expect(security["runAsNonRoot"] is True and security["runAsUser"] > 0
                      and security["seccompProfile"]["type"] == "RuntimeDefault"
                      and inner["allowPrivilegeEscalation"] is False and inner["capabilities"] == {"drop": ["ALL"]},
                      f"{name}: its namespace would refuse it")
        mounts = {mount["name"] for mount in container["volumeMounts"]}
        faults.expect(mounts == {volume["name"] for volume in pod["volumes"]}, f"{name}: mounts {mounts}")

    faults.expect("--join=$(SESSION)" in pods["worker"]["spec"]["containers"][0]["args"], "worker: another session")
    coordinator = pods["coordinator"]["spec"]
    faults.expect("--session=$(SESSION)" in coordinator["containers"][0]["args"], "coordinator: another session")
    faults.expect("--expect-workers=$(EXPECT_WORKERS)" in coordinator["containers"][0]["args"]
                  and values["EXPECT_WORKERS"] == str(deployment["replicas"]),
                  f"waits for {values['EXPECT_WORKERS']} workers of {deployment['replicas']}")
    faults.expect(coordinator["restartPolicy"] == "Never" and only["Job"]["spec"]["backoffLimit"] == 0,
                  "the Job would repeat a measurement that failed")
    check_graces(faults, pods["worker"]["spec"].get("terminationGracePeriodSeconds", 30),
                 coordinator.get("terminationGracePeriodSeconds", 30))

    labels = {name: template["metadata"]["labels"] for name, template in pods.items()}
    selected = deployment["selector"]["matchLabels"]
    faults.expect(selected.items() <= labels["worker"].items(), "the Deployment does not select its own pods")
    faults.expect(not selected.items() <= labels["coordinator"].items(), "the Deployment selects the coordinator")
    check_policy(faults, only["NetworkPolicy"]["spec"], labels, values)
    check_sketch(faults, sketch, only["Deployment"])
    return faults


def check_policy(faults, policy, labels, values):
    for name, having in labels.items():
        faults.expect(policy["podSelector"]["matchLabels"].items() <= having.items(), f"NetworkPolicy: not for {name}")
    faults.expect("Ingress" in policy["policyTypes"] and not policy.get("ingress"), "NetworkPolicy: something may enter")
    faults.expect("Egress" in policy["policyTypes"], "NetworkPolicy: anything may leave")
    allowed = {}
    for rule in policy.get("egress") or []:
        faults.expect(rule.get("to") and rule.get("ports"), f"NetworkPolicy: a rule has no end or no port: {rule}")
        for peer in rule.get("to", []):
            faults.expect("ipBlock" in peer or peer.get("podSelector", {}).get("matchLabels"),
                          f"NetworkPolicy: a rule is for all: {peer}")
            pods = peer.get("podSelector", {}).get("matchLabels", {})
            name = pods.get("app.kubernetes.io/name") or pods.get("k8s-app")
            allowed.setdefault(name, set()).update((p.get("protocol", "TCP"), p["port"]) for p in rule.get("ports", []))
    faults.expect(allowed.pop("kube-dns", None) == {("UDP", 53), ("TCP", 53)}, "NetworkPolicy: no DNS")
    for variable in sorted(servers):
        url = urlsplit(values.get(variable, ""))
        faults.expect(allowed.pop(url.hostname, None) == {("TCP", url.port)},
                      f"NetworkPolicy: {variable} cannot be reached, or more than that")
    faults.expect(not allowed, f"NetworkPolicy: also lets out to {allowed}")


def check_sketch(faults, sketch, deployment):
    scaled, authentication = sketch
    spec, metadata = scaled["spec"], deployment["metadata"]
    for document in sketch:
        faults.expect(document["metadata"].get("namespace") == metadata["namespace"],
                      f"KEDA: the {document['kind']} is not in the namespace of the Deployment")
    faults.expect(spec["scaleTargetRef"]["name"] == metadata["name"], "KEDA: another Deployment")
    faults.expect(spec.get("minReplicaCount", 0) >= 1 and "idleReplicaCount" not in spec, "KEDA: scales to none")
    faults.expect(spec["maxReplicaCount"] == deployment["spec"]["replicas"], "KEDA: another number of replicas")
    of_stream = [trigger for trigger in spec["triggers"] if trigger["type"] == "redis-streams"]
    for metric in "lagCount", "pendingEntriesCount":
        found = [trigger for trigger in of_stream if metric in trigger["metadata"]]
        faults.expect(len(found) == 1, f"KEDA: not one trigger on {metric}")
        # With both in one trigger, KEDA would only look at the lag.
        faults.expect(all(len({"lagCount", "pendingEntriesCount", "streamLength"} & set(t["metadata"])) == 1
                          for t in found), f"KEDA: {metric} shares a trigger")
    for trigger in of_stream:
        faults.expect(trigger["authenticationRef"]["name"] == authentication["metadata"]["name"], "KEDA: no such name")
        faults.expect(trigger["metadata"]["consumerGroup"] == "workers", "KEDA: another group")


def only_of(documents, kind):
    return next(document for document in documents if document["kind"] == kind)


def pod_of(documents, kind="Deployment"):
    return only_of(documents, kind)["spec"]["template"]["spec"]


kubernetes_faults = [
    ("its --grace", lambda d, _: pod_of(d).update(terminationGracePeriodSeconds=60)),
    ("its --grace", lambda d, _: pod_of(d).pop("terminationGracePeriodSeconds")),
    ("no DNS", lambda d, _: only_of(d, "NetworkPolicy")["spec"]["egress"].pop(0)),
    ("cannot be reached", lambda d, _: only_of(d, "NetworkPolicy")["spec"]["egress"].pop()),
    ("may enter", lambda d, _: only_of(d, "NetworkPolicy")["spec"].update(ingress=[{}])),
    ("does not get", lambda d, _: only_of(d, "ConfigMap")["data"].pop("PIPEBENCH_TARGET")),
    ("does not read", lambda d, _: only_of(d, "Secret")["stringData"].update(PIPEBENCH_REDSI="redis://redis")),
    ("there is no", lambda d, _: pod_of(d, "Job")["containers"][0]["envFrom"][1]["secretRef"].update(name="other")),
    ("nothing says", lambda d, _: only_of(d, "ConfigMap")["data"].pop("SESSION")),
    ("opens no port", lambda d, _: pod_of(d)["containers"][0].update(ports=[{"containerPort": 80}])),
    ("scales to none", lambda _, s: s[0]["spec"].update(minReplicaCount=0)),
    ("pendingEntriesCount", lambda _, s: s[0]["spec"]["triggers"].pop()),
]


class Unit(configparser.ConfigParser):
    optionxform = staticmethod(str)

    def __init__(self, path):
        super().__init__(interpolation=None, comment_prefixes=("#", ";"), strict=True)
        self.read_string(Path(path).read_text())


def environment_of(path):
    lines = (line.strip() for line in Path(path).read_text().splitlines())
    return dict(line.split("=", 1) for line in lines if line and line[0] not in "#;")


def words_of(unit, environment, instance):
    """As systemd does: $NAME alone is split at white space, and may be no word."""
    words = []
    for word in shlex.split(unit["Service"]["ExecStart"].replace("%i", instance)):
        words += environment[word[1:]].split() if word.startswith("$") else [word]
    return words


def systemd(unit, environment):
    faults = Faults()
    service = unit["Service"]
    faults.expect(seconds(service.get("TimeoutStopSec", "90")) > worker_grace > order_timeout,
                  "TimeoutStopSec: not longer than the worker's --grace")
    faults.expect(service.get("KillMode") == "mixed" and service.get("KillSignal", "SIGTERM") == "SIGTERM",
                  "SIGTERM does not go to the worker alone")
    named = set(re.findall(r"\$(\w+)", service["ExecStart"]))
    faults.expect(named <= set(environment), f"the environment file does not have {named - set(environment)}")
    faults.expect_variables(environment, "environment file")
    if named <= set(environment):
        words = words_of(unit, environment, "night")
        faults.expect(words[1:2] == ["worker"] and "--join" in words, f"does not start a worker: {words}")
        faults.expect_options(words, "ExecStart")
        for name in servers & set(environment):
            faults.expect(environment[name] not in words, f"{name} is on the command line")
    return faults


systemd_faults = [
    ("TimeoutStopSec", lambda u, _: u["Service"].update(TimeoutStopSec="60")),
    ("alone", lambda u, _: u["Service"].pop("KillMode")),
    ("does not get", lambda _, e: e.pop("PIPEBENCH_REDIS")),
    ("no option", lambda u, _: u["Service"].update(ExecStart="/usr/local/bin/pipebench worker --jion %i --join %i")),
]


def main(what, *arguments):
    if what == "json":
        documents = [document for file in arguments for document in yaml.safe_load_all(Path(file).read_text())]
        return print(json.dumps(documents))
    if what == "start":
        unit, environment, instance = Unit(arguments[0]), environment_of(arguments[1]), arguments[2]
        for word in [f"{name}={value}" for name, value in environment.items()], words_of(unit, environment, instance):
            print("\n".join(word))
        return None
    if what == "compose":
        config, secrets = yaml.safe_load(Path(arguments[0]).read_text()), set(arguments[2:])
        given = (config,)
        check, put_in = (lambda c: compose(c, int(arguments[1]), secrets)), compose_faults
        put_in = [(words, lambda c, change=change: change(c["services"])) for words, change in put_in]
    elif what == "kubernetes":
        given = tuple(list(yaml.safe_load_all(Path(file).read_text())) for file in arguments)
        check, put_in = kubernetes, kubernetes_faults
    else:
        given = Unit(arguments[0]), environment_of(arguments[1])
        check, put_in = systemd, systemd_faults
    faults = check(*given)
    for fault in faults:
        print(f"{what}: {fault}")
    missed = 0
    for words, change in put_in if not faults else []:
        changed = copy.deepcopy(given)
        change(*changed)
        try:
            found = check(*changed)
        except KeyError as missing:
            found = [f"KeyError {missing}"]
        if not any(words in fault for fault in found):
            missed += 1
            print(f"{what}: a fault that was put in ({words}) was not found, but {found}")
    if not faults and not missed:
        print(f"{what}: no fault; all of {len(put_in)} that were put in were found")
    sys.exit(1 if faults or missed else 0)


main(*sys.argv[1:])
