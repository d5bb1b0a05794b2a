#!/usr/bin/env bash
# Checks the examples that start workers by Compose, Kubernetes and systemd as far as that goes without Docker, a
# cluster and systemd itself: against their schemas, and for what matters to a worker (its grace, its options, its
# variables, secrets, the network). Then it puts faults in, which must be found. Installs missing packages, and into a
# temporary directory packages of npm with the schemas. Takes half a minute, and leaves nothing behind.
#
#   scripts/check-deploy.sh [compose] [kubernetes] [systemd] [shell]     only these; default: all
#
# With a program in build/release (or PIPEBENCH_BINARY) `systemd` also runs the unit's command in a session of its own.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/packages.sh
source "$repo/scripts/packages.sh"

usage_if_asked "$@"
deploy=$repo/examples/deploy
# kubernetes-types has the number of the Kubernetes version; kubernetes-models has later fields, too.
schemas=(kubernetes-types@1.30.0 kubernetes-models@5.1.0 @kubernetes-models/keda@2.0.0 typescript@5.9.3)
failed=0

check() { /usr/bin/python3 "$repo/tests/deploy/check.py" "$@" >&2 || fault "$1: see above"; }

fault() {
    step "error: $*"
    failed=1
}

# refused WHAT COMMAND...: the command must fail, and say something.
refused() {
    local said
    if said=$("${@:2}" 2>&1) || [[ -z $said ]]; then fault "not refused, though put in: $1"; fi
}

# compose_config FILE [NAME=VALUE...]: without the caller's own variables.
compose_config() { env -i PATH="$PATH" HOME="$scratch" "${@:2}" docker-compose --file "$1" config; }

check_compose() {
    local file=$deploy/compose/docker-compose.yml copy=$scratch/examples/deploy/compose
    # Another tree, for an .env of its own.
    mkdir -p "$copy"
    cp "$repo/Dockerfile" "$scratch"
    cp "$file" "$copy"
    compose_config "$copy/docker-compose.yml" >"$scratch/default" || die "docker-compose refuses $file"
    check compose "$scratch/default" 15 throwaway
    compose_config "$copy/docker-compose.yml" WORKERS=3 RESULTS= >"$scratch/three"
    check compose "$scratch/three" 3 throwaway
    compose_config "$copy/docker-compose.yml" RESULTS="$scratch/elsewhere" >"$scratch/elsewhere.yml"
    grep -F "$scratch/elsewhere" "$scratch/elsewhere.yml" >/dev/null || fault "compose: RESULTS changes nothing"
    sed -e 's/^\(POSTGRES_PASSWORD\)=.*/\1=Secret1ofPostgres/' -e 's/^\(REDIS_PASSWORD\)=.*/\1=Secret2ofRedis/' \
        -e 's/^WORKERS=.*/WORKERS=7/' "$deploy/compose/.env.example" >"$copy/.env"
    compose_config "$copy/docker-compose.yml" >"$scratch/dot-env"
    check compose "$scratch/dot-env" 7 Secret1ofPostgres Secret2ofRedis
    ! grep throwaway "$scratch/dot-env" >/dev/null || fault "compose: .env leaves a default password"
    misspell_compose 'stop_grace_period: 90s' 'stop_grace_perod: 90s'
    misspell_compose 'replicas: .*' 'replicas: many'
    misspell_compose 'internal: true' 'internal: perhaps'
    misspell_compose 'condition: service_healthy' 'condition: healthy'
    step "compose: $(docker-compose --version | head -n 1) accepts the file, and refuses it with 4 faults"
}

# misspell_compose WHAT BY
misspell_compose() {
    sed "s/$1/$2/" "$deploy/compose/docker-compose.yml" >"$copy/misspelled.yml"
    refused "$2" compose_config "$copy/misspelled.yml"
}

check_kubernetes() {
    local folder=$deploy/kubernetes file modules=$scratch/modules
    kubectl kustomize "$folder" >"$scratch/rendered" || die "kubectl kustomize refuses $folder"
    for file in "$folder"/*.yaml; do
        [[ $file == *.sketch.yaml || $file == */kustomization.yaml ]] || grep -F -- "- ${file##*/}" \
            "$folder/kustomization.yaml" >/dev/null || fault "kubernetes: kustomization.yaml leaves ${file##*/} out"
    done
    check kubernetes "$scratch/rendered" "$folder/keda-scaledobject.sketch.yaml"
    cp -r "$folder" "$scratch/kustomize"
    sed -i 's/^resources:/resource:/' "$scratch/kustomize/kustomization.yaml"
    refused "resource: for resources: in kustomization.yaml" kubectl kustomize "$scratch/kustomize"
    mkdir "$modules"
    step "kubernetes: fetching ${schemas[*]}"
    prepare_logs
    (cd "$modules" && logged npm-install npm install --no-audit --no-fund --ignore-scripts --no-save "${schemas[@]}") ||
        die "cannot fetch the schemas with npm"
    /usr/bin/python3 "$repo/tests/deploy/check.py" json "$scratch/rendered" "$folder/keda-scaledobject.sketch.yaml" \
        >"$scratch/documents"
    node "$repo/tests/deploy/schema.mjs" "$scratch/documents" "$modules" >&2 || fault "kubernetes: see above"
}

