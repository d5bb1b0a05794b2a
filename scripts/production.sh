#!/usr/bin/env bash
# Replays a published production and its advice, and prints the tables of docs/production.md: the deployment of 15
# processes under 50,000 orders an hour, and CPU work in event loops and beside them. Installs missing packages, builds,
# and takes about 30 minutes. The results stay in build/production.
#
#   scripts/production.sh [deployment] [transform] [pays]     only these tables
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/packages.sh
source "$repo/scripts/packages.sh"

usage_if_asked "$@"
unset PIPEBENCH_POSTGRES PIPEBENCH_REDIS PIPEBENCH_TARGET # only this machine is measured
ensure_packages build run production
build release pipebench
mkdir -p "$repo/build/production"
exec python3 "$repo/bench/production/replay.py" "$repo/build/release/pipebench" "$repo/build/production" "$@"
