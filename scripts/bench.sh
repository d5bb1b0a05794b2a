#!/usr/bin/env bash
# Installs missing packages, builds the micro-benchmarks and runs them. The arguments are those of Catch2, for example
# "[store]", or --skip-benchmarks to count allocations only. Fails if a step allocates memory that must not.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/packages.sh
source "$repo/scripts/packages.sh"

ensure_packages build run test
build bench
exec "$repo/build/bench/pipebench_benchmarks" "$@"
