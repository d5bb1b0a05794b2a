#!/usr/bin/env bash
# Installs missing packages, builds the tests and runs them, one per core at a time. The arguments are passed to
# ctest: -L unit runs (and builds) one kind of tests, -R ledger the files whose name contains `ledger`.
# PIPEBENCH_PRESET=asan or tsan tests that build instead of dev.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/packages.sh
source "$repo/scripts/packages.sh"

preset=${PIPEBENCH_PRESET:-dev}

# targets ARGUMENT...: prints the targets of the kinds that -L selects; empty without -L, for all targets.
targets() {
    local label='' kind
    while (($#)); do
        case $1 in
        -L | --label-regex) label=${2:-} ;;
        -L?*) label=${1#-L} ;;
        --label-regex=*) label=${1#*=} ;;
        esac
        shift
    done
    for kind in unit contract integration cli; do
        if [[ -n $label && $kind =~ $label ]]; then echo "$kind-tests"; fi
    done
}

ensure_packages build run test
mapfile -t selected < <(targets "$@")
build "$preset" "${selected[@]}"
step "ctest --preset $preset${*:+ $*}"
# ctest finds presets only from the top of the tree.
cd "$repo"
code=0
ctest --preset "$preset" --no-tests=error --output-on-failure --parallel "$(nproc)" "$@" || code=$?
# A case that skips itself in a file that passes would not be seen otherwise.
grep -A 3 '^[^ ]*: SKIPPED:' "build/$preset/Testing/Temporary/LastTest.log" >&2 || true
exit "$code"
