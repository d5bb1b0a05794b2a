#!/bin/sh
# The entry point of the image: runs pipebench as the owner of the current directory, where a mounted folder keeps the
# results. They then belong to the user who asked for them, whatever that user's number is. If the directory is
# root's, as with a rootless engine, pipebench runs as root.
set -eu

# By its path: root without capabilities may not be allowed to look into it.
user=$(stat --format %u "$PWD") group=$(stat --format %g "$PWD")
has_name() { getent passwd "$1" >/dev/null; }

if [ "$(id -u)" -ne 0 ]; then
    has_name "$(id -u)" || echo "user $(id -u) has no name here, so PostgreSQL cannot start: run without --user" >&2
elif [ "$user" -ne 0 ]; then
    has_name "$user" || echo "owner:x:$user:$group::/results:/usr/sbin/nologin" >>/etc/passwd
    exec setpriv --reuid "$user" --regid "$group" --clear-groups -- pipebench "$@"
fi
exec pipebench "$@"
