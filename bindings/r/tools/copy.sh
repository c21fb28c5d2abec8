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
for part in config model run trial; do
  cp -R "$root/sim/$part" src/jd/sim/
done
# Of the rooms that know result files, what the library of studies in memory is made of.
(cd "$root/sim" && find study sweep io -name '*.h') | while read -r header; do
  mkdir -p "src/jd/sim/${header%/*}"
  cp "$root/sim/$header" "src/jd/sim/$header"
done
sed -n '/^set(in_memory/,/)$/p' "$root/sim/CMakeLists.txt" | tr -d '()' | tr ' ' '\n' | grep '\.c$' |
  cat - tools/csv.txt | while read -r source; do
  mkdir -p "src/jd/sim/${source%/*}"
  cp "$root/sim/$source" "src/jd/sim/$source"
done
# The configs that travel inside, as bytes.
{
  echo '#include "study/builtin.h"'
  n=0
  (cd "$root/configs" && find . -name '*.ini' | LC_ALL=C sort) | while read -r file; do
    echo "static const unsigned char text_$n[] = {"
    od -An -v -tu1 "$root/configs/$file" | sed 's/^ *//; s/  */,/g; s/$/,/'
    echo '0};'
    n=$((n + 1))
  done
  echo 'const char *const jd_builtin_names[] = {'
  (cd "$root/configs" && find . -name '*.ini' | LC_ALL=C sort) | sed 's|^\./|"|; s|\.ini$|",|'
  echo '0};'
  echo 'const char *const jd_builtin_texts[] = {'
  n=0
  (cd "$root/configs" && find . -name '*.ini' | LC_ALL=C sort) | while read -r file; do
    echo "(const char *)text_$n,"
    n=$((n + 1))
  done
  echo '0};'
  echo "const int jd_builtin_count = sizeof jd_builtin_names / sizeof *jd_builtin_names - 1;"
} >src/jd/sim/study/configs.c
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
