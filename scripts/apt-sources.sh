# shellcheck shell=bash
# Finds out where this machine gets its Debian packages from. Sourced after lib.sh.
# It asks apt, so both source formats, mirrors and disabled entries are read as apt reads them.

# Prints the apt index entries of Debian's own main archive, one per line: codename|address|source file:entry.
# Empty before the first `apt-get update`.
debian_entries() {
    # shellcheck disable=SC2016 # these names are apt's, not the shell's
    apt-get indextargets --format '$(CREATED_BY)|$(ORIGIN)|$(COMPONENT)|$(CODENAME)|$(REPO_URI)|$(SOURCESENTRY)' |
        sed -n 's/^Packages|Debian\( Backports\)\?|main|//p' | sort -u
}

# source_for_suite FILE:ENTRY ADDRESS SUITE: prints the source that serves ADDRESS, rewritten for another suite of the
# same archive. Address, keys and options stay as they are. The output has the format of FILE.
source_for_suite() {
    local file=${1%:*} entry=${1##*:} address=${2%/} suite=$3
    local options='(\[[^]]*\][[:space:]]+)?' word='([^[:space:]]+)[[:space:]]'
    case $file in
    *.sources) stanza_for_suite "$file" "$address" "$suite" ;;
    *) sed -n "${entry}p" "$file" | sed -E "s|^[[:space:]]*deb[[:space:]]+$options$word.*|deb \\1\\2 $suite main|" ;;
    esac
}

# A deb822 stanza is a paragraph of fields. Lines that begin with a blank continue a field, for example a key.
stanza_for_suite() {
    grep -v '^#' "$1" | awk -v address="$2" -v suite="$3" '
        BEGIN { RS = ""; FS = "\n" }
        tolower($0) ~ /(^|\n)enabled: *(no|false|0)/ { next }
        index($0 " ", address " ") || index($0 "\n", address "\n") || index($0, address "/") {
            print "Types: deb\nSuites: " suite "\nComponents: main"
            replaced = 0
            for (i = 1; i <= NF; i++) {
                if ($i !~ /^[ \t]/) replaced = tolower($i) ~ /^(types|suites|components):/
                if (!replaced) print $i
            }
            exit
        }'
}

# Prints the key file in Signed-By of FILE:ENTRY; prints an empty line or nothing if there is none.
keyring_of() {
    local file=${1%:*} entry=${1##*:}
    case $file in
    *.sources) sed -n -E 's|^Signed-By:[[:space:]]*(/[^[:space:],]+).*|\1|p' "$file" | head -n 1 ;;
    *) sed -n "${entry}p" "$file" | sed -n -E 's|.*[[ ]signed-by=(/[^], ]+).*|\1|p' ;;
    esac
}
