#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Same bytes from gcc and clang, -O2 and -O3: same_bytes_builds.sh SOURCE FOLDER builds the program
# in each way and compares what it writes. A compiler that is not there is left out, and said.
set -eu
source=$1
folder=$2
# Builds at two moments may see two commits, which the file names.
export GIT_DIR=/nonexistent
mkdir -p "$folder"

world="quickstart --quiet --force --set world.provinces=3 --set world.prefectures=9
  --set world.counties=60 --set world.streets=500 --set firms.n=40000 --set run.periods=10
  --set run.burn_in=6 --set policy.adoption=2020Q4,2021Q2 --set output.relocations=all"
mechanisms="--set run.direct_folds=3 --set firms.entry=0.02 --set firms.exit=0.02
  --set tournament.street=0.5 --set tournament.county=0.1 --set tournament.prefecture=0.1 --set diffusion.training=0.5 --set diffusion.crisis=0.1 --set entrepreneurs.rate=0.2 --set projects.services=0.1
  --set cooperation.arranged=0.2 --set cooperation.self=0.2 --set firms.b_tie=1 --set world.fiscal_feedback=0.4
  --set policy.anticipation=1 --set rescaling.base_sd=0.2 --set rescaling.inspection=0.5
  --set event.a.kind=reclassify --set event.a.level=county --set event.a.rate=0.2"

# build NAME COMPILER TYPE: Release is -O3 here, RelWithDebInfo -O2.
build() {
  command -v "$2" >/dev/null || { echo "left out: $2 is not there"; return 0; }
  cmake -S "$source" -B "$folder/$1" -DCMAKE_C_COMPILER="$2" -DCMAKE_BUILD_TYPE="$3" \
    -DJD_BUILD_TESTS=OFF >"$folder/$1.log"
  cmake --build "$folder/$1" --target jiedao -j "$(getconf _NPROCESSORS_ONLN)" >>"$folder/$1.log"
  # shellcheck disable=SC2086
  "$folder/$1/sim/jiedao" run $world -o "$folder/$1-a.h5" >/dev/null
  # shellcheck disable=SC2086
  "$folder/$1/sim/jiedao" run $world $mechanisms -o "$folder/$1-b.h5" >/dev/null
  for file in a b; do
    cmp "$folder/$1-$file.h5" "${first:-$folder/$1}-$file.h5"
  done
  first=${first:-$folder/$1}
  echo "$1: same bytes"
}

first=
build gcc-o3 gcc Release
build gcc-o2 gcc RelWithDebInfo
build clang-o3 clang Release
build clang-o2 clang RelWithDebInfo
