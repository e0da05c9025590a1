#!/bin/bash
# Prints every archive of RAM disk logs that the conductor stores, each line with the archive's name, and removes it.
set -eu
dir=/shared/log/ironic/deploy
mkdir -p "$dir"
trap 'exit 0' TERM INT

show() {
    local archive=$1 name entry
    name=$(basename "$archive")
    echo "************ Contents of $archive ramdisk log file bundle **************"
    if ! tar -tzf "$archive" >/tmp/entries 2>/dev/null; then
        echo "$name: not an archive"
        return
    fi
    while IFS= read -r entry; do
        case $entry in */) continue ;; esac
        echo "$name: **** Entry: $entry ****"
        tar -xOzf "$archive" -- "$entry" | sed -e "s|^|$name: |"
        echo
    done </tmp/entries
}

# The conductor writes an archive in one go; one that has not changed for 2 seconds is complete.
while :; do
    for archive in "$dir"/*; do
        [ -f "$archive" ] || continue
        [ $(($(date +%s) - $(stat -c %Y "$archive"))) -ge 2 ] || continue
        show "$archive"
        rm -f "$archive"
    done
    sleep 2 &
    wait $!
done
