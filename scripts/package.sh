#!/usr/bin/env bash
# Makes build/package/pipebench_VERSION_ARCHITECTURE.deb. With --check it also checks it: the completions by their
# shells, the man page, lintian, and on a bare Debian from debootstrap: installs it with apt, runs it as an ordinary
# user, removes it, and looks for what is left. Needs root for that.
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
usage: scripts/package.sh [--check [--mirror URL] [--keep DIR]]
  --check       check the package, also on a bare Debian of this machine's release
  --mirror URL  the Debian archive (default: the one this machine's apt uses)
  --keep DIR    make that Debian in DIR, which must not exist, and keep it for inspection
END
}

arguments=("$@")
checks='' mirror='' keep=''
while (($#)); do
    case $1 in
    --check) checks=1 ;;
    --mirror) mirror=${2:?--mirror needs an address} && shift ;;
    --keep) keep=$(realpath -m "${2:?--keep needs a directory}") && shift ;;
    -h | --help) usage && exit ;;
    *) die "unknown option '$1'; see: scripts/package.sh --help" ;;
    esac
    shift
done
if [[ -n $checks ]]; then own_mounts "${arguments[@]}"; fi
[[ -z $keep || ! -e $keep ]] || die "$keep already exists; remove it, or name another directory"

packages=$repo/build/package
shared=$repo/build/release/share
user=newcomer
tree=worktree # what is built

make_package() {
    umask 022 # the modes of files and folders in the package
    build release
    rm -rf "$packages"
    logged package cpack -G DEB --config "$repo/build/release/CPackConfig.cmake" -B "$packages" || die "cpack failed"
    rm -rf "$packages/_CPack_Packages"
    package=$(compgen -G "$packages/*.deb") || die "cpack made no package"
    step "made ${package#"$repo"/}"
}

skipped() { step "not checked: $1 is not installed"; }

completions() {
    local shell
    "$BASH" -n "$shared/completions.bash"
    for shell in zsh fish; do
        if command -v "$shell" >/dev/null; then
            "$shell" -n "$shared/completions.$shell" || return
        else
            skipped "$shell"
        fi
    done
}

# Neither man nor mandoc may say anything.
man_page() {
    local said page=$shared/pipebench.1.gz
    said=$(LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null)
    [[ -z $said ]] || die "man says: $said"
    gunzip <"$page" >"$packages/pipebench.1"
    mandoc -T lint -W warning "$packages/pipebench.1"
    rm "$packages/pipebench.1"
}

# Hints are for packages of Debian itself; an override has its reason in the file.
accepted_by_lintian() {
    lintian --allow-root --fail-on error,warning --show-overrides "$package"
}

bare_machine() {
    make_machine "$suite" "$mirror" "$keyring"
    inside root useradd --create-home --shell /bin/bash "$user"
    inside root env DEBIAN_FRONTEND=noninteractive apt-get install --quiet --yes man-db
}

install_it() {
    cp "$package" "$machine/tmp/"
    inside root env DEBIAN_FRONTEND=noninteractive apt-get install --quiet --yes "/tmp/${package##*/}"
    rm "$machine/tmp/${package##*/}"
}

run_it() {
    inside "$user" pipebench --version
    inside "$user" pipebench doctor
    inside "$user" pipebench --quick --busy-limit 100%
}

all_there() {
    local file
    inside "$user" man -P cat pipebench | grep -- '--pattern' >/dev/null || die "man shows no page"
    for file in bash-completion/completions/pipebench zsh/vendor-completions/_pipebench \
        fish/vendor_completions.d/pipebench.fish doc/pipebench/copyright doc/pipebench/changelog.gz \
        doc/pipebench/docs/third-party.md doc/pipebench/third-party/CLI11.txt doc/pipebench/docs/result.schema.json \
        pipebench/scenarios/flaky.json; do
        [[ -s $machine/usr/share/$file ]] || die "not installed: /usr/share/$file"
    done
}

# The servers that came with it stay, and what users have in their homes: ~/.cache/pipebench.
remove_it() {
    local left
    inside root env DEBIAN_FRONTEND=noninteractive apt-get purge --quiet --yes pipebench
    wait_for_no_processes
    left=$(
        for process in $(machine_processes); do tr '\0' ' ' <"/proc/$process/cmdline" && echo; done
        find "$machine" "$machine/dev/shm" -xdev -iname '*pipebench*' -not -path "$machine/home/*" -printf '/%P\n'
    )
    [[ -z $left ]] || die "these were left behind: $left"
}

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

ensure_packages build
if [[ -z $checks ]]; then
    command -v dpkg-shlibdeps >/dev/null || die "needs dpkg-dev: scripts/install-deps.sh package"
    make_package
    exit
fi

ensure_packages package
make_package
case $(distribution) in
debian-12) suite=bookworm ;;
debian-13) suite=trixie ;;
*) die "--check makes a bare Debian 12 or 13, and this package is for $(distribution)" ;;
esac
source=$(debian_mirror "$suite")
keyring=${source##*|} mirror=${mirror:-${source%|*}}
machine=$keep
[[ -n $machine ]] || machine=$(mktemp -d "${TMPDIR:-/tmp}/package.XXXXXX")/root
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

check "completions" completions
check "man page" man_page
check "lintian" accepted_by_lintian
check "bare Debian $suite with debootstrap" bare_machine
if ((!failed)); then
    check "apt installs it" install_it
    check "an ordinary user runs it" run_it
    check "man page, completions, documents" all_there
    check "it is removed, and leaves nothing" remove_it
fi
trap - EXIT
clean_up
report "${package##*/}"
exit "$failed"
