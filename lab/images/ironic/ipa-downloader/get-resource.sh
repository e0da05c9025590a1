#!/bin/bash
# Writes kernel and initramfs of the RAM disk; a re-run changes nothing.
set -eu

dir=${SHARED_DIR:-/shared}/html/images
name=ironic-python-agent${IPA_ARCH:+_$IPA_ARCH}
version=${IPA_VERSION:-13.0.0}
mkdir -p "$dir" "${SHARED_DIR:-/shared}/tmp"

for part in kernel initramfs; do
    file=$dir/$name.$part
    {
        echo "metal3-lab $name $part"
        echo "version: $version"
        echo "A virtual host starts the agent of its own root file system after it has fetched this file."
    } >"$file.partial"
    mv "$file.partial" "$file"
done
ls -l "$dir"
