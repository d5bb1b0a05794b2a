# shellcheck shell=bash
# Lists the packages that pipebench needs, and installs the missing ones. Sourced after lib.sh.
# Groups: build (to compile it), run (the servers it starts), test (only for tests), lint (format check), clang (the
# other compiler), fuzz and valgrind (to find memory errors), fresh-machine (to make a bare Debian), image (to check
# docker-compose.yml), peers (the same patterns in Python), limits (tools that measure the servers alone), kills (the
# test that kills), stall (the test that drops packets), scale (machines as network namespaces), deploy (Slurm and sshd on
# those), deploy-check (to check the examples for workers elsewhere), production (its replay), page (a browser, for the pages
# of --export-html), observe (a Prometheus), package (to make a .deb and check it).

: "${repo:?source lib.sh first}"
# shellcheck source=scripts/apt-sources.sh
source "$repo/scripts/apt-sources.sh"
# shellcheck source=scripts/quiet-services.sh
source "$repo/scripts/quiet-services.sh"

os_release=${PIPEBENCH_OS_RELEASE:-/etc/os-release}             # a test has others
debian_version=${PIPEBENCH_DEBIAN_VERSION:-/etc/debian_version} # what a relative of Debian says it is made of

# For example debian-12 or ubuntu-24.04; a rolling release has no number (debian-). A relative of them, such as Mint, is
# the release that it is made of.
distribution() (
    ID='' VERSION_ID='' ID_LIKE='' UBUNTU_CODENAME='' DEBIAN_CODENAME='' VERSION_CODENAME=''
    # shellcheck source=/dev/null
    [[ ! -r $os_release ]] || source "$os_release"
    case " $ID $ID_LIKE " in
    " debian "* | " ubuntu "*) echo "$ID-$VERSION_ID" ;;
    *" ubuntu "*) echo "ubuntu-$(ubuntu_number "${UBUNTU_CODENAME:-$VERSION_CODENAME}")" ;;
    *" debian "*) echo "debian-$(debian_number "${DEBIAN_CODENAME:-$VERSION_CODENAME}")" ;;
    *) echo "${ID:-unknown}-$VERSION_ID" ;;
    esac
)

# The number of a release by its codename; nothing for a codename that is not here, which is of a later release.
ubuntu_number() {
    case $1 in
    bionic) echo 18.04 ;;
    focal) echo 20.04 ;;
    jammy) echo 22.04 ;;
    noble) echo 24.04 ;;
    oracular) echo 24.10 ;;
    plucky) echo 25.04 ;;
    questing) echo 25.10 ;;
    esac
}

# By its codename, or else by the first number in /etc/debian_version; nothing for a rolling release.
debian_number() {
    case $1 in
    buster) echo 10 ;;
    bullseye) echo 11 ;;
    bookworm) echo 12 ;;
    trixie) echo 13 ;;
    *) sed -n 's/^\([0-9][0-9]*\).*/\1/p' "$debian_version" 2>/dev/null || true ;;
    esac
}

