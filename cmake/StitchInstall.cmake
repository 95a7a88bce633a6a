# SPDX-License-Identifier: MIT
# cmake --install: the libraries, the headers, the command, and what find_package and pkg-config read.
include(CMakePackageConfigHelpers)

install(TARGETS stitch_shared stitch_static EXPORT stitch-targets
    RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/stitch DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(FILES LICENSE README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

# find_package(stitch)
set(config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/stitch)
install(EXPORT stitch-targets NAMESPACE stitch:: DESTINATION ${config_dir})
configure_package_config_file(cmake/stitch-config.cmake.in stitch-config.cmake INSTALL_DESTINATION ${config_dir})
# The same rule as the soname's (STITCH_SOVERSION): before 1.0 a new minor version may break programs, from 1.0 on only
# a new major version.
if(PROJECT_VERSION_MAJOR EQUAL 0)
    write_basic_package_version_file(stitch-config-version.cmake COMPATIBILITY SameMinorVersion)
else()
    write_basic_package_version_file(stitch-config-version.cmake COMPATIBILITY SameMajorVersion)
endif()
install(FILES
    "${CMAKE_CURRENT_BINARY_DIR}/stitch-config.cmake" "${CMAKE_CURRENT_BINARY_DIR}/stitch-config-version.cmake"
    DESTINATION ${config_dir})

# pkg-config. Paths relative to the .pc file itself, so that the tree can be moved.
set(pc_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
    set(pc_prefix "${CMAKE_INSTALL_PREFIX}")
    set(pc_libdir "${CMAKE_INSTALL_LIBDIR}")
else()
    file(RELATIVE_PATH up "/${pc_dir}" "/")
    string(REGEX REPLACE "/$" "" up "${up}")
    set(pc_prefix "\${pcfiledir}/${up}")
    set(pc_libdir "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
endif()
if(IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
    set(pc_includedir "${CMAKE_INSTALL_INCLUDEDIR}")
else()
    set(pc_includedir "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()
set(pc_libs_private "${CMAKE_THREAD_LIBS_INIT}")
if(WIN32)
    list(TRANSFORM STITCH_SYSTEM_LIBRARIES PREPEND "-l" OUTPUT_VARIABLE pc_libs_private)
    string(JOIN " " pc_libs_private ${pc_libs_private})
endif()
configure_file(cmake/stitch.pc.in stitch.pc @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/stitch.pc" DESTINATION ${pc_dir})

# The command finds the library beside it, wherever the tree lies.
if(TARGET stitch_tool)
    if(NOT IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}" AND NOT IS_ABSOLUTE "${CMAKE_INSTALL_BINDIR}")
        file(RELATIVE_PATH to_lib "/${CMAKE_INSTALL_BINDIR}" "/${CMAKE_INSTALL_LIBDIR}")
        set_target_properties(stitch_tool PROPERTIES INSTALL_RPATH "$ORIGIN/${to_lib}")
    endif()
    install(TARGETS stitch_tool RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
