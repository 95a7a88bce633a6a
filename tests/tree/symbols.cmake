# SPDX-License-Identifier: MIT
# The shared library exports what the header declares, and nothing else.
#   cmake -DNM=... -DHEADER=... -DLIBRARY=... -DSOFILE=... -DSOVERSION=... -P symbols.cmake
cmake_minimum_required(VERSION 3.25)

# The functions that the header declares: the name after STITCH_API, before the parenthesis.
file(READ "${HEADER}" text)
string(REGEX MATCHALL "\nSTITCH_API [^(;]*[ *]stitch_[a-z0-9_]+\\(" declarations "${text}")
set(declared "")
foreach(declaration IN LISTS declarations)
    string(REGEX REPLACE ".*[ *](stitch_[a-z0-9_]+)\\($" "\\1" name "${declaration}")
    list(APPEND declared ${name})
endforeach()
# Seen with STITCH_API or without, so that a declaration that forgot it is noticed.
string(REGEX MATCHALL "\n[A-Za-z_][^\n(;#]*[ *]stitch_[a-z0-9_]+\\(" all "${text}")
list(LENGTH all all_count)
list(LENGTH declared declared_count)
if(declared_count LESS 10)
    message(FATAL_ERROR "only ${declared_count} functions were found in ${HEADER}: is this test reading it rightly?")
endif()
if(NOT all_count EQUAL declared_count)
    message(FATAL_ERROR "${HEADER} declares ${all_count} functions, ${declared_count} of them with STITCH_API")
endif()

execute_process(COMMAND "${NM}" -D --defined-only "${LIBRARY}"
    OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^\n]+" lines "${output}")
set(exported "")
foreach(line IN LISTS lines)
    string(REGEX REPLACE "^.* [A-Za-z] ([^ @]+).*$" "\\1" name "${line}")
    list(APPEND exported ${name})
endforeach()

set(extra ${exported})
set(missing ${declared})
list(REMOVE_ITEM extra ${declared})
if(exported)
    list(REMOVE_ITEM missing ${exported})
endif()
if(extra)
    message(SEND_ERROR "exported, but not in the header: ${extra}")
endif()
if(missing)
    message(SEND_ERROR "in the header, but not exported: ${missing}")
endif()
if(NOT SOFILE STREQUAL "libstitch.so.${SOVERSION}")
    message(SEND_ERROR "the soname is ${SOFILE}, not libstitch.so.${SOVERSION}")
endif()
message(STATUS "${declared_count} functions declared; the library exports exactly these")