# packages_of GROUP...: prints one name per line.
packages_of() {
    local group boost=(libboost-dev libboost-url-dev)
    # Debian 12's default is Boost 1.74, which is too old; later releases have 1.83 or newer. Boost 1.81 has Boost.URL
    # in its headers.
    [[ $(distribution) != debian-12 ]] || boost=(libboost1.81-dev)
    for group in "$@"; do
        case $group in
        build)
            printf '%s\n' g++ cmake ninja-build pkg-config "${boost[@]}" libpqxx-dev libpq-dev libhiredis-dev \
                libssl-dev libcli11-dev libmuparser-dev nlohmann-json3-dev libfmt-dev libncurses-dev prometheus-cpp-dev libjs-chart.js
            ;;
        run) printf '%s\n' postgresql redis-server ;;
        test) printf '%s\n' catch2 cmark-gfm curl openssl pgbouncer prometheus python3 python3-jsonschema python3-requests r-base-core wrk ;;
        lint) printf '%s\n' clang-format-14 shellcheck ;;
        clang) printf '%s\n' clang ;;
        valgrind) printf '%s\n' valgrind ;;
        fuzz) printf '%s\n' clang libclang-rt-dev ;; # the runtimes of the sanitizers and of libFuzzer
        fresh-machine) printf '%s\n' debian-archive-keyring debootstrap git iproute2 ;;
        image) printf '%s\n' docker-compose ;;
        peers)
            printf '%s\n' python3 python3-aiohttp python3-asyncpg python3-psycopg2 python3-redis python3-requests \
                python3-uvloop
            ;;
        kills) printf '%s\n' python3 redis-tools ;;
        page) printf '%s\n' chromium chromium-driver python3 python3-selenium ;;
        observe) printf '%s\n' prometheus python3 ;;
        production) printf '%s\n' python3 ;;
        stall) printf '%s\n' iproute2 python3 redis-tools ;;
        scale) printf '%s\n' iproute2 nftables postgresql-client python3 redis-tools ;;
        deploy) printf '%s\n' munge openssh-client openssh-server slurm-wlm ;;
        deploy-check)
            printf '%s\n' docker-compose kubernetes-client npm python3 python3-yaml shellcheck systemd
            ;;
        package) printf '%s\n' debian-archive-keyring debootstrap dpkg-dev lintian man-db mandoc ;;
        limits) printf '%s\n' python3 redis-tools wrk ;; # pgbench comes with postgresql
        *)
            die "unknown package group '$group': the comment of scripts/packages.sh lists them"
            ;;
        esac
    done
}

# missing_packages GROUP...: prints one name per line.
missing_packages() {
    local package names
    names=$(packages_of "$@") || exit
    for package in $names; do
        is_installed "$package" || echo "$package"
    done
}

# The servers may come from elsewhere (another version, valkey), so the test is whether pipebench will find them. So
# may kubectl and npm.
is_installed() {
    case $1 in
    postgresql) compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null ;;
    redis-server) command -v redis-server valkey-server >/dev/null ;;
    kubernetes-client) command -v kubectl >/dev/null ;;
    npm) command -v npm >/dev/null ;;
    catch2) dpkg --compare-versions "$(installed_version catch2)" ge 3 ;;
    *) [[ -n $(installed_version "$1") ]] ;;
    esac
}

installed_version() {
    dpkg-query --show --showformat '${db:Status-Status} ${Version}\n' "$1" 2>/dev/null | sed -n 's/^installed //p'
}

# ensure_packages GROUP...: installs the missing packages. Does not call apt if none is missing.
ensure_packages() {
    local missing
    if ! knows_distribution; then
        step "$(unknown_distribution "$@")"
        return
    fi
    missing=$(missing_packages "$@" | xargs)
    [[ -n $missing ]] || return 0
    step "installing $missing"
    prepare_logs
    become_root_or_die "$@"
    install_packages "$missing" || exit
    missing=$(missing_packages "$@" | xargs)
    [[ -z $missing ]] || die "still missing after the installation: $missing"
}

knows_distribution() {
    case $(distribution) in
    debian-1[2-9] | debian- | ubuntu-24.* | ubuntu-2[5-9].* | ubuntu-) ;;
    debian-* | ubuntu-*) die "$(distribution) is too old for pipebench; use Debian 12, Debian 13 or Ubuntu 24.04" ;;
    *) return 1 ;;
    esac
}

