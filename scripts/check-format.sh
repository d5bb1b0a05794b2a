#!/usr/bin/env bash
# Fails if clang-format 14 would change a C++ file, if shellcheck finds a fault in a script, or if an include breaks the
# layers (check-layers.sh). --fix formats the C++ files instead. Other versions of clang-format format differently, so it
# needs version 14.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

mend='scripts/install-deps.sh lint'

find_clang_format() {
    local candidate found
    for candidate in clang-format-14 clang-format; do
        command -v "$candidate" >/dev/null || continue
        found=$("$candidate" --version)
        if [[ $found =~ version\ 14\. ]]; then
            echo "$candidate"
            return
        fi
    done
    die "needs clang-format 14${found:+, found: $found}; install it with: $mend"
}

clang_format=$(find_clang_format)
command -v shellcheck >/dev/null || die "needs shellcheck; install it with: $mend"

mode=(--dry-run -Werror)
if [[ ${1:-} == --fix ]]; then mode=(-i); fi

cd "$repo"
mapfile -d '' -t sources < <(find src include tests bench \( -name '*.cpp' -o -name '*.hpp' \) -print0 2>/dev/null)
scripts=(scripts/*.sh bench/*/*.sh examples/deploy/*/*.sh examples/deploy/*/*.sbatch .ci/run)
failed=0
if ((${#sources[@]})); then
    "$clang_format" --style=file "${mode[@]}" "${sources[@]}" || failed=1
fi
shellcheck --external-sources "${scripts[@]}" || failed=1
((!failed)) || die "the format is wrong; run scripts/check-format.sh --fix to format the C++ files"
step "format is right: ${#sources[@]} C++ files, ${#scripts[@]} scripts"
scripts/check-layers.sh
