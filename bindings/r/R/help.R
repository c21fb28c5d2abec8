# SPDX-License-Identifier: GPL-3.0-or-later
# The list of options in ?did, written by the library's own rows when the page is shown.
escape_rd <- function(text) gsub("([%{}\\\\])", "\\\\\\1", text)

option_item <- function(option) {
  takers <- strsplit(option$takers, ",")[[1]]
  help <- option$help
  prefix <- paste0(paste(takers, collapse = ", "), ": ")
  if (startsWith(help, prefix)) help <- substring(help, nchar(prefix) + 1)
  help <- sub("; default [^;]*$", "", help)
  help <- gsub("--", "", help, fixed = TRUE)
  parts <- c(
    escape_rd(help),
    if (nzchar(option$choices) && !grepl("|", help, fixed = TRUE)) {
      paste0("One of ", escape_rd(gsub(",", ", ", option$choices)))
    },
    if (nzchar(option$default)) paste0("Default: ", escape_rd(option$default)),
    if (length(takers)) paste0("Heeded by ", escape_rd(paste(takers, collapse = ", ")))
  )
  c(sprintf("  \\item{\\code{%s}}{%s.}", option$name, paste(parts, collapse = ". ")))
}

help_options <- function() {
  options <- did_options()
  own <- c("y", "unit", "time", "cohort", "treat", "x", "estimator")
  rest <- options[!options$name %in% own, ]
  items <- vapply(seq_len(nrow(rest)), function(i) option_item(rest[i, ]), "")
  paste(c("\\describe{", items, "}"), collapse = "\n")
}

# The parameters in ?simulate_world, in the same way.
param_item <- function(p) {
  parts <- c(
    escape_rd(p$help),
    if (nzchar(p$choices)) paste0("One of ", escape_rd(gsub(" | ", ", ", p$choices, fixed = TRUE))),
    if (nzchar(p$default)) paste0("Default: ", escape_rd(p$default), if (!p$unit %in% c("", "1")) paste0(" ", escape_rd(p$unit)))
  )
  sprintf("  \\item{\\code{%s}}{%s.}", p$name, paste(parts, collapse = ". "))
}

help_params <- function() {
  all <- params()
  paste(c("\\describe{", vapply(seq_len(nrow(all)), function(i) param_item(all[i, ]), ""), "}"), collapse = "\n")
}
