# SPDX-License-Identifier: GPL-3.0-or-later
# Everything comes from the system; nothing is fetched. Names are those pkg-config knows.
find_package(PkgConfig REQUIRED)
pkg_check_modules(INIH REQUIRED IMPORTED_TARGET inih)
pkg_check_modules(LAPACKE REQUIRED IMPORTED_TARGET lapacke)
pkg_check_modules(OPENBLAS REQUIRED IMPORTED_TARGET openblas)
pkg_check_modules(GSL REQUIRED IMPORTED_TARGET gsl)
pkg_check_modules(DEFLATE REQUIRED IMPORTED_TARGET libdeflate)

# The plain "hdf5" turns into the MPI flavour where one is installed: ask for the serial one first.
pkg_search_module(HDF5 REQUIRED IMPORTED_TARGET hdf5-serial hdf5)
find_library(JD_HDF5_HL NAMES hdf5_serial_hl hdf5_hl HINTS ${HDF5_LIBRARY_DIRS} REQUIRED)
find_library(JD_READSTAT NAMES readstat REQUIRED)
find_path(JD_READSTAT_INCLUDE NAMES readstat.h REQUIRED)

# Wanted by jiedao-mpi alone; without it the program is whole.
option(JD_WITH_MPI "Build jiedao-mpi where MPI is found" ON)
if(JD_WITH_MPI)
  find_package(MPI COMPONENTS C)
endif()
