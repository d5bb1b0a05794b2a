# shellcheck shell=bash
# Makes a bare Debian in a directory with debootstrap, runs commands in it with chroot, and removes it completely.
# Sourced after lib.sh and packages.sh by scripts that check the tree in it; the caller sets `machine` (the directory)
# and runs as root in its own mount namespace. No directory of the host is mounted into it, so removing it cannot
# remove files of the host.

: "${repo:?source lib.sh first}"

machine=    # the directory of the machine
tree=commit # what is copied into it: the last commit, or `worktree`, with uncommitted files
results=()  # a line per check
failed=0
child= # the process group of the check that runs

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

# report TITLE: prints the verdicts of all checks.
report() {
    local commit
    commit=$(in_git rev-parse --quiet --short --verify HEAD || echo 'no commit yet')
    printf '\n%s, %s (%s), %s cores\n' "$1" "$tree" "$commit" "$(nproc)"
    printf '  %s\n' "${results[@]}"
    if ((failed)); then echo "${0##*/}: FAIL"; else echo "${0##*/}: PASS"; fi
}

# own_mounts ARGUMENT...: starts the script again in its own mount namespace, where the mounts end with the script, even
# if it is killed.
own_mounts() {
    ((EUID == 0)) || die "needs root: sudo scripts/${0##*/}"
    [[ -n ${PIPEBENCH_OWN_MOUNTS:-} ]] || PIPEBENCH_OWN_MOUNTS=1 exec unshare --mount "$BASH" "$0" "$@"
}

# The tree may not belong to root.
in_git() { git -C "$repo" -c safe.directory="$repo" "$@"; }

require_tree() {
    [[ $tree == worktree ]] || in_git rev-parse --quiet --verify HEAD >/dev/null ||
        die "there is no commit to test yet; use: --worktree"
}

# Prints a tar archive of the tree.
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

# debian_mirror SUITE: prints 'address|keyring' of the Debian archive that this machine uses itself.
debian_mirror() {
    local entry keyring
    [[ -n $(debian_entries) ]] || update_index
    # One archive has all releases. A codename with a dash is an extra suite of a release, not a release.
    entry=$(debian_entries | grep "^$1|" || debian_entries | grep '^[a-z]*|' || true)
    entry=$(head -n 1 <<<"$entry")
    [[ -n $entry ]] || die "apt's sources have no Debian archive; name one with: --mirror URL"
    keyring=$(keyring_of "${entry##*|}")
    entry=${entry#*|}
    echo "${entry%|*}|${keyring:-/usr/share/keyrings/debian-archive-keyring.gpg}"
}

# make_machine SUITE MIRROR KEYRING
make_machine() {
    local include=()
    [[ $2 != https:* ]] || include=(--include=ca-certificates)
    [[ $machine =~ ^[[:alnum:]/._+-]+$ ]] || die "debootstrap needs a plain path, not '$machine'; set TMPDIR"
    prepare_logs
    logged debootstrap debootstrap --variant=minbase --keyring="$3" "${include[@]}" "$1" "$machine" "$2"
    copy_network_settings
    # As in Debian's container images, installing a package must not start its service.
    printf '#!/bin/sh\nexit 101\n' >"$machine/usr/sbin/policy-rc.d"
    chmod 755 "$machine/usr/sbin/policy-rc.d"
    mount_kernel_filesystems
}

# Copies what the new machine needs to reach the archive over this network.
copy_network_settings() {
    local file
    for file in /etc/resolv.conf /etc/hosts /etc/ssl/certs/ca-certificates.crt; do
        [[ ! -r $file ]] || install -D -m 644 "$file" "$machine$file"
    done
    apt-config dump | grep -E '^Acquire::((http|https|ftp)::(Proxy|CaInfo)|Retries|Check-(Valid-Until|Date))' \
        >"$machine/etc/apt/apt.conf.d/90network" || true
}

mount_kernel_filesystems() {
    mount -t proc proc "$machine/proc"
    mount -t sysfs -o ro sysfs "$machine/sys"
    mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts "$machine/dev/pts"
    mkdir -p "$machine/dev/shm"
    mount -t tmpfs -o mode=1777 tmpfs "$machine/dev/shm"
}

# inside USER COMMAND...: runs the command in the machine with a clean environment, in the home directory of USER.
inside() {
    local user=$1 home=/root
    shift
    [[ $user == root ]] || home=/home/$user
    chroot --userspec="$user:$user" "$machine" /usr/bin/env -i HOME="$home" USER="$user" LANG=C.UTF-8 TERM=dumb \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        ${PIPEBENCH_BUSY_LIMIT:+PIPEBENCH_BUSY_LIMIT="$PIPEBENCH_BUSY_LIMIT"} \
        ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} "$@" </dev/null
}

# Prints the ids of the processes that run in the machine, one per line.
machine_processes() {
    local process
    for process in /proc/[0-9]*; do
        if [[ $(readlink "$process/root" 2>/dev/null) == "$machine"* ]]; then echo "${process#/proc/}"; fi
    done
}

stop_machine_processes() {
    local signal pids
    for signal in TERM KILL; do
        mapfile -t pids < <(machine_processes)
        ((${#pids[@]})) || return 0
        kill -s "$signal" "${pids[@]}" 2>/dev/null || true
        wait_for_no_processes
    done
}

wait_for_no_processes() {
    local tries=0
    while ((tries++ < 50)) && [[ -n $(machine_processes) ]]; do sleep 0.1; done
}

# Ends the check that runs and everything in the machine.
stop_machine() {
    if [[ -n $child ]]; then
        kill -- "-$child" 2>/dev/null || true
        wait "$child" || true
    fi
    stop_machine_processes
    unmount_machine
}

machine_mounts() { awk -v machine="$machine/" 'index($5, machine) == 1 { print $5 }' /proc/self/mountinfo | sort -r; }

unmount_machine() {
    local directory
    for directory in $(machine_mounts); do umount "$directory" || umount --lazy "$directory"; done
}

remove_machine() {
    [[ -z $(machine_mounts) ]] || die "not removed, because these are still mounted: $(machine_mounts | xargs)"
    rm -rf --one-file-system "$machine"
}
