# SPDX-License-Identifier: GPL-3.0-or-later
# `cpack -G DEB` in a build folder: one Debian package a component of install.cmake. What each needs is read
# from its programs and libraries by dpkg-shlibdeps; only packages of our own are named here.
set(CPACK_PACKAGE_NAME jiedao)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "difference-in-differences and simulated policy worlds")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_VENDOR "The jiedao developers")
set(CPACK_PACKAGE_CONTACT "The jiedao developers <jiedao@example.org>")
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/packages)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_GENERATOR DEB)
set(CPACK_COMPONENTS_ALL program libraries development)
if(TARGET jiedao-mpi)
  list(APPEND CPACK_COMPONENTS_ALL mpi)
endif()
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(soversion ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
# jd_package(COMPONENT NAME SECTION "One line" "What is in it")
function(jd_package component name section line text)
  string(TOUPPER ${component} upper)
  set(CPACK_DEBIAN_${upper}_PACKAGE_NAME ${name} PARENT_SCOPE)
  set(CPACK_DEBIAN_${upper}_PACKAGE_SECTION ${section} PARENT_SCOPE)
  set(CPACK_DEBIAN_${upper}_DESCRIPTION "${line}\n${text}" PARENT_SCOPE)
  # Debian wants the licence of each package under the package's own name.
  install(FILES ${PROJECT_SOURCE_DIR}/cmake/copyright COMPONENT ${component}
          DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/doc/${name})
endfunction()
jd_package(program jiedao science
  "difference-in-differences estimators and simulated policy worlds"
  "Simulates street-level officials and relocating firms with a policy and without it on the
same random numbers, and runs difference-in-differences estimators on simulated or real
panels. With its documentation and Stata's ado file.")
jd_package(libraries libjiedao${soversion} libs
  "difference-in-differences estimators and simulator, shared libraries"
  "libjiedao-core, -did, -sim and -study, for programs in C and for the R and
Python packages.")
jd_package(development libjiedao-dev libdevel
  "difference-in-differences estimators and simulator, headers"
  "Headers, static libraries, a CMake package and a pkg-config file of libjiedao.")
jd_package(mpi jiedao-mpi science
  "jiedao for clusters with MPI"
  "The program jiedao with sweeps and validations spread over MPI ranks.")

# Figures are drawn by gnuplot.
set(CPACK_DEBIAN_PROGRAM_PACKAGE_RECOMMENDS "gnuplot-nox | gnuplot, fonts-liberation")
set(CPACK_DEBIAN_MPI_PACKAGE_RECOMMENDS jiedao)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "libjiedao${soversion} (= ${PROJECT_VERSION})")
# What the static libraries and jiedao.pc need.
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SUGGESTS "libinih-dev, liblapacke-dev, libopenblas-dev, libgsl-dev")
# dpkg-shlibdeps finds our own shared libraries where they were built.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${PROJECT_BINARY_DIR}/analysis ${PROJECT_BINARY_DIR}/sim)
include(CPack)
