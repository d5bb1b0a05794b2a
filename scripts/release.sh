#!/usr/bin/env bash
# Makes a release of this tree: sets the version, commits and tags it, and puts the archive of the sources, the .deb and
# SHA256SUMS into build/release-VERSION. Pushes nothing.
#   scripts/release.sh VERSION            needs a clean tree, and entries under Unreleased in CHANGELOG.md
#   scripts/release.sh --dry-run VERSION  makes the files, and leaves no commit, no tag and no change
#   scripts/release.sh --files            makes the files of the release whose tag HEAD has, for the workflow
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage_if_asked "$@"
mode=release
case ${1:-} in
--dry-run) mode=dry && shift ;;
--files) mode=files && shift ;;
esac
cd "$repo"
old=$(sed -n 's/^project(pipebench VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
version=${1:-}
[[ $mode != files ]] || version=$old
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || die "name a version like 0.2.0; see: scripts/release.sh --help"
target=build/release-$version

check_tree() {
    local status
    status=$(git status --porcelain)
    [[ -z $status ]] || die "the tree is not clean; commit or remove: $(head -n 3 <<<"$status" | xargs)"
    if [[ $mode == files ]]; then
        [[ $(git tag --points-at HEAD) == *"v$version"* ]] || die "HEAD has no tag v$version"
        return
    fi
    ! git rev-parse --quiet --verify "refs/tags/v$version" >/dev/null || die "there is a tag v$version already"
    [[ $(printf '%s\n' "$old" "$version" | sort --version-sort | tail -n 1) == "$version" && $old != "$version" ]] ||
        die "the version is $old; $version is not newer"
    [[ -n $(unreleased) ]] || die "CHANGELOG.md has no entries under Unreleased"
}

unreleased() { sed -n '/^## Unreleased$/,/^## [^U]/ { /^- /p }' CHANGELOG.md; }

set_version() {
    sed -i "s/^project(pipebench VERSION $old/project(pipebench VERSION $version/" CMakeLists.txt
    sed -i "s/^## Unreleased$/## $version, $(date -u +%F)/" CHANGELOG.md
}

put_back() { git checkout --quiet HEAD -- CMakeLists.txt CHANGELOG.md; }

# make_archive COMMIT
make_archive() {
    git archive --format=tar --prefix="pipebench-$version/" "$1" | gzip -9n >"$target/pipebench-$version.tar.gz"
}

check_tree
if [[ $mode != files ]]; then
    trap put_back EXIT # until it is committed
    trap 'exit 130' INT
    trap 'exit 143' TERM
    set_version
fi
rm -rf "$target"
mkdir -p "$target"
# The files of a tag have its date, whenever they are made.
[[ $mode != files ]] || export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
scripts/package.sh
cp build/package/*.deb "$target"
case $mode in
dry) # a commit that no branch has, with the files as they are now
    make_archive "$(git -c user.name=pipebench -c user.email=maintainers@pipebench.invalid stash create)"
    ;;
files) make_archive HEAD ;;
release)
    git commit --quiet --message "Release $version" -- CMakeLists.txt CHANGELOG.md
    trap - EXIT
    git tag --annotate --message "pipebench $version" "v$version"
    make_archive "v$version"
    ;;
esac
(cd "$target" && sha256sum -- * >../sums && mv ../sums SHA256SUMS)
step "in $target: $(cd "$target" && echo *)"
case $mode in
dry) step "a dry run: no commit, no tag, no change" ;;
release) step "committed and tagged; to publish it: git push origin HEAD v$version" ;;
esac
