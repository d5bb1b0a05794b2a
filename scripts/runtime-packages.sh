#!/usr/bin/env bash
# Prints the packages that own the shared libraries of programs, one per line. A machine that only runs the programs
# needs these.
set -euo pipefail

if (($# == 0)); then
    echo "usage: ${0##*/} PROGRAM..." >&2
    exit 2
fi

# dpkg does not find the C library under the path that the linker reports, but every machine has it.
ldd "$@" | awk '$2 == "=>" && $3 ~ /^\// { print $3 }' | sort -u | xargs realpath |
    { xargs dpkg-query --search 2>/dev/null || true; } | cut -d: -f1 | sort -u
