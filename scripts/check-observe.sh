#!/usr/bin/env bash
# Checks what watches pipebench: its metrics, and examples/observe. promtool checks the configuration, the rules and their
# tests, and the expressions of the dashboard. Then a real Prometheus scrapes every command that has --metrics once a
# second; promtool checks scrapes of every phase, and Prometheus must have an answer to each expression of the dashboard
# and of the rules (tests/observe/check_observe.py). Installs missing packages, and builds. Everything is on the loopback
# interface and in a temporary directory, which the script removes. Grafana is not part of it: Debian has none.
#
#   scripts/check-observe.sh [--minutes N] [--static]
#
# --minutes N: the length of its run of --profile deployment, all patterns together; 2 by default. The other commands take
# another minute or two.
# --static: only what needs no program that runs.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/packages.sh
source "$repo/scripts/packages.sh"

usage_if_asked "$@"
unset PIPEBENCH_POSTGRES PIPEBENCH_REDIS PIPEBENCH_TARGET # only this machine is measured
pipebench=$repo/build/${PIPEBENCH_PRESET:=release}/pipebench
minutes=2
only_static=
while (($#)); do
    case $1 in
    --minutes)
        [[ ${2:-} =~ ^[1-9][0-9]{0,2}$ ]] || die "--minutes: '${2:-}' is not a number of minutes, 1 to 999"
        minutes=$2
        shift
        ;;
    --static) only_static=1 ;;
    *) die "there is no argument '$1'; see: scripts/${0##*/} --help" ;;
    esac
    shift
done

check() { /usr/bin/python3 -B "$repo/tests/observe/check_observe.py" "$@"; }

# free_ports N: prints that many, one a line.
free_ports() {
    /usr/bin/python3 -c '
import socket, sys
all = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(sys.argv[1]))]
print(*(s.getsockname()[1] for s in all), sep="\n")' "$1"
}

end() {
    local code=$?
    trap - EXIT
    [[ -z ${prometheus:-} ]] || kill "$prometheus" 2>/dev/null || true
    wait
    ((code == 0)) || [[ ! -s $scratch/prometheus.log ]] || tail -n 5 "$scratch/prometheus.log" >&2
    rm -rf "$scratch"
    exit "$code"
}

ensure_packages build run observe
scratch=$(mktemp -d "${TMPDIR:-/tmp}/check-observe.XXXXXX")
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
TMPDIR=$scratch check static
if [[ -n $only_static ]]; then exit; fi
build "$PIPEBENCH_PRESET" pipebench
mapfile -t ports < <(free_ports 5)
check config "${ports[@]:1}" >"$scratch/prometheus.yml"
/usr/bin/prometheus --config.file="$scratch/prometheus.yml" --storage.tsdb.path="$scratch/data" \
    --web.listen-address="127.0.0.1:${ports[0]}" >"$scratch/prometheus.log" 2>&1 &
prometheus=$!
step "$(/usr/bin/prometheus --version | head -n 1) scrapes every second; this takes about $((minutes + 2)) minutes"
check live "$pipebench" "${ports[0]}" "${ports[@]:1}" "$scratch" "$minutes" &
checker=$!
trap 'kill "$checker" 2>/dev/null; wait "$checker"; exit 130' INT
trap 'kill "$checker" 2>/dev/null; wait "$checker"; exit 143' TERM
wait "$checker" || die_with_faults=$?
((${die_with_faults:-0} == 0)) || {
    step "error: see above"
    exit 1
}
step "no fault"
