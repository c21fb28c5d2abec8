#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Copies the library's sources from the checkout (JIEDAO_SOURCE, else two folders up) to src/jd.
set -eu
root=${JIEDAO_SOURCE:-../..}
[ -f "$root/include/jiedao/analysis.h" ] || exit 0
rm -rf src/jd
mkdir -p src/jd/sim src/jd/analysis
cp -R "$root/include" src/jd/
cp -R "$root/sim/core" src/jd/sim/
for part in panel linear did diagnose experiments dataset; do
  cp -R "$root/analysis/$part" src/jd/analysis/
done
commit=unknown
if [ -e "$root/.git" ]; then
  commit=$(git -C "$root" describe --always --dirty --abbrev=12 '--exclude=*' 2>/dev/null) || commit=unknown
fi
version=$(sed -n 's/^project(jiedao VERSION \([0-9.]*\).*/\1/p' "$root/CMakeLists.txt")
major=${version%%.*} rest=${version#*.}
sed -e "s/@VERSION@/$version/; s/@COMMIT@/$commit/; s/@MAJOR@/$major/; s/@MINOR@/${rest%%.*}/; s/@PATCH@/${rest#*.}/" \
  src/jd/sim/core/version.c.in >src/jd/sim/core/version.c
# R's own LAPACK and laws take the place of the libraries that the program links.
rm -f src/jd/sim/core/version.c.in
