# SPDX-License-Identifier: MIT
# cmake -DBUILD=... -DCLIENT=... ... -P package.cmake; tests/package/CMakeLists.txt has the whole list.
cmake_minimum_required(VERSION 3.25)

# Outside the tree and the build folder, so that nothing of them is found by accident.
if(DEFINED ENV{TMPDIR})
    set(temp "$ENV{TMPDIR}")
elseif(DEFINED ENV{TEMP} AND WINDOWS)
    file(TO_CMAKE_PATH "$ENV{TEMP}" temp)
else()
    set(temp /tmp)
endif()
string(RANDOM LENGTH 12 tag)
set(work "${temp}/stitch-package-${tag}")
set(prefix "${work}/moved/here")

# Stops the test and leaves nothing.
function(fail)
    file(REMOVE_RECURSE "${work}")
    message(FATAL_ERROR ${ARGN})
endfunction()

# run([FAILS] what command...): the command must succeed (or fail); otherwise its output is shown. It is in `said`.
function(run)
    cmake_parse_arguments(PARSE_ARGV 0 arg "FAILS" "" "")
    list(POP_FRONT arg_UNPARSED_ARGUMENTS what)
    execute_process(COMMAND ${arg_UNPARSED_ARGUMENTS}
        RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE errors)
    if(arg_FAILS AND result EQUAL 0)
        fail("${what}: succeeded, but should have failed\n${output}${errors}")
    elseif(NOT arg_FAILS AND NOT result EQUAL 0)
        fail("${what}: ${result}\n${output}${errors}")
    endif()
    string(STRIP "${output}" output)
    set(said "${output}" PARENT_SCOPE)
    message(STATUS "${what}")
endfunction()

# ---------------------------------------------------------------- install, and move: no path may be built in ---
run("install" ${CMAKE_COMMAND} --install "${BUILD}" --config "${CONFIG}" --prefix "${work}/installed")
file(MAKE_DIRECTORY "${work}/moved")
file(RENAME "${work}/installed" "${prefix}")
set(lib "${prefix}/${LIBDIR}")
if(WINDOWS)
    set(shared "${BINDIR}/libstitch.dll" "${LIBDIR}/libstitch.dll.a")
    set(exe .exe)
else()
    set(shared "${LIBDIR}/libstitch.so" "${LIBDIR}/libstitch.so.0")
    set(exe "")
endif()
if(TOOL)
    list(APPEND shared "${BINDIR}/stitch${exe}")
endif()
foreach(file ${shared} "${INCLUDEDIR}/stitch/stitch.h" "${LIBDIR}/libstitch.a"
        "${LIBDIR}/pkgconfig/stitch.pc" "${LIBDIR}/cmake/stitch/stitch-config.cmake"
        "${LIBDIR}/cmake/stitch/stitch-config-version.cmake" "${DOCDIR}/LICENSE" "${DOCDIR}/README.md")
    if(NOT EXISTS "${prefix}/${file}")
        fail("${file} was not installed")
    endif()
endforeach()
file(GLOB texts "${lib}/pkgconfig/*.pc" "${lib}/cmake/stitch/*.cmake")
foreach(text IN LISTS texts)
    file(STRINGS "${text}" hits REGEX "${work}/installed|${BUILD}")
    if(hits)
        fail("${text} has a path built in: ${hits}")
    endif()
endforeach()
set(can_run TRUE)
if(CROSS AND NOT EMULATOR)
    set(can_run FALSE)
    message(STATUS "no emulator runs programs of that system: they are only built")
endif()
if(TOOL AND can_run)
    run("the installed command finds its library" ${CMAKE_COMMAND} -E env --unset=LD_LIBRARY_PATH
        ${EMULATOR} "${prefix}/${BINDIR}/stitch${exe}" --help)
endif()

# --------------------------------------------------------------------------------------------- find_package ---
file(COPY "${CLIENT}" DESTINATION "${work}")
set(configure ${CMAKE_COMMAND} -S "${work}/client" -G "${GENERATOR}"
    -DCMAKE_PREFIX_PATH=${prefix} -DCMAKE_C_COMPILER=${CC} -DCMAKE_CXX_COMPILER=${CXX}
    -DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF -DCMAKE_FIND_USE_CMAKE_SYSTEM_PATH=OFF
    "-DCMAKE_C_FLAGS=-std=c11 -Wall -Wextra -Wconversion -Wshadow -Wpedantic -Werror"
    "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wconversion -Wshadow -Wpedantic -Werror")
