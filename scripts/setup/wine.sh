#!/bin/sh
# SPDX-License-Identifier: MIT
# Sets up Wine, which runs Windows programs here, in a folder of its own; the system is not changed, and a Wine that is
# installed is neither used nor disturbed.
#   scripts/setup/wine.sh 10|8 [folder]      the folder is build/windows/wine-10 or -8 by default
# Then: FOLDER/bin/wine PROGRAM.exe [argument...], and FOLDER/bin/wineserver -k ends everything that runs in it.
# The script is quick when the folder exists already. A folder that was moved is made anew.
#
# Wine 10 is Debian 13's. Wine 8 is Debian 12's: it has no placeholders, so it shows how the library does without them.
# Either runs on the C library of its own release.
set -eu
start=$(pwd)
cd "$(dirname "$0")/../.."
. scripts/lib/terminal.sh
. scripts/setup/packages.sh
. scripts/setup/debian-archive.sh
export LC_ALL=C
umask 022

case ${1:-} in
    10) suite=trixie ;;
    8)  suite=bookworm ;;
    *)  die "it needs the Wine's version: scripts/setup/wine.sh 10|8 [folder]" ;;
esac
version=$1
case ${2:-} in
    '') folder=$PWD/build/windows/wine-$version ;;
    /*) folder=${2%/} ;;
    *)  folder=$start/${2%/} ;;
esac
case $folder in
    *[:\'\"\\\$\`]*) die "the folder's name must be free of quotes, colons, dollars and backslashes: $folder" ;;
esac

say "packages for Wine $version"
need_packages_in_turn wine

say "Wine $version"
lock "$folder"
stamp="$folder $(cat scripts/setup/wine.sh scripts/setup/debian-archive.sh | cksum)"
if [ "$(cat "$folder/stamp" 2>/dev/null)" = "$stamp" ]; then
    note "$folder exists already."
    exit 0
fi
if [ -e "$folder" ] && [ ! -e "$folder/made-by-wine" ]; then
    die "$folder exists, and this script did not make it. Please remove it, or name another folder."
fi
# A Wine that is being replaced, or that was left half made, may still run.
[ ! -x "$folder/bin/wineserver" ] || "$folder/bin/wineserver" -k >/dev/null 2>&1 9>&- || true
rm -rf "$folder"
work=$folder/work
root=$folder/root
mkdir -p "$work" "$root" "$folder/bin" "$folder/prefix" "$folder/home"
: >"$folder/made-by-wine"

archive_open "$work" deb "$suite"
archive_fetch "$work" download wine64 libwine libc6 libgcc-s1 libunwind8 liblzma5 libz-mingw-w64
for package in "$work"/*.deb; do
    dpkg-deb --fsys-tarfile "$package" |
        tar -x -C "$root" --exclude=./usr/share/doc --exclude=./usr/share/man --no-same-owner
    case $package in */wine64_*) note "${package##*/}" ;; esac
done
rm -rf "$work"

# The loader and the libraries are named in the two programs themselves. So everything that Wine starts finds them, and
# nothing stands in the environment that would disturb programs of this system.
programs=$root/usr/lib/wine
loader=$(find "$root/lib" "$root/usr/lib" -name ld-linux-x86-64.so.2 2>/dev/null | head -n 1)
libraries=$root/usr/lib/x86_64-linux-gnu:$root/lib/x86_64-linux-gnu
for program in wine64 wineserver64; do
    patchelf --set-interpreter "$loader" --force-rpath --set-rpath "$libraries" "$programs/$program"
done

# Debug information is three fifths of the libraries' size, and a prefix has a copy of each. Wine requires its mark in
# every library of its own: strip erases the mark, and zlib's library gets it only when the packages are installed.
dlls=$root/usr/lib/x86_64-linux-gnu/wine/x86_64-windows
find "$root/usr/x86_64-w64-mingw32" -name zlib1.dll -exec cp {} "$dlls/" \;
find "$dlls" -type f -print0 | xargs -0 -n 80 -P "$(processors)" x86_64-w64-mingw32-strip -S
find "$dlls" -type f -exec perl -e '
    for (@ARGV) {
        open FILE, "+<", $_ and seek FILE, 0x40, 0 and print FILE pack("a32", "Wine builtin DLL") and close FILE
            or die "$_: $!\n";
    }' {} +
# In another folder than it was built for, this Wine looks for its tables of characters in share/wine/wine/nls.
ln -s . "$root/usr/share/wine/wine"

# Sections are files in the server's folder; in memory they are ten times as fast. Where the user has no /run/user/UID,
# Debian's Wine takes a folder in /tmp, and keeps its name in this file, with just this mode. So the file can name a
# folder in /dev/shm where there is room. Only an empty folder is left there.
free=$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }')
if [ "${free:-0}" -ge 1048576 ] && [ "$(cd -P /tmp/.. && pwd)" = / ]; then
    name=wine-$(id -u)-$(printf '%s' "$folder" | cksum | cut -d ' ' -f 1)
    (umask 0377 && printf '../dev/shm/%s' "$name" >"$folder/prefix/wineserver")
fi

# The server outlives the program that started it, and must not keep that program's output open: its reader (ctest, for
# example) would wait until the server ends. The server stays for ten seconds after the last program, because starting
# it takes long.
cat >"$programs/wineserver" <<EOT
#!/bin/sh
exec '$programs/wineserver64' -p10 "\$@" </dev/null >/dev/null 2>&1
EOT

cat >"$folder/environment" <<EOT
# Sourced by bin/*. With TMPDIR set, Debian's Wine aborts. Names of files are UTF-8 in every locale of this system.
unset TMPDIR DISPLAY WAYLAND_DISPLAY LD_LIBRARY_PATH LD_PRELOAD WINEARCH WINEDLLPATH
export HOME='$folder/home' LC_ALL=C.UTF-8
export WINEPREFIX='$folder/prefix' WINELOADER='$programs/wine64' WINESERVER='$programs/wineserver'
export WINEDEBUG="\${WINEDEBUG:--all}" WINEDLLOVERRIDES='mscoree,mshtml,winemenubuilder.exe='
EOT

# One program starts at a time. The first one starts the server (whose status is 2 if it runs already) and the services,
# which would keep the output open too.
cat >"$folder/bin/wine" <<EOT
#!/bin/sh
# Runs a Windows program: its arguments, its exit status (of which 8 bits are left), its output.
. '$folder/environment'
flock -o '$folder/start.lock' '$folder/bin/start' || exit 125
exec '$programs/wine64' "\$@"
EOT
cat >"$folder/bin/start" <<EOT
#!/bin/sh
# Starts the server and the services if they do not run yet.
. '$folder/environment'
if '$programs/wineserver'; then
    timeout 300 '$programs/wine64' wineboot </dev/null >/dev/null 2>&1
fi
exit 0
EOT
cat >"$folder/bin/wineserver" <<EOT
#!/bin/sh
# -k ends all programs of this Wine. -w waits until there are none.
. '$folder/environment'
exec '$programs/wineserver64' "\$@"
EOT
chmod +x "$programs/wineserver" "$folder"/bin/*

# The first start makes the prefix.
"$folder/bin/wine" --version 9>&- | grep "^wine-$version\." >"$folder/version" ||
    die "Wine $version does not start. Please remove $folder and try again."
[ -e "$folder/prefix/drive_c/windows/system32/kernel32.dll" ] ||
    die "Wine $version made no prefix. Please remove $folder and try again."
"$folder/bin/wineserver" -k 9>&- || true
printf '%s\n' "$stamp" >"$folder/stamp"
note "$(cat "$folder/version") in $folder"
