#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Writes tests/golden/messages.txt anew from the program of a build, build/dev where none is named.
set -eu
build=${1:-$(dirname "$0")/../../build/dev}
JD_GOLDEN_UPDATE=1 "$build/tests/test_messages"
git -C "$(dirname "$0")" --no-pager diff --stat -- messages.txt
