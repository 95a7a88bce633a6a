# SPDX-License-Identifier: MIT
# What every target of the project has in common: the language, the warnings, the sanitizers.

# stitch_defaults(target): C11 without extensions, all warnings, hidden visibility.
# Of Microsoft's compiler: /utf-8, as the sources are; and without its warnings about what C99 and C11 have (flexible
# arrays, structs without a name, initialisers that are not constant or hold addresses of locals and of a DLL's
# functions), and about functions of standard C that it would like to replace by its own.
function(stitch_defaults target)
    set_target_properties(${target} PROPERTIES
        C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF C_VISIBILITY_PRESET hidden
        CXX_STANDARD 17 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF
        CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
    if(MSVC)
        target_compile_options(${target} PRIVATE
            /utf-8 /W4 /wd4200 /wd4201 /wd4204 /wd4221 /wd4232 $<$<BOOL:${STITCH_WERROR}>:/WX>)
        target_compile_definitions(${target} PRIVATE _CRT_SECURE_NO_WARNINGS _CRT_NONSTDC_NO_WARNINGS)
    else()
        target_compile_options(${target} PRIVATE
            -Wall -Wextra -Wconversion -Wshadow $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes>
            $<$<BOOL:${STITCH_WERROR}>:-Werror>)
    endif()
    if(STITCH_INTERLOCKED)
        target_compile_definitions(${target} PRIVATE STITCH_INTERLOCKED)
    endif()
    if(STITCH_SANITIZE)
        target_compile_options(${target} PRIVATE
            -fsanitize=${STITCH_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
        target_link_options(${target} PRIVATE -fsanitize=${STITCH_SANITIZE})
    endif()
endfunction()

# stitch_library(target SHARED|STATIC): one flavour of the library, from the sources in STITCH_SOURCES.
function(stitch_library target type)
    add_library(${target} ${type} ${STITCH_SOURCES})
    stitch_defaults(${target})
    target_include_directories(${target} PUBLIC
        $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    # Headers inside src/ are named from there: "handle/store.h".
    target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/src")
    # Static too: it may become part of somebody's shared library.
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    # uthash is only a header, and only here: nobody who links the library needs to have it.
    target_include_directories(${target} SYSTEM PRIVATE
        $<TARGET_PROPERTY:stitch_uthash,INTERFACE_INCLUDE_DIRECTORIES>)
    target_link_libraries(${target} PRIVATE ${STITCH_SYSTEM_LIBRARIES})
endfunction()

# stitch_program(target output_name source...): a program on the public API. It is linked to the shared library, whose
# hidden symbols make any use of an internal function a link error.
function(stitch_program target output_name)
    add_executable(${target} ${ARGN})
    stitch_defaults(${target})
    target_link_libraries(${target} PRIVATE stitch::stitch)
    set_target_properties(${target} PROPERTIES OUTPUT_NAME ${output_name})
endfunction()
