#!/bin/sh
# SPDX-License-Identifier: MIT
# The committed inputs of the fuzz targets are in one archive, corpus.tar, with a folder for each target.
#   tests/fuzz/corpus.sh unpack FOLDER    writes the inputs to FOLDER/snapshot, FOLDER/folder and FOLDER/live
#   tests/fuzz/corpus.sh pack FOLDER      makes corpus.tar of these three folders
# The same inputs always make the same archive: names in order, no times, no owners. To commit a new input, unpack, add
# the file to its target's folder, under the SHA-1 of its contents as libFuzzer names it, and pack.
set -eu
export LC_ALL=C
archive=$(cd "$(dirname "$0")" && pwd)/corpus.tar

case ${1:-} in
    unpack)
        mkdir -p "$2"
        tar -C "$2" -xf "$archive"
        ;;
    pack)
        tar -C "$2" --format=ustar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner \
            --mode=u=rwX,go=rX -cf "$archive" folder live snapshot
        ;;
    *)
        echo "usage: tests/fuzz/corpus.sh pack|unpack FOLDER" >&2
        exit 2
        ;;
esac
