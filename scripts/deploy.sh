#!/usr/bin/env bash
# Runs set-ups of examples/deploy for real, and checks what becomes of their orders: Slurm with three slurmd, ssh with
# three sshd. Each machine is a network namespace here, with an address, a host name and a pid space of its own. Needs
# root. Installs missing packages, builds, and takes about 5 minutes. Nothing but the packages is left behind.
#
#   scripts/deploy.sh [slurm] [ssh]     only these parts
#
# Prints a table of what was checked; the exit code is 1 if anything is not as expected. The results stay in build/deploy.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/packages.sh
source "$repo/scripts/packages.sh"

usage_if_asked "$@"
binary=${PIPEBENCH_BINARY:-$repo/build/release/pipebench}
((EUID == 0)) || die "needs root: sudo scripts/${0##*/}"
unset PIPEBENCH_POSTGRES PIPEBENCH_REDIS PIPEBENCH_TARGET # only this machine is measured
ensure_packages build run scale deploy
[[ -n ${PIPEBENCH_BINARY:-} ]] || build release pipebench
mkdir -p "$repo/build/deploy"
exec unshare --net --mount python3 -B "$repo/bench/scale/deploy.py" "$binary" "$repo/build/deploy" "$@"
