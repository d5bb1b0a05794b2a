# shellcheck shell=bash
# Functions that all scripts share: messages, root, builds. Sourced, never run.
# All messages go to stderr, because stdout belongs to the result of the program that a script starts.

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
logs=$repo/build/logs

step() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

die() {
    step "error: $*"
    exit 2
}

as_root() {
    if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

# Creates build/logs. An earlier run as root may have left directories that an ordinary user cannot write.
prepare_logs() {
    local directory
    for directory in "$repo" "$repo/build" "$logs"; do
        [[ -d $directory ]] || mkdir "$directory" 2>/dev/null || true
        [[ -w $directory ]] || die_not_writable "$directory"
    done
}

die_not_writable() {
    local whole=$repo/build
    [[ -d $whole ]] || whole=$repo
    die "cannot write to $1; mend it with: sudo chown -R $(id -un) '$whole'"
}

# logged NAME COMMAND...: runs the command with its output in build/logs/NAME.log; prints the end of it on failure.
logged() {
    local log=$logs/$1.log
    shift
    # Another user's log may not be writable, but can be replaced.
    [[ -w $log || ! -e $log ]] || rm -f "$log"
    "$@" >"$log" 2>&1 </dev/null && return
    tail -n 40 "$log" >&2
    step "the whole log: build/logs/${log##*/}"
    return 1
}

# As many compilers as there are cores, but no more than fit into memory: a file that includes Asio and Beast
# takes about 1.5 GiB to compile, and a compiler that the kernel kills says nothing helpful.
build_jobs() {
    local cores fit
    cores=$(nproc)
    fit=$(awk '/^MemAvailable:/ { print int($2 / 1572864) }' /proc/meminfo)
    if ((fit < 1)); then fit=1; fi
    echo $((fit < cores ? fit : cores))
}

# build PRESET: configures and builds it. Fast when nothing has changed.
build() {
    local preset=$1
    local directory=$repo/build/$preset
    prepare_logs
    [[ ! -e $directory || -w $directory ]] || die_not_writable "$directory"
    export CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$(build_jobs)}
    if [[ -e $directory/build.ninja ]]; then
        step "building $preset ..."
    else
        step "building $preset (the first time takes a few minutes) ..."
    fi
    # Two builds in one directory would damage each other, so the second waits. The lock ends with the subshell.
    (
        cd "$repo"
        flock 9
        logged "configure-$preset" cmake --preset "$preset" 9>&- || die "cmake --preset $preset failed"
        logged "build-$preset" cmake --build --preset "$preset" 9>&- || die "cmake --build --preset $preset failed"
    ) 9>>"$repo/build/.lock" || exit
}
