# shellcheck shell=bash
# Where this machine gets its Debian packages from. Sourced after lib.sh.
# apt itself is asked, so both source formats, mirrors and disabled entries are read as apt reads them.

# The apt index entries of Debian's own main archive, one a line: codename|address|source file:entry.
# Known only after an `apt-get update`.
debian_entries() {
    # shellcheck disable=SC2016 # these names are apt's, not the shell's
    apt-get indextargets --format '$(CREATED_BY)|$(ORIGIN)|$(COMPONENT)|$(CODENAME)|$(REPO_URI)|$(SOURCESENTRY)' |
        sed -n 's/^Packages|Debian\( Backports\)\?|main|//p' | sort -u
}

# source_for_suite FILE:ENTRY ADDRESS SUITE: the source that serves ADDRESS, rewritten for another suite of the same
# archive. Address, keys and options stay as they are. The output is in the format of the file that was read.
source_for_suite() {
    local file=${1%:*} entry=${1##*:} address=${2%/} suite=$3
    local options='(\[[^]]*\][[:space:]]+)?' word='([^[:space:]]+)[[:space:]]'
    case $file in
    *.sources) stanza_for_suite "$file" "$address" "$suite" ;;
    *) sed -n "${entry}p" "$file" | sed -E "s|^[[:space:]]*deb[[:space:]]+$options$word.*|deb \\1\\2 $suite main|" ;;
    esac
}

# A deb822 stanza is a paragraph of fields; a field goes on in lines that begin with a blank (a key can be one).
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

# The file and the text of Signed-By of an entry, if it is a key file; else nothing.
keyring_of() {
    local file=${1%:*} entry=${1##*:}
    case $file in
    *.sources) sed -n -E 's|^Signed-By:[[:space:]]*(/[^[:space:],]+).*|\1|p' "$file" | head -n 1 ;;
    *) sed -n "${entry}p" "$file" | sed -n -E 's|.*[[ ]signed-by=(/[^], ]+).*|\1|p' ;;
    esac
}
