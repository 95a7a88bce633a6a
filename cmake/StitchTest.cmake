# SPDX-License-Identifier: MIT
# A test is one line.

stitch_require_library(stitch_cmocka cmocka.h cmocka libcmocka-dev)

# stitch_test(name [LABELS label...] [TIMEOUT seconds] [PROGRAMS target...] [SOURCES file...] [SERIAL])
#   Builds tests/test_<name>.c with cmocka, the internals (stitch_testing) and tests/support, and adds the ctest <name>.
#   LABELS    heavy: not under valgrind: too slow.
#             vast: not under ThreadSanitizer: a reserve for which it leaves no room, or long, and no thread in it.
#             plain: not under any of them, AddressSanitizer neither (limits of address space, say).
#             once: one run on a machine tells all: not with the second compiler; of several Wines, only in the first.
#   TIMEOUT   seconds in a plain build, 60 by default.
#   PROGRAMS  targets that the test starts. It finds the path of each in the environment, under the target's name in
#             upper case: stitch_tool in STITCH_TOOL.
#   SOURCES   further files.
#   SERIAL    nothing else may run meanwhile (it measures the whole machine).
# stitch_test_elsewhere(name reason) adds a ctest that is skipped, and says why: the system has nothing to test there.
# Exit status 77 is a skip; the test prints why.
function(stitch_test name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "SERIAL" "TIMEOUT" "LABELS;PROGRAMS;SOURCES")
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 60)
    endif()
    math(EXPR timeout "${arg_TIMEOUT} * ${STITCH_TEST_TIMEOUT_FACTOR}")

    add_executable(test_${name} test_${name}.c ${arg_SOURCES})
    stitch_defaults(test_${name})
    target_link_libraries(test_${name} PRIVATE stitch_test_support)

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
    if(arg_SERIAL)
        set_tests_properties(${name} PROPERTIES RUN_SERIAL ON)
    endif()
endfunction()

function(stitch_test_elsewhere name reason)
    add_test(NAME ${name} COMMAND ${CMAKE_COMMAND} -E echo "skipped: ${reason}")
    set_tests_properties(${name} PROPERTIES SKIP_REGULAR_EXPRESSION "^skipped: ")
endfunction()
