#!/usr/bin/env bash
# Runs steps of the continuous integration on any machine: gcc, clang, asan, tsan, lint, gate, fuzz, valgrind, page,
# observe, package. Without arguments it runs all up to gate. .github/workflows/ci.yml runs steps in jobs of their own;
# .ci/run runs the steps that every change must pass.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/lib.sh
source scripts/lib.sh
exec </dev/null

run_step() {
    case $1 in
    gcc) scripts/test.sh ;;
    clang)
        scripts/install-deps.sh clang
        PIPEBENCH_PRESET=clang scripts/test.sh
        ;;
    # These build only what the two kinds of tests need.
    asan) PIPEBENCH_PRESET=asan scripts/test.sh -L 'unit|contract' ;;
    tsan) PIPEBENCH_PRESET=tsan scripts/test.sh -L 'unit|contract' ;;
    lint)
        scripts/install-deps.sh lint
        scripts/check-format.sh
        ;;
    gate) scripts/gate.sh ;;
    fuzz) scripts/fuzz.sh --seconds 60 ;; # not in the default steps: its findings depend on chance
    valgrind) scripts/valgrind.sh ;;
    page) scripts/check-page.sh ;; # not in the default steps: it installs a browser
    observe) scripts/check-observe.sh ;; # not in the default steps: it measures for four minutes
    package) scripts/package.sh --check ;; # makes a bare Debian
    *) die "unknown step '$1'; the steps are: gcc clang asan tsan lint gate fuzz valgrind page observe package" ;;
    esac
}

(($# > 0)) || set -- gcc clang asan tsan lint gate
failed=()
for name in "$@"; do
    step "$name"
    run_step "$name" || failed+=("$name")
done
((${#failed[@]} == 0)) || {
    step "failed: ${failed[*]}"
    exit 1
}
