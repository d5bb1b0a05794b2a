#!/usr/bin/env bash
# Builds and runs the image of the Dockerfile without Docker: makes each stage a bare Debian with debootstrap, carries
# out its steps there with chroot, and runs the entry point in it as Docker would: without a network, as process 1,
# with Docker's capabilities, and with a mounted folder for the results. Has docker-compose read its file. Removes it
# all at the end. Needs root.
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
usage: scripts/try-image.sh [--worktree] [--keep DIR]
  --worktree    build the working tree with its uncommitted files instead of the last commit
  --keep DIR    make the stages in DIR, which must not exist, and keep them for inspection
END
}

own_mounts "$@"
keep=
while (($#)); do
    case $1 in
    --worktree) tree=worktree ;;
    --keep) keep=$(realpath -m "${2:?--keep needs a directory}") && shift ;;
    -h | --help) usage && exit ;;
    *) die "unknown option '$1'; see: scripts/try-image.sh --help" ;;
    esac
    shift
done
[[ ! -e $keep ]] || die "$keep already exists; remove it, or name another directory"

declare -A stages=() # the directory of each named stage
directory=/          # of the next step: WORKDIR
entry_point=()

# Prints the instructions of the Dockerfile, one per line.
instructions() { sed -e '/^#/d' -e '/^$/d' -e ':more' -e '/\\$/ { N; s/ *\\\n */ /; b more }' "$repo/Dockerfile"; }

# carry_out INSTRUCTION REST
carry_out() {
    local words
    read -ra words <<<"$2"
    case $1 in
    FROM)
        machine=$work/stage-${#stages[@]}
        stages[${words[2]:-last}]=$machine
        directory=/
        check "FROM $2" base_image "${words[0]}"
        ;;
    WORKDIR)
        directory=${words[0]}
        inside root mkdir -p "$directory"
        ;;
    COPY) check "COPY $2" copy "${words[@]}" ;;
    RUN) check "RUN $2" in_directory /bin/sh -c "$2" ;;
    ENTRYPOINT) mapfile -t entry_point < <(grep -o '"[^"]*"' <<<"$2" | tr -d '"') ;;
    *) die "the Dockerfile has an instruction that this script does not know: $1" ;;
    esac
}

# base_image NAME:TAG: makes a bare Debian; its releases have a number for a tag.
base_image() {
    local source suite
    case $1 in
    debian:12*) suite=bookworm ;;
    debian:13*) suite=trixie ;;
    *) die "cannot make the image $1 with debootstrap" ;;
    esac
    source=$(debian_mirror "$suite")
    make_machine "$suite" "${source%|*}" "${source##*|}"
}

# copy NAME NAME: a file or directory of the tree. copy --from=STAGE SOURCE TARGET: what a directory of STAGE holds.
copy() {
    if [[ $1 == --from=* ]]; then
        cp --archive "${stages[${1#--from=}]}$2/." "$machine$3"
        return
    fi
    local members=("$1")
    [[ $1 != . ]] || members=() # all
    pack_tree | tar --extract --no-same-owner --directory "$machine$directory" "${members[@]}"
}

in_directory() {
    # shellcheck disable=SC2016 # expanded by the inner shell
    inside root /bin/sh -c 'cd "$1" && shift && exec "$@"' sh "$directory" "$@"
}

# run_image CAPABILITIES ARGUMENT...: what `docker run --network none --volume $folder:/results IMAGE ARGUMENT...`
# does; without a mount if folder is empty.
run_image() {
    local capabilities=$1
    shift
    export machine
    # shellcheck disable=SC2016 # expanded by the inner shell
    unshare --mount --pid --net --fork --kill-child "$BASH" -euc '
        ip link set lo up
        mount -t proc proc "$machine/proc"
        [[ -z $1 ]] || mount --bind "$1" "$machine$2"
        exec chroot "$machine" /usr/bin/env -i HOME=/root PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin ${3:+PIPEBENCH_BUSY_LIMIT="$3"} \
            /bin/sh -c "cd $2 && exec \"\$@\"" sh setpriv --bounding-set="-all,$4" --inh-caps=-all -- "${@:5}"
    ' container "$folder" "$directory" "${PIPEBENCH_BUSY_LIMIT:-}" "$capabilities" "${entry_point[@]}" "$@" </dev/null
}

# run_for OWNER CAPABILITIES ARGUMENT...: runs the image with a folder that belongs to OWNER and is closed to others.
# The results must be there, and belong to the owner.
run_for() {
    local owner=$1 found
    folder=$work/results-$owner
    mkdir -m 700 "$folder"
    chown "$owner" "$folder"
    run_image "${@:2}" --export-json result.json --export-markdown result.md
    found=$(find "$folder" -type f -size +0 -user "$owner" -printf '%f ')
    [[ $(wc -w <<<"$found") == 2 ]] || die "the folder of user $owner has only these of its results: $found"
}

clean_up() {
    trap '' INT TERM
    machine=$work
    stop_machine
    if [[ -n $keep ]]; then
        step "the stages are kept in $work"
    else
        step "removing the stages"
        remove_machine
    fi
}

ensure_packages fresh-machine image
require_tree
if [[ -n $keep ]]; then mkdir -p "$keep"; fi
work=${keep:-$(mktemp -d "${TMPDIR:-/tmp}/try-image.XXXXXX")}
chmod 755 "$work"
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

check "docker-compose config" docker-compose --file "$repo/docker-compose.yml" config --quiet
while read -r instruction rest; do
    ((failed)) || carry_out "$instruction" "$rest"
done < <(instructions)

# Docker's default capabilities that a chroot can lack or have; and those that docker-compose.yml leaves.
docker=+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,+net_bind_service,+sys_chroot
compose=+setuid,+setgid
folder=
if ((!failed)); then
    check "the main job, with no folder" run_image "$docker"
    check "a folder of a user who has no name" run_for 4711 "$docker" -n 500 --scenario flaky,db-restart
    check "a folder of root" run_for 0 "$docker" -n 500 --chaos kill-postgres@50%
    check "a folder of a user, and few capabilities" run_for 1000 "$compose" -n 500
    step "the image has at most $(du -sxm --exclude="$machine/var/cache/apt" "$machine" | cut -f 1) MB"
fi
trap - EXIT
clean_up
report "The image in a chroot"
exit "$failed"