if(CROSS)
    # Somebody else's toolchain file, which knows nothing of ours.
    file(WRITE "${work}/toolchain.cmake" "set(CMAKE_SYSTEM_NAME Windows)\nset(CMAKE_EXE_LINKER_FLAGS_INIT -static)\n")
    list(APPEND configure "-DCMAKE_TOOLCHAIN_FILE=${work}/toolchain.cmake")
endif()
string(REGEX REPLACE "\\.[0-9]+$" "" minor "${VERSION}")
run("find_package(stitch ${minor}): configure" ${configure} -B "${work}/build" -DWANTED=${minor})
run("find_package(stitch ${minor}): build" ${CMAKE_COMMAND} --build "${work}/build")
run(FAILS "find_package(stitch 99) is refused" ${configure} -B "${work}/build99" -DWANTED=99)

# ----------------------------------------------------------------------------------------------- pkg-config ---
find_program(PKG_CONFIG NAMES pkg-config pkgconf)
set(pkg_clients "")
if(PKG_CONFIG)
    # These two replace the system's own paths, so that only ours is found; and no sysroot rewrites it.
    set(ENV{PKG_CONFIG_LIBDIR} "${lib}/pkgconfig")
    set(ENV{PKG_CONFIG_PATH} "")
    run("pkg-config: version" ${PKG_CONFIG} --modversion stitch)
    if(NOT said STREQUAL VERSION)
        fail("pkg-config says version ${said}, not ${VERSION}")
    endif()
    run("pkg-config: flags" ${PKG_CONFIG} --cflags --libs stitch)
    separate_arguments(shared_flags UNIX_COMMAND "${said}")
    run("pkg-config: static flags" ${PKG_CONFIG} --static --cflags --libs stitch)
    separate_arguments(static_flags UNIX_COMMAND "${said}")

    set(warnings -Wall -Wextra -Wconversion -Wshadow -Wpedantic -Werror)
    set(c ${CC} -std=c11 ${warnings} "${work}/client/client.c")
    set(cxx ${CXX} -std=c++17 ${warnings} "${work}/build/client.cpp")
    set(languages c)
    if(CXX)
        list(APPEND languages cxx)
    endif()
    # A program for Windows finds a DLL in its own folder; those of the compiler need not be there.
    if(WINDOWS)
        set(shared_extra -static-libgcc -static-libstdc++)
    else()
        set(shared_extra -Wl,-rpath,${lib})
    endif()
    foreach(language IN LISTS languages)
        run("pkg-config: build, ${language}, shared" ${${language}} ${shared_flags} ${shared_extra}
            -o "${work}/build/pkg_${language}_shared${exe}")
        run("pkg-config: build, ${language}, static" ${${language}} -static ${static_flags}
            -o "${work}/build/pkg_${language}_static${exe}")
        list(APPEND pkg_clients pkg_${language}_shared pkg_${language}_static)
    endforeach()
else()
    message(STATUS "pkg-config is not installed: that part was not tested")
endif()

# ------------------------------------------------------------------------------------------------------ run ---
set(clients client_c_shared client_c_static)
if(CXX)
    list(APPEND clients client_cxx_shared client_cxx_static)
else()
    message(STATUS "there is no C++ compiler: that part was not tested")
endif()
list(APPEND clients ${pkg_clients})
if(NOT can_run)
    file(REMOVE_RECURSE "${work}")
    return()
endif()
unset(ENV{LD_LIBRARY_PATH})
foreach(client IN LISTS clients)
    run("run ${client}" ${EMULATOR} "${work}/build/${client}${exe}" "package-${tag}")
endforeach()

# Without the shared library the static programs still run and the shared ones do not: each is linked as it says.
file(GLOB shared "${lib}/libstitch.so*" "${work}/build/libstitch.dll")
file(REMOVE ${shared})
foreach(client IN LISTS clients)
    set(command ${EMULATOR} "${work}/build/${client}${exe}" "package-${tag}")
    if(client MATCHES "_static$")
        run("run ${client} without the shared library" ${command})
    else()
        run(FAILS "${client} needs the shared library" ${command})
    endif()
endforeach()

file(REMOVE_RECURSE "${work}")
