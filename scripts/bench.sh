#!/usr/bin/env bash
# Installs what is missing, builds the micro-benchmarks and runs them; arguments go to the program, which is Catch2's:
# for example "[store]", or --skip-benchmarks to count allocations alone. Fails where memory is taken that must not be.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/packages.sh
source "$repo/scripts/packages.sh"

ensure_packages build run test
build bench
exec "$repo/build/bench/pipebench_benchmarks" "$@"
