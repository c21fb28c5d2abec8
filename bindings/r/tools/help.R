# SPDX-License-Identifier: GPL-3.0-or-later
# Writes man/did.Rd: its list of options is that of the library, so the package must be installed.
#   Rscript bindings/r/tools/help.R [FILE]
escape <- function(text) gsub("([%{}\\\\])", "\\\\\\1", text)

item <- function(option) {
  takers <- strsplit(option$takers, ",")[[1]]
  help <- option$help
  prefix <- paste0(paste(takers, collapse = ", "), ": ")
  if (startsWith(help, prefix)) help <- substring(help, nchar(prefix) + 1)
  help <- sub("; default [^;]*$", "", help)
  help <- gsub("--", "", help, fixed = TRUE)
  parts <- c(
    escape(help),
    if (nzchar(option$choices) && !grepl("|", help, fixed = TRUE)) {
      paste0("One of ", escape(gsub(",", ", ", option$choices)))
    },
    if (nzchar(option$default)) paste0("Default: ", escape(option$default)),
    if (length(takers)) paste0("Heeded by ", escape(paste(takers, collapse = ", ")))
  )
  c(sprintf("  \\item{\\code{%s}}{%s.}", option$name, paste(parts, collapse = ". ")))
}

write_help <- function(file) {
  options <- jiedao::did_options()
  own <- c("y", "unit", "time", "cohort", "treat", "x", "estimator")
  rest <- options[!options$name %in% own, ]
  items <- unlist(lapply(seq_len(nrow(rest)), function(i) item(rest[i, ])))
  template <- c(
    "% Written by tools/help.R from the library's options: change that, not this.",
    "\\name{did}",
    "\\alias{did}",
    "\\alias{jiedao}",
    "\\title{Difference-in-differences estimators}",
    "\\description{Estimators of difference-in-differences designs on a data frame, with the numbers of the program \\code{jiedao did}.}",
    "\\usage{",
    "did(data, y = NULL, unit = NULL, time = NULL, cohort = NULL, treat = NULL, x = NULL,",
    "    estimator = \"callaway_santanna\", \\dots, threads = getOption(\"jiedao.threads\", 0L))",
    "}",
    "\\arguments{",
    "  \\item{data}{A data frame, or a list of columns; a row a unit and period. Only columns in use are looked at. Or a formula, with the data behind it: \\code{did(y ~ x1 + factor(x2) | region^year, data, ...)}; what stands behind the bar are fixed effects beside unit and period.}",
    "  \\item{y, unit, time}{Names of columns, as texts or one-sided formulas: the outcome, the unit, the period (whole numbers or dates).}",
    "  \\item{cohort}{Column of the first treated period; \\code{NA}, 0 and \\code{Inf} mean never.}",
    "  \\item{treat}{Or the treatment in each period, 0 or 1, or a flag.}",
    "  \\item{x}{Covariates: names, or a one-sided formula, whose terms may be computed.}",
    "  \\item{estimator}{One or several names; \\code{\"all\"} runs what applies.}",
    "  \\item{\\dots}{All other options, by name, listed below. Names of the package did are understood: \\code{yname}, \\code{idname}, \\code{tname}, \\code{gname}, \\code{xformla}, \\code{control_group}, \\code{clustervars}, \\code{weightsname}, \\code{est_method}; and fixest's \\code{vcov = ~id}.}",
    "  \\item{threads}{Threads to use; 0 = \\code{JIEDAO_THREADS} in the environment, else all. No number depends on it.}",
    "}",
    "\\section{Options}{",
    "A column is named as it is, whatever its signs; what is no column is read as on the command line (\\code{fe = \"region^year\"}). Switches take \\code{TRUE}; a range is \\code{c(-3, 5)}, where \\code{NA} leaves an end open.",
    "\\describe{",
    items,
    "}}",
    "\\value{",
    "An object of class \\code{jiedao_did} that holds numbers and texts, never the data: \\code{tables} (data frames \\code{estimates}, \\code{diagnostics}, \\code{details}, \\code{fits}, \\code{data}, \\code{dropped}, \\code{remarks}, and \\code{weights} if \\code{outcome_weights = TRUE}), \\code{vcov} by estimator, the call, version and commit of the library. There are methods of \\code{print}, \\code{summary}, \\code{coef}, \\code{vcov}, \\code{confint}, \\code{nobs}, \\code{plot}, \\code{as.data.frame}, and of \\code{tidy} and \\code{glance} of the package generics. Where several estimators ran, \\code{estimator =} picks one.",
    "}",
    "\\details{",
    "A row with a missing value in a column in use is left out and counted in \\code{tables$dropped}. Factors count by their labels, times with a zone as they are read there. Errors are conditions of class \\code{jiedao_error} with \\code{code}, \\code{option} and \\code{row}, and of a class of their own, as \\code{jiedao_error_no_controls}; remarks are warnings of class \\code{jiedao_warning}. An interrupt stops a call within a second. Random draws take \\code{seed}; \\code{set.seed} has no effect.",
    "}",
    "\\seealso{\\code{\\link{did_options}}, \\code{\\link{did_table}}}",
    "\\examples{",
    "d <- expand.grid(year = 2001:2006, id = 1:30)",
    "d$first <- c(0, 2003, 2005)[d$id \\%\\% 3 + 1]",
    "d$wage <- d$id / 10 + (d$year - 2000)^1.5 + sin(d$id * d$year) +",
    "  (d$first > 0 & d$year >= d$first)",
    "fit <- did(d, \"wage\", \"id\", \"year\", \"first\")",
    "fit",
    "coef(fit)",
    "did(wage ~ 1, d, unit = ~id, time = ~year, cohort = ~first, estimator = c(\"twfe\", \"sun_abraham\"))",
    "}"
  )
  writeLines(template, file)
}

if (sys.nframe() == 0) {
  words <- commandArgs(TRUE)
  write_help(if (length(words)) words[1] else "bindings/r/man/did.Rd")
}
