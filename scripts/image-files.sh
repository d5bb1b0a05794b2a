#!/usr/bin/env bash
# Collects in the directory IMAGE what an image holds beside Debian: pipebench, the programs of PostgreSQL and Redis,
# the entry point, and the list of the packages that own their shared libraries. The Dockerfile runs it, where
# pipebench and its servers are installed.
set -euo pipefail

if (($# != 1)); then
    echo "usage: ${0##*/} IMAGE" >&2
    exit 2
fi
image=$1
scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

initdb=$(compgen -G '/usr/lib/postgresql/*/bin/initdb' | sort -V | tail -n 1)
postgres=${initdb%/bin/initdb}

# PostgreSQL's compiler of queries is left out, because LLVM is larger than all the rest.
mapfile -t libraries < <(compgen -G "$postgres/lib/*.so" | grep -v '/llvmjit\.so$')
programs=("$(command -v pipebench)" "$initdb" "$postgres/bin/postgres" "$(command -v redis-server)" "${libraries[@]}")

mkdir -p "$image/usr/local/share/pipebench" "$image/usr/local/bin" "$image/usr/share/postgresql"
cp --parents --dereference "${programs[@]}" "$image"
cp --archive "/usr/share/postgresql/${postgres##*/}" "$image/usr/share/postgresql"
cp "$scripts/image-entry.sh" "$image/usr/local/bin"
"$scripts/runtime-packages.sh" "${programs[@]}" >"$image/usr/local/share/pipebench/packages"
