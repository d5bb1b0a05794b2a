#!/usr/bin/env bash
# Fails if a file includes a header from a folder that its own folder must not include, if headers include each other
# in a circle, or if only one folder uses a header of include/. The README's section "The layout" has the table.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$repo"

# Prints "FOLDER OTHER..." lines: the folders that FOLDER may include besides itself and include/pipebench.
layers() { sed -n '/^<!-- layers -->$/,/^<!-- end of layers -->$/p' README.md | awk -F'|' '/^\| *`/ {
    gsub(/[`,]/, "", $2); gsub(/[`,]/, "", $3); if ($3 ~ /^ *-/) $3 = ""; print $2 $3 }'; }

# Prints "FILE:LINE:FROM TO" for every include of a header of this project; FROM and TO are folders.
includes() {
    grep -rnoE --include='*.hpp' --include='*.cpp' '^#include "[^"]+/[^"]+"' src include |
        awk -F: '{
            from = $1; sub(/^src\/|^include\//, "", from); sub(/\/.*/, "", from)
            if ($1 == "src/main.cpp") from = "main.cpp"
            to = $3; sub(/^#include "/, "", to); sub(/\/.*/, "", to)
            print $1 ":" $2 ":" from " " to }'
}

failed=0

forbidden=$(awk 'NR == FNR { known[$1]; for (i = 2; i <= NF; ++i) may[$1, $i]; next }
    { place = $1; from = $1; sub(/.*:/, "", from); sub(/:[^:]*$/, "", place); to = $2 }
    from == to || to == "pipebench" && from in known { next }
    !(from in known) { print place ": the folder " from " is not in the table"; next }
    !((from, to) in may) { print place ": " from " must not include " to "/" }' <(layers) <(includes))
if [[ -n $forbidden ]]; then
    printf '%s\n' "$forbidden" >&2
    step "error: these includes break the table of layers in README.md"
    failed=1
fi

# Prints pairs of headers for tsort; the first includes the second.
edges() {
    grep -rnoE --include='*.hpp' '^#include "[^"]+/[^"]+"' src include |
        sed -E 's,^(src|include)/([^:]+):[0-9]+:#include "([^"]+)"$,\2 \3,'
}
if ! circle=$(edges | tsort 2>&1 >/dev/null); then
    printf '%s\n' "$circle" >&2
    step "error: these headers include each other in a circle"
    failed=1
fi

for header in include/pipebench/*.hpp; do
    users=$(grep -rlF "\"pipebench/${header##*/}\"" src include | xargs -r -n1 dirname | sort -u)
    if (($(wc -l <<<"$users") < 2)); then
        step "error: only ${users:-no folder} uses $header: move it there"
        failed=1
    fi
done

((!failed)) || exit 1
step "the layers hold: $(includes | wc -l) includes, no circle"
