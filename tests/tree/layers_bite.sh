#!/bin/sh
# SPDX-License-Identifier: MIT
# Breaks each rule of layers.sh in a small tree, and expects to be told of just that.
#   sh layers_bite.sh WORK CC NM
set -eu
LC_ALL=C
export LC_ALL

here=$(cd "$(dirname "$0")" && pwd)
work=$1
cc=$2
nm=$3
rm -rf "$work"
mkdir -p "$work/tree" "$work/objects"
tree=$work/tree
bites=0

# What layers.sh says of the tree, given nm and objects, goes into a file; faults are indented.
run() {
    sh "$here/layers.sh" "$tree" "$@" >"$work/said" 2>&1 && status=0 || status=$?
    grep '^  ' "$work/said" >"$work/faults" || true
}

# expect WHAT EXPECTED: the tree is refused, and every fault has the expected text.
expect() {
    if [ "$status" -eq 0 ] || ! grep -qF -- "$2" "$work/faults" || grep -vqF -- "$2" "$work/faults"; then
        echo "$1: \"$2\" and nothing else was expected, but layers.sh (status $status) said"
        cat "$work/said"
        exit 1
    fi
    bites=$((bites + 1))
}

expect_sound() {
    if [ "$status" -ne 0 ]; then
        echo "$1 is sound, but layers.sh (status $status) said"
        cat "$work/said"
        exit 1
    fi
}

license='/* SPDX-License-Identifier: MIT */\n'

# add FILE TEXT: adds text to the end of a file of the copy, which may be new; restore FILE takes it away again.
add() {
    [ -f "$tree/$1" ] || {
        mkdir -p "$(dirname "$tree/$1")"
        printf %b "$license" >"$tree/$1"
    }
    printf %b "$2" >>"$tree/$1"
}
restore() {
    if [ -f "$work/sound/$1" ]; then
        cp "$work/sound/$1" "$tree/$1"
    else
        rm "$tree/$1"
    fi
}

# plant FILE TEXT EXPECTED
plant() {
    add "$1" "$2"
    run
    restore "$1"
    expect "$1" "$3"
}

# permit FILE TEXT: what looks like a fault, and is none.
permit() {
    add "$1" "$2"
    run
    restore "$1"
    expect_sound "$1, with $2"
}

# repeat COUNT TEXT
repeat() {
    awk -v count="$1" -v text="$2" 'BEGIN { while (count--) printf "%s", text }'
}

# A sound tree. Whether the real one is sound is the test `layers`.
add include/stitch/stitch.h \
    '#if defined(_WIN32) && defined(STITCH_SHARED)\n#elif defined(_WIN32)\n#endif\n/* ----- */\n'
add src/handle/segments.c '#include <uthash.h>\n'
for header in base/error.h os/os.h os/object.h os/linux/sys.h os/posix/clock.h os/windows/sys.h shared/layout.h \
    shared/directory.h shared/roster.h shared/plan.h handle/names.h handle/segments.h handle/handle.h handle/store.h \
    handle/views.h handle/watch.h handle/seat.h handle/state.h region/memory.h region/sync.h region/write.h \
    region/wait.h region/recover.h life/options.h life/open.h life/attach.h life/close.h look/verify.h look/info.h; do
    add "src/$header" ''
done
for header in text/table.h terminal/term.h command/run.h commands/one.h; do
    add "tools/$header" ''
done
cp -R "$tree" "$work/sound"
run
expect_sound 'the tree'

