#!/usr/bin/env bash
# Installs the missing packages of the given groups (default: build run); scripts/packages.sh lists the groups. run.sh and
# test.sh do this themselves; use this script in a Dockerfile, or as root on a machine without sudo.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/packages.sh
source "$repo/scripts/packages.sh"

if (($# == 0)); then set -- build run; fi
ensure_packages "$@"
step "installed: $*"
