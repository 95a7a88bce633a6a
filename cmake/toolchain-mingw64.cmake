# SPDX-License-Identifier: MIT
# 64-bit Windows by mingw-w64. Two settings, each a cache variable (-D) or an environment variable:
#   STITCH_WINDOWS_DEPS  where cmocka, jansson, popt and uthash for Windows are, as scripts/setup/windows-deps.sh makes
#   STITCH_WINE          the command that runs Windows programs: bin/wine in a folder that scripts/setup/wine.sh made
# By default those scripts' default places, if something is there. Without a STITCH_WINE programs are built, and the
# tests cannot run.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)

set(triple x86_64-w64-mingw32)
set(CMAKE_C_COMPILER ${triple}-gcc)
set(CMAKE_CXX_COMPILER ${triple}-g++)
set(CMAKE_RC_COMPILER ${triple}-windres)

# cmake reads this file again in projects of its own, for its checks; these are handed on to them.
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES STITCH_WINDOWS_DEPS STITCH_WINE)

# stitch_setting(name default help): what is in the cache, or else in the environment, or else the default if it is
# there.
function(stitch_setting name default help)
    if(DEFINED ${name})
        return()
    elseif(DEFINED ENV{${name}})
        set(${name} "$ENV{${name}}" CACHE PATH "${help}")
    elseif(EXISTS "${default}")
        set(${name} "${default}" CACHE PATH "${help}")
    endif()
endfunction()

get_filename_component(root "${CMAKE_CURRENT_LIST_DIR}" DIRECTORY)
stitch_setting(STITCH_WINDOWS_DEPS "${root}/build/windows/deps" "The libraries for Windows")
stitch_setting(STITCH_WINE "${root}/build/windows/wine-10/bin/wine" "The command that runs Windows programs")

# A host program may be run in the build; a host library or header must not get into it.
set(CMAKE_FIND_ROOT_PATH /usr/${triple} ${STITCH_WINDOWS_DEPS})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

# gcc's own library goes into what is built, so that it runs where there is no mingw.
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)
set(CMAKE_SHARED_LINKER_FLAGS_INIT -static-libgcc)

if(STITCH_WINE)
    set(CMAKE_CROSSCOMPILING_EMULATOR "${STITCH_WINE}")
endif()
