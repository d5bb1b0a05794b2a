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

# Prints the comment at the top of the script: what it does, and its arguments.
usage() { sed -n '2,/^[^#]/ { /^[^#]/d; /^# shellcheck /d; s/^# \{0,1\}//p }' "$0"; }

# usage_if_asked ARGUMENT...: prints it and ends the script if that is all that is wanted.
usage_if_asked() {
    [[ ${1:-} == -h || ${1:-} == --help ]] || return 0
    usage
    exit
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
    into_log "$@" && return
    show_end_of_log "$1"
    return 1
}

into_log() {
    local log=$logs/$1.log
    shift
    # Another user's log may not be writable, but can be replaced.
    [[ -w $log || ! -e $log ]] || rm -f "$log"
    "$@" >"$log" 2>&1 </dev/null
}

show_end_of_log() {
    tail -n 40 "$logs/$1.log" >&2
    step "see the whole log: build/logs/$1.log"
}

# watched WHAT NAME COMMAND...: like logged, for a ninja build: also prints its progress, after WHAT. A terminal gets
# one line that is rewritten, otherwise there is a line every 15 seconds.
watched() {
    local code=0 watcher
    # The printing runs in the background, not the build, because a Ctrl-C has to reach the build.
    print_steps "$1" "$2" >/dev/null &
    watcher=$!
    into_log "${@:2}" || code=$?
    kill "$watcher" 2>/dev/null || true
    wait "$watcher" 2>/dev/null || true
    ! rewrites_lines || printf '\r\033[K' >&2
    ((code == 0)) || show_end_of_log "$2"
    return "$code"
}

rewrites_lines() { [[ -t 2 && ${TERM:-dumb} != dumb ]]; }

# print_steps WHAT NAME: prints the steps in build/logs/NAME.log until it is killed or the script has ended.
print_steps() {
    local log=$logs/$2.log seconds=0 steps
    while kill -0 $$ 2>/dev/null; do
        sleep 1 2>/dev/null
        steps=$(tail -c 4096 "$log" 2>/dev/null | grep -o '^\[[0-9]*/[0-9]*\]' | tail -n 1) || continue
        if rewrites_lines; then
            printf '\r%s: %s %s\033[K' "${0##*/}" "$1" "$steps" >&2
        elif ((++seconds % 15 == 0)); then
            step "$1 $steps"
        fi
    done
}

# Prints the number of parallel compilers: one per core, but no more than fit into memory. A file that includes Asio
# and Beast takes about 1.5 GiB to compile, and a compiler that the kernel kills prints no helpful error.
build_jobs() {
    local cores fit
    cores=$(nproc)
    fit=$(awk '/^MemAvailable:/ { print int($2 / 1572864) }' /proc/meminfo)
    if ((fit < 1)); then fit=1; fi
    echo $((fit < cores ? fit : cores))
}

# build PRESET [TARGET...]: configures and builds the preset, or only these targets. Fast if nothing has changed.
build() {
    local preset=$1
    local directory=$repo/build/$preset log=build-$preset what="building $preset"
    prepare_logs
    [[ ! -e $directory || -w $directory ]] || die_not_writable "$directory"
    export CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$(build_jobs)}
    if [[ -e $directory/build.ninja ]]; then
        step "$what; log: build/logs/$log.log"
    else
        step "$what (the first time takes a few minutes); log: build/logs/$log.log"
    fi
    # Two builds in one directory would damage each other, so the second waits. The lock ends with the subshell.
    (
        cd "$repo"
        flock 9
        logged "configure-$preset" cmake --preset "$preset" 9>&- || die "cmake --preset $preset failed"
        watched "$what" "$log" cmake --build --preset "$preset" ${2:+--target "${@:2}"} 9>&- ||
            die "cmake --build --preset $preset failed"
    ) 9>>"$repo/build/.lock" || exit
}
