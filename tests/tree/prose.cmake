# SPDX-License-Identifier: MIT
# The words of the project (docs/GLOSSARY.md has the rules): words that are easiest to slip back into, and the width of
# documents. Sources are as wide as shape.awk allows.
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

# Where words and widths are looked at. Left out are the page that lists the words, and this file, which have to name
# them; what scripts make from other files (these are looked at); and the corpus of the fuzzers, which is no prose.
set(folders include src tools tests bench examples scripts docs .github)
set(kinds "\\.(c|h|cpp|hpp|cmake|sh|awk|pml|gp|md|txt|yml|in|json)$")
set(skipped "^(docs/GLOSSARY\\.md|tests/tree/prose\\.cmake|docs/evidence/(reliability|uncovered)\\.md|\
docs/evidence/bench/results\\..*|tests/fuzz/corpus.*)$")
# A line of a document may be wider than this only if it cannot be broken: a row of a table, the target of a link
# ([name]: address), or a line that is one word (an address).
set(max_width 120)
set(unbreakable "^[ >]*(\\||\\([^)]+\\): |([-*] )?[^ ]+$)") # read_lines makes ( ) of [ ]

# ---------------------------------------------------------------------------------------------------- looking ---
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

# find_words(text place out): a list of "line: word: what to say", of the banned words that count at this place.
function(find_words text place out)
    set(found "")
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
                list(APPEND found "${number}: \"${CMAKE_MATCH_2}\": ${instead}")
            endif()
        endforeach()
    endforeach()
    set(${out} "${found}" PARENT_SCOPE)
endfunction()

# find_wide_lines(text out): a list of "line: how wide", of the lines that are too wide and could be broken.
function(find_wide_lines text out)
    set(found "")
    string(REGEX REPLACE "[${first_tail}-${last_tail}]" "" text "${text}")
    read_lines("${text}" lines)
    set(number 0)
    foreach(line IN LISTS lines)
        math(EXPR number "${number} + 1")
        string(SUBSTRING "${line}" 1 -1 line)
        string(LENGTH "${line}" width)
        if(width GREATER max_width AND NOT line MATCHES "${unbreakable}")
            list(APPEND found "${number}: ${width} columns, more than ${max_width}")
        endif()
    endforeach()
    set(${out} "${found}" PARENT_SCOPE)
endfunction()

# A check that cannot fail proves nothing: it must find these, and only these.
function(expect count)
    list(LENGTH ARGN length)
    if(NOT length EQUAL count)
        message(FATAL_ERROR "prose.cmake finds ${length} faults in an example that has ${count}: ${ARGN}")
    endif()
endfunction()
find_words("one\n/* Whoever lies BEHIND; none of a shrink's business. */\nput things right [so far as it goes"
    code found)
expect(5 ${found})
find_words("dearer than what lies behind" other found)
expect(1 ${found})
find_words("/* What was left behind by st_put_right and lies beyond. */" code found)
expect(0 ${found})
string(REPEAT "é " 60 line)
find_wide_lines("${line}" found)
expect(0 ${found})
string(REPLACE " " "_" word "${line}")
find_wide_lines("short\n\n${line}.\n| ${line}|\n[link]: ${line}\n- https://${word}" found)
expect(1 ${found})

# -------------------------------------------------------------------------------------------------- the files ---
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
set(faults 0)
foreach(file IN LISTS files)
    file(READ "${ROOT}/${file}" text)
    set(place other)
    if(file MATCHES "^(src|include)/")
        set(place code)
    endif()
    find_words("${text}" ${place} found)
    if(file MATCHES "\\.md$")
        find_wide_lines("${text}" wide)
        list(APPEND found ${wide})
    endif()
    foreach(fault IN LISTS found)
        math(EXPR faults "${faults} + 1")
        message(NOTICE "  ${file}:${fault}")
    endforeach()
endforeach()

if(faults)
    message(FATAL_ERROR "${faults} faults in the words, see above; docs/GLOSSARY.md has the rules")
endif()
message(STATUS "${count} files keep to the words")
