#!/usr/bin/env bash
# Compares this tree with an older one: builds both, and runs `pipebench gate` with the old one as the baseline.
# Usage: scripts/gate.sh [--base REF] [arguments of pipebench gate]
# REF is by default the newest release (tag v*), or the previous commit if there is no release yet.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/packages.sh
source "$repo/scripts/packages.sh"

baseline=$repo/build/baseline

base_ref() {
    git -C "$repo" describe --tags --abbrev=0 --match 'v*' HEAD^ 2>/dev/null ||
        git -C "$repo" rev-parse --verify --quiet 'HEAD^' ||
        die "this clone has no earlier commit; fetch the history, or name a commit with: --base REF"
}

# build_baseline COMMIT: builds it in its own directory, without files of this tree. Fast if it was built before.
build_baseline() {
    local commit=$1
    prepare_logs
    mkdir -p "$baseline"
    exec 8>>"$baseline/.lock"
    flock 8
    # Another commit gets a new directory, without old objects: files from an archive have the date of their commit.
    if [[ $(cat "$baseline/commit" 2>/dev/null) != "$commit" ]]; then
        rm -rf "$baseline/source" "$baseline/build" "$baseline/commit"
        mkdir -p "$baseline/source"
        git -C "$repo" archive "$commit" | tar -x -C "$baseline/source"
        echo "$commit" >"$baseline/commit"
    fi
    logged configure-baseline cmake -S "$baseline/source" -B "$baseline/build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
        -DPIPEBENCH_TESTS=OFF || die "the baseline cannot be configured"
    watched "building the baseline" build-baseline cmake --build "$baseline/build" --target pipebench ||
        die "the baseline cannot be built"
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
