# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh disable=SC2034,SC2154
# What ./demo and ./check share: which packages are missing, installing them, quiet steps. The caller sets log.

# A line a need: how to see that it is there, and its package for apt, dnf, pacman and brew (- none).
#   cmd:NAME  a command            pc:A|B  a module pkg-config knows under one of these names
#   inc:NAME  a C header           c++:NAME  a C++ header      py:NAME  a Python module
#   font:NAME  a font              clang:FLAG  a flag clang can compile and link with
needs_program='
cmd:cc               gcc              gcc                 gcc            gcc
inc:stdio.h          libc6-dev        glibc-devel         glibc          -
cmd:cmake            cmake            cmake               cmake          cmake
cmd:ninja            ninja-build      ninja-build         ninja          ninja
cmd:pkg-config       pkg-config       pkgconf-pkg-config  pkgconf        pkgconf
pc:hdf5-serial|hdf5  libhdf5-dev      hdf5-devel          hdf5           hdf5
pc:inih              libinih-dev      inih-devel          libinih        inih
pc:lapacke           liblapacke-dev   lapack-devel        lapacke        lapack
pc:openblas          libopenblas-dev  openblas-devel      openblas       openblas
pc:gsl               libgsl-dev       gsl-devel           gsl            gsl
pc:libdeflate        libdeflate-dev   libdeflate-devel    libdeflate     libdeflate
inc:readstat.h       libreadstat-dev  readstat-devel      readstat       readstat
cmd:gnuplot          gnuplot-nox      gnuplot             gnuplot        gnuplot
font:Liberation      fonts-liberation liberation-fonts    ttf-liberation font-liberation
'
# Used by ./check alone.
needs_tests='
pc:cmocka            libcmocka-dev    libcmocka-devel     cmocka         cmocka
cmd:c++              g++              gcc-c++             gcc            gcc
c++:pcg_random.hpp   libpcg-cpp-dev   pcg-cpp-devel       pcg-cpp        pcg-cpp
cmd:h5dump           hdf5-tools       hdf5                hdf5           hdf5
cmd:mpicc            libopenmpi-dev   openmpi-devel       openmpi        open-mpi
cmd:mpirun           openmpi-bin      openmpi             openmpi        open-mpi
cmd:valgrind         valgrind         valgrind            valgrind       -
py:h5py              python3-h5py     python3-h5py        python-h5py    -
py:xarray            python3-xarray   python3-xarray      python-xarray  -
py:h5netcdf          python3-h5netcdf python3-h5netcdf    python-h5netcdf -
py:netCDF4           python3-netcdf4  python3-netcdf4     python-netcdf4 -
py:pandas            python3-pandas   python3-pandas      python-pandas  -
cmd:clang            clang            clang               clang          llvm
clang:-fopenmp       libomp-dev       libomp-devel        openmp         libomp
clang:-fsanitize=address libclang-rt-dev compiler-rt      compiler-rt    llvm
'
# Used by ./check --heavy alone: large ones, without which some tests are skipped.
needs_heavy='
cmd:Rscript          r-base-core      R-core-devel        r              r
cmd:chromium         chromium         chromium            chromium       -
cmd:chromedriver     chromium-driver  chromedriver        chromium       -
font:CJK             fonts-noto-cjk   google-noto-sans-cjk-fonts noto-fonts-cjk -
'
# Used by ./check --long alone, which does without where it must.
needs_long='
cmd:clang-tidy       clang-tidy       clang-tools-extra   clang          llvm
'

# The system's own Python first: that is the one packages serve.
python=/usr/bin/python3
[ -x $python ] || python=python3

# Whether one need is met.
has() {
  case $1 in
    cmd:*) command -v "${1#*:}" ;;
    pc:*)
      names=${1#*:}
      pkg-config --exists "${names%%|*}" || pkg-config --exists "${names##*|}" ;;
    inc:*) echo "#include <${1#*:}>" | cc -E - ;;
    c++:*) echo "#include <${1#*:}>" | c++ -x c++ -fsyntax-only - ;;
    py:*) $python -c "import ${1#*:}" ;;
    font:*) fc-list | grep "${1#*:}" ;;
    clang:*) echo 'int main(void) { return 0; }' | clang "${1#*:}" -x c - -o /dev/null ;;
  esac >/dev/null 2>&1
}

# missing_from TABLE COLUMN: packages of that column whose needs are not met, one a line.
missing_from() {
  echo "$1" | while read -r need apt dnf pacman brew; do
    [ -n "$need" ] || continue
    if has "$need"; then continue; fi
    case $2 in
      apt) package=$apt ;;
      dnf) package=$dnf ;;
      pacman) package=$pacman ;;
      brew) package=$brew ;;
    esac
    [ "$package" = - ] || echo "$package"
  done | sort -u
}

# In a terminal sudo may want a password; elsewhere nobody could type it.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif ! command -v sudo >/dev/null; then
    echo "this needs the administrator's rights, and there is no sudo"
    return 1
  elif [ -t 0 ]; then
    sudo "$@"
  else
    sudo -n "$@"
  fi
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=300 \
    install --no-install-recommends "$@"
}

# A fresh machine may have no package lists yet: only then are they fetched.
apt_provide() {
  apt_install "$@" || { as_root apt-get -q update && apt_install "$@"; }
}

# provide TABLE INSTALL: shows what is missing and, with INSTALL = yes on Debian or Ubuntu, installs
# it. Ends the script where that cannot be.
provide() {
  manager=
  for try in apt-get dnf pacman brew; do
    if command -v $try >/dev/null; then manager=${try%-get} && break; fi
  done
  if [ -z "$manager" ]; then
    manager=apt
    set -- "$1" no
  fi
  missing=$(missing_from "$1" "$manager")
  [ -n "$missing" ] || return 0
  # shellcheck disable=SC2086
  set -- "$1" "$2" $missing
  table=$1 install=$2
  shift 2
  echo "Missing: $*"
  case $manager in
    apt) by_hand="sudo apt-get install $*" ;;
    dnf) by_hand="sudo dnf install $*" ;;
    pacman) by_hand="sudo pacman -S $*" ;;
    brew) by_hand="brew install $*" ;;
  esac
  if [ "$install" != yes ] || [ "$manager" != apt ]; then
    echo "Install it and start again: $by_hand"
    exit 1
  fi
  if ! step "Installing" apt_provide "$@"; then
    echo "By hand: $by_hand"
    exit 1
  fi
  missing=$(missing_from "$table" apt | tr '\n' ' ')
  [ -z "$missing" ] || echo "Installed, but still not found: $missing"
}

# step TITLE COMMAND...: runs it, keeping what it says in $log; shows the end of that on failure.
step() {
  printf '%s ...' "$1"
  shift
  started=$(date +%s)
  if "$@" >>"$log" 2>&1; then
    echo " $(($(date +%s) - started)) s"
  else
    echo " failed"
    tail -n 40 "$log"
    echo "(all of it: $log)"
    return 1
  fi
}
