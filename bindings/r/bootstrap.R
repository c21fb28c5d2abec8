# SPDX-License-Identifier: GPL-3.0-or-later
# Copies the library's sources into the package, so that it can be built away from the checkout.
if (system2("sh", "tools/copy.sh") != 0) stop("the sources of the library could not be copied")
