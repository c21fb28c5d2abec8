#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# run.sh BUILD CC: installs BUILD beside itself, then builds consumers against that copy.
set -eux
build=$1 cc=$2
here=$(cd "$(dirname "$0")" && pwd)
work=$build/install-test
prefix=$work/prefix
rm -rf "$work"
cmake --install "$build" --prefix "$prefix" >/dev/null
libdir=$(dirname "$(find "$prefix" -name pkgconfig -type d)")

# What a user is promised.
"$prefix/bin/jiedao" --version
test -f "$prefix/share/man/man1/jiedao.1"
test -f "$prefix/share/bash-completion/completions/jiedao"
test -f "$prefix/share/zsh/site-functions/_jiedao"
test -f "$prefix/share/doc/jiedao/estimators/callaway_santanna.md"
test -L "$libdir/libjiedao-did.so"

# consumer NAME OPTIONS...: configures, builds and runs the project beside this script.
consumer() {
  name=$1
  shift
  cmake -S "$here" -B "$work/$name" -G Ninja -DCMAKE_C_COMPILER="$cc" \
    -DCMAKE_PREFIX_PATH="$prefix" "$@"
  cmake --build "$work/$name"
  "$work/$name/consumer"
}
consumer shared
consumer static -DLINK=static

# A version that does not exist yet must be refused: at configure time, and for that reason.
if consumer newer -DWANTED=99.0 >"$work/newer.log" 2>&1; then
  echo "version 99.0 was found" >&2
  exit 1
fi
grep -q 'requested version "99.0"' "$work/newer.log"

# The same through pkg-config.
export PKG_CONFIG_PATH="$libdir/pkgconfig"
# shellcheck disable=SC2046
"$cc" -std=c11 $(pkg-config --cflags jiedao) "$here/consumer.c" \
  $(pkg-config --libs jiedao) "-Wl,-rpath,$libdir" -o "$work/by-pkg-config"
"$work/by-pkg-config"
if pkg-config --exists 'jiedao >= 99'; then
  echo "pkg-config found version 99" >&2
  exit 1
fi

# Who loads a library by its path finds those it needs beside it.
mkdir "$work/load"
cat >"$work/load/load.c" <<'END'
#include <dlfcn.h>
#include <stdio.h>
int main(int n, char **path)
{
    void *library = dlopen(path[n - 1], RTLD_NOW);
    if (!library) fprintf(stderr, "%s\n", dlerror());
    return !library;
}
END
"$cc" "$work/load/load.c" -ldl -o "$work/load/load"
env -u LD_LIBRARY_PATH "$work/load/load" "$libdir/libjiedao-did.so"

# The programs of the docs compile without a warning and print what they say.
awk -v at="$work/page" '/^```c$/ {file = at (++c) ".c"; next} /^```text$/ {file = at (++t) ".txt"; next}
  /^```/ {file = ""} file {print >file}' "$here/../../docs/tutorials/link-the-libraries.md"
for name in simulate estimate frame sweep trial; do
  cp "$here/../../docs/examples/$name.c" "$here/../../docs/examples/$name.txt" "$work"
done
for program in "$work"/*.c; do
  name=${program%.c}
  # shellcheck disable=SC2046
  "$cc" -std=c11 -Wall -Wextra -Werror $(pkg-config --cflags jiedao) "$program" \
    $(pkg-config --libs jiedao) "-Wl,-rpath,$libdir" -o "$name"
  "$name" | diff - "$name.txt"
done
