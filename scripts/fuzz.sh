#!/usr/bin/env bash
# Builds the fuzzers of tests/fuzz and runs each for a while, starting from its seeds in tests/fuzz/corpus and the
# inputs kept by earlier runs. Inputs that reach new code are kept in build/fuzz-corpus, or in the directory of
# --corpus.
# Usage: scripts/fuzz.sh [--seconds N] [--corpus DIRECTORY] [NAME...]
# Fails on a finding, and leaves its input in build/fuzz-run/NAME/findings. Once the bug is fixed, add the input as a
# seed with a descriptive name.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/packages.sh
source "$repo/scripts/packages.sh"

seeds=$repo/tests/fuzz/corpus
grown=$repo/build/fuzz-corpus

# options_of NAME: prints the options for the longest input in bytes (larger ones take longer and find less) and for
# the dictionary, if there is one.
options_of() {
    case $1 in
    result_file) echo -max_len=8192 ;;
    response_to_row) echo -max_len=4096 ;;
    assertion) echo -max_len=1024 ;;
    retry_after) echo -max_len=80 ;;
    worker_frame) echo -max_len=128 ;;
    *) echo -max_len=1024 ;;
    esac
    [[ ! -e $repo/tests/fuzz/$1.dict ]] || echo "-dict=$repo/tests/fuzz/$1.dict"
}

# run_fuzzer NAME SECONDS
run_fuzzer() {
    local name=$1 seconds=$2 options
    local fuzzer=$repo/build/fuzz/tests/fuzz/pipebench_fuzz_$name run=$repo/build/fuzz-run/$name
    [[ -d $seeds/$name ]] || die "unknown fuzzer '$name'; the fuzzers are: $(names | xargs)"
    mapfile -t options < <(options_of "$name")
    options+=(-rss_limit_mb=512 -timeout=10)
    rm -rf "$run"
    mkdir -p "$run/findings" "$grown/$name"
    step "$name: $seconds s"
    logged "fuzz-$name" "$fuzzer" "${options[@]}" -max_total_time="$seconds" -print_final_stats=1 \
        -artifact_prefix="$run/findings/" "$grown/$name" "$seeds/$name" || {
        step "$name: findings: $(find "$run/findings" -type f -printf '%p ')"
        return 1
    }
    grep '^stat::number_of_executed_units\|^stat::new_units_added' "$logs/fuzz-$name.log" >&2 || true
    minimise "$name" "${options[@]}"
}

# minimise NAME OPTION...: removes inputs from the grown corpus that reach no code beyond the others.
minimise() {
    local name=$1 fuzzer=$repo/build/fuzz/tests/fuzz/pipebench_fuzz_$1 smallest=$repo/build/fuzz-run/$1/smallest
    mkdir -p "$smallest"
    logged "fuzz-merge-$name" "$fuzzer" "${@:2}" -merge=1 "$smallest" "$seeds/$name" "$grown/$name" || return
    rm -rf "${grown:?}/$name"
    mv "$smallest" "$grown/$name"
    step "$name: $(find "$grown/$name" -type f | wc -l) inputs kept in $grown/$name"
}

names() { find "$seeds" -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | sort; }

seconds=300
while [[ ${1:-} == --* ]]; do
    case $1 in
    --seconds) seconds=${2:?--seconds needs a number} ;;
    --corpus) grown=$(realpath -m "${2:?--corpus needs a directory}") ;;
    *) die "unknown option '$1'; the options are --seconds and --corpus" ;;
    esac
    shift 2
done
[[ $seconds =~ ^[1-9][0-9]*$ ]] || die "--seconds needs a number of seconds, not '$seconds'"
if (($# == 0)); then
    mapfile -t every < <(names)
    set -- "${every[@]}"
fi

ensure_packages build fuzz
build fuzz
failed=()
for name in "$@"; do
    run_fuzzer "$name" "$seconds" || failed+=("$name")
done
((${#failed[@]} == 0)) || {
    step "findings in: ${failed[*]}"
    exit 1
}
