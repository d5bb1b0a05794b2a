#!/usr/bin/env bash
# Installs what is missing, builds pipebench and runs it with the given arguments; without any, the whole comparison.
# stdout carries the result of pipebench and nothing else.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/packages.sh
source "$repo/scripts/packages.sh"

if (($# == 0)); then set -- --pattern all -n 10000; fi
ensure_packages build run
build release
# Not the arguments: a URL among them may hold a password.
step "running build/release/pipebench"
exec "$repo/build/release/pipebench" "$@"