# Up, beside and past the contract, by includes.
plant src/base/error.c '#include "os/os.h"\n' 'base is below os'
plant src/os/linux/lock.c '#include "handle/names.h"\n' 'os is below handle'
plant src/os/linux/lock.c '#include "shared/directory.h"\n' 'os is below shared'
plant src/os/posix/random.c '#include "os/linux/sys.h"\n' 'os/posix is below os/linux'
plant src/os/linux/lock.c '#include "os/windows/sys.h"\n' 'os/linux and os/windows are neighbours'
plant src/handle/views.c '#include "os/linux/sys.h"\n' 'outside os/ only its own headers are known'
plant src/handle/views.c '#include "os/posix/clock.h"\n' 'outside os/ only its own headers are known'
plant src/shared/layout.h '#include "region/write.h"\n' 'shared is below region'
plant src/shared/directory.c '#include "os/os.h"\n' 'shared/directory must not touch os'
plant src/shared/directory.c '#include "shared/roster.h"\n' 'shared/directory and shared/roster are neighbours'
plant src/shared/directory.c '#include <sys/mman.h>\n' 'which only src/os may'
plant src/shared/plan.c '#include "os/object.h"\n' 'shared/plan must not touch os'
plant src/shared/directory.h '#include "shared/plan.h"\n' 'shared/directory is below shared/plan'
plant src/shared/roster.h '#include "handle/handle.h"\n' 'shared is below handle'
plant src/handle/segments.c '#include "region/write.h"\n' 'handle is below region'
plant src/handle/names.c '#  include "handle/segments.h"\n' 'handle/names is below handle/segments'
plant src/handle/segments.h '#include "handle/handle.h"\n' 'handle/segments is below handle/handle.h'
plant src/handle/store.c '#include "handle/views.h"\n' 'handle/store is below handle/views'
plant src/handle/seat.c '#include "handle/watch.h"\n' 'handle/seat and handle/watch are neighbours'
plant src/handle/views.c '#include "handle/names.h"\n' 'handle/names is not for handle/views'
plant src/life/attach.c '#include "handle/names.h"\n' 'handle/names is not for life/attach'
plant src/region/parallel.c '#include "region/recover.h"\n' 'region/parallel and region/recover are neighbours'
plant src/region/memory.c '#include "region/write.h"\n' 'region/memory is below region/write'
plant src/region/commit.c '#include "region/memory.h"\n' 'region/commit is below region/memory'
plant src/region/grow.c '#include "region/wait.h"\n' 'region/wait is a leaf'
plant src/region/grow.c '#include "life/close.h"\n' 'region is below life'
plant src/region/grow.c '#include <unistd.h>\n' 'which only src/os may'
plant src/region/grow.c '#include "elsewhere.h"\n' 'not in src/'
plant src/region/grow.c '#include "write.h"\n' 'not in src/'
plant src/life/open.c '#include "life/attach.h"\n' 'life/open is below life/attach'
plant src/life/close.c '#include "look/info.h"\n' 'life is below look'
plant src/look/verify.c '#include "look/info.h"\n' 'look/verify is below look/info'
plant src/look/list.c '#include "look/verify.h"\n' 'look/list and look/verify are neighbours'
plant tools/text/table.c '#include "terminal/term.h"\n' 'text is below terminal'
plant tools/terminal/term.h '#include "commands/one.h"\n' 'terminal is below commands'
plant tools/command/run.c '#include "commands/one.h"\n' 'command is below commands'
plant tools/commands/one.c '#include "../src/base/error.h"\n' 'not in tools/'
plant src/surprise.c '' 'src/surprise has no place'
plant src/handle/surprise.h '' 'src/handle/surprise has no place'
plant src/extra/file.c '' 'src/extra/ has no place'
plant src/os/plan9/lock.c '' 'src/os/plan9/ has no place'
plant tools/surprise.c '' 'tools/surprise has no place'
plant tools/extra/file.c '' 'tools/extra/ has no place'

# uthash once; the base of a handle and the names of objects where they belong.
plant src/shared/directory.c '#include "uthash.h"\n' 'uthash must be included once'
plant src/region/grow.c '#include <utlist.h>\n' 'uthash must be included once'
plant src/region/grow.c '{\n    region->base = NULL;\n}\n' 'the base of a handle'
plant src/life/close.c '{\n    region->reservation.base += 1;\n}\n' 'the base of a handle'
permit src/handle/views.c '{\n    st_store(&region->base, 1);\n}\n'
permit src/look/info.c '{\n    info->base = st_load(&region->base);\n}\n'
plant src/handle/watch.c '{\n    st_store(&region->base, st_load(&region->base));\n}\n' 'the base of a handle'
plant src/handle/seat.c '{\n    st_os_view_map(&write->region->reservation, 1);\n}\n' 'the base of a handle'
plant src/life/remove.c 'const char *x = "stitch.r.";\n' 'the name of an object'

