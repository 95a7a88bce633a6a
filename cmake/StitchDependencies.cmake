# SPDX-License-Identifier: MIT
# What the library needs. A thing that is missing is an error which says where to get it.

if(STITCH_INTERLOCKED AND NOT WIN32)
    message(FATAL_ERROR "STITCH_INTERLOCKED is about compilers for Windows: only they have <intrin.h>")
endif()

# Of the system: threads; on Windows, where threads are part of it anyway, random numbers and security descriptors.
if(WIN32)
    set(STITCH_SYSTEM_LIBRARIES bcrypt advapi32)
else()
    set(THREADS_PREFER_PTHREAD_FLAG ON)
    find_package(Threads REQUIRED)
    set(STITCH_SYSTEM_LIBRARIES Threads::Threads)
endif()

# stitch_require_header(target header debian_package): an interface target for a library that is only a header.
function(stitch_require_header target header package)
    string(MAKE_C_IDENTIFIER "STITCH_${header}_DIR" variable)
    find_path(${variable} ${header})
    mark_as_advanced(${variable})
    if(NOT ${variable})
        message(FATAL_ERROR "${header} was not found. On Debian and Ubuntu: apt-get install ${package}. "
            "If it lies elsewhere: cmake -D${variable}=/path/to/its/folder")
    endif()
    add_library(${target} INTERFACE)
    target_include_directories(${target} SYSTEM INTERFACE "${${variable}}")
endfunction()

# stitch_require_library(target header library debian_package): an imported target for a header and a library.
function(stitch_require_library target header library package)
    string(MAKE_C_IDENTIFIER "STITCH_${header}_DIR" directory)
    string(MAKE_C_IDENTIFIER "STITCH_${library}_LIBRARY" file)
    find_path(${directory} ${header})
    find_library(${file} ${library})
    mark_as_advanced(${directory} ${file})
    if(NOT ${directory} OR NOT ${file})
        message(FATAL_ERROR "${header} and lib${library} were not both found. On Debian and Ubuntu: "
            "apt-get install ${package}. If they lie elsewhere: "
            "cmake -D${directory}=/path/to/its/folder -D${file}=/path/to/the/library")
    endif()
    add_library(${target} UNKNOWN IMPORTED GLOBAL)
    set_target_properties(${target} PROPERTIES
        IMPORTED_LOCATION "${${file}}" INTERFACE_INCLUDE_DIRECTORIES "${${directory}}")
endfunction()

stitch_require_header(stitch_uthash uthash.h uthash-dev)
