#!/usr/bin/env bash
# Installs missing packages, builds pipebench and runs it with the given arguments; without arguments it compares all
# patterns with 10,000 orders. stdout carries only the result of pipebench.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/packages.sh
source "$repo/scripts/packages.sh"

if (($# == 0)); then set -- --pattern all -n 10000; fi
ensure_packages build run
build release
# The arguments are not printed, because a URL in them may contain a password.
step "running build/release/pipebench"
exec "$repo/build/release/pipebench" "$@"
