#!/usr/bin/env bash
# Builds the fuzzers of tests/fuzz, runs each for a while, and adds to its corpus what reached something new.
# Usage: scripts/fuzz.sh [--seconds N] [NAME...]
# Fails on a finding; the input that made it stays in build/fuzz-run/NAME/findings.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/packages.sh
source "$repo/scripts/packages.sh"

corpora=$repo/tests/fuzz/corpus
largest_kept=4096 # bytes, of a file in a corpus
most_kept=150     # files in a corpus: it is replayed in every test run

# options_of NAME: the longest input in bytes (larger ones take longer and find less), and the dictionary if there is
# one.
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

# run_fuzzer NAME SECONDS. What it finds new goes into a scratch directory, for most of it is not worth keeping.
run_fuzzer() {
    local name=$1 seconds=$2 options
    local fuzzer=$repo/build/fuzz/tests/fuzz/pipebench_fuzz_$name run=$repo/build/fuzz-run/$name
    [[ -d $corpora/$name ]] || die "no fuzzer '$name' (there are: $(names | xargs))"
    mapfile -t options < <(options_of "$name")
    options+=(-rss_limit_mb=512 -timeout=10)
    rm -rf "$run"
    mkdir -p "$run/new" "$run/small" "$run/findings"
    step "$name: $seconds s"
    logged "fuzz-$name" "$fuzzer" "${options[@]}" -max_total_time="$seconds" -print_final_stats=1 \
        -artifact_prefix="$run/findings/" "$run/new" "$corpora/$name" || {
        step "$name: $(find "$run/findings" -type f -printf '%p ')"
        return 1
    }
    grep '^stat::number_of_executed_units\|^stat::new_units_added' "$logs/fuzz-$name.log" >&2 || true
    find "$run/new" -type f -size "-$((largest_kept + 1))c" -exec mv -t "$run/small" {} +
    # Only what reaches another branch: how often it is passed would keep five times as many.
    logged "fuzz-merge-$name" "$fuzzer" "${options[@]}" -set_cover_merge=1 -use_counters=0 \
        "$corpora/$name" "$run/small" || return
    drop_largest "$corpora/$name"
}

# drop_largest DIRECTORY: of the inputs that libFuzzer named, by SHA-1, until there are no more than most_kept files.
drop_largest() {
    local surplus
    surplus=$(($(find "$1" -type f | wc -l) - most_kept))
    ((surplus > 0)) || return 0
    find "$1" -type f -regextype posix-extended -regex '.*/[0-9a-f]{40}' -printf '%s %p\n' | sort -rn |
        head -n "$surplus" | cut -d ' ' -f 2- | xargs rm -f
}

names() { find "$corpora" -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | sort; }

seconds=300
if [[ ${1:-} == --seconds ]]; then
    seconds=${2:?--seconds needs a number}
    shift 2
fi
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
