#!/usr/bin/env bash
# Opens pages of --export-html in a headless Chromium and checks what only a browser can tell (tests/page/check_page.py).
# Installs missing packages, builds, and measures for about two minutes. Results, pages and screenshots stay in
# build/page. Not for Ubuntu, which has Chromium as a snap only.
#
#   scripts/check-page.sh [FILE.html...]     only these pages, and nothing is measured
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/packages.sh
source "$repo/scripts/packages.sh"

usage_if_asked "$@"
unset PIPEBENCH_POSTGRES PIPEBENCH_REDIS PIPEBENCH_TARGET # only this machine is measured
here=$repo/build/page
pipebench=$repo/build/${PIPEBENCH_PRESET:=release}/pipebench

# Debian's Python, which has python3-selenium.
python() { /usr/bin/python3 "$@"; }

# measured NAME ARGUMENT...: what it finds is not judged here, since the machine may be busy.
measured() {
    local code=0
    step "measuring: $1"
    into_log "page-$1" "$pipebench" "${@:2}" --quiet || code=$?
    ((code == 0 || code == 1 || code == 3)) && return
    show_end_of_log "page-$1"
    die "nothing was measured: $1"
}

# measured_page NAME ARGUMENT...
measured_page() { measured "$@" --export-html "$here/$1.html"; }

saved_page() { "$pipebench" report "$here/$1.json" --export-html "$here/$1.html" >/dev/null; }

measure_all() {
    local quick=(-n 400 --busy-limit 100%) name
    measured_page closed "${quick[@]}" --repeat 3 --export-json "$here/closed.json"
    measured old --pattern semaphore,fan-out "${quick[@]}" --repeat 5 --export-json "$here/old.json"
    measured new --pattern semaphore,fan-out "${quick[@]}" --repeat 5 --transform-cost 100us \
        --export-json "$here/new.json"
    measured_page open --pattern semaphore,redis-streams --rate 150/s --duration 6s --slo 'p99<500ms' --scenario outage \
        --busy-limit 100%
    measured_page kill --pattern semaphore,redis-streams "${quick[@]}" --chaos kill-worker@50%
    measured_page sweep sweep "${quick[@]}" --concurrency 10,50,200 --http-latency 20ms
    measured_page rates sweep --find-rate --pattern semaphore -c 20 --http-latency 20ms --slo 'p90<200ms' --duration 2s \
        --busy-limit 100%
    measured_page gate gate --baseline "$pipebench" --pattern semaphore --repeat 8 -n 300 --http-latency 10ms
    "$pipebench" compare --allow-mismatch "$here/old.json" "$here/new.json" --export-html "$here/compare.html" \
        >/dev/null || (($? == 1 || $? == 3))
    python "$repo/tests/page/make_results.py" "$here/closed.json" "$here"
    for name in hosts hostile long; do saved_page "$name"; done
}

ensure_packages build run page
prepare_logs
mkdir -p "$here"
pages=("$@")
if (($# == 0)); then
    build "$PIPEBENCH_PRESET" pipebench
    rm -f "$here"/*
    measure_all
    pages=("$here"/*.html)
fi
python "$repo/tests/page/check_page.py" "$here" "${pages[@]}"
step "look at the screenshots in build/page"
