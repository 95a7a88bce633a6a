# SPDX-License-Identifier: MIT
# The words of the project (docs/GLOSSARY.md has the rules): words that are easiest to slip back into, and the width of
# documents. Sources are as wide as layers.cmake allows.
#   cmake -DROOT=... -P prose.cmake
# Every fault is printed; one is enough to fail.
cmake_minimum_required(VERSION 3.25)

# ------------------------------------------------------------------------------------------------- the list ---
# One line for each: where | pattern, in lower case and as a whole word | what to say instead.
# Where: "all", or "code" for src/ and include/.
set(banned
    "code|behind|after, beyond or past (order, addresses); backed by (memory); lags (a process that has not synced)"
    "all|dearer|costs more, slower"
    "all|so far as it goes|say how far"
    "all|none of [a-z' ]*business|say what is ignored, and why"
    "all|whoever|name who: the process that, the caller that"
    "all|put(s|ting)?( things)? right|repair, clean up, recover")
# English that contains a banned word and is another word.
set(allowed "left behind|leaves? behind|leaving behind")

# Where words and widths are looked at. The page that lists the words, and this one, have to name them; docs/evidence is
# made by scripts from other files; a corpus is no prose.
set(folders include src tools tests bench examples scripts docs .github)
set(kinds "\\.(c|h|cpp|hpp|cmake|sh|awk|pml|gp|md|txt|yml|in|json)$")
set(skipped "^(docs/GLOSSARY\\.md|tests/tree/prose\\.cmake|docs/evidence/.*|tests/fuzz/corpus.*|build/.*)$")
# A line of a document may be wider than this only if it cannot be broken: a row of a table, the target of a link
# ([name]: address), or a line that is one word (an address).
set(max_width 120)
set(unbreakable "^[ >]*(\\||\\[[^]]+\\]: |([-*] )?[^ ]+$)")

# ---------------------------------------------------------------------------------------------------- looking ---
set(faults 0)
macro(fault)
    math(EXPR faults "${faults} + 1")
    message(NOTICE "  ${ARGN}")
endmacro()

# The bytes of UTF-8 that do not begin a character: without them, the length in bytes is the width in columns.
string(ASCII 128 first_tail)
string(ASCII 191 last_tail)

# read_lines(text out): the lines as a list; what CMake's lists would trip over is replaced, one character for one, and
# each line gets a mark in front, since an empty element would be lost.
function(read_lines text out)
    string(REPLACE "[" "(" text "${text}")
    string(REPLACE "]" ")" text "${text}")
    string(REPLACE ";" "," text "${text}")
    string(REPLACE "\\" "/" text "${text}")
    string(REPLACE "\n" ";|" text "|${text}")
    set(${out} "${text}" PARENT_SCOPE)
endfunction()

# find_words(file text place): a fault for each line of `text` that has a banned word which counts at this place.
function(find_words file text place)
    string(TOLOWER "${text}" text)
    string(REGEX REPLACE "(${allowed})" "" text "${text}")
    foreach(entry IN LISTS banned)
        string(REGEX MATCH "^([a-z]+)\\|(.*)\\|([^|]*)$" entry "${entry}")
        set(where "${CMAKE_MATCH_1}")
        set(word "(^|[^a-z_])(${CMAKE_MATCH_2})([^a-z_]|$)")
        set(instead "${CMAKE_MATCH_3}")
        if((NOT where STREQUAL "all" AND NOT where STREQUAL place) OR NOT text MATCHES "${word}")
            continue()
        endif()
        read_lines("${text}" lines)
        set(number 0)
        foreach(line IN LISTS lines)
            math(EXPR number "${number} + 1")
            if(line MATCHES "${word}")
                fault("${file}:${number}: \"${CMAKE_MATCH_2}\": ${instead}")
            endif()
        endforeach()
    endforeach()
    set(faults ${faults} PARENT_SCOPE)
endfunction()

function(find_wide_lines file text)
    string(REGEX REPLACE "[${first_tail}-${last_tail}]" "" text "${text}")
    read_lines("${text}" lines)
    set(number 0)
    foreach(line IN LISTS lines)
        math(EXPR number "${number} + 1")
        string(SUBSTRING "${line}" 1 -1 line)
        string(LENGTH "${line}" width)
        if(width GREATER max_width AND NOT line MATCHES "${unbreakable}")
            fault("${file}:${number}: ${width} columns, more than ${max_width}")
        endif()
    endforeach()
    set(faults ${faults} PARENT_SCOPE)
endfunction()

file(GLOB files RELATIVE "${ROOT}" "${ROOT}/*.md" "${ROOT}/CMakeLists.txt")
foreach(folder IN LISTS folders)
    file(GLOB_RECURSE found RELATIVE "${ROOT}" "${ROOT}/${folder}/*")
    list(APPEND files ${found})
endforeach()
list(FILTER files INCLUDE REGEX "${kinds}")
list(FILTER files EXCLUDE REGEX "${skipped}")
list(LENGTH files count)
if(count LESS 100)
    message(FATAL_ERROR "only ${count} files were found in ${ROOT}: is this test looking at the tree?")
endif()
foreach(file IN LISTS files)
    file(READ "${ROOT}/${file}" text)
    if(file MATCHES "^(src|include)/")
        find_words(${file} "${text}" code)
    else()
        find_words(${file} "${text}" other)
    endif()
    if(file MATCHES "\\.md$")
        find_wide_lines(${file} "${text}")
    endif()
endforeach()

if(faults)
    message(FATAL_ERROR "${faults} faults in the words, see above; docs/GLOSSARY.md has the rules")
endif()
message(STATUS "${count} files keep to the words")