# unknown_distribution GROUP...: one line that says what is needed, in the words of the distribution where they are known.
unknown_distribution() {
    local family words='' unnamed=() group
    family=$(
        ID='' ID_LIKE=''
        # shellcheck source=/dev/null
        [[ ! -r $os_release ]] || source "$os_release"
        case " $ID $ID_LIKE " in
        *" fedora "* | *" rhel "*) echo fedora ;;
        *" arch "*) echo arch ;;
        esac
    )
    for group in "$@"; do
        case $family-$group in
        fedora-build)
            words+=" gcc-c++ cmake ninja-build pkgconf-pkg-config boost-devel libpqxx-devel libpq-devel hiredis-devel"
            words+=" openssl-devel cli11-devel muParser-devel json-devel fmt-devel ncurses-devel prometheus-cpp-devel"
            ;;
        fedora-run) words+=" postgresql-server valkey" ;;
        arch-build)
            words+=" gcc cmake ninja pkgconf boost libpqxx postgresql-libs hiredis openssl cli11 muparser nlohmann-json fmt ncurses prometheus-cpp"
            ;;
        arch-run) words+=" postgresql valkey" ;;
        *) unnamed+=("$group") ;;
        esac
    done
    case $family in
    fedora) words=${words:+; needed: sudo dnf install$words} ;;
    arch) words=${words:+; needed: sudo pacman -S --needed$words} ;;
    esac
    ((${#unnamed[@]} == 0)) || words+="; needed, by their Debian names: $(packages_of "${unnamed[@]}" | xargs)"
    group=$(distribution)
    echo "cannot install packages on ${group%-}$words"
}

become_root_or_die() {
    local mend="run this as root: scripts/install-deps.sh $*"
    ((EUID != 0)) || return 0
    command -v sudo >/dev/null || die "installing needs root, and there is no sudo; $mend"
    # Ask for the password now, while the user sees it; the output of apt goes to a log.
    sudo -v || die "installing needs root; $mend"
}

# install_packages 'NAME NAME...'. It is a subshell, so that its trap always undoes what quiet_services did.
install_packages() (
    trap loud_services EXIT
    trap 'exit 130' INT TERM
    case " $1 " in
    *" postgresql "* | *" redis-server "* | *" pgbouncer "* | *" prometheus "* | *" munge "* | *" openssh-server "* | *" slurm-wlm "*) quiet_services ;;
    esac
    update_index
    read -ra names <<<"$1"
    if [[ " $1 " == *" catch2 "* && $(distribution) == debian-12 ]]; then
        add_backports
        mapfile -t names < <(printf '%s\n' "${names[@]}" | grep -vx catch2)
        apt_install --target-release "$backports" catch2
    fi
    ((${#names[@]} == 0)) || apt_install "${names[@]}"
    local entry
    for entry in redis-server/redis-server pgbouncer/pgbouncer prometheus/prometheus munge/munge openssh-server/ssh \
        slurm-wlm/slurmctld slurm-wlm/slurmd; do
        [[ " $1 " != *" ${entry%/*} "* ]] || disable_at_boot "${entry#*/}"
    done
)

# Never overwrites the user's configuration files, asks no questions, and waits for another apt that is running.
apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l apt-get --quiet -o DPkg::Lock::Timeout=300 \
        -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@"
}

# A broken source of another project makes the update fail, but the needed packages may still be available.
update_index() {
    logged apt-update apt_get update || step "apt-get update failed; trying with the package lists that apt has"
}

# apt_install [--target-release SUITE] NAME...
apt_install() {
    local package
    for package in "$@"; do
        [[ $package == --* || $package == "$backports" ]] || has_candidate "$package" ||
            die "$(no_candidate "$package")"
    done
    logged apt-install apt_get install --yes --no-install-recommends "$@" || die "apt-get could not install: $*"
}

has_candidate() { LC_ALL=C apt-cache policy "$1" | grep '^  Candidate: [^(]' >/dev/null; }

no_candidate() {
    case $(distribution) in
    ubuntu-*) echo "apt has no package $1; enable 'universe' with: sudo add-apt-repository universe" ;;
    *) echo "apt has no package $1; check that its sources have 'main' and that this succeeds: sudo apt-get update" ;;
    esac
}

# Debian 12 has Catch2 2.x. Version 3 is in the backports suite of the same archive. apt never prefers backports by
# itself, so nothing else is installed from there.
backports=bookworm-backports

add_backports() {
    local entry address source file
    ! debian_entries | grep "^$backports|" >/dev/null || return 0
    entry=$(debian_entries | grep '^bookworm|' | tail -n 1) ||
        die "apt's sources have no Debian 12 archive; add its suite $backports yourself, for Catch2 3"
    IFS='|' read -r _ address source <<<"$entry"
    file=/etc/apt/sources.list.d/pipebench-backports.list
    [[ $source != *.sources:* ]] || file=${file%.list}.sources
    step "adding the suite $backports, for Catch2 3, as $file"
    source_for_suite "$source" "$address" "$backports" | as_root tee "$file" >/dev/null
    update_index
}
