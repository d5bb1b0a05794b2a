#!/usr/bin/env bash
# Measures how reliable `pipebench gate` is on this machine. A binary compared with itself must pass. A build that
# uses 10 % more CPU per order in one pattern must fail, and the gate must blame no other pattern.
# Usage: scripts/check-gate.sh [TRIES_SAME [TRIES_COSTLY [PATTERN]]], by default 20, 10 and semaphore.
# A try takes about a minute and prints one line.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/packages.sh
source "$repo/scripts/packages.sh"

same_tries=${1:-20}
costly_tries=${2:-10}
pattern=${3:-semaphore}
costly=$repo/build/costly
base=$repo/build/gate-base

# Prints the median CPU per order of the pattern in ns, with the parameters of the gate.
cpu_per_order_ns() {
    "$base" --pattern "$pattern" --profile capacity -n 5k --repeat 9 --warmup 1 --busy-limit 100% --quiet \
        --export-json - | /usr/bin/python3 -c '
import json, statistics, sys
print(round(1000 * statistics.median(r["cpu_per_order_us"] for r in json.load(sys.stdin)["runs"])))'
}

# try_gate HEAD: prints "pass", "no verdict", or "blamed" and the patterns.
try_gate() {
    "$1" gate --baseline "$base" --profile capacity --quiet --format json >"$logs/gate.json" || true
    /usr/bin/python3 -c '
import json, sys
g = json.load(open(sys.argv[1]))
first = {(r["pattern"], r["metric"]) for r in g["rows"] if r["suspicious"]}
bad = {(r["pattern"], r["metric"]): r["ratio"] for r in g["confirmation"] if r["verdict"] == "worse"}
blamed = sorted("%s %s x %.3f" % (p, m, x) for (p, m), x in bad.items() if (p, m) in first)
suspects = sorted({p for p, m in first})
print("pass" if g["passed"] else "blamed: " + ", ".join(blamed) if blamed else "no verdict", "(suspects: %s; %.0f s)" % (", ".join(suspects) or "none", g["session_s"]))
' "$logs/gate.json"
}

ensure_packages build run
build release
cp "$repo/build/release/pipebench" "$base"

passed=0
for ((i = 1; i <= same_tries; ++i)); do
    line=$(try_gate "$repo/build/release/pipebench")
    [[ $line != pass* ]] || ((++passed))
    echo "same $i: $line"
done

if ((costly_tries > 0)); then
    cpu_ns=$(cpu_per_order_ns)
    step "$pattern uses $cpu_ns ns of CPU per order; building a binary that uses $((cpu_ns / 10)) ns more"
    logged configure-costly cmake -S "$repo" -B "$costly" -G Ninja -DCMAKE_BUILD_TYPE=Release -DPIPEBENCH_TESTS=OFF \
        "-DPIPEBENCH_TEST_COST=$pattern:$((cpu_ns / 10))" || die "cannot configure"
    watched "building it" build-costly cmake --build "$costly" --target pipebench || die "cannot build"
fi
caught=0 others=0
for ((i = 1; i <= costly_tries; ++i)); do
    line=$(try_gate "$costly/pipebench")
    blamed=${line%% (*}
    [[ $blamed != *"$pattern "* ]] || ((++caught))
    while read -r one; do
        [[ -z $one || $one == "$pattern "* ]] || ((++others))
    done < <(tr ',' '\n' <<<"${blamed#blamed: }" | sed 's/^ *//; /^pass/d; /^no verdict/d')
    echo "10 % more $i: $line"
done

echo "the same binary passed $passed of $same_tries"
echo "10 % more CPU per order of $pattern: caught $caught of $costly_tries, others blamed: $others"
