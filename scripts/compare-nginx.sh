#!/usr/bin/env bash
# Compares the mock order API with nginx. Both answer the same wrk command on loopback, in turn, with the bytes of the
# same order. Prints the median of requests per second of each, and their ratio.
#
#   scripts/compare-nginx.sh [BINARY [ROUNDS [SECONDS]]]      default: build/release/pipebench 5 5
#
# Needs nginx, wrk and curl. Stops everything it started, and removes its one temporary directory.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

binary=${1:-$repo/build/release/pipebench}
rounds=${2:-5}
seconds=${3:-5}
load=(wrk -t2 -c64 "-d${seconds}s")

PATH=$PATH:/usr/sbin  # nginx is there, but many users lack it in PATH
for tool in nginx wrk curl; do
    command -v "$tool" >/dev/null || die "needs $tool; install it with: apt-get install $tool"
done
[[ -x $binary ]] || die "no program $binary; build it with: scripts/run.sh list"

scratch=$(mktemp -d "${TMPDIR:-/tmp}/compare-nginx.XXXXXX")
started=()

clean_up() {
    local pid
    for pid in "${started[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
    for pid in "${started[@]}"; do wait "$pid" 2>/dev/null || true; done
    rm -rf -- "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Prints a free port, below the range that the system gives to clients.
free_port() {
    local port
    for ((port = $1; port < $1 + 200; ++port)); do
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            echo "$port"
            return
        fi
    done
    die "no free port from $1 on"
}

wait_until_ready() { # URL NAME
    local attempt
    for ((attempt = 0; attempt < 100; ++attempt)); do
        if curl --silent --fail --max-time 1 --output /dev/null "$1"; then return; fi
        sleep 0.05
    done
    cat "$scratch/$2.log" >&2
    die "$2 does not answer on $1"
}

start_mock_api() {
    "$binary" mock-api --port "$mock_port" --http-latency 0 >"$scratch/mock-api.log" 2>&1 </dev/null &
    started+=($!)
    wait_until_ready "http://127.0.0.1:$mock_port/healthz" mock-api
}

# nginx would read a dollar sign in the body as a variable; orders contain none. Its paths are relative to -p.
start_nginx() {
    local body
    body=$(curl --silent --fail "http://127.0.0.1:$mock_port/orders/1")
    [[ $body != *\$* ]] || die "order 1 contains a dollar sign, which nginx cannot return"
    body=${body//\\/\\\\}
    body=${body//\'/\\\'}
    cat >"$scratch/nginx.conf" <<CONFIG
daemon off;
worker_processes auto;
pid nginx.pid;
error_log nginx.log error;
events { worker_connections 1024; }
http {
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    default_type application/json;
    server {
        listen 127.0.0.1:$nginx_port backlog=4096;
        location / { return 200 '$body'; }
    }
}
CONFIG
    nginx -p "$scratch" -c "$scratch/nginx.conf" >"$scratch/nginx.log" 2>&1 </dev/null &
    started+=($!)
    wait_until_ready "http://127.0.0.1:$nginx_port/orders/1" nginx
}

same_bytes() {
    cmp -s <(curl --silent "http://127.0.0.1:$mock_port/orders/1") \
        <(curl --silent "http://127.0.0.1:$nginx_port/orders/1")
}

requests_per_second() { # PORT
    local output
    output=$("${load[@]}" "http://127.0.0.1:$1/orders/1")
    if grep -Eq 'Socket errors|Non-2xx' <<<"$output"; then die "wrk saw errors: $output"; fi
    awk '/^Requests\/sec:/ { print $2 }' <<<"$output"
}

median() {
    printf '%s\n' "$@" | sort -g |
        awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}

mock_port=$(free_port 18080)
start_mock_api
nginx_port=$(free_port $((mock_port + 1)))
start_nginx
same_bytes || die "mock-api and nginx answer with different bytes"
step "$rounds rounds of: ${load[*]}"
mock=() nginx=()
for ((round = 1; round <= rounds; ++round)); do
    mock+=("$(requests_per_second "$mock_port")")
    nginx+=("$(requests_per_second "$nginx_port")")
    step "round $round: mock-api ${mock[-1]}, nginx ${nginx[-1]} requests/s"
done
mock_median=$(median "${mock[@]}")
nginx_median=$(median "${nginx[@]}")
awk -v m="$mock_median" -v n="$nginx_median" \
    'BEGIN { printf "mock-api  %.0f requests/s\nnginx     %.0f requests/s\nratio     %.2f\n", m, n, m / n }'
