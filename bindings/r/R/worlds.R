# SPDX-License-Identifier: GPL-3.0-or-later
# Simulated worlds, Monte Carlo and sweeps in memory, with the numbers of the program's files.

params <- function(section = NULL) {
  all <- as.data.frame(.Call(C_params), stringsAsFactors = FALSE)
  if (is.null(section)) return(all)
  of <- sub("[.][^.]*$", "", all$name)
  if (!section %in% of) {
    fail("ARGUMENT", sprintf("section = %s: there is none of this name; there are %s", section, paste(unique(of), collapse = ", ")))
  }
  structure(all[of == section, ], row.names = seq_len(sum(of == section)))
}

configs <- function() .Call(C_configs)

# Values as a config has them: a list is joined by commas.
setting_value <- function(name, v) {
  if (is.null(v) || is.list(v) || !length(v)) fail("ARGUMENT", sprintf("%s: a value of type %s cannot be read", name, typeof(v)))
  paste(vapply(seq_along(v), function(i) one_value(name, v[i]), ""), collapse = ", ")
}

# Values of what is varied; those that are lists themselves are parted by bars.
factor_value <- function(name, v) {
  if (is.character(v) && length(v) == 1) return(v)
  if (is.list(v)) return(paste(vapply(v, function(one) setting_value(name, one), ""), collapse = " | "))
  all <- .Call(C_params)
  kind <- all$kind[match(name, all$name)]
  bars <- kind %in% c("names", "numbers", "integers", "dates", "text")
  paste(vapply(seq_along(v), function(i) one_value(name, v[i]), ""), collapse = if (bars) " | " else ", ")
}

settings_of <- function(...) {
  given <- list(...)
  given <- do.call(c, lapply(seq_along(given), function(i) {
    if (is.list(given[[i]]) && !nzchar(c(names(given)[i], "")[1])) given[[i]] else given[i]
  }))
  if (length(given) && (is.null(names(given)) || any(!nzchar(names(given))))) {
    fail("ARGUMENT", "a setting has no name; write policy.share = 0.25")
  }
  given[!vapply(given, is.null, NA)]
}

default_threads <- function(threads) {
  if (nzchar(Sys.getenv("_R_CHECK_LIMIT_CORES_")) && threads == 0) 2L else as.integer(threads)
}

new_trial <- function(config, values, threads) {
  config <- if (is.null(config)) NA_character_ else enc2utf8(as.character(config))
  if (length(config) != 1) fail("ARGUMENT", "config must be one text: a name, a path, or the text of a config")
  made <- .Call(C_trial, config, enc2utf8(as.character(names(values))), enc2utf8(as.character(unlist(values))), threads)
  if (is.null(made$trial)) raise(made)
  made$trial
}

told <- function(found) {
  if (is.null(found$warnings)) raise(found)
  warn_all(strsplit(found$warnings, "\n", fixed = TRUE)[[1]])
}

# A row a record, or a period and unit, time slowest.
trial_table <- function(trial, name) {
  found <- .Call(C_trial_table, trial, name)
  if (is.null(found)) {
    fail("ARGUMENT", sprintf("%s: there is no such table; there are %s", name, paste(.Call(C_trial_tables, trial), collapse = ", ")))
  }
  columns <- found$columns
  if (found$units > 0) {
    along <- function(cells, axis) {
      switch(axis, time = rep(cells, each = found$units), unit = rep(cells, times = found$periods), cells)
    }
    columns[] <- Map(along, columns, found$axis)
  }
  as_table(columns)
}

# ---- One world ----

simulate_world <- function(config = "quickstart", ..., replicate = 1, moves = FALSE,
                           threads = getOption("jiedao.threads", 0L)) {
  threads <- default_threads(threads)
  given <- settings_of(...)
  trial <- new_trial(config, Map(setting_value, names(given), given), threads)
  told(.Call(C_trial_run, trial, "simulate", as.double(replicate), moves, threads))
  structure(class = "jiedao_world", list(trial = trial, config = config, settings = given, replicate = replicate))
}

tables <- function(world) .Call(C_trial_tables, unclass(world)$trial)

truth <- function(world) trial_table(unclass(world)$trial, "truth/estimands")

`[[.jiedao_world` <- function(x, i, ...) {
  trial <- unclass(x)$trial
  if (!i %in% .Call(C_trial_tables, trial)) { # world$county is panel/county
    panel <- paste0("panel/", i)
    if (panel %in% .Call(C_trial_tables, trial)) i <- panel
  }
  trial_table(trial, i)
}

`$.jiedao_world` <- function(x, name) x[[name]]

names.jiedao_world <- function(x) tables(x)

print.jiedao_world <- function(x, ...) {
  own <- unclass(x)
  facts <- trial_table(own$trial, "summary")
  cat(sprintf(
    "World of %s, replicate %g: %d treated counties, %.0f relocations; %d tables\n",
    if (is.null(own$config)) "defaults" else sub("\n.*", " ...", own$config), own$replicate,
    facts$treated_counties, facts$relocations, length(tables(x))
  ))
  invisible(x)
}

