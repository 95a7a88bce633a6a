#!/bin/sh
# SPDX-License-Identifier: MIT
# From a fresh Debian machine to stitch at work: installs the packages that are missing, builds, and sends a tar of a
# real tree through a region that grows while another process reads it. Ends with an error if anything goes wrong.
#   scripts/quickstart.sh      takes half a minute when the packages are installed; builds in build/quickstart
set -eu
cd "$(dirname "$0")/.."
. scripts/lib/terminal.sh
. scripts/setup/packages.sh
export LC_ALL=C
# Settings of this shell must not change the demonstration.
unset STITCH_DIR STITCH_BACKEND

build=build/quickstart
region=quickstart-$$
temp=
feeder=
reader=
writer=
hashers=

clean_up() {
    status=$?
    trap - EXIT INT TERM HUP
    for pid in $feeder $writer $reader $hashers; do
        kill "$pid" 2>/dev/null || true
    done
    if [ -x "$build/tools/stitch" ]; then
        "$build/tools/stitch" rm "$region" >/dev/null 2>&1 || true
    fi
    [ -z "$temp" ] || rm -rf "$temp"
    [ "$status" = 0 ] || printf '\nquickstart.sh: failed (status %s)\n' "$status" >&2
    exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# Prints the machine's shared memory in KiB, as the kernel counts it.
shmem() { sed -n 's/^Shmem: *\([0-9]*\) kB$/\1/p' /proc/meminfo; }
# mib kib: prints them for people.
mib() { awk -v k="$1" 'BEGIN { if (k > -1024 && k < 1024) print k " KiB"; else printf "%.1f MiB\n", k / 1024 }'; }
# show_run argument...: runs the command and shows its output; ends the script if it fails.
show_run() {
    printf '\n   $ stitch %s\n' "$*"
    "$stitch" "$@" >"$temp/said" 2>&1 || { cat "$temp/said" >&2; die "stitch $* failed"; }
    sed 's/^/     /' "$temp/said"
    [ "$1" != show ] || cp "$temp/said" "$temp/shown"
}

[ $# = 0 ] || die "it takes no arguments: scripts/quickstart.sh"
need_build_folder
say "1. Packages"
need_packages library command
for command in cmake cc tar sha256sum; do
    command -v "$command" >/dev/null 2>&1 || die "$command was not found. Please install it and run this script again."
done

say "2. Build (into $build)"
mkdir -p "$build"
if ! { cmake --fresh -S . -B "$build" -DCMAKE_BUILD_TYPE=Release -DSTITCH_BUILD_TESTS=OFF \
        -DSTITCH_BUILD_EXAMPLES=OFF && cmake --build "$build" -j "$(processors)"; } >"$build/build.log" 2>&1; then
    tail -n 60 "$build/build.log" >&2
    die "the build failed; all of it is in $build/build.log"
fi
stitch=$PWD/$build/tools/stitch
note "$("$stitch" --version 2>/dev/null | head -n 1)"

say "3. A tar of a real tree goes into a region; another process reads it as it grows"
temp=$(mktemp -d)
# Takes the first tree of 64 MiB or more, or else the largest, that fits into /dev/shm and twice into the memory.
limit=$( (df -Pk /dev/shm | awk 'NR == 2 { print $4 }'
          awk '$1 == "MemAvailable:" { print int($2 / 2) }' /proc/meminfo
          echo 524288) | sort -n | head -n 1)
tree=
size=0
for candidate in /usr/include /usr/share /usr/lib /usr/include/linux; do
    # A tar is larger than the files in it, by a header for each and padding.
    kib=$(du -sk --apparent-size "$candidate" 2>/dev/null | awk '{ print int($1 * 1.3) }')
    if [ "${kib:-0}" -gt "$size" ] && [ "$kib" -lt "$limit" ]; then
        tree=$candidate
        size=$kib
    fi
    [ "$size" -lt 65536 ] || break
done
[ "$size" -ge 6144 ] || die "/dev/shm and the free memory have room for only $(mib "$limit"), too little for this
  demonstration. Please free memory, or give the container a larger /dev/shm (--shm-size), and run this script again."
before=$(shmem)
note "input:  tar of $tree"
note "Shmem of this machine before, from /proc/meminfo: $(mib "$before")"

# The reader starts first, and waits for the region.
: >"$temp/pause"
mkfifo "$temp/source" "$temp/taken" "$temp/counted" "$temp/read"
sha256sum <"$temp/read" >"$temp/sum.read" &
hashers=$!
"$stitch" cat -f --wait=60 "$region" >"$temp/read" 2>"$temp/cat.err" &
reader=$!

# The writer gets the first 4 MiB, then a pause, then the rest, so that the growth can be watched. tee gives sha256sum a
# copy.
tee "$temp/counted" <"$temp/taken" | sha256sum >"$temp/sum.put" &
hashers="$hashers $!"
wc -c <"$temp/counted" >"$temp/size.put" &
hashers="$hashers $!"
tar -C "${tree%/*}" -cf - "${tree##*/}" 2>"$temp/tar.err" | tee "$temp/taken" | {
    head -c 4194304
    # The pause ends when this script, or its end, removes the file.
    while [ -e "$temp/pause" ]; do sleep 0.05; done
    cat
} >"$temp/source" &
feeder=$!
"$stitch" put "$region" <"$temp/source" 2>"$temp/put.err" &
writer=$!

# written pid: prints the bytes that a process has written so far, as the kernel counts them.
written() {
    count=$(sed -n 's/^wchar: //p' "/proc/$1/io" 2>/dev/null || true)
    echo "${count:-0}"
}
if [ -r /proc/self/io ]; then
    tries=0
    while [ "$(written "$reader")" -lt 4194304 ] && [ $tries -lt 200 ]; do
        sleep 0.05
        tries=$((tries + 1))
    done
    [ "$(written "$reader")" -ge 4194304 ] || {
        cat "$temp/put.err" "$temp/cat.err" >&2
        die "the reader does not follow the writer"
    }
    note "The writer has been given 4 MiB, and pauses. The reader has passed on $(written "$reader") bytes already."
fi
show_run ls
rm "$temp/pause"

wait "$writer" || { cat "$temp/put.err" >&2; die "stitch put failed"; }
writer=
wait "$reader" || { cat "$temp/cat.err" >&2; die "stitch cat failed"; }
reader=
for pid in $hashers; do
    wait "$pid"
done
feeder=
hashers=
put=$(cut -d ' ' -f 1 "$temp/sum.put")
got=$(cut -d ' ' -f 1 "$temp/sum.read")
note ""
note "a tar of $(cat "$temp/size.put") bytes"
note "sha256 of the tar:           $put"
note "sha256 of the bytes read:    $got"
if [ -z "$put" ] || [ "$put" != "$got" ]; then
    die "the two sums differ"
fi
note "They are the same."
input=$(cat "$temp/size.put")

say "4. The region while it is large"
large=$(shmem)
show_run ls
show_run show "$region"
show_run verify "$region"
"$stitch" cat "$region" | head -c 65536 | sha256sum >"$temp/sum.head"
# The region's objects carry its tag in their names. held prints their memory in KiB, by the kernel's st_blocks.
tag=$(awk '$1 == "tag" { print $2 }' "$temp/shown")
[ -n "$tag" ] || die "stitch show prints no tag"
held() { stat -c %b /dev/shm/stitch.*"$tag"* 2>/dev/null | awk '{ sum += $1 } END { print int(sum / 2) }'; }
held_large=$(held)

say "5. Shrunk to 64 KiB: the memory goes back to the kernel"
show_run resize "$region" 64K
held_small=$(held)
after=$(shmem)
note ""
note "                                     large        shrunk"
row() { printf '   %-32s %12s  %12s\n' "$1" "$(mib "$2")" "$(mib "$3")"; }
row "the region's objects (st_blocks)" "$held_large" "$held_small"
row "Shmem of this machine" "$large" "$after"
row "Shmem, less what was before" $((large - before)) $((after - before))
# 64 KiB of the region, and 32 KiB of its roster.
[ "$held_small" -le 96 ] || die "the region still holds $held_small KiB"
[ "$held_large" -ge $((input / 1024)) ] || die "the region held $held_large KiB only while it was large"
# Shmem counts the whole machine, so other programs change it too: a quarter is allowed for them, and doubt is printed.
if [ $((large - after)) -lt $((held_large * 3 / 4)) ]; then
    note "Shmem fell by less: other programs took shared memory meanwhile. The figures of the region's own objects"
    note "do not depend on that."
fi
"$stitch" cat "$region" | sha256sum | cmp - "$temp/sum.head" || die "the 64 KiB that stay have changed"
note "The 64 KiB that stay are unchanged."
show_run verify "$region"

say "6. Removed"
show_run rm "$region"
if "$stitch" ls | grep -q "$region"; then
    die "the region is still listed"
fi
[ "$(held)" = 0 ] || die "objects of the region are left in /dev/shm"
note "No region of that name is left, and no object of it. Everything worked."
note "The tests, in three minutes: scripts/test.sh"
