#!/bin/sh
# SPDX-License-Identifier: MIT
# stitch.exe in two processes: one puts a file into a region while the other follows it; what comes out is the file.
#   sh tool_under_wine.sh WINE STITCH.EXE
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

head -c 16777259 /dev/urandom >"$work/in"
"$1" "$2" cat -f --wait=30 "under-wine-$$" >"$work/out" 2>"$work/err" &
reader=$!
# The region lives as long as somebody is attached: the input stays open until the reader surely is.
{ cat "$work/in"; sleep 3; } | "$1" "$2" put --quiet "under-wine-$$"
wait $reader || { cat "$work/err"; exit 1; }
[ ! -s "$work/err" ] || { cat "$work/err"; exit 1; }
cmp "$work/in" "$work/out"

# It ends with its users, and create says so.
"$1" "$2" create "under-wine-$$" | grep -q 'lives as long as somebody is attached'
status=0
"$1" "$2" cat "under-wine-$$" 2>/dev/null || status=$?
[ "$status" = 3 ] || { echo "a region that nobody uses: status $status, not 3"; exit 1; }
"$1" "$2" ls >"$work/list"
echo "equal: $(wc -c <"$work/out") bytes"