# The operating system's name.
plant src/region/grow.c '#ifdef __linux__\n#endif\n' "an operating system's conditional (__linux__)"
plant src/look/info.c '#if defined(STITCH_X) || !defined( _WIN32 )\n#endif\n' \
    "an operating system's conditional (_WIN32)"
permit src/os/linux/lock.c '#ifdef __linux__\n#endif\n'
plant tools/command/run.c '#  ifndef __APPLE__\n#  endif\n' "an operating system's conditional (__APPLE__)"
plant include/stitch/stitch.h '#ifdef _WIN32\n#endif\n' "an operating system's conditional (_WIN32)"

# Lengths.
more=src/os/linux/more.c
plant $more '\tint tab;\n' "$more:2: a tab"
plant $more "/* $(repeat 115 x) */\n" "$more:2: wider than 120"
plant $more "/* $(repeat 114 x)\\0303\\0244 */\n\n\n" "$more:2: wider than 120"
permit $more "/* $(repeat 113 x)\\0303\\0244 */\n"
plant tools/commands/one.c "void cmd_x(void)\n{\n$(repeat 81 \
    'x\\n')}\n" "tools/commands/one.c:3: a function of 81 lines"
plant $more "$(repeat 500 'x\\n')" "$more: 501 lines, more than 500"
plant scripts/wide.sh "# $(repeat 119 x)\n" 'scripts/wide.sh:2: wider than 120'
plant cmake/Wide.cmake "# $(repeat 119 x)\n" 'cmake/Wide.cmake:2: wider than 120'
braces='int cmd_x(void)\n{\n    if (x) {\n        y();\n    }'
plant tools/commands/one.c "$braces\n}\n" 'tools/commands/one.c:4: braces around a single statement'
permit tools/commands/one.c "$braces else {\n        y();\n        z();\n    }\n}\n"
license='int license;\n'
plant $more '' 'not its SPDX-License-Identifier'
license='#!/bin/sh\n'
plant scripts/bare.sh '' 'not its SPDX-License-Identifier'
license='/* SPDX-License-Identifier: MIT */\n'
fill=$(repeat 41 ';\\n')
i=0
while [ $i -lt 120 ]; do
    [ $((i % 10)) -ne 0 ] || file=src/os/linux/long$i.c
    add "$file" "void st_os_x$i(void)\n{\n$fill}\n"
    i=$((i + 1))
done
run
rm "$tree"/src/os/linux/long*.c
expect 'long functions' 'src: 9 of 10 functions have at most 41 lines'

# Parameters.
six='int a, int b, int c, int d, int e, int f'
plant src/region/grow.c "int st_grow_x($six)\n{\n}\n" 'st_grow_x has 6 parameters, more than 5'
plant src/region/grow.c "static void x(int (*job)(int a, int b), int b, int c, int d,\n    int e, int f);\n" \
    'x has 6 parameters, more than 5'
plant src/region/write.h "struct x {\n    int (*job)($six);\n};\n" 'job has 6 parameters, more than 5'
plant src/os/linux/view.c "static __attribute__((cold)) int *x($six)\n{\n}\n" 'x has 6 parameters, more than 5'
plant tools/command/run.h "bool cmd_x($six);\n" 'cmd_x has 6 parameters, more than 5'
permit src/os/linux/sys.h "struct x {\n    int (*job)($six);\n};\n"
permit tools/command/run.h 'int cmd_x(int a, int b, int c, int d, const char *e, ...);\nX(1, 2, 3, 4, 5, 6)\n'
permit src/region/grow.c 'static int x[] = {\n    x(1, 2, 3, 4, 5, 6),\n};\n// int x(int, int, int, int, int, int);\n'
plant src/os/linux/sys.h "struct x {\n    int (*job)($six);\n};\nint st_linux_x($six);\n" \
    'st_linux_x has 6 parameters, more than 5'

# Names across files, also in the files of another system.
plant src/region/grow.c 'int st_sync_x(void)\n{\n}\n' 'region/grow defines st_sync_x'
plant tools/text/table.c 'int cmd_x(void)\n{\n}\n' 'text/table defines cmd_x'
plant src/os/windows/view.c 'int st_linux_x(void)\n{\n}\n' 'os/windows/view defines st_linux_x'

