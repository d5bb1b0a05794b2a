#!/usr/bin/env bash
# Installs what is missing of the given package groups: build run test lint clang fuzz valgrind peers limits (default: build run).
# run.sh and test.sh do this by themselves; this is for a Dockerfile, or for root on a machine without sudo.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/packages.sh
source "$repo/scripts/packages.sh"

if (($# == 0)); then set -- build run; fi
ensure_packages "$@"
step "installed: $*"
