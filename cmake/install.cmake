# SPDX-License-Identifier: GPL-3.0-or-later
# What `cmake --install` gives: program, libraries (static and shared), headers, a CMake package
# with the components core, did, sim and static, jiedao.pc, man page, completion, licence.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/jiedao)

install(TARGETS jiedao RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
if(TARGET jiedao-mpi)
  install(TARGETS jiedao-mpi RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
foreach(part core did sim)
  install(TARGETS jd_${part}_shared EXPORT ${part})
  install(TARGETS jd_${part} EXPORT static)
endforeach()
foreach(set core did sim static)
  install(EXPORT ${set} NAMESPACE jiedao:: FILE jiedao-${set}.cmake DESTINATION ${package_dir})
endforeach()
install(DIRECTORY include/jiedao DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN *.h)

configure_package_config_file(cmake/jiedaoConfig.cmake.in ${PROJECT_BINARY_DIR}/jiedaoConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
# Until 1.0 the interface changes with the middle number.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/jiedaoConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/jiedaoConfig.cmake
              ${PROJECT_BINARY_DIR}/jiedaoConfigVersion.cmake DESTINATION ${package_dir})
# Relative to itself, so that an installed tree can be moved.
file(RELATIVE_PATH prefix_from_pc /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(JOIN " " openmp_flags ${OpenMP_C_FLAGS})
configure_file(cmake/jiedao.pc.in ${PROJECT_BINARY_DIR}/jiedao.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/jiedao.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(FILES docs/jiedao.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES share/completions/jiedao.bash RENAME jiedao
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES share/completions/jiedao.zsh RENAME _jiedao
        DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES docs/inference.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/estimators docs/diagnostics
        DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES LICENSE CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
