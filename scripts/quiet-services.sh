# shellcheck shell=bash
# pipebench starts throwaway servers of its own, so the system servers that come with the packages of PostgreSQL and
# Redis would only surprise. While those are installed, none is started and no system-wide cluster is made; after it,
# nothing of this is left. Sourced after lib.sh.

policy=/usr/sbin/policy-rc.d
no_cluster=/etc/postgresql-common/createcluster.d/pipebench-install.conf
marker='# Only for the time of an installation by the scripts of pipebench; delete it if you find it.'

quiet_services() {
    step "PostgreSQL and Redis are installed as programs only: no system server is started or set up"
    # Where there is a policy already it stays: it is the choice of whoever runs the machine.
    if [[ ! -e $policy ]] || grep -qF "$marker" "$policy"; then
        printf '%s\n' '#!/bin/sh' "$marker" 'case " $* " in *" postgresql"* | *" redis-server"*) exit 101 ;; esac' |
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

# A policy only keeps a service from starting now; this keeps it from starting at the next boot.
disable_redis_at_boot() {
    if command -v systemctl >/dev/null; then
        logged disable-redis as_root systemctl disable redis-server.service || true
    fi
}
