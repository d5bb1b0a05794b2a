#!/usr/bin/env bash
# Measures redis-streams with its workers on several machines, and what happens when machines fail. Each machine is a
# network namespace here, with an address, a host name and a pid space of its own; so it shows the protocol, and not
# more cores. Needs root. Installs missing packages, builds, and takes about 20 minutes. Nothing is left behind.
#
#   scripts/scale.sh [scaling] [latency-free] [production] [troubles | TROUBLE ...]     only these parts
#
# The results stay in build/scale. The troubles are listed by: scripts/scale.sh list
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/packages.sh
source "$repo/scripts/packages.sh"

usage_if_asked "$@"
binary=${PIPEBENCH_BINARY:-$repo/build/release/pipebench}
if [[ ${1:-} == list ]]; then exec python3 -B "$repo/bench/scale/scale.py" "$binary" "$repo/build/scale" list; fi
((EUID == 0)) || die "needs root: sudo scripts/${0##*/}"
unset PIPEBENCH_POSTGRES PIPEBENCH_REDIS PIPEBENCH_TARGET # only this machine is measured
ensure_packages build run scale
[[ -n ${PIPEBENCH_BINARY:-} ]] || build release pipebench
mkdir -p "$repo/build/scale"
exec unshare --net --kill-child python3 -B "$repo/bench/scale/scale.py" "$binary" "$repo/build/scale" "$@"
