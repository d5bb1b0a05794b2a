#!/usr/bin/env bash
# Runs each pattern briefly under valgrind. Fails on a leak, and on memory that is used before it is written.
# valgrind does not watch the servers. Memory that is still reachable at the end of a process is not a leak.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/packages.sh
source "$repo/scripts/packages.sh"

ensure_packages build run valgrind
build dev pipebench
prepare_logs
reports=$logs/valgrind
rm -rf "$reports"
mkdir -p "$reports"
step "running 60 orders with each pattern under valgrind (a minute or two)"
# The verdicts do not matter here, because everything is slow, but the ledger does. Exit code 3 can mean either, so
# --assert checks the ledger.
code=0
PIPEBENCH_BUSY_LIMIT=100% valgrind --trace-children=yes \
    '--trace-children-skip=*/postgres,*/redis-server,*/valkey-server,*/initdb' --leak-check=full \
    --errors-for-leak-kinds=definite --log-file="${reports//%/%%}/%p" \
    "$repo/build/dev/pipebench" run -n 60 -c 10 --http-latency 5ms --db-latency 5ms --quiet \
    --assert 'all.lost == 0' --assert 'all.stored == 60' "$@" >"$logs/valgrind.log" 2>&1 || code=$?
((code == 0 || code == 3)) || die "pipebench ended with exit code $code; see $logs/valgrind.log"

watched=$({ grep -l "ERROR SUMMARY" "$reports"/* || true; } | wc -l)
mapfile -t faulty < <(grep -lE "ERROR SUMMARY: [1-9]" "$reports"/*)
if ((${#faulty[@]} > 0)); then
    grep -hE -A 12 "lost in loss|uninitialised|Invalid (read|write|free)" "${faulty[@]}" | head -40 >&2 || true
    die "valgrind found errors; see: ${faulty[*]}"
fi
((watched > 5)) || die "valgrind watched only $watched processes; more than 5 are expected"
step "no leak and no error in $watched processes"
