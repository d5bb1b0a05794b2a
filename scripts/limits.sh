#!/usr/bin/env bash
# Measures the limit of this machine, and what share of it each pattern reaches. On the same servers it measures the
# mock API alone (wrk), PostgreSQL alone (pgbench, with the INSERT of the patterns), Redis alone (redis-benchmark)
# and the patterns. Installs missing packages, builds, measures for about 5 minutes, and prints tables in markdown.
#
#   scripts/limits.sh [--repeat N] [--seconds N] [--orders N] [--pattern ID[,ID]] [-- arguments of pipebench run]
#   scripts/limits.sh --reprint FILE         prints the tables of a saved result; the last one is build/limits.json
#
#   --repeat N     how often to measure each server alone [3]
#   --seconds N    how long each of these measurements takes [3]
#   --orders N     orders in each run of a pattern [100k]; there are 5 rounds unless -r N follows --.
#                  Runs of a tenth show what is start-up. fan-out has at most 10,000, each with its own connection
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/packages.sh
source "$repo/scripts/packages.sh"

reprint() {
    (($# == 1)) || die "--reprint takes exactly one file"
    command -v python3 >/dev/null || die "needs python3"
    exec python3 "$repo/bench/limits/shares.py" "$1"
}

repeat=3 seconds=3 orders=100k patterns=fan-out,semaphore,process-pool,thread-pool,redis-streams
set_option() { # NAME VALUE
    case $1 in
    --repeat)
        [[ $2 =~ ^[1-9][0-9]?$ ]] || die "--repeat needs a number from 1 to 99, not '$2'"
        repeat=$2
        ;;
    --seconds) # everything sent to Redis in this time stays in memory
        [[ $2 =~ ^([1-9]|[12][0-9]|30)$ ]] || die "--seconds needs a number from 1 to 30, not '$2'"
        seconds=$2
        ;;
    --pattern) [[ $2 == all ]] || patterns=$2 ;;
    --orders)
        [[ $2 =~ ^[1-9][0-9]{0,8}[kM]?$ ]] || die "--orders needs a number such as 100k, not '$2'"
        orders=$2
        ;;
    esac
}

while (($#)); do
    case $1 in
    -h | --help) usage && exit ;;
    --reprint) reprint "${@:2}" ;;
    --reprint=*) reprint "${1#*=}" "${@:2}" ;;
    --repeat | --seconds | --orders | --pattern)
        (($# > 1)) || die "$1 needs a value"
        set_option "$1" "$2"
        shift 2
        ;;
    --repeat=* | --seconds=* | --orders=* | --pattern=*)
        set_option "${1%%=*}" "${1#*=}"
        shift
        ;;
    --) shift && break ;;
    *) die "unknown option '$1'; arguments of pipebench go after --" ;;
    esac
done

# Arguments for the patterns. for_services are those that also matter when the servers are measured: the number of
# connections, and the number of rows in a batch.
arguments=("$@") for_services=() has_rounds=0
while (($#)); do
    case $1 in
    -p* | --pattern | --pattern=*) die "give the patterns before --, as --pattern ID[,ID]" ;;
    -n* | --orders | --orders=*) die "give the number of orders before --, as --orders N" ;;
    --profile | --profile=* | --write-mode | --write-mode=* | --export-json | --export-json=*)
        die "this script sets ${1%%=*} itself"
        ;;
    -h | --help | --version) die "with $1, pipebench would measure nothing" ;;
    -r* | --repeat | --repeat=*) has_rounds=1 ;;
    -c | --concurrency | --write-batch) for_services+=("${@:1:2}") ;;
    -c* | --concurrency=* | --write-batch=*) for_services+=("$1") ;;
    esac
    shift
done
((has_rounds)) || arguments+=(-r 5)

unset PIPEBENCH_POSTGRES PIPEBENCH_REDIS PIPEBENCH_TARGET # only this machine is measured
[[ -z ${PIPEBENCH_PG_BINDIR:-} ]] || PATH=$PATH:$PIPEBENCH_PG_BINDIR

ensure_packages build run limits
build release
cd "$repo"
rm -f build/limits.json
step "measuring each server for $repeat x $seconds s, then the patterns with $orders orders, into build/limits.json"
exec build/release/pipebench services --profile capacity --orders "$orders" "${for_services[@]}" -- \
    bench/limits/measure.sh build/release/pipebench "$repeat" "$seconds" build/limits.json "$patterns" \
    "${arguments[@]}"
