#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs the mingw-w64 compiler, and builds with it, from Debian's source packages, the libraries that the project
# needs on Windows: cmocka, jansson and popt as static libraries; uthash is a header.
#   scripts/setup/windows-deps.sh [folder]      build/windows/deps by default: include/ and lib/
# The script is quick when the folder exists already. cmake/toolchain-mingw64.cmake looks in it (STITCH_WINDOWS_DEPS).
set -eu
start=$(pwd)
cd "$(dirname "$0")/../.."
. scripts/lib/terminal.sh
. scripts/setup/packages.sh
. scripts/setup/debian-archive.sh
export LC_ALL=C
umask 022

# The versions of this release are known to build.
suite=bookworm

case ${1:-} in
    '') folder=$PWD/build/windows/deps ;;
    /*) folder=${1%/} ;;
    *)  folder=$start/${1%/} ;;
esac
toolchain=$PWD/cmake/toolchain-mingw64.cmake

# The win32 flavour of gcc: a program needs no libwinpthread then. (It lacks C11 <threads.h>, as the other does.)
say "packages for Windows builds"
need_packages_in_turn mingw

say "libraries for Windows builds"
lock "$folder"
stamp=$(cat scripts/setup/windows-deps.sh scripts/setup/debian-archive.sh | cksum)
if [ "$(cat "$folder/stamp" 2>/dev/null)" = "$stamp" ]; then
    note "$folder exists already."
    exit 0
fi
if [ -e "$folder" ] && [ ! -e "$folder/made-by-windows-deps" ]; then
    die "$folder exists, and this script did not make it. Please remove it, or name another folder."
fi
rm -rf "$folder"
work=$folder/work
mkdir -p "$work" "$folder/include" "$folder/lib"
: >"$folder/made-by-windows-deps"

# build name: runs the function build_<name> in a folder of its own; its output is shown only if it fails.
build() {
    name=$1
    source=$(echo "$work"/source/"$name"-*)
    built=$work/$name
    mkdir "$built"
    # A || at its end would turn set -e off in the function, so the function has a shell of its own.
    status=0
    ( set -e; "build_$name" ) >"$built.log" 2>&1 </dev/null &
    wait $! || status=$?
    if [ "$status" != 0 ]; then
        tail -n 40 "$built.log" >&2
        die "$name could not be built"
    fi
    note "$name $(dpkg-parsechangelog -l "$source/debian/changelog" -S Version)"
}

# cmake_target target option...: builds a target of a library that uses cmake.
cmake_target() {
    target=$1
    shift
    cmake -S "$source" -B "$built" -DCMAKE_TOOLCHAIN_FILE="$toolchain" -DCMAKE_BUILD_TYPE=Release "$@"
    cmake --build "$built" --target "$target"
}

build_cmocka() {
    cmake_target cmocka-static -DWITH_STATIC_LIB=ON -DWITH_EXAMPLES=OFF -DUNIT_TESTING=OFF
    cp "$built/src/libcmocka-static.a" "$folder/lib/libcmocka.a"
    cp "$source/include/cmocka.h" "$folder/include/"
}

build_jansson() {
    cmake_target jansson -DJANSSON_BUILD_DOCS=OFF -DJANSSON_WITHOUT_TESTS=ON -DJANSSON_EXAMPLES=OFF
    cp "$built/lib/libjansson.a" "$folder/lib/"
    cp "$built/include/jansson.h" "$built/include/jansson_config.h" "$folder/include/"
}

# popt's configure would take longer than everything else. popt was not written for Windows: it includes ioctl's header
# even where there is no ioctl (then it does not know the window's width), and it asks whether the program is set-uid,
# which a Windows program never is.
build_popt() {
    mkdir "$built/sys"
    : >"$built/sys/ioctl.h"
    cd "$built"
    for file in popt poptconfig popthelp poptint poptparse; do
        x86_64-w64-mingw32-gcc -O2 -w -c "$source/src/$file.c" -I. -I"$source/src" -DPACKAGE='"popt"' \
            -DPOPT_SYSCONFDIR='"/etc"' -DHAVE_STRERROR -DHAVE_VASPRINTF -DHAVE_MBSRTOWCS -DHAVE_STDALIGN_H \
            '-Dgetuid()=0' '-Dgeteuid()=0' '-Dgetgid()=0' '-Dgetegid()=0'
    done
    x86_64-w64-mingw32-ar rcs "$folder/lib/libpopt.a" ./*.o
    cp "$source/src/popt.h" "$folder/include/"
}

archive_open "$work/apt" deb-src "$suite"
mkdir "$work/source"
archive_fetch "$work/source" source cmocka jansson popt
jobs=
for name in cmocka jansson popt; do
    ( build $name ) &
    jobs="$jobs $!"
done
failed=
for job in $jobs; do
    wait "$job" || failed=yes
done
[ -z "$failed" ] || exit 1
cp /usr/include/uthash.h "$folder/include/"
note "uthash $(dpkg-query -W -f '${Version}' uthash-dev)"
rm -rf "$work"
printf '%s\n' "$stamp" >"$folder/stamp"
note "in $folder"
