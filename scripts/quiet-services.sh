# shellcheck shell=bash
# pipebench and its scripts start their own throwaway servers, so they need no system servers from the packages of
# PostgreSQL, Redis, OpenSSH, Slurm and Prometheus. While those packages are installed, no server is started and no system-wide
# cluster is created. The files that ensure this are removed afterwards. Sourced after lib.sh.

policy=/usr/sbin/policy-rc.d
no_cluster=/etc/postgresql-common/createcluster.d/pipebench-install.conf
marker='# Only for the time of an installation by the scripts of pipebench; delete it if you find it.'

quiet_services() {
    step "installing servers as programs only: no system server is started or set up"
    # An existing policy stays: it is the administrator's choice.
    if [[ ! -e $policy ]] || grep -qF "$marker" "$policy"; then
        printf '%s\n' '#!/bin/sh' "$marker" 'case " $* " in' '*" postgresql"* | *" redis-server"* | *" pgbouncer"*) exit 101 ;;' \
            '*" ssh"* | *" munge"* | *" slurm"* | *" prometheus"*) exit 101 ;;' 'esac' |
            as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
    fi
    as_root mkdir -p "${no_cluster%/*}"
    printf '%s\n' "$marker" 'create_main_cluster = false' | as_root tee "$no_cluster" >/dev/null
}

loud_services() {
    [[ ! -e $no_cluster ]] || as_root rm -f "$no_cluster"
    if [[ -e $policy ]] && grep -qF "$marker" "$policy"; then as_root rm -f "$policy"; fi
}

# The policy only prevents a start now; this prevents a start at the next boot.
disable_at_boot() {
    if command -v systemctl >/dev/null; then
        logged "disable-$1" as_root systemctl disable "$1.service" || true
    fi
}
