#!/usr/bin/env bash
# Kills a worker, a run, the mock API, a PostgreSQL backend, the postmaster or Redis at random moments of runs of all
# patterns, and counts by SQL what became of the orders. Installs missing packages, builds, takes about 4 s a kill.
#
#   scripts/random-kills.sh [--kills N] [--seed S]     N kills [200], chosen by the seed [1]
#   scripts/random-kills.sh --seed S --trial K         only the K-th of them
#
# Exits with 1 if an order was lost, a row is wrong, a session hung or left something behind, or a row is trusted
# although its own server was killed.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/packages.sh
source "$repo/scripts/packages.sh"

usage_if_asked "$@"
ensure_packages build run kills
build release pipebench
exec python3 "$repo/tests/random_kills.py" --binary "$repo/build/release/pipebench" "$@"
