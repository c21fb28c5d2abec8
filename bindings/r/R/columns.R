# SPDX-License-Identifier: GPL-3.0-or-later
# A user's columns -> vectors the library reads where they lie: list(name, type, data, labels).

refuse_column <- function(name, what, cure = "numbers, texts, factors, flags and dates can be read") {
  fail("DATA", sprintf("column '%s' holds %s; %s", name, what, cure))
}

as_column <- function(name, v) {
  column <- function(type, data, labels = NULL) list(name, type, data, labels)
  if (!is.null(dim(v))) refuse_column(name, "a matrix or a data frame", "take one of its columns")
  if (inherits(v, "POSIXlt")) v <- as.POSIXct(v)
  if (inherits(v, "POSIXct")) { # as people read it: midnight is midnight
    return(column("tss", as.double(as.POSIXct(as.POSIXlt(v), tz = "UTC"))))
  }
  if (inherits(v, "Date")) return(column("tdD", as.integer(floor(as.double(v)))))
  if (inherits(v, "yearqtr")) return(column("q", as.integer(round(4 * as.double(v)))))
  if (inherits(v, "yearmon")) return(column("m", as.integer(round(12 * as.double(v)))))
  if (inherits(v, "integer64")) return(column("l", unclass(v)))
  if (inherits(v, "difftime")) refuse_column(name, "durations")
  if (is.factor(v)) return(column("coded", as_plain(v), levels(v)))
  switch(typeof(v),
    logical = column("i", as.integer(v)),
    integer = column("i", v),
    double = column("g", v),
    character = {
      labels <- unique(v)
      labels <- labels[!is.na(labels)]
      column("coded", match(v, labels), labels)
    },
    refuse_column(name, paste("cells of type", typeof(v)))
  )
}

as_plain <- function(v) {
  attributes(v) <- NULL
  v
}
