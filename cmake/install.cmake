# SPDX-License-Identifier: GPL-3.0-or-later
# What `cmake --install` gives: program, libraries (static and shared), headers, a CMake package
# with the components core, did, sim, study and static, jiedao.pc, man page, completion, docs, licence.
# COMPONENT names the Debian package a file goes to (package.cmake).
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/jiedao)

install(TARGETS jiedao RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
if(TARGET jiedao-mpi)
  install(TARGETS jiedao-mpi RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT mpi)
endif()
foreach(part core did sim study)
  install(TARGETS jd_${part}_shared EXPORT ${part}
          LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT libraries NAMELINK_COMPONENT development)
  install(TARGETS jd_${part} EXPORT static
          ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
endforeach()
foreach(set core did sim study static)
  install(EXPORT ${set} NAMESPACE jiedao:: FILE jiedao-${set}.cmake DESTINATION ${package_dir}
          COMPONENT development)
endforeach()
install(DIRECTORY include/jiedao DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development
        FILES_MATCHING PATTERN *.h)

configure_package_config_file(cmake/jiedaoConfig.cmake.in ${PROJECT_BINARY_DIR}/jiedaoConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
# Until 1.0 the interface changes with the middle number.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/jiedaoConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/jiedaoConfig.cmake
              ${PROJECT_BINARY_DIR}/jiedaoConfigVersion.cmake DESTINATION ${package_dir}
        COMPONENT development)
# Relative to itself, so that an installed tree can be moved.
file(RELATIVE_PATH prefix_from_pc /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(JOIN " " openmp_flags ${OpenMP_C_FLAGS})
configure_file(cmake/jiedao.pc.in ${PROJECT_BINARY_DIR}/jiedao.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/jiedao.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
        COMPONENT development)

install(FILES docs/jiedao.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT program)
install(FILES share/completions/jiedao.bash RENAME jiedao
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT program)
install(FILES share/completions/jiedao.zsh RENAME _jiedao
        DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions COMPONENT program)
install(FILES LICENSE CHANGELOG.md README.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)
# The pages as they lie in the project, so that their links hold.
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program
        PATTERN jiedao.1 EXCLUDE)
install(FILES bindings/stata/jiedao.ado bindings/stata/jiedao.sthlp
        DESTINATION ${CMAKE_INSTALL_DATADIR}/jiedao/stata COMPONENT program)
install(DIRECTORY share/labels DESTINATION ${CMAKE_INSTALL_DATADIR}/jiedao COMPONENT program)
