#!/usr/bin/env bash
# A short run of each pattern under valgrind: fails on a leak, or on memory that is used before it was written.
# The servers are not watched; a process that is still needed at its end (a worker's watchdog) is no leak.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/packages.sh
source "$repo/scripts/packages.sh"

ensure_packages build run valgrind
build dev
prepare_logs
reports=$logs/valgrind
rm -rf "$reports"
mkdir -p "$reports"
step "60 orders by each pattern (a minute or two)"
# Its verdicts do not matter here (all is slow), its ledger does: 3 is both, so the ledger is asserted.
code=0
PIPEBENCH_BUSY_LIMIT=100% valgrind --trace-children=yes \
    '--trace-children-skip=*/postgres,*/redis-server,*/valkey-server,*/initdb' --leak-check=full \
    --errors-for-leak-kinds=definite --log-file="$reports/%p" \
    "$repo/build/dev/pipebench" run -n 60 -c 10 --http-latency 5ms --db-latency 5ms --quiet \
    --assert 'all.lost == 0' --assert 'all.stored == 60' "$@" >"$logs/valgrind.log" 2>&1 || code=$?
((code == 0 || code == 3)) || die "the runs ended with $code: see $logs/valgrind.log"

watched=$({ grep -l "ERROR SUMMARY" "$reports"/* || true; } | wc -l)
mapfile -t faulty < <(grep -lE "ERROR SUMMARY: [1-9]" "$reports"/*)
if ((${#faulty[@]} > 0)); then
    grep -hE -A 12 "lost in loss|uninitialised|Invalid (read|write|free)" "${faulty[@]}" | head -40 >&2 || true
    die "valgrind has complaints: ${faulty[*]}"
fi
((watched > 5)) || die "only $watched processes were watched"
step "no leak and no error in $watched processes"
