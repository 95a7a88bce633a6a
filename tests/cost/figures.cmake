# SPDX-License-Identifier: MIT
# Shared by calls.cmake and instructions.cmake: reads and writes the recorded figures, and compares with them.
#
# A file of figures has a line `room N` (per cent), a line `for ...` (the circumstances of its figures), and for each
# case a line `case figure`, after which remarks for people may stand. # begins a comment.

# own_folder(), drop_folder(): make and remove a folder of shared objects for this test alone, since creating a region,
# and closing its last handle, looks at all objects in its folder.
function(own_folder)
    string(RANDOM LENGTH 12 tail)
    set(ENV{STITCH_DIR} "/dev/shm/stitch-guard-${tail}")
    file(MAKE_DIRECTORY "$ENV{STITCH_DIR}")
endfunction()

function(drop_folder)
    file(REMOVE_RECURSE "$ENV{STITCH_DIR}")
endfunction()

# read_figures(file): recorded_room, recorded_for, recorded_cases, recorded_<case>.
function(read_figures file)
    file(STRINGS "${file}" lines)
    set(cases "")
    foreach(line IN LISTS lines)
        if(line MATCHES "^room ([0-9]+)$")
            set(recorded_room ${CMAKE_MATCH_1} PARENT_SCOPE)
        elseif(line MATCHES "^for (.+)$")
            set(recorded_for "${CMAKE_MATCH_1}" PARENT_SCOPE)
        elseif(line MATCHES "^([a-z0-9_]+) +([0-9]+)")
            list(APPEND cases ${CMAKE_MATCH_1})
            set(recorded_${CMAKE_MATCH_1} ${CMAKE_MATCH_2} PARENT_SCOPE)
        endif()
    endforeach()
    set(recorded_cases "${cases}" PARENT_SCOPE)
endfunction()

# write_figures(file head for case...): takes figure_<case> and remark_<case>.
function(write_figures file head for)
    set(text "${head}room ${recorded_room}\nfor ${for}\n\n")
    foreach(case IN LISTS ARGN)
        string(SUBSTRING "${case}                         " 0 25 name)
        string(LENGTH "${figure_${case}}" length)
        math(EXPR pad "7 - ${length}")
        string(REPEAT " " ${pad} pad)
        string(APPEND text "${name}${pad}${figure_${case}}${remark_${case}}\n")
    endforeach()
    file(WRITE "${file}" "${text}")
    message(STATUS "${file} written")
endfunction()

# over(case result): sets result to whether the figure is larger than the recorded one and its room, at least `least`.
function(over case least result)
    math(EXPR room "${recorded_${case}} * ${recorded_room} / 100")
    if(room LESS least)
        set(room ${least})
    endif()
    math(EXPR most "${recorded_${case}} + ${room}")
    if(figure_${case} GREATER most)
        set(${result} TRUE PARENT_SCOPE)
    else()
        set(${result} FALSE PARENT_SCOPE)
    endif()
endfunction()

# tell(unit over_cases): a case that costs more than recorded is an error; one that costs less is mentioned.
function(tell unit over_cases)
    foreach(case IN LISTS recorded_cases)
        if(case IN_LIST over_cases)
            message(SEND_ERROR
                "${case}: ${figure_${case}} ${unit}, and not ${recorded_${case}} as recorded.${remark_${case}}\n"
                "If that is what it should cost: scripts/guard.sh --renew")
        elseif(figure_${case} LESS recorded_${case})
            message(STATUS "${case}: ${figure_${case}} ${unit}; recorded are ${recorded_${case}}")
        endif()
    endforeach()
    list(LENGTH recorded_cases count)
    message(STATUS "${count} calls counted")
endfunction()
