#!/usr/bin/env bash
# One step of the continuous integration, or several, on any machine: gcc, clang, asan, tsan, lint, gate, fuzz,
# valgrind.
# .github/workflows/ci.yml runs each of them in a job of its own; .ci/run runs those that every change must pass.
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
    asan) PIPEBENCH_PRESET=asan scripts/test.sh -L 'unit|contract' ;;
    tsan) PIPEBENCH_PRESET=tsan scripts/test.sh -L 'unit|contract' ;;
    lint)
        scripts/install-deps.sh lint
        scripts/check-format.sh
        ;;
    gate) scripts/gate.sh ;;
    fuzz) scripts/fuzz.sh --seconds 60 ;; # only when asked for: what it finds depends on its luck
    valgrind) scripts/valgrind.sh ;;
    *) die "no step '$1' (there are: gcc clang asan tsan lint gate fuzz valgrind)" ;;
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
