#!/usr/bin/env bash
# The measurements of scripts/limits.sh, made inside `pipebench services`: each stage alone, the patterns row by row,
# each stage again, the patterns in batches, each stage again. Writes JSON to RESULT, and tables to stdout.
#
#   pipebench services --profile capacity -- \
#       bench/limits/measure.sh BINARY REPEAT SECONDS RESULT PATTERN[,PATTERN] [arguments of run]
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"

here=$repo/bench/limits
binary=$1 repeat=$2 seconds=$3 result=$4 patterns=$5
arguments=("${@:6}")
most_at_once=10000 # orders of fan-out: each has a connection, and a connection is a descriptor and a port
batch_rows=${PIPEBENCH_WRITE_BATCH:-100} # rows per transaction
wrk_connections=64
redis_connections=50
cores=$(nproc)
threads=$((cores < wrk_connections ? cores : wrk_connections))
socket=${PIPEBENCH_REDIS#unix://}
printf -v socket %b "${socket//%/\\x}" # the path is percent-encoded
stream=$PIPEBENCH_STREAM:limits

# Debian keeps pgbench and psql beside the server. Its wrappers on the PATH need a system cluster, and there is none.
newest=$(compgen -G '/usr/lib/postgresql/*/bin/pgbench' | sort -V | tail -n 1 || true)
PATH=${newest:+${newest%/*}:}$PATH
for tool in wrk pgbench psql redis-benchmark redis-cli python3; do
    command -v "$tool" >/dev/null || die "needs $tool"
done

scratch=$(mktemp -d "${TMPDIR:-/tmp}/pipebench-limits.XXXXXX")
running=

clean_up() {
    trap '' INT TERM
    if [[ -n $running ]]; then
        kill -TERM "$running" 2>/dev/null || true
        wait "$running" || true
    fi
    rm -rf -- "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# run COMMAND...: runs the command in the background and waits for it, so that a signal is handled at once.
run() {
    local code=0
    "$@" </dev/null &
    running=$!
    wait "$running" || code=$?
    running=
    return "$code"
}

# Prints "busy all": the CPU time of the machine since its start, in ticks.
ticks() { awk '/^cpu / { busy = $2 + $3 + $4 + $7 + $8 + $9; print busy, busy + $5 + $6 }' /proc/stat; }

# measure STAGE COMMAND...: runs the command, and records the rate it prints and the ticks before and after it.
measure() {
    local stage=$1 before after rate
    shift
    before=$(ticks)
    run "$@" >"$scratch/output" 2>"$scratch/errors" || complain "$1 failed"
    after=$(ticks)
    rate=$(rate_of "$1") || complain "$1 reported errors, or no rate"
    echo "$stage $rate $before $after" >>"$scratch/samples"
    step "  $stage: $(printf %.0f "$rate")/s"
}

# Measures how busy the machine is while no stage runs: what other programs use.
measure_others() {
    local before
    before=$(ticks)
    run sleep 1
    echo "others 0 $before $(ticks)" >>"$scratch/samples"
}

# rate_of TOOL: prints the rate from its output; fails if there is none, or if there were errors.
rate_of() {
    case $1 in
    wrk) awk '$1 == "orders" && $3 == 0 { rate = $2 } END { print rate; exit !rate }' ;;
    pgbench)
        awk '/^tps = / { rate = $3 } /^number of failed transactions: [1-9]/ { failed = 1 }
             END { print rate; exit failed || !rate }'
        ;;
    redis-benchmark) awk -F '","' 'END { gsub(/"/, "", $2); print $2; exit !($2 > 0) }' ;;
    esac <"$scratch/output"
}

complain() {
    tail -qn 5 "$scratch/output" "$scratch/errors" >&2
    die "$1"
}

# The values of a row. All are text parameters, as in the patterns. Only the id differs from row to row.
names=(customer region currency item_count total_minor weight_grams promised_on line_totals checksum)
types=(text text text bigint bigint bigint date text bigint)
row=('Aoife Papadopoulou' EMEA EUR 24 8909087 31874 2025-10-10 '{139672,4765030,20828,109251}' 4242424242424242424)

# The same INSERT as in the patterns, with pgbench's variables as parameters. Keys ascend over all connections.
write_row_script() {
    local sql=$PIPEBENCH_INSERT n
    for ((n = 10; n >= 2; --n)); do sql=${sql//\$$n/:${names[n - 2]}}; done
    cat >"$scratch/row.sql" <<SCRIPT
\\set n :n + 1
\\set id :n * :clients + :client_id
${sql//\$1/:id};
SCRIPT
}

# The same INSERT for many rows in one statement, with an array per column, as a client would send them.
write_batch_script() {
    local arrays='' n
    for n in "${!names[@]}"; do arrays+=", :${names[n]}::${types[n]}[]"; done
    local columns=${names[*]}
    columns=${columns// /, }
    cat >"$scratch/batch.sql" <<SCRIPT
\\set n :n + 1
\\set first (:n * :clients + :client_id) * $batch_rows
INSERT INTO $PIPEBENCH_TABLE AS o (order_id, $columns)
SELECT :first + id, ${columns/line_totals/line_totals::bigint[]}
FROM unnest(${arrays#, }) WITH ORDINALITY AS made ($columns, id)
ON CONFLICT (order_id) DO UPDATE SET deliveries = o.deliveries + 1;
SCRIPT
}

# array_of TYPE VALUE: prints a PostgreSQL array with VALUE once per row of a batch.
array_of() {
    local element=$2 elements
    [[ $1 == bigint ]] || element="\"$element\""
    printf -v elements "$element,%.0s" $(seq "$batch_rows")
    echo "{${elements%,}}"
}

define_values() {
    local n
    for n in "${!names[@]}"; do
        row_values+=(-D "${names[n]}=${row[n]}")
        batch_values+=(-D "${names[n]}=$(array_of "${types[n]}" "${row[n]}")")
    done
}

postgres_stage() { # STAGE SCRIPT CONNECTIONS VALUES...
    psql --quiet --no-psqlrc --command "TRUNCATE $PIPEBENCH_TABLE" "$PIPEBENCH_POSTGRES" >&2
    measure "$1" pgbench --no-vacuum --protocol prepared --file "$scratch/$2" --client "$3" --jobs "$cores" \
        --time "$seconds" -D n=0 -D "clients=$3" "${@:4}" "$PIPEBENCH_POSTGRES"
}

# redis-benchmark takes a number of requests and no duration; a short run shows how many requests fill it.
redis_stage() { # DEPTH
    local rate
    local tool=(redis-benchmark -s "$socket" -c "$redis_connections" -P "$1" --csv)
    local xadd=(xadd "$stream" '*' order 4711)
    run "${tool[@]}" -n 20000 "${xadd[@]}" >"$scratch/output" 2>"$scratch/errors" || complain "redis-benchmark failed"
    rate=$(rate_of redis-benchmark) || complain "redis-benchmark reported errors, or no rate"
    measure "xadd_$1" "${tool[@]}" -n "$((${rate%.*} * seconds))" "${xadd[@]}"
    redis-cli -s "$socket" UNLINK "$stream" >/dev/null
}

measure_stages() {
    local connections
    measure_others
    local wrk=(wrk -t "$threads" -c "$wrk_connections" -d "${seconds}s" -s "$here/orders.lua")
    measure mock_api "${wrk[@]}" "$PIPEBENCH_TARGET" -- "$PIPEBENCH_ORDERS"
    measure mock_api_closing "${wrk[@]}" -H 'Connection: close' "$PIPEBENCH_TARGET" -- "$PIPEBENCH_ORDERS"
    for connections in 1 8 20; do
        postgres_stage "insert_$connections" row.sql "$connections" "${row_values[@]}"
    done
    postgres_stage batches batch.sql 8 "${batch_values[@]}"
    redis_stage 1
    redis_stage 16
}

# Measures patterns on the same PostgreSQL and Redis; each run has its own mock API. Exit codes 1 and 3 (a bad
# verdict) do not end the script.
run_patterns() { # MODE PART PATTERNS ORDERS
    local code=0 file=$scratch/$1-$2.json
    [[ -n $3 ]] || return 0
    step "write mode $1, $4 orders: $3"
    run env -u PIPEBENCH_TARGET "$binary" --pattern "$3" --profile capacity --write-mode "$1" --orders "$4" \
        --export-json - "${arguments[@]}" >"$file" || code=$?
    ((code == 0 || code == 1 || code == 3)) || exit "$code"
    if ((code > verdict)); then verdict=$code; fi
}

# A tenth of the orders shows what of a run is start-up. fan-out has none: it starts all orders at once.
measure_patterns() { # MODE
    run_patterns "$1" whole "$bounded" "$PIPEBENCH_ORDERS"
    run_patterns "$1" tenth "$bounded" "$(((PIPEBENCH_ORDERS + 9) / 10))"
    run_patterns "$1" at-once "$unbounded" "$((PIPEBENCH_ORDERS < most_at_once ? PIPEBENCH_ORDERS : most_at_once))"
}

# The speed of a machine changes within minutes, so the stages are measured before, between and after the patterns.
measure_stages_until() { # ROUND
    while ((round < $1)); do
        round=$((round + 1))
        step "each stage alone, round $round of $repeat"
        measure_stages
    done
}

verdict=0 round=0 row_values=() batch_values=()
unbounded=$(tr , '\n' <<<"$patterns" | grep -x fan-out || true)
bounded=$(tr , '\n' <<<"$patterns" | grep -vx fan-out | paste -sd , || true)
write_row_script
write_batch_script
define_values
measure_stages_until $(((repeat + 2) / 3))
measure_patterns row
measure_stages_until $(((2 * repeat + 2) / 3))
measure_patterns batch
measure_stages_until "$repeat"
python3 "$here/shares.py" --collect "$result" "$seconds" "$batch_rows" "$scratch"
python3 "$here/shares.py" "$result"
((verdict == 0)) || exit "$verdict"
