#!/usr/bin/env bash
# Prints the packages that own the shared libraries of a program, one a line: what a machine needs that only runs it.
set -euo pipefail

if (($# != 1)) || [[ ! -x $1 ]]; then
    echo "usage: ${0##*/} PROGRAM" >&2
    exit 2
fi

# dpkg does not know the C library by the path that the linker reports; every machine has that one.
ldd "$1" | awk '$2 == "=>" && $3 ~ /^\// { print $3 }' | xargs realpath |
    { xargs dpkg-query --search 2>/dev/null || true; } | cut -d: -f1 | sort -u