as.list.jiedao_world <- function(x, ...) {
  sample <- trial_table(unclass(x)$trial, "sample/county")
  as.list(sample[c("unit", "time", "cohort", "cluster", "outcome", "dose")])
}

# ---- The split of a bias ----

# What [estimate] calls an option of did(), where the names differ.
estimate_names <- c(vcov = "variance")
role_names <- c("y", "unit", "time", "cohort", "cluster", "diagnose", "dose")

split_options <- function(fit) {
  known <- sub(".*[.]", "", params("estimate")$name)
  found <- list(county = "yes", sector = "no", firm = "no", cell_mean = "no",
                estimators = paste(estimators_of(fit), collapse = ", "))
  for (name in setdiff(names(fit$asked), c(role_names, "estimator"))) {
    value <- fit$asked[[name]]
    key <- if (name %in% names(estimate_names)) estimate_names[[name]] else name
    if (name == "bin") {
      found$bin_first <- if (is.na(value[1])) "-1000" else one_value(name, value[1])
      found$bin_last <- if (is.na(value[2])) "1000" else one_value(name, value[2])
    } else if (key %in% known) {
      found[[key]] <- setting_value(name, value)
    } else {
      fail("ARGUMENT", sprintf("%s: the split of a bias knows no %s; estimate without it", name, name))
    }
  }
  found
}

bias_split <- function(fit, world, ..., threads = getOption("jiedao.threads", 0L)) {
  if (inherits(fit, "jiedao_world")) { # bias_split(world, estimators = "twfe")
    given <- settings_of(...)
    options <- Map(setting_value, names(given), given)
    world <- fit
  } else {
    if (!inherits(world, "jiedao_world")) fail("ARGUMENT", "only a simulated world knows the truth: bias_split(fit, world)")
    if (!isTRUE(fit$of_world)) fail("ARGUMENT", "this fit is not one of a world: did(world, ...)")
    options <- split_options(fit)
  }
  trial <- unclass(world)$trial
  threads <- default_threads(threads)
  on.exit(.Call(C_trial_estimate, trial, character(), character(), threads)) # as the world was made
  told(.Call(C_trial_estimate, trial, as.character(names(options)), as.character(unlist(options)), threads))
  trial_table(trial, "estimates")
}

# ---- Many ----

run_many <- function(what, config, vary, given, threads) {
  threads <- default_threads(threads)
  names(vary) <- if (length(vary)) paste0("sweep.", names(vary)) else NULL
  values <- c(Map(setting_value, names(given), given), Map(factor_value, sub("^sweep[.]", "", names(vary)), vary))
  names(values) <- c(names(given), names(vary))
  trial <- new_trial(config, values, threads)
  told(.Call(C_trial_run, trial, what, 1, FALSE, threads))
  prefix <- paste0(if (what == "validate") "validation" else "sweep", "/")
  here <- grep(prefix, .Call(C_trial_tables, trial), value = TRUE, fixed = TRUE)
  structure(lapply(here, function(name) trial_table(trial, name)), names = sub(prefix, "", here, fixed = TRUE))
}

validate <- function(config = "quickstart", ..., estimators = NULL, replicates = NULL, until_mcse = NULL, vary = list(),
                     threads = getOption("jiedao.threads", 0L)) {
  given <- settings_of(..., estimate.estimators = estimators, validate.replicates = replicates, validate.until_mcse = until_mcse)
  structure(class = "jiedao_validation", run_many("validate", config, vary, given, threads))
}

sweep <- function(config = "quickstart", ..., replicates = NULL, settings = list(), threads = getOption("jiedao.threads", 0L)) {
  if (is.array(config) || is.data.frame(config)) return(base::sweep(config, ...)) # R's own, of this name
  if (missing(config) && "x" %in% names(list(...))) return(base::sweep(...))
  vary <- settings_of(...)
  given <- settings_of(settings, sweep.replicates = replicates)
  structure(class = "jiedao_sweep", run_many("sweep", config, vary, given, threads))
}

print.jiedao_validation <- function(x, digits = 4, ...) {
  m <- x$measures
  m <- m[m$term == "att" & m$target == "att" & m$measure %in% c("truth", "bias", "sd", "coverage", "power", "size"), ]
  key <- interaction(m$point, m$panel, m$estimator, drop = TRUE, lex.order = TRUE)
  wide <- do.call(rbind, lapply(split(m, key), function(part) {
    value <- structure(part$value, names = part$measure)
    cbind(part[1, c("point", "panel", "estimator")], t(round(value[c("truth", "bias", "sd", "coverage", "power", "size")], digits)), n = part$n[1])
  }))
  row.names(wide) <- NULL
  print(wide, ...)
  invisible(x)
}

as.data.frame.jiedao_validation <- function(x, row.names = NULL, optional = FALSE, ...) x$measures

print.jiedao_sweep <- function(x, ...) {
  cat(sprintf("%d runs, %d failed; $runs, $estimates, $estimands\n", nrow(x$runs), sum(x$runs$status != 0)))
  invisible(x)
}

as.data.frame.jiedao_sweep <- function(x, row.names = NULL, optional = FALSE, ...) x$runs