# Circles that no order forbids: between files of a folder, by includes.
add src/os/linux/more.h '#include "os/linux/ring.h"\n'
plant src/os/linux/ring.h '#include "os/linux/more.h"\n' 'a circle: os/linux/'
add src/os/linux/ring.c '#include "os/linux/more.h"\n'
plant src/os/linux/ring.h '' 'a circle: os/linux/'
rm "$tree/src/os/linux/more.h" "$tree/src/os/linux/ring.c"
add src/handle/patience.h '#include "handle/seat.h"\n'
plant src/handle/seat.h '#include "handle/patience.h"\n' 'a circle: handle/'
restore src/handle/patience.h
add tools/commands/two.h '#include "commands/three.h"\n'
add tools/commands/three.h '#include "commands/four.h"\n'
plant tools/commands/four.h '#include "commands/two.h"\n' 'a circle: commands/'
rm "$tree/tools/commands/two.h" "$tree/tools/commands/three.h"
run
expect_sound 'the tree after all'

# What object code tells: small objects, named as CMake names them, whose functions call each other rightly or wrongly.
# object PATH TEXT
object() {
    file=$work/objects/$(echo "$1" | sed 's|/|/CMakeFiles/x.dir/|').c
    mkdir -p "$(dirname "$file")"
    echo "$2" >"$file"
    "$cc" -c "$file" -o "$file.o"
}
# calls WHAT EXPECTED: the objects made since the last time.
calls() {
    # shellcheck disable=SC2046 # a list of names without blanks
    run "$nm" $(find "$work/objects" -name '*.o')
    rm -rf "$work/objects"
    mkdir "$work/objects"
    expect "$1" "$2"
}
# call USER NAME USED NAME: the first calls the second.
call() {
    object "$1" "int $4(void); int $2(void); int $2(void) { return $4(); }"
    [ -f "$work/objects/$(echo "$3" | sed 's|/|/CMakeFiles/x.dir/|').c" ] ||
        object "$3" "int $4(void); int $4(void) { return 0; }"
}
call src/shared/directory st_directory_x src/region/grow stitch_grow
calls 'a call up from the directory' 'shared is below region'
call src/os/linux/view st_os_view_x src/handle/views st_views_x
calls 'a call up from os' 'os is below handle'
call src/handle/store st_store_x src/handle/views st_views_x
calls 'a call up in a folder' 'handle/store is below handle/views'
call src/region/sync st_sync_x src/region/recover st_recover_x
calls 'a call of a neighbour' 'region/sync and region/recover are neighbours'
call src/handle/views st_views_x src/os/linux/view st_linux_x
calls 'a call past the contract' 'outside os only st_os_ is known'
call src/shared/directory st_directory_x src/os/linux/view st_os_x
calls 'the directory calls the os' 'shared/directory must not touch os'
call src/life/remove st_remove_x src/handle/names st_names_x
calls 'a name outside the store' 'handle/names is not for life/remove'
object src/shared/directory 'void *malloc(unsigned long); void *st_directory_x(void); void *st_directory_x(void)
    { return malloc(1); }'
calls 'the directory calls malloc' 'shared/directory uses malloc: it may only move bytes'
object src/shared/plan 'int getpid(void); int st_plan_x(void); int st_plan_x(void) { return getpid(); }'
calls 'the plan calls the system' 'shared/plan uses getpid: it may only move bytes'
object src/region/grow 'int st_sync_x; extern int st_memory_x; int *st_grow_x(void); int *st_grow_x(void)
    { return &st_memory_x; }'
calls 'a name of another file' 'region/grow defines st_sync_x'
call src/os/linux/view st_os_view_x src/os/linux/lock st_os_lock_x
call src/os/linux/lock st_os_lock_x src/os/linux/view st_os_view_x
calls 'a circle of calls in a folder' 'a circle: os/linux/'
call tools/commands/one cmd_one tools/commands/two cmd_two
call tools/commands/two cmd_two tools/commands/three cmd_three
call tools/commands/three cmd_three tools/commands/one cmd_one
calls 'a circle of calls in tools' 'a circle: commands/'
call tools/command/run cmd_run tools/commands/one cmd_one
calls 'a call up in tools' 'command is below commands'
object src/region/grow 'int st_grow_x;'
calls 'objects without a call' 'no calls were found in 1 objects'

rm -rf "$work"
echo "$bites violations planted, each one found"
