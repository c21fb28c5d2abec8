#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# deb.sh BUILD CC: makes the Debian packages of BUILD, installs them with dpkg below a folder of its own and
# uses what is there. 77: this system has no dpkg.
set -eu
build=$1 cc=$2
here=$(cd "$(dirname "$0")" && pwd)
for tool in cpack dpkg dpkg-deb dpkg-shlibdeps; do
  command -v $tool >/dev/null || { echo "skipped: no $tool"; exit 77; }
done
set -x
root=$build/deb-test
rm -rf "$root" "$build/packages"
mkdir -p "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates"
: >"$root/var/lib/dpkg/status"
(cd "$build" && cpack -G DEB >"$root/cpack.log") || { cat "$root/cpack.log"; exit 1; }

# As dpkg would on a machine where what a package needs is there: it is, or this build had failed.
as_root=
if [ "$(id -u)" != 0 ]; then
  command -v fakeroot >/dev/null || { echo "skipped: neither root nor fakeroot"; exit 77; }
  as_root=fakeroot
fi
for deb in "$build"/packages/*.deb; do
  dpkg-deb -f "$deb" Depends | tr ',' '\n' | sed 's/(.*//; s/ //g' | grep -v jiedao | while read -r need; do
    dpkg-query -W -f '${Status}\n' "$need" | grep -q 'ok installed' || { echo "$deb needs $need" >&2; exit 1; }
  done
done
$as_root dpkg --root="$root" --force-not-root --force-depends --force-script-chrootless \
  --log=/dev/null -i "$build"/packages/*.deb
test "$(dpkg-query --admindir="$root/var/lib/dpkg" -W -f '${Package} ' 'jiedao' 'libjiedao-dev')" = 'jiedao libjiedao-dev '

# The program finds all it needs without this build: a world, and its effect.
cd "$root"
usr/bin/jiedao --version
usr/bin/jiedao run quickstart -o world.h5 --set firms.n=5000 --quiet
usr/bin/jiedao export world.h5 --table panel/county -o county.csv
test -s county.csv
for file in man/man1/jiedao.1 doc/jiedao/estimators/callaway_santanna.md doc/jiedao/copyright \
  doc/libjiedao-dev/copyright jiedao/stata/jiedao.ado; do
  test -s "usr/share/$file" || test -s "usr/share/$file.gz"
done

# A program of one's own against libjiedao-dev.
pc=$(find usr -name jiedao.pc)
export PKG_CONFIG_PATH="$root/${pc%/*}"
libdir=$(find "$root/usr" -name 'libjiedao-did.so')
# shellcheck disable=SC2046
"$cc" -std=c11 $(pkg-config --cflags jiedao) "$here/consumer.c" $(pkg-config --libs jiedao) \
  "-Wl,-rpath,${libdir%/*}" -o consumer
./consumer
