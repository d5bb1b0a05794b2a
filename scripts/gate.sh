#!/usr/bin/env bash
# Holds this tree against an older one: builds both, and runs `pipebench gate` with the old one as the baseline.
# Usage: scripts/gate.sh [--base REF] [arguments of pipebench gate]
# REF is the newest release (tag v*) by default; where there is none yet, the commit before this one.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/packages.sh
source "$repo/scripts/packages.sh"

baseline=$repo/build/baseline

base_ref() {
    git -C "$repo" describe --tags --abbrev=0 --match 'v*' HEAD^ 2>/dev/null ||
        git -C "$repo" rev-parse --verify --quiet 'HEAD^' ||
        die "this clone has no history to compare with; fetch it, or name a commit: --base REF"
}

# build_baseline COMMIT: in a directory of its own, with nothing of this tree. Fast when it was built before.
build_baseline() {
    local commit=$1
    prepare_logs
    mkdir -p "$baseline"
    exec 8>>"$baseline/.lock"
    flock 8
    # Another commit gets a new directory, objects and all: files from an archive are as old as their commit.
    if [[ $(cat "$baseline/commit" 2>/dev/null) != "$commit" ]]; then
        rm -rf "$baseline/source" "$baseline/build" "$baseline/commit"
        mkdir -p "$baseline/source"
        git -C "$repo" archive "$commit" | tar -x -C "$baseline/source"
        echo "$commit" >"$baseline/commit"
    fi
    logged configure-baseline cmake -S "$baseline/source" -B "$baseline/build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
        -DPIPEBENCH_TESTS=OFF || die "the baseline cannot be configured"
    logged build-baseline cmake --build "$baseline/build" --target pipebench || die "the baseline cannot be built"
}

base=
if [[ ${1:-} == --base ]]; then
    base=${2:?--base needs a commit or a tag}
    shift 2
fi
[[ -n $base ]] || base=$(base_ref)
commit=$(git -C "$repo" rev-parse --verify --quiet "$base^{commit}") || die "no such commit: $base"

ensure_packages build run
build release
step "building the baseline, $base ..."
build_baseline "$commit"
step "pipebench gate: $base against this tree"
exec 8>&-
exec "$repo/build/release/pipebench" gate --baseline "$baseline/build/pipebench" "$@"
