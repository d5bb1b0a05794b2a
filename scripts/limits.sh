#!/usr/bin/env bash
# What this box could do at most, and what share of it each pattern reaches: on the same servers, the mock API alone
# (wrk), PostgreSQL alone (pgbench with the INSERT of the patterns), Redis alone (redis-benchmark), and the patterns.
# Installs what is missing, builds, measures (about 3 minutes); prints tables in markdown.
#
#   scripts/limits.sh [--repeat N] [--seconds N] [--orders N] [-- arguments of pipebench run]
#   scripts/limits.sh --reprint FILE         the tables of a saved result again; the last one is build/limits.json
#
#   --repeat N     how often each server is measured alone [3]
#   --seconds N    and for how long each time [3]
#   --orders N     of each run of a pattern [10k]; there are 5 rounds, unless -r says otherwise behind --
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/packages.sh
source "$repo/scripts/packages.sh"

usage() { sed -n '2,/^set/ { /^set/d; s/^# \{0,1\}//p }' "${BASH_SOURCE[0]}"; }

reprint() {
    (($# == 1)) || die "--reprint needs one file and nothing else"
    command -v python3 >/dev/null || die "needs python3"
    exec python3 "$repo/bench/limits/shares.py" "$1"
}

repeat=3 seconds=3 orders=10k
set_option() { # NAME VALUE
    case $1 in
    --repeat)
        [[ $2 =~ ^[1-9][0-9]?$ ]] || die "--repeat needs a number from 1 to 99, not '$2'"
        repeat=$2
        ;;
    --seconds) # what Redis is sent in the meantime stays in memory
        [[ $2 =~ ^([1-9]|[12][0-9]|30)$ ]] || die "--seconds needs a number from 1 to 30, not '$2'"
        seconds=$2
        ;;
    --orders)
        [[ $2 =~ ^[1-9][0-9]{0,8}[kM]?$ ]] || die "--orders needs a number such as 10k, not '$2'"
        orders=$2
        ;;
    esac
}

while (($#)); do
    case $1 in
    -h | --help) usage && exit ;;
    --reprint) reprint "${@:2}" ;;
    --reprint=*) reprint "${1#*=}" "${@:2}" ;;
    --repeat | --seconds | --orders)
        (($# > 1)) || die "$1 needs a number"
        set_option "$1" "$2"
        shift 2
        ;;
    --repeat=* | --seconds=* | --orders=*)
        set_option "${1%%=*}" "${1#*=}"
        shift
        ;;
    --) shift && break ;;
    *) die "no option '$1'; arguments of pipebench stand behind --" ;;
    esac
done

# What is said to the patterns, and of it what the measurement of the servers has to know: how many connections they
# hold, and how many rows a batch has.
arguments=("$@") for_services=() has_rounds=0
while (($#)); do
    case $1 in
    -n* | --orders | --orders=*) die "the number of orders is said before --: --orders N" ;;
    --profile | --profile=* | --write-mode | --write-mode=* | --export-json | --export-json=*)
        die "${1%%=*} is set by this script"
        ;;
    -h | --help | --version) die "$1 measures nothing" ;;
    -r* | --repeat | --repeat=*) has_rounds=1 ;;
    -c | --concurrency | --write-batch) for_services+=("${@:1:2}") ;;
    -c* | --concurrency=* | --write-batch=*) for_services+=("$1") ;;
    esac
    shift
done
((has_rounds)) || arguments+=(-r 5)

unset PIPEBENCH_POSTGRES PIPEBENCH_REDIS PIPEBENCH_TARGET # it is about this box
[[ -z ${PIPEBENCH_PG_BINDIR:-} ]] || PATH=$PATH:$PIPEBENCH_PG_BINDIR

ensure_packages build run limits
build release
cd "$repo"
rm -f build/limits.json
step "each server alone for $repeat x $seconds s, and the patterns with $orders orders; all of it: build/limits.json"
exec build/release/pipebench services --profile capacity --orders "$orders" "${for_services[@]}" -- \
    bench/limits/measure.sh build/release/pipebench "$repeat" "$seconds" build/limits.json "${arguments[@]}"
