#!/usr/bin/env bash
# Shows what open load sees of a stall: 200 orders/s arrive while all packets to Redis, and then to PostgreSQL, are
# dropped for 4 s. Both run in a network namespace of their own, which is gone at the end. The response must show the
# stall (p99 above 3 s), the service must not (p99 below 0.3 s), and no order may be lost. Needs root.
#
#   scripts/stall.sh [BINARY]     the pipebench to try [build/release/pipebench, which is built]
# shellcheck disable=SC2317 # the functions below are called through wait_until and trap
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/packages.sh
source "$repo/scripts/packages.sh"

usage_if_asked "$@"
((EUID == 0)) || die "needs root: sudo scripts/${0##*/}"
binary=${1:-$repo/build/release/pipebench}
if [[ -z ${PIPEBENCH_OWN_NETWORK:-} ]]; then
    ensure_packages build run stall
    (($# > 0)) || build release pipebench
    PIPEBENCH_OWN_NETWORK=1 exec unshare --net "$BASH" "$0" "$binary"
fi

# Addresses of the servers and of this end of their links: in these namespaces, and nowhere else.
declare -A here=([redis]=10.77.0.1 [postgres]=10.77.1.1) server=([redis]=10.77.0.2 [postgres]=10.77.1.2)
scratch=$(mktemp -d "${TMPDIR:-/tmp}/pipebench-stall.XXXXXX")
chmod 755 "$scratch"
started=()

clean_up() {
    trap '' INT TERM
    for process in "${started[@]}"; do kill "$process" 2>/dev/null || true; done
    wait
    rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# there COMMAND...: runs it in the servers' namespace.
there() { nsenter --target "$servers" --net -- "$@"; }

# start_there LOG COMMAND...: in the background, until the end of the script. Not through there(): the pid must be its own.
start_there() {
    nsenter --target "$servers" --net -- "${@:2}" >"$1" 2>&1 &
    started+=("$!")
}

connect_namespaces() {
    local name
    unshare --net sleep infinity &
    servers=$!
    started+=("$servers")
    until [[ $(readlink "/proc/$servers/ns/net") != $(readlink /proc/$$/ns/net) ]]; do kill -0 "$servers"; done
    ip link set lo up
    for name in redis postgres; do
        ip link add "$name" type veth peer name "$name" netns "/proc/$servers/ns/net"
        ip address add "${here[$name]}/30" dev "$name"
        ip link set "$name" up
        there ip address add "${server[$name]}/30" dev "$name"
        there ip link set "$name" up
    done
}

start_redis() {
    start_there "$scratch/redis.log" redis-server --bind "${server[redis]}" --port 6379 \
        --protected-mode no --save '' --dir "$scratch"
    wait_until "Redis answers" redis-cli -h "${server[redis]}" ping
}

start_postgres() {
    local programs data=$scratch/postgres
    programs=$(compgen -G '/usr/lib/postgresql/*/bin' | tail -n 1)
    install --directory --owner=postgres --mode=700 "$data"
    there runuser -u postgres -- "$programs/initdb" --auth=trust --no-sync -D "$data" >"$scratch/initdb.log"
    echo "host all all ${here[postgres]}/32 trust" >>"$data/pg_hba.conf"
    start_there "$scratch/postgres.log" runuser -u postgres -- "$programs/postgres" -D "$data" \
        -h "${server[postgres]}" -k '' -c fsync=off
    wait_until "PostgreSQL answers" "$programs/pg_isready" --quiet --host="${server[postgres]}"
}

# wait_until WHAT COMMAND...: for 30 s at most.
wait_until() {
    local end=$((SECONDS + 30))
    until "${@:2}" >/dev/null 2>&1; do
        ((SECONDS < end)) || die "waited 30 s in vain: $1"
        sleep 0.1
    done
}

under_way() { grep -q ' done, ' "$scratch/said"; }

# stalled PATTERN SERVER: measures while the packets to that server are dropped for 4 s.
stalled() {
    local pattern=$1 away=$2 result=$scratch/result.json session
    local name="$pattern without $away"
    step "$name: 200 orders/s for 16 s, and for 4 s of them no packet gets through"
    rm -f "$result"
    : >"$scratch/said"
    "$binary" -p "$pattern" --rate 200/s --duration 16s --warm-up 2s -c 20 --http-latency 20ms --db-latency 20ms \
        --redis "redis://${server[redis]}:6379" --postgres "host=${server[postgres]} user=postgres dbname=postgres" --export-json "$result" \
        >"$scratch/table" 2>"$scratch/said" &
    session=$!
    started+=("$session")
    wait_until "the run is under way" under_way
    there ip link set "$away" down
    sleep 4 # this is the stall
    there ip link set "$away" up
    wait "$session" || step "$name: exit code $?"
    python3 - "$name" "$result" <<'END'
import json, sys
name, path = sys.argv[1:]
run = json.load(open(path))["runs"][0]
load, ledger = run["load"], run["ledger"]
response, service = run["latency"]["p99_ms"], load["service"]["p99_ms"]
print(f"{name}: {run['stored']} of {run['orders']} stored, {ledger['lost']} lost, response p99 {response:.0f} ms, "
      f"service p99 {service:.1f} ms, wait p99 {load['wait']['p99_ms']:.0f} ms, "
      f"arrived late by {load['lateness_p99_ms']:.2f} ms at p99: {run['verdict']['text']}")
good = ledger["lost"] == 0 and run["stored"] == run["orders"] and response > 3000 and service < 300
sys.exit(0 if good else 1)
END
}

connect_namespaces
start_redis
start_postgres
code=0
stalled redis-streams redis || code=1
# Not fan-out: nothing bounds what it has in flight, so that the stall is in its service.
for pattern in semaphore process-pool thread-pool redis-streams; do stalled "$pattern" postgres || code=1; done
exit "$code"
