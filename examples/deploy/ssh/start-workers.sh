#!/usr/bin/env bash
# STATUS: run by scripts/deploy.sh ssh (OpenSSH 9.2p1, three sshd on one machine)
#
# Starts a pipebench worker on each host by ssh, shows what the workers say, and ends when all have ended. Ctrl-C,
# SIGTERM and a closed terminal drain them: each ends what it has in hand. A second Ctrl-C only stops waiting for them.
#
#   export PIPEBENCH_REDIS=... PIPEBENCH_POSTGRES=... PIPEBENCH_TARGET=...      # as the hosts reach them
#   start-workers.sh SESSION HOST... [-- OPTION OF pipebench worker ...]
#   start-workers.sh night alpha beta gamma -- --processes 5 --workers 50 --db-connections 5
#
# The hosts need pipebench in the PATH of a non-interactive shell (or PIPEBENCH_PROGRAM=its path there), a login by key,
# and a host key that is known. The exit code is the highest of the workers': 0 if all have signed off.
#
# Why -T: a terminal there would echo the secrets; without one no signal travels, so the other side sends SIGTERM at the
# end of its input, which also comes when ssh is killed or its connection is closed.
#
# The secrets go through ssh's input: a command line can be read in ps on both sides, and SendEnv needs AcceptEnv in
# sshd_config on each host.
set -euo pipefail

step() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

die() {
    step "error: $*"
    exit 2
}

if [[ ${1:-} == -h || ${1:-} == --help || $# -lt 2 ]]; then
    sed -n '4,/^set /{ /^#/!d; s/^# \{0,1\}//p }' "$0" >&2
    exit 2
fi

session=$1
shift
hosts=()
while (($# > 0)) && [[ $1 != -- ]]; do
    hosts+=("$1")
    shift
done
shift || true
options=("$@")
program=${PIPEBENCH_PROGRAM:-pipebench}

# All of it becomes part of a command line on the other side.
[[ $session =~ ^[a-z][a-z0-9-]{0,39}$ ]] || die "'$session' is no name of a session: a-z, 0-9 and '-', a letter first"
for word in "$program" "${options[@]}"; do
    [[ $word =~ ^[A-Za-z0-9_./:=,%+@-]+$ ]] || die "'$word' has characters that a remote shell might misread"
done
((${#hosts[@]} > 0)) || die "name a host"
for host in "${hosts[@]}"; do
    [[ $host =~ ^[A-Za-z0-9_\[][][A-Za-z0-9_.:@%-]*$ ]] || die "'$host' is no host"
done
for name in PIPEBENCH_REDIS PIPEBENCH_POSTGRES PIPEBENCH_TARGET; do
    [[ -n ${!name:-} && ${!name} != *$'\n'* ]] || die "set $name, in one line, as the hosts reach it"
done

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
open=$scratch/open # while it exists, the workers are to work
: >"$open"

# The worker's input is closed, and its exit code is ours. `kill` says nothing if the worker has ended by itself.
remote="exec sh -c '
    IFS= read -r PIPEBENCH_REDIS && IFS= read -r PIPEBENCH_POSTGRES && IFS= read -r PIPEBENCH_TARGET || exit 2
    export PIPEBENCH_REDIS PIPEBENCH_POSTGRES PIPEBENCH_TARGET
    exec 3<&0
    $program worker --join $session ${options[*]} 3<&- </dev/null &
    worker=\$!
    { cat <&3; kill -TERM \$worker; } >/dev/null 2>&1 &
    watcher=\$!
    exec 3<&-
    code=0
    wait \$worker || code=\$?
    kill \$watcher 2>/dev/null
    exit \$code
'"

# What ssh reads. printf is part of the shell, so the secrets are on no command line here either.
feed() {
    printf '%s\n' "$PIPEBENCH_REDIS" "$PIPEBENCH_POSTGRES" "$PIPEBENCH_TARGET"
    while [[ -e $open ]] && kill -0 $$ 2>/dev/null; do sleep 0.5; done
}

# run_on HOST: runs a worker there, with its lines marked. Ctrl-C is for this script, and not for ssh.
run_on() {
    trap '' INT HUP
    ssh -T -o BatchMode=yes -o ServerAliveInterval=15 -o ServerAliveCountMax=3 -- "$1" "$remote" < <(feed) 2>&1 |
        while IFS= read -r line; do printf '%s: %s\n' "$1" "$line"; done
}

signalled=
# shellcheck disable=SC2317 # called by the trap
drain() {
    signalled=yes
    if [[ -e $open ]]; then
        rm -f "$open"
        step "draining; once more to stop waiting"
    else
        step "not waiting any longer; the workers go on draining"
        exit 130
    fi
}

# A signal that is trapped ends `wait` early.
wait_for() {
    local status
    while :; do
        signalled=
        status=0
        wait "$1" || status=$?
        [[ -n $signalled ]] || return "$status"
    done
}

pids=()
trap drain INT TERM HUP
for host in "${hosts[@]}"; do
    run_on "$host" &
    pids+=($!)
done

code=0
for i in "${!pids[@]}"; do
    status=0
    wait_for "${pids[i]}" || status=$?
    ((status == 0)) || step "${hosts[i]}: exit code $status"
    ((status <= code)) || code=$status
done
exit "$code"
