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
    step "the whole log: build/logs/$1.log"
}

# watched WHAT NAME COMMAND...: as logged, for a build by ninja: says meanwhile how far WHAT is. On a terminal in one
# line that is rewritten, elsewhere in a line every 15 seconds.
watched() {
    local code=0 watcher
    # Beside the build, not the other way round: a Ctrl-C has to reach the build.
    say_steps "$1" "$2" >/dev/null &
    watcher=$!
    into_log "${@:2}" || code=$?
    kill "$watcher" 2>/dev/null || true
    wait "$watcher" 2>/dev/null || true
    ! rewrites_lines || printf '\r\033[K' >&2
    ((code == 0)) || show_end_of_log "$2"
    return "$code"
}

rewrites_lines() { [[ -t 2 && ${TERM:-dumb} != dumb ]]; }

# say_steps WHAT NAME: until it is killed, or the script is gone.
say_steps() {
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

# As many compilers as there are cores, but no more than fit into memory: a file that includes Asio and Beast
# takes about 1.5 GiB to compile, and a compiler that the kernel kills says nothing helpful.
build_jobs() {
    local cores fit
    cores=$(nproc)
    fit=$(awk '/^MemAvailable:/ { print int($2 / 1572864) }' /proc/meminfo)
    if ((fit < 1)); then fit=1; fi
    echo $((fit < cores ? fit : cores))
}

# build PRESET [TARGET...]: configures and builds it, or only these targets. Fast when nothing has changed.
build() {
    local preset=$1
    local directory=$repo/build/$preset log=build-$preset what="building $preset"
    prepare_logs
    [[ ! -e $directory || -w $directory ]] || die_not_writable "$directory"
    export CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$(build_jobs)}
    if [[ -e $directory/build.ninja ]]; then
        step "$what; its log: build/logs/$log.log"
    else
        step "$what (the first time takes a few minutes); its log: build/logs/$log.log"
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
