#!/usr/bin/env bash
# Measures the five patterns and the same five in Python (bench/peers/python), as published and tuned, in one session.
# Installs missing packages, builds and runs; prints the table of pipebench, and then the ratios in markdown.
#
#   scripts/peers.sh [--faithful | --tuned] [--only ID[,ID]] [arguments of pipebench run]     default: -n 10k -r 1
#   scripts/peers.sh --reprint FILE          prints the ratios of a saved result; the last one is build/peers.json
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/packages.sh
source "$repo/scripts/packages.sh"

result=build/peers.json # relative to the repository, like the runners
patterns=(fan-out semaphore process-pool thread-pool redis-streams)
every=${patterns[*]}
declare -A peers=([fan-out]=gather [semaphore]=semaphore [process-pool]=process_pool [thread-pool]=thread_pool
    [redis-streams]=redis_streams)

ratios() { python3 "$repo/bench/peers/ratios.py" "$1"; }

choose_patterns() { # ID[,ID]
    local id
    IFS=, read -ra patterns <<<"$1"
    ((${#patterns[@]})) || die "--only needs patterns: $every"
    for id in "${patterns[@]}"; do
        [[ -n $id && -v peers[$id] ]] || die "--only: unknown pattern '$id'; the patterns are: $every"
    done
}

reprint() {
    (($# == 1)) || die "--reprint takes exactly one file"
    command -v python3 >/dev/null || die "needs python3"
    ratios "$1"
    exit
}

variants=(faithful tuned)
arguments=() has_orders=0 has_rounds=0
while (($#)); do
    argument=$1
    shift
    case $argument in
    -h | --help) usage && exit ;;
    --faithful | --tuned) variants=("${argument#--}") ;;
    --only=* | --reprint=*) set -- "${argument%%=*}" "${argument#*=}" "$@" ;;
    --only)
        (($#)) || die "--only needs patterns: $every"
        choose_patterns "$1"
        shift
        ;;
    --reprint) reprint "$@" "${arguments[@]}" ;;
    -p* | --pattern | --pattern=*) die "choose the patterns with --only ID[,ID]" ;;
    --export-json | --export-json=*) die "this script sets --export-json itself; the result is in build/peers.json" ;;
    *)
        arguments+=("$argument")
        case $argument in
        -n* | --orders | --orders=*) has_orders=1 ;;
        -r* | --repeat | --repeat=*) has_rounds=1 ;;
        esac
        ;;
    esac
done
((has_orders)) || arguments+=(-n 10k)
((has_rounds)) || arguments+=(-r 1)

runners=()
for pattern in "${patterns[@]}"; do
    program=bench/peers/python/${peers[$pattern]}.py
    name=py-${pattern/fan-out/gather}
    for variant in "${variants[@]}"; do
        case $variant in
        faithful) runners+=(--runner "$name=$program") ;;
        tuned) runners+=(--runner "$name-tuned=$program --tuned") ;;
        esac
    done
done

changed_at() { stat --format=%y "$result" 2>/dev/null || true; }

ensure_packages build run peers
build release
cd "$repo"
step "running build/release/pipebench: ${patterns[*]}, and the same patterns in Python (${variants[*]})"
printf -v ids '%s,' "${patterns[@]}"
before=$(changed_at)
code=0
build/release/pipebench --pattern "${ids%,}" "${runners[@]}" --export-json "$result" "${arguments[@]}" || code=$?
[[ $(changed_at) != "$before" ]] || exit "$code"
echo
ratios "$result" || exit
step "the whole result: $result"
exit "$code"
