# SPDX-License-Identifier: MIT
# A test is one line.

stitch_require_library(stitch_cmocka cmocka.h cmocka libcmocka-dev)

# stitch_test(file [LABELS label...] [TIMEOUT seconds] [PROGRAMS target...] [SOURCES file...] [SERIAL]
#             [ELSEWHERE reason])
#   Builds FILE.c of this folder, or FILE_linux.c or FILE_windows.c as the system is, with cmocka, the internals
#   (stitch_testing) and tests/harness, and adds the ctest. The ctest has the file's name without the suffix of a system
#   and without the number of a promise (02_adjacent.c is adjacent), after the folder's STITCH_TEST_PREFIX if it has
#   one. The program is test_CTEST.
#   LABELS    What the test needs or is; the test presets leave tests out by them.
#             needs-speed: it takes too long where every instruction is slow, as under valgrind.
#             needs-space: it needs more address space than ThreadSanitizer leaves, or is long and has no thread.
#             no-sanitizer: it needs a program without any sanitizer (limits of address space, say).
#             first-build: one run on a machine tells all, so the second compiler and the later runs in Wine leave it
#             out. long: it takes more than about 20 seconds; the preset quick leaves it out.
#   TIMEOUT   seconds in a plain build, 60 by default.
#   PROGRAMS  targets that the test starts. It finds the path of each in the environment, under the target's name in
#             upper case: stitch_tool in STITCH_TOOL.
#   SOURCES   further files; those with the suffix of another system are left out.
#   SERIAL    nothing else may run meanwhile (it measures the whole machine).
#   ELSEWHERE why the test is skipped on a system for which the folder has no such file.
# Exit status 77 is a skip; the test prints why.
# stitch_test_elsewhere(name reason) adds a ctest that is skipped, and says why: the system has nothing to test there.
# stitch_test_sources(variable file...) sets the variable to the files without those for another system.
if(WIN32)
    set(STITCH_TEST_SYSTEM windows)
    set(STITCH_TEST_OTHER_SYSTEM linux)
else()
    set(STITCH_TEST_SYSTEM linux)
    set(STITCH_TEST_OTHER_SYSTEM windows)
endif()

function(stitch_test_sources variable)
    set(files ${ARGN})
    list(FILTER files EXCLUDE REGEX "_${STITCH_TEST_OTHER_SYSTEM}\\.c$")
    set(${variable} ${files} PARENT_SCOPE)
endfunction()

function(stitch_test file)
    cmake_parse_arguments(PARSE_ARGV 1 arg "SERIAL" "TIMEOUT;ELSEWHERE" "LABELS;PROGRAMS;SOURCES")
    string(REGEX REPLACE "^[0-9]+_" "${STITCH_TEST_PREFIX}" name "${file}")
    if(name STREQUAL file)
        set(name "${STITCH_TEST_PREFIX}${file}")
    endif()

    set(source ${file}.c)
    if(NOT EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${source}")
        set(source ${file}_${STITCH_TEST_SYSTEM}.c)
    endif()
    if(arg_ELSEWHERE AND NOT EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${source}")
        stitch_test_elsewhere(${name} "${arg_ELSEWHERE}")
        return()
    endif()

    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 60)
    endif()
    math(EXPR timeout "${arg_TIMEOUT} * ${STITCH_TEST_TIMEOUT_FACTOR}")

    stitch_test_sources(further ${arg_SOURCES})
    add_executable(test_${name} ${source} ${further})
    stitch_defaults(test_${name})
    target_link_libraries(test_${name} PRIVATE stitch_test_harness)

    set(environment
        "STITCH_TEST_SLOW=${STITCH_TEST_SLOW}"
        "ASAN_OPTIONS=detect_stack_use_after_return=1:allocator_may_return_null=1"
        "UBSAN_OPTIONS=print_stacktrace=1"
        "TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:die_after_fork=0")
    foreach(program IN LISTS arg_PROGRAMS)
        string(TOUPPER ${program} variable)
        list(APPEND environment "${variable}=$<TARGET_FILE:${program}>")
        add_dependencies(test_${name} ${program})
    endforeach()

    # By its name as a target, cmake puts the emulator of a build for another system in front.
    if(STITCH_TEST_LAUNCHER)
        add_test(NAME ${name} COMMAND ${STITCH_TEST_LAUNCHER} $<TARGET_FILE:test_${name}>)
    else()
        add_test(NAME ${name} COMMAND test_${name})
    endif()
    set_tests_properties(${name} PROPERTIES
        TIMEOUT ${timeout} SKIP_RETURN_CODE 77 LABELS "${arg_LABELS}" ENVIRONMENT "${environment}")
    # With several jobs ctest starts the most expensive tests first, so that none of them runs alone at the end.
    set_tests_properties(${name} PROPERTIES COST ${arg_TIMEOUT})
    if(arg_SERIAL)
        set_tests_properties(${name} PROPERTIES RUN_SERIAL ON)
    endif()
endfunction()

function(stitch_test_elsewhere name reason)
    add_test(NAME ${name} COMMAND ${CMAKE_COMMAND} -E echo "skipped: ${reason}")
    set_tests_properties(${name} PROPERTIES SKIP_REGULAR_EXPRESSION "^skipped: ")
endfunction()
