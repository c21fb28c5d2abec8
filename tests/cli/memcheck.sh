#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A tiny run under valgrind: memcheck.sh PROGRAM; exit 77 (skipped) where valgrind is not there.
set -eu
command -v valgrind >/dev/null || { echo "skipped: valgrind is not there"; exit 77; }
# Given both settings the program does not start itself again, which valgrind cannot follow.
export OMP_WAIT_POLICY=passive OPENBLAS_NUM_THREADS=1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
check() {
  valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite \
    "$@" >"$folder/out"
}

check "$1" run quickstart --quiet --threads 1 -o "$folder/a.h5" \
  --set world.provinces=2 --set world.prefectures=4 --set world.counties=16 --set world.streets=64 \
  --set firms.n=3000 --set run.periods=6 --set run.burn_in=2 --set policy.adoption=2020Q3 \
  --set run.direct_folds=2 --set firms.entry=0.02 --set firms.exit=0.02 \
  --set tournament.street=0.5 --set tournament.county=0.2 --set event.a.kind=reclassify --set event.a.level=county \
  --set observation.panel_firms=300
check "$1" info "$folder/a.h5"
check "$1" export "$folder/a.h5" --table panel/county -o "$folder/a.csv"
echo "valgrind finds nothing"
