# SPDX-License-Identifier: GPL-3.0-or-later
# Reads the Stata and CSV files of test_readers.c with haven. Exit 77 where haven is missing.
if (!suppressWarnings(requireNamespace("haven", quietly = TRUE))) quit(status = 77)
paths <- commandArgs(TRUE)
frame <- haven::read_dta(paths[1])
plain <- read.csv(paths[2])

check <- function(condition, what) {
  if (!isTRUE(condition)) {
    cat("wrong:", what, "\n")
    quit(status = 1)
  }
}
check(nrow(frame) == 5 * 300, "rows of a long panel")
check(identical(names(frame), c("unit", "time", "date", "x", "y")), "columns")
check(attr(frame$y, "label") == "firms there (firms)", "label")
check(attr(frame$time, "labels")[["third"]] == 3, "value labels")
row <- frame[frame$time == 3 & frame$unit == 110, ]
check(nrow(row) == 1 && row$y == 2010 && row$date == "2020Q3", "a cell")
check(identical(names(plain), names(frame)), "CSV columns")
check(all(plain$y == frame$y) && all(plain$x == frame$x), "CSV cells")
cat("read by haven\n")
