# SPDX-License-Identifier: GPL-3.0-or-later

did <- function(data, y = NULL, unit = NULL, time = NULL, cohort = NULL, treat = NULL, x = NULL,
                estimator = "callaway_santanna", ..., threads = getOption("jiedao.threads", 0L)) {
  call <- match.call()
  world <- inherits(data, "jiedao_world")
  if (world) {
    data <- as.list(data)
    if (is.null(y)) y <- "outcome"
    if (is.null(unit)) unit <- "unit"
    if (is.null(time)) time <- "time"
    if (is.null(cohort) && is.null(treat)) cohort <- "cohort"
  }
  fe <- NULL
  if (inherits(data, "formula") || (inherits(y, "formula") && length(y) == 3)) {
    formula <- if (inherits(data, "formula")) data else y
    said <- read_formula(formula, as_frame(if (inherits(data, "formula")) y else data))
    data <- said$data
    y <- said$y
    fe <- said$fe
    if (!is.null(said$x)) x <- c(said$x, if (inherits(x, "formula")) formula_parts(x) else x)
  } else {
    data <- as_frame(data)
    xs <- list(...)$xformla
    f <- if (is.null(xs)) x else xs
    if (inherits(f, "formula")) { # may hold log(a) or factor(b)
      said <- covariates(f[[length(f)]], data, environment(f))
      data <- c(data, said$new)
      x <- said$names
    }
  }
  options <- list(...)
  options$xformla <- NULL
  if (world && !"cluster" %in% names(options)) options$cluster <- "cluster"
  if (!is.null(fe)) options$fe <- c(fe, options$fe)
  if (length(options) && (is.null(names(options)) || any(!nzchar(names(options))))) {
    fail("ARGUMENT", "an argument behind estimator has no name")
  }
  given <- c(list(y = y, unit = unit, time = time, cohort = cohort, treat = treat, x = x, estimator = estimator), options)
  given <- given[!vapply(given, is.null, NA)]
  fit <- run(data, build_request(given, names(data)), default_threads(threads), call)
  if (world) {
    fit$of_world <- TRUE
    fit$asked <- given # numbers and texts
  }
  fit
}

# Columns by name: a data frame (tibble, data.table), or a list of vectors.
as_frame <- function(data) {
  if (!is.list(data) || is.null(names(data))) {
    stop("data is of class ", class(data)[1], "; it must be a data frame or a list of columns with names")
  }
  as.list(data)
}

run <- function(data, request, threads, call) {
  columns <- enc2utf8(names(data))
  asked <- .Call(C_ask, request$names, request$values, request$literal, columns, threads)
  if (is.null(asked$call)) raise(asked)
  use <- which(asked$use)
  rows <- vapply(use, function(i) as.double(NROW(data[[i]])), 0)
  if (any(rows != rows[1])) {
    i <- which(rows != rows[1])[1]
    fail("DATA", sprintf(
      "column '%s' has %.0f rows, and column '%s' has %.0f", columns[use[i]], rows[i], columns[use[1]], rows[1]
    ))
  }
  lent <- lapply(use, function(i) as_column(columns[i], data[[i]]))
  found <- .Call(C_did, asked$call, lent, if (length(rows)) rows[1] else 0)
  if (is.null(found$tables)) raise(found)
  warn_all(strsplit(found$warnings, "\n", fixed = TRUE)[[1]])
  version <- .Call(C_version)
  call <- call[!vapply(as.list(call), is.list, NA)] # do.call() puts the data themselves there
  structure(class = "jiedao_did", list(
    tables = lapply(found$tables[!vapply(found$tables, is.null, NA)], as_table),
    vcov = found$vcov[!vapply(found$vcov, is.null, NA)], printed = found$printed, call = call,
    version = version[1], commit = version[2]
  ))
}

as_table <- function(columns) {
  structure(columns, class = "data.frame", row.names = .set_row_names(length(columns[[1]])))
}
