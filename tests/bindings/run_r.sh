#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# run_r.sh SOURCE PROGRAM FOLDER: installs the R package below FOLDER and runs test_r.R. With
# JIEDAO_LIBS in the environment the package is linked to that library, else it holds its own.
set -eu
source=$1 program=$2 folder=$3
if ! command -v Rscript >/dev/null; then
  echo "skipped: R is not installed"
  exit 77
fi
if ! (cd / && R CMD config CC) >/dev/null 2>&1; then
  echo "skipped: R cannot compile (r-base-dev)"
  exit 77
fi
rm -rf "$folder"
mkdir -p "$folder/library"
cp -R "$source/bindings/r" "$folder/r"
cp "$source/tests/bindings/exact.c" "$folder"
export JIEDAO_SOURCE="$source" R_LIBS="$folder/library"
# A test need not wait for the last of the compiler's optimisations.
echo 'CFLAGS = -O1' >"$folder/makevars"
if command -v ccache >/dev/null; then echo "CC = ccache $(cd / && R CMD config CC)" >>"$folder/makevars"; fi
export R_MAKEVARS_USER="$folder/makevars"
cores=$(getconf _NPROCESSORS_ONLN)
if ! MAKEFLAGS=-j$cores R CMD INSTALL -l "$folder/library" "$folder/r" >"$folder/install.log" 2>&1; then
  cat "$folder/install.log"
  exit 1
fi
(cd "$folder" && R CMD SHLIB exact.c) >/dev/null
Rscript --vanilla "$source/tests/bindings/test_r.R" "$source" "$program" "$folder" "${JIEDAO_LIBS:+bits}"
