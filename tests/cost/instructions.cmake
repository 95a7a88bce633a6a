# SPDX-License-Identifier: MIT
# Counts the instructions of hot calls under cachegrind, and compares with the recorded figures: N calls and 2 N calls,
# so that everything else the process does cancels out.
#   cmake -DPROGRAM=guard -DVALGRIND=valgrind -DFIGURES=instructions.txt -DFOR="GNU 12 Release x86_64" [-DRENEW=ON]
#         -P instructions.cmake
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/figures.cmake")

set(head
"# SPDX-License-Identifier: MIT
# Instructions of one call, outside of the kernel, as valgrind counts them (cachegrind, 2 N calls less N calls). guard.c
# says what the cases are: sync_inside has the grow of the other handle in it. Written by scripts/guard.sh --renew;
# compared by the test guard_instructions where compiler, build type and processor are those named. More than that by
# the room (per cent, and at least one instruction): it fails.
")

# Cases in which only the calls depend on the number of calls.
set(cases size sync_nothing sync_inside wait_gone_by grow_inside grow_inside_exclusive append_byte
    append_byte_exclusive shrink_inside shrink_inside_exclusive open_close_41)
set(count_default 10000)
set(count_open_close_41 50)

function(instructions case count result)
    execute_process(COMMAND "${VALGRIND}" --tool=cachegrind --cache-sim=no --cachegrind-out-file=/dev/null
            "${PROGRAM}" ${case} ${count}
        RESULT_VARIABLE status ERROR_VARIABLE output OUTPUT_QUIET)
    if(NOT status EQUAL 0 OR NOT output MATCHES "I +refs: +([0-9,]+)")
        drop_folder()
        message(FATAL_ERROR "${case} under valgrind: ${status}: ${output}")
    endif()
    string(REPLACE "," "" number "${CMAKE_MATCH_1}")
    set(${result} ${number} PARENT_SCOPE)
endfunction()

read_figures("${FIGURES}")
if(NOT RENEW AND NOT FOR STREQUAL recorded_for)
    message("skipped: the figures are those of ${recorded_for}, and this is ${FOR}")
    return()
endif()
own_folder()
foreach(case IN LISTS cases)
    set(count ${count_default})
    if(DEFINED count_${case})
        set(count ${count_${case}})
    endif()
    math(EXPR twice "2 * ${count}")
    instructions(${case} ${count} one)
    instructions(${case} ${twice} two)
    math(EXPR figure_${case} "(${two} - ${one} + ${count} / 2) / ${count}")
endforeach()
drop_folder()
if(RENEW)
    write_figures("${FIGURES}" "${head}" "${FOR}" ${cases})
    return()
endif()
if(NOT "${cases}" STREQUAL "${recorded_cases}")
    message(FATAL_ERROR "the cases are not those recorded, but ${cases}: scripts/guard.sh --renew")
endif()
set(over_cases "")
foreach(case IN LISTS cases)
    over(${case} 1 is_over)
    if(is_over)
        list(APPEND over_cases ${case})
    endif()
endforeach()
tell("instructions" "${over_cases}")
