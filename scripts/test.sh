#!/usr/bin/env bash
# Installs what is missing, builds the tests and runs them; arguments go to ctest, for example -L unit.
# PIPEBENCH_PRESET=asan (or tsan) tests another build than dev.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/packages.sh
source "$repo/scripts/packages.sh"

preset=${PIPEBENCH_PRESET:-dev}
ensure_packages build run test
build "$preset"
step "ctest --preset $preset${*:+ $*}"
# ctest finds presets only from the top of the tree.
cd "$repo"
exec ctest --preset "$preset" --no-tests=error --output-on-failure "$@"
