#!/usr/bin/env bash
# Tests the README's two commands on a bare Debian. Makes one with debootstrap in a temporary directory, copies the
# tree into it, runs scripts/run.sh and scripts/test.sh there as root, then run.sh as an ordinary user, and again
# without apt and network. Removes the machine at the end, also after Ctrl-C. Needs root.
# shellcheck disable=SC2317 # the functions below are called through check and trap
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/packages.sh
source "$repo/scripts/packages.sh"
# shellcheck source=scripts/chroot.sh
source "$repo/scripts/chroot.sh"

usage() {
    cat <<'END'
usage: scripts/fresh-machine.sh [--worktree] [--suite NAME] [--mirror URL] [--keep DIR]
  --worktree    copy the working tree with its uncommitted files instead of the last commit
  --suite NAME  the Debian release: bookworm (default), trixie
  --mirror URL  the Debian archive (default: the one this machine's apt uses)
  --keep DIR    make the machine in DIR, which must not exist, and keep it for inspection
PIPEBENCH_BUSY_LIMIT is passed on: with 100%, the runs count although this machine is busy with something else.
END
}

own_mounts "$@"

suite=bookworm mirror=''
while (($#)); do
    case $1 in
    --worktree) tree=worktree ;;
    --suite) suite=${2:?--suite needs a name} && shift ;;
    --mirror) mirror=${2:?--mirror needs an address} && shift ;;
    --keep) machine=$(realpath -m "${2:?--keep needs a directory}") && shift ;;
    -h | --help) usage && exit ;;
    *) die "unknown option '$1'; see: scripts/fresh-machine.sh --help" ;;
    esac
    shift
done
[[ ! -e $machine ]] || die "$machine already exists; remove it, or name another directory"
keep=$machine

user=newcomer
place=/home/$user/pipebench # this home is closed to other users (0700); the servers run as another user

clean_up() {
    trap '' INT TERM
    stop_machine
    if [[ -n $keep ]]; then
        step "the machine is kept in $machine"
    else
        step "removing the machine"
        remove_machine
        rmdir "${machine%/*}"
    fi
}

bare_machine() {
    make_machine "$suite" "$mirror" "$keyring"
    inside root useradd --create-home --shell /bin/bash "$user"
    inside root mkdir "$place"
    pack_tree | tar --extract --no-same-owner --directory "$machine$place"
}

# After root's build, the tree is given to the user, as if the user had cloned and built it.
run_as_user() {
    inside root chown -R "$user:$user" "/home/$user"
    inside "$user" "$place/scripts/run.sh" doctor
    inside "$user" "$place/scripts/run.sh" --pattern all -n 200
}

# Replaces apt by a script that only records its calls, and leaves only the loopback network.
run_offline() {
    local command
    for command in apt apt-get; do
        # shellcheck disable=SC2016 # expanded when it is called
        printf '#!/bin/sh\necho "$0 $*" >>/tmp/apt-was-called\nexit 100\n' >"$machine/usr/bin/$command"
    done
    export machine
    export -f inside
    # shellcheck disable=SC2016 # expanded by the inner shell
    unshare --net "$BASH" -euc 'ip link set lo up; inside "$@"' offline \
        "$user" "$place/scripts/run.sh" --pattern all -n 200
    [[ ! -e $machine/tmp/apt-was-called ]] || die "apt was called: $(cat "$machine/tmp/apt-was-called")"
}

nothing_left() {
    local left
    wait_for_no_processes
    left=$(
        for process in $(machine_processes); do tr '\0' ' ' <"/proc/$process/cmdline" && echo; done
        find "$machine"/{tmp,dev/shm,run,var/tmp} -iname '*pipebench*' -printf '/%P\n'
    )
    [[ -z $left ]] || die "these were left behind: $left"
}

ensure_packages fresh-machine
require_tree
source=$(debian_mirror "$suite")
keyring=${source##*|} mirror=${mirror:-${source%|*}}
if [[ -z $keep ]]; then
    # The outer directory is closed to other users; the machine's own root must be open to its users.
    machine=$(mktemp -d "${TMPDIR:-/tmp}/fresh-machine.XXXXXX")/root
fi
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

check "bare Debian $suite with debootstrap" bare_machine
if ((!failed)); then
    check "scripts/run.sh as root" inside root "$place/scripts/run.sh"
    check "scripts/test.sh as root" inside root "$place/scripts/test.sh"
    check "scripts/run.sh as an ordinary user" run_as_user
    check "scripts/run.sh with no apt and no network" run_offline
    check "nothing left behind" nothing_left
fi
trap - EXIT
clean_up
report "Debian $suite in a chroot"
exit "$failed"
