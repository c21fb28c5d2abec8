# SPDX-License-Identifier: GPL-3.0-or-later
# Reads a file of test_readers.c as R's users do: by ncdf4 and rhdf5, or the one that is there.
# Exit 77 where neither is (the test is skipped, and says so).
path <- commandArgs(TRUE)[1]
rows <- 70000
times <- 5
units <- 300

has <- function(package) suppressWarnings(requireNamespace(package, quietly = TRUE))
check <- function(condition, what) {
  if (!isTRUE(condition)) {
    cat("wrong:", what, "\n")
    quit(status = 1)
  }
}
utf8 <- function(text) {
  text <- as.vector(text)
  Encoding(text) <- "UTF-8"
  text
}
name <- "\u5317\u4eac\u5e02"

# Integers, missing numbers and cells are the same in both: unit x time, dimensions turned round.
check_numbers <- function(read, package) {
  check(all(read("relocations/firm") == seq_len(rows) - 1), paste(package, "firm"))
  distance <- read("relocations/distance")
  check(sum(is.na(distance)) == rows / 7 && distance[4] == 1.5, paste(package, "distance"))
  y <- read("panel/county/y")
  check(identical(as.integer(dim(y)), c(300L, 5L)), paste(package, "shape of a panel"))
  check(all(y == outer(seq_len(units) - 1, 1000 * (seq_len(times) - 1), "+")), paste(package, "y"))
}

seen <- character()
if (has("ncdf4")) {
  f <- ncdf4::nc_open(path)
  read <- function(column) ncdf4::ncvar_get(f, column)
  check_numbers(read, "ncdf4")
  check(identical(utf8(read("relocations/name")[1:3]), c("x", name, "x")), "ncdf4: text")
  check(identical(utf8(read("panel/county/date"))[1:2], c("2020Q1", "2020Q2")), "ncdf4: a time column")
  check(ncdf4::ncatt_get(f, "relocations/distance", "units")$value == "km", "ncdf4: units")
  columns <- grep("^relocations/[^/]+$", names(f$var), value = TRUE) # as docs/file-format.md has it
  check(identical(basename(columns), c("firm", "kind", "distance", "name")), "ncdf4: columns")
  check(identical(utf8(read("config/ini")), "[run]\n; \u5317\u4eac\n"), "ncdf4: a text")
  ncdf4::nc_close(f)
  seen <- c(seen, "ncdf4")
}
if (has("rhdf5")) {
  read <- function(column) rhdf5::h5read(path, column)
  check_numbers(read, "rhdf5")
  text <- apply(read("relocations/name"), 2, paste, collapse = "") # single characters
  check(identical(utf8(text[1:3]), c("x", name, "x")), "rhdf5: text")
  kind <- suppressWarnings(rhdf5::h5readAttributes(path, "relocations/kind")) # of DIMENSION_LIST
  check(all(kind$flag_values == -1:1), "rhdf5: flag_values")
  check(kind$flag_meanings == "none never_treated treated", "rhdf5: flag_meanings")
  rhdf5::h5closeAll()
  seen <- c(seen, "rhdf5")
}
if (length(seen) == 0) quit(status = 77)
cat("read by", paste(seen, collapse = ", "), "\n")
