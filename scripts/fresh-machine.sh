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
END
}

((EUID == 0)) || die "needs root: sudo scripts/fresh-machine.sh"
if [[ -z ${PIPEBENCH_OWN_MOUNTS:-} ]]; then
    # In its own mount namespace, the mounts end with this process, even if it is killed.
    PIPEBENCH_OWN_MOUNTS=1 exec unshare --mount "$BASH" "${BASH_SOURCE[0]}" "$@"
fi

suite=bookworm tree=commit mirror='' machine=''
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
results=()
failed=0
child=

# check TITLE COMMAND...: runs the command and records its verdict and duration. Always returns 0.
check() {
    local title=$1 started=$SECONDS verdict=PASS
    shift
    step "== $title"
    # The command gets its own process group: Ctrl-C reaches this script at once, and clean_up stops the whole group.
    set -m
    "$@" </dev/null &
    child=$!
    set +m
    wait "$child" || verdict=FAIL
    child=
    [[ $verdict == PASS ]] || failed=1
    results+=("$(printf '%s  %5d s  %s' "$verdict" $((SECONDS - started)) "$title")")
}

report() {
    local commit
    commit=$(in_git rev-parse --quiet --short --verify HEAD || echo 'no commit yet')
    printf '\nDebian %s in a chroot, %s (%s), %s cores\n' "$suite" "$tree" "$commit" "$(nproc)"
    printf '  %s\n' "${results[@]}"
    if ((failed)); then echo 'fresh-machine: FAIL'; else echo 'fresh-machine: PASS'; fi
}

clean_up() {
    trap '' INT TERM
    if [[ -n $child ]]; then
        kill -- "-$child" 2>/dev/null || true
        wait "$child" || true
    fi
    stop_machine_processes
    unmount_machine
    if [[ -n $keep ]]; then
        step "the machine is kept in $machine"
    else
        step "removing the machine"
        remove_machine
        rmdir "${machine%/*}"
    fi
}

# The tree may not belong to root.
in_git() { git -C "$repo" -c safe.directory="$repo" "$@"; }

bare_machine() {
    make_machine "$suite" "$mirror" "$keyring"
    inside root useradd --create-home --shell /bin/bash "$user"
    inside root mkdir "$place"
    pack_tree | tar --extract --no-same-owner --directory "$machine$place"
}

pack_tree() {
    if [[ $tree == commit ]]; then
        in_git archive HEAD
        return
    fi
    # All files that git has or would add. git may still list deleted files, so only existing ones are packed.
    # shellcheck disable=SC2016 # expanded by the inner shell
    in_git ls-files -z --cached --others --exclude-standard |
        (cd "$repo" && xargs -0 "$BASH" -c 'for file; do [[ ! -e $file ]] || printf "%s\0" "$file"; done' pick) |
        tar --create --directory "$repo" --null --files-from=-
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
if [[ $tree == commit ]]; then
    in_git rev-parse --quiet --verify HEAD >/dev/null || die "there is no commit to test yet; use: --worktree"
fi
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
report
exit "$failed"
