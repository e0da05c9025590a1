#!/bin/sh
# Removes from a virtual environment what Ironic never loads: it halves the image, which every node unpacks.
set -eu
site=$(echo "$1"/lib/python3*/site-packages)
cd "$site"
# Tests and translations of every package.
find . -type d \( -name tests -o -name test -o -name locale -o -name __pycache__ \) -prune -exec rm -rf {} +
# Sources of compiled modules.
find . -type f \( -name '*.pyx' -o -name '*.pxd' -o -name '*.c' -o -name '*.h' -o -name '*.pyi' \) -delete
