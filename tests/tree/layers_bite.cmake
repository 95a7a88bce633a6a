# SPDX-License-Identifier: MIT
# Breaks each rule of layers.cmake in a copy of the tree, and expects to be told of just that.
#   cmake -DROOT=... -DWORK=... -DCOMPILER=... -DNM=... -DAR=... -P layers_bite.cmake
cmake_minimum_required(VERSION 3.25)

file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")
file(COPY "${ROOT}/include" "${ROOT}/src" DESTINATION "${WORK}")
set(bites 0)

# Runs layers.cmake on the copy: what it said and its status.
macro(run)
    execute_process(COMMAND ${CMAKE_COMMAND} -DROOT=${WORK} ${ARGN} -P ${CMAKE_CURRENT_LIST_DIR}/layers.cmake
        RESULT_VARIABLE result OUTPUT_VARIABLE said ERROR_VARIABLE said)
endmacro()

# The copy must be refused, and for the reason that is expected: one that it did not give before.
function(expect what expected)
    run(${ARGN})
    string(FIND "${said}" "${expected}" found)
    string(FIND "${said_before}" "${expected}" found_before)
    if(result EQUAL 0 OR found EQUAL -1 OR NOT found_before EQUAL -1)
        message(FATAL_ERROR "${what}: \"${expected}\" was expected, but layers.cmake (status ${result}) said\n${said}"
            "and before the violation\n${said_before}")
    endif()
    math(EXPR bites "${bites} + 1")
    set(bites ${bites} PARENT_SCOPE)
endfunction()

# Adds text to the end of a file of the copy, expects a fault, and takes the text away again.
macro(plant file text expected)
    set(content "")
    set(existed FALSE)
    if(EXISTS "${WORK}/${file}")
        set(existed TRUE)
        file(READ "${WORK}/${file}" content)
    endif()
    file(APPEND "${WORK}/${file}" "${text}")
    expect("${file}" "${expected}" -DONLY=${file})
    if(existed)
        file(COPY_FILE "${ROOT}/${file}" "${WORK}/${file}")
    else()
        file(REMOVE "${WORK}/${file}")
    endif()
endmacro()

# Whether the tree is sound is the test `layers`; here it is what the violations are compared with.
run()
set(said_before "${said}")

set(spdx "/* SPDX-License-Identifier: MIT */\n")
plant(src/directory.c "#include \"os/os.h\"\n" "directory must not touch os")
plant(src/directory.c "#include \"uthash.h\"\n" "uthash must be included once")
plant(src/directory.c "#include \"segments.h\"\n" "neighbours on level 1")
plant(src/directory.c "#include <sys/mman.h>\n" "which only src/os may")
plant(src/extent.c "#include \"os/os.h\"\n" "extent must not touch os")
plant(src/segments.c "#include \"region.h\"\n" "segments is below region")
plant(src/names.c "#  include \"follow.h\"\n" "names is below follow")
plant(src/os/linux_lock.c "#include \"../names.h\"\n" "os is below names")
plant(src/os/linux_lock.c "#include \"directory.h\"\n" "os is below directory")
plant(src/layout.h "#include \"region.h\"\n" "may not include region.h")
plant(src/region.c "#include <utlist.h>\n" "uthash must be included once")
plant(src/region.c "#include <unistd.h>\n" "which only src/os may")
plant(src/region.c "#include \"elsewhere.h\"\n" "not in src/")
plant(src/region.c "#ifdef __linux__\n#endif\n" "an operating system's conditional (__linux__)")
plant(src/query.c "#if defined(STITCH_X) || !defined( _WIN32 )\n#endif\n" "an operating system's conditional (_WIN32)")
plant(src/follow.c "#  ifndef __APPLE__\n#  endif\n" "an operating system's conditional (__APPLE__)")
plant(include/stitch/stitch.h "#ifdef _WIN32\n#endif\n" "an operating system's conditional (_WIN32)")
plant(src/surprise.c "${spdx}" "surprise has no level")
plant(src/os/linux_more.c "int licence;\n" "not its SPDX-License-Identifier")
plant(src/os/linux_more.c "${spdx}\tint tab;\n" "src/os/linux_more.c:2: a tab")
string(REPEAT "x" 121 wide)
plant(src/os/linux_more.c "${spdx}${wide}\n" "src/os/linux_more.c:2: wider than 120")
string(REPEAT "x\n" 81 long)
plant(src/os/linux_more.c "${spdx}{\n${long}}\n" "src/os/linux_more.c:2: a function of 81 lines")
string(REPEAT "x\n" 500 long)
plant(src/os/linux_more.c "${spdx}${long}" "src/os/linux_more.c: 501 lines, more than 500")

# What object code tells: a small library of our own, whose functions call each other rightly or wrongly.
function(plant_calls what expected)
    set(objects "")
    foreach(source IN LISTS ARGN)
        string(REGEX MATCH "^([a-z_]+): (.*)$" source "${source}")
        set(file "${WORK}/objects/${CMAKE_MATCH_1}.c")
        string(REPLACE "&" ";" text "${CMAKE_MATCH_2}") # a list cannot carry semicolons
        file(WRITE "${file}" "${text}\n")
        execute_process(COMMAND "${COMPILER}" -c "${file}" -o "${file}.o" COMMAND_ERROR_IS_FATAL ANY)
        list(APPEND objects "${file}.o")
    endforeach()
    file(REMOVE "${WORK}/objects/lib.a")
    execute_process(COMMAND "${AR}" qc "${WORK}/objects/lib.a" ${objects} COMMAND_ERROR_IS_FATAL ANY)
    expect("${what}" "${expected}" -DNM=${NM} -DARCHIVE=${WORK}/objects/lib.a -DONLY=-)
    set(bites ${bites} PARENT_SCOPE)
endfunction()

set(region "region: int st_os_map(void)& int st_region_grow(void){ return st_os_map()& }")
set(os "linux_view: int st_os_map(void){ return 0& }")
plant_calls("a call up from the directory" "directory uses st_region_grow: directory is below region"
    "${region}" "${os}" "directory: int st_region_grow(void)& int st_directory_x(void){ return st_region_grow()& }")
plant_calls("a call up from os" "os uses st_region_grow: os is below region"
    "${region}" "linux_view: int st_region_grow(void)& int st_os_map(void){ return st_region_grow()& }")
plant_calls("the directory calls malloc" "directory uses malloc: it may only move bytes"
    "directory: void *malloc(unsigned long)& void *st_directory_x(void){ return malloc(1)& }")
plant_calls("the directory calls the os" "directory must not touch os"
    "${os}" "directory: int st_os_map(void)& int st_directory_x(void){ return st_os_map()& }")
plant_calls("a name of another file" "region defines st_follow_sync"
    "region: int st_follow_sync(void){ return 0& }")

file(REMOVE_RECURSE "${WORK}")
message(STATUS "${bites} violations planted, each one found")
