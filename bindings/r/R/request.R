# SPDX-License-Identifier: GPL-3.0-or-later
# Arguments -> names and values of the library's options.

did_options <- function() {
  as.data.frame(.Call(C_options), stringsAsFactors = FALSE)
}

# What did, did2s and fixest call them.
aliases <- c(
  yname = "y", idname = "unit", tname = "time", gname = "cohort", xformla = "x",
  control_group = "control", clustervars = "cluster", weightsname = "weights", est_method = "method",
  cluster_var = "cluster", treatment = "treat", if_ = "if"
)
alias_values <- c(nevertreated = "never", notyettreated = "not_yet", hetero = "hc1", HC1 = "hc1", IID = "iid")

# Terms of a one-sided formula, as texts: ~a + b -> c("a", "b").
formula_parts <- function(f) {
  part <- f[[length(f)]]
  parts <- character()
  while (is.call(part) && identical(part[[1]], as.name("+")) && length(part) == 3) {
    parts <- c(say(part[[3]]), parts)
    part <- part[[2]]
  }
  c(say(part), parts)
}

say <- function(expression) {
  if (is.name(expression)) as.character(expression) else paste(deparse(expression, 500L), collapse = " ")
}

resolve <- function(given) {
  said <- list()
  for (key in names(given)) {
    value <- given[[key]]
    if (is.null(value)) next
    name <- if (key %in% names(aliases)) aliases[[key]] else gsub(".", "_", key, fixed = TRUE)
    if (name == "vcov" && inherits(value, "formula")) name <- "cluster" # fixest's vcov = ~id
    if (inherits(value, "formula")) {
      value <- formula_parts(value)
      if (identical(value, "1")) next
    }
    if (name %in% c("control", "vcov") && is.character(value) && value[1] %in% names(alias_values)) {
      value <- alias_values[[value[1]]]
    }
    if (!is.null(said[[name]])) fail("ARGUMENT", sprintf("%s and %s are the same argument; give one of them", key, name))
    said[[name]] <- value
  }
  said
}

one_value <- function(name, v) {
  if (is.logical(v) && !is.na(v)) return(if (v) "yes" else "no")
  if (is.numeric(v) && !is.na(v)) return(if (v == round(v) && abs(v) < 2^53) sprintf("%.0f", v) else sprintf("%.17g", v))
  if (is.character(v) || is.factor(v)) return(as.character(v))
  fail("ARGUMENT", sprintf("%s: a value of type %s cannot be read", name, typeof(v)))
}

range_value <- function(name, v) {
  if (is.character(v) && length(v) == 1) return(v)
  if (length(v) != 2) fail("ARGUMENT", sprintf("%s must have two ends, as c(-3, 5); NA leaves one open", name))
  paste(vapply(v, function(end) if (is.na(end) || is.infinite(end)) "" else one_value(name, end), ""), collapse = ":")
}

# list(names, values, literal): a value that is a column of the data is that column, whatever its signs.
build_request <- function(given, columns) {
  said <- resolve(given)
  kinds <- .Call(C_options)
  rows <- list()
  add <- function(name, value, literal = FALSE) {
    rows[[length(rows) + 1]] <<- list(name, enc2utf8(value), literal)
  }
  for (name in names(said)) {
    value <- said[[name]]
    kind <- kinds$kind[match(name, kinds$name)]
    of_columns <- kind %in% "name" || (kind %in% "names" && !name %in% c("estimator", "diagnose"))
    if (length(value) == 0) next
    if (of_columns) {
      for (v in as.character(value)) add(name, v, v %in% columns)
    } else if (kind %in% "switch" && !(is.logical(value) && length(value) == 1 && !is.na(value))) {
      fail("ARGUMENT", sprintf("%s must be TRUE or FALSE", name))
    } else if (kind %in% "range") {
      add(name, range_value(name, value))
    } else {
      add(name, paste(vapply(value, function(v) one_value(name, v), ""), collapse = ","))
    }
  }
  list(
    names = vapply(rows, `[[`, "", 1), values = vapply(rows, `[[`, "", 2),
    literal = vapply(rows, `[[`, NA, 3)
  )
}