# verify_unit FILE: also an unknown name, of which systemd-analyze only warns, is a fault.
verify_unit() {
    local said
    said=$(systemd-analyze verify --man=no "$1" 2>&1) && [[ -z $said ]] && return
    printf '%s\n' "$said"
    return 1
}

check_systemd() {
    local unit=$deploy/systemd/pipebench-worker@.service environment=$deploy/systemd/worker.env.example
    local program=/usr/local/bin/pipebench copy=$scratch/pipebench-worker@night.service change
    grep "^ExecStart=$program " "$unit" >/dev/null || fault "systemd: ExecStart has another program than $program"
    # The program is not there on this machine, and /bin/true is.
    sed "s,$program,/bin/true," "$unit" >"$copy"
    verify_unit "$copy" >&2 || fault "systemd-analyze verify: see above"
    for change in 's/KillMode=mixed/KillMode=mixd/' 's/^TimeoutStopSec=/TimeoutStopSecs=/' 's/=@system-service/=@system-servce/' \
        's/^Restart=.*/Restart=sometimes/' 's/^ExecStart=.*//' 's,^EnvironmentFile=/,EnvironmentFile=,'; do
        mkdir -p "$scratch/faulty"
        sed "$change" "$copy" >"$scratch/faulty/${copy##*/}"
        refused "$change" verify_unit "$scratch/faulty/${copy##*/}"
    done
    step "systemd: $(systemd-analyze --version | head -n 1) accepts the unit, and refuses it with 6 faults"
    # In tenths. What is left is the network, which a worker needs, and what it reads in /proc.
    systemd-analyze security --offline=true --threshold=25 --no-pager "$copy" >"$scratch/security" ||
        fault "systemd: its exposure is more than 2.5"
    step "systemd: $(grep -o 'exposure level.*' "$scratch/security")"
    check systemd "$unit" "$environment"
    start_unit "$unit" "$environment"
}

# start_unit UNIT ENVIRONMENT_FILE: runs ExecStart with nothing but the variables of the file and no new privileges,
# in a session of throwaway servers.
start_unit() {
    local binary=${PIPEBENCH_BINARY:-$repo/build/release/pipebench}
    if [[ ! -x $binary ]]; then
        step "systemd: ExecStart was not run, because there is no $binary; build it with: scripts/run.sh list"
        return
    fi
    binary=$(realpath "$binary")
    {
        echo 'set -euo pipefail'
        declare -f run_unit
        printf 'run_unit %q %q %q %q %q\n' "$scratch" "$binary" "$repo/tests/deploy/check.py" "$1" "$2"
    } >"$scratch/run-unit"
    if "$binary" services -p redis-streams -- "$BASH" "$scratch/run-unit" >"$scratch/started" 2>&1; then
        step "systemd: $(grep '^ExecStart' "$scratch/started")"
    else
        cat "$scratch/started" >&2
        fault "systemd: ExecStart did not do the work of a session"
    fi
}

# run_unit SCRATCH BINARY CHECK UNIT ENVIRONMENT_FILE: inside `pipebench services`, whose servers go into the file.
run_unit() {
    local scratch=$1 binary=$2 name words session
    cp "$5" "$scratch/worker.env"
    for name in PIPEBENCH_REDIS PIPEBENCH_POSTGRES PIPEBENCH_TARGET; do
        sed -i "/^$name=/d" "$scratch/worker.env"
        echo "$name=${!name}" >>"$scratch/worker.env"
    done
    sed -i 's/^WORKER_OPTIONS=.*/WORKER_OPTIONS=--processes 2 --workers 20/' "$scratch/worker.env"
    mapfile -t words < <(/usr/bin/python3 "$3" start "$4" "$scratch/worker.env" night |
        sed "s,^/usr/local/bin/pipebench$,$binary,")
    "$binary" run -p redis-streams --session night --expect-workers 1 --join-timeout 30s -n 500 \
        --export-json "$scratch/result.json" &
    session=$!
    timeout 120 setpriv --no-new-privs env -i PATH=/usr/bin:/bin "${words[@]}" || {
        kill "$session"
        return 1
    }
    wait "$session"
    /usr/bin/python3 -c '
import json, sys
run = json.load(open(sys.argv[1]))["runs"][0]
print("ExecStart ended with 0 after its session:", run["stored"], "of", run["orders"], "orders stored")
sys.exit(run["stored"] != run["orders"])' "$scratch/result.json"
}

check_shell() {
    local scripts file
    mapfile -t scripts < <(find "$deploy" -name '*.sh' -o -name '*.sbatch' | sort)
    for file in "${scripts[@]}"; do "$BASH" -n "$file" || fault "shell: $file"; done
    shellcheck "${scripts[@]}" >&2 || fault "shell: see above"
    step "shell: ${#scripts[@]} scripts"
}

if (($# == 0)); then set -- compose kubernetes systemd shell; fi
for part in "$@"; do
    [[ $part =~ ^(compose|kubernetes|systemd|shell)$ ]] || die "there is no part '$part'; see: scripts/${0##*/} --help"
done
ensure_packages deploy-check
scratch=$(mktemp -d "${TMPDIR:-/tmp}/check-deploy.XXXXXX")
chmod 755 "$scratch"
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
for part in "$@"; do "check_$part"; done
((!failed)) || die "the examples have faults"
step "no fault: $*"
