# SPDX-License-Identifier: GPL-3.0-or-later
# The R package: the program's numbers, to the last bit where both use one library ("bits"), else to 1e-9;
# odd columns, formulas, errors, interrupts, fork, threads. Called by run_r.sh.
words <- commandArgs(TRUE)
source <- words[1]
program <- words[2]
folder <- words[3]
to_the_bit <- identical(words[4], "bits")
.libPaths(c(file.path(folder, "library"), .libPaths()))
library(jiedao)
dyn.load(file.path(folder, paste0("exact", .Platform$dynlib.ext)))
exactly <- function(texts) .Call("read_exactly", as.character(texts))

checks <- 0
failures <- 0
check <- function(ok, what) {
  checks <<- checks + 1
  if (!isTRUE(ok)) {
    failures <<- failures + 1
    cat("FAILED:", what, if (!is.logical(ok)) format(ok), "\n")
  }
}
fails <- function(expression, class, ...) {
  caught <- tryCatch({
    expression
    NULL
  }, error = function(e) e)
  check(inherits(caught, class), paste("an error of class", class, "for", deparse(substitute(expression))[1], conditionMessage(caught)))
  for (word in c(...)) check(grepl(word, conditionMessage(caught), fixed = TRUE), paste0("'", word, "' in: ", conditionMessage(caught)))
  invisible(caught)
}
quietly <- function(expression) withCallingHandlers(expression, jiedao_warning = function(w) invokeRestart("muffleWarning"))

# ---- The program's numbers ----

options <- did_options()
kinds <- structure(options$kind, names = options$name)

# A value of the command line as somebody writes it in R.
typed <- function(name, value) {
  kind <- kinds[[name]]
  number <- function(v) if (nzchar(v)) as.numeric(v) else NA
  switch(kind,
    switch = TRUE,
    range = vapply(strsplit(paste0(value, " "), ":")[[1]], function(v) number(trimws(v)), 0, USE.NAMES = FALSE),
    integer = as.integer(value), number = as.numeric(value),
    integers = if (value == "all") value else as.integer(strsplit(value, ",")[[1]]),
    numbers = as.numeric(strsplit(value, ",")[[1]]),
    names = strsplit(value, ",")[[1]],
    value
  )
}

options_of <- function(words) {
  found <- list()
  i <- 1
  while (i <= length(words)) {
    name <- sub("^--", "", words[i])
    more <- i < length(words) && !startsWith(words[i + 1], "--")
    found[[name]] <- typed(name, if (more) words[i + 1] else "")
    i <- i + 1 + more
  }
  found
}

read_data <- function(file) {
  d <- read.csv(file, colClasses = "character", check.names = FALSE)
  d[] <- lapply(d, function(cells) {
    v <- exactly(cells)
    if (any(is.nan(v) & !cells %in% c("", "NA"))) return(cells)
    if (all(v == floor(v) & abs(v) < 1e9, na.rm = TRUE) && !anyNA(v)) as.integer(v) else v
  })
  d
}

run_program <- function(words, file) {
  flags <- startsWith(words, "--")
  words[flags] <- paste0("--", gsub("_", "-", substring(words[flags], 3)))
  lines <- system2(program, c("did", shQuote(file), shQuote(words), "--format", "csv", "-q"), stdout = TRUE, stderr = FALSE)
  read.csv(text = lines, colClasses = "character")
}

# A p-value of 1e-300 has no more meaning than 0; the laws differ there.
same_numbers <- function(mine, theirs) {
  if (to_the_bit) return(all(mine == theirs | (is.nan(mine) & is.nan(theirs))))
  near <- abs(mine - theirs) <= 1e-9 * pmax(abs(theirs), 1e-3) | mine == theirs
  all(near | (is.nan(mine) & is.nan(theirs)))
}

compare <- function(fit, rows, what) {
  at <- 0
  for (name in c("estimates", "diagnostics", "details")) {
    table <- fit$tables[[name]]
    n <- nrow(table)
    if (n == 0) next
    part <- rows[at + seq_len(n), ]
    for (key in names(rows)) {
      same <- if (is.character(table[[key]])) {
        identical(table[[key]], part[[key]])
      } else {
        same_numbers(as.double(table[[key]]), exactly(part[[key]]))
      }
      check(same, paste(what, name, key))
    }
    at <- at + n
  }
  check(at == nrow(rows), paste(what, "rows"))
}

sets <- list()
frames <- list()
n_calls <- 0
for (line in readLines(file.path(source, "tests/bindings/calls.txt"))) {
  words <- strsplit(sub("^#.*", "", line), " +")[[1]]
  if (!length(words)) next
  if (startsWith(words[1], "@")) {
    sets[[substring(words[1], 2)]] <- words[-1]
    next
  }
  set <- sets[[words[1]]]
  file <- file.path(source, "tests/reference/data", set[1])
  if (is.null(frames[[set[1]]])) frames[[set[1]]] <- read_data(file)
  arguments <- c(set[-1], words[-1])
  fit <- tryCatch(quietly(do.call(did, c(list(frames[[set[1]]]), options_of(arguments)))), error = function(e) e)
  if (inherits(fit, "error")) check(conditionMessage(fit), line) else compare(fit, run_program(arguments, file), line)
  n_calls <- n_calls + 1
}
check(n_calls >= 60, "60 calls")

# ---- Studies: worlds, validations and sweeps, as the program has them ----

# The program's rows against a table, the columns both have.
same_table <- function(mine, lines, what) {
  rows <- read.csv(text = lines, colClasses = "character")
  check(nrow(mine) == nrow(rows) && nrow(rows) > 0, paste(what, "rows"))
  shared <- setdiff(intersect(names(mine), names(rows)), "date")
  check(length(shared) > 5, paste(what, "columns"))
  for (key in shared) {
    same <- if (is.character(mine[[key]])) {
      identical(mine[[key]], rows[[key]])
    } else {
      theirs <- exactly(rows[[key]])
      theirs[is.nan(theirs) & is.integer(mine[[key]])] <- -1
      same_numbers(as.double(mine[[key]]), theirs)
    }
    check(same, paste(what, key))
  }
}
n_studies <- 0
studies <- readLines(file.path(source, "tests/bindings/studies.txt"))
if (!to_the_bit) studies <- studies[seq(1, length(studies), 3)] # the simulator stands on no other library
for (line in studies) {
  words <- strsplit(sub("#.*", "", line), " +")[[1]]
  if (length(words) < 2) next
  given <- words[-(1:2)]
  settings <- structure(as.list(sub("^[^=]*=", "", given)), names = sub("=.*", "", given))
  sets <- as.vector(rbind(rep("--set", length(given)), shQuote(given)))
  out <- file.path(folder, "study")
  unlink(c(out, paste0(out, ".h5")), recursive = TRUE)
  ask <- function(...) system2(program, c(..., "-q"), stdout = TRUE, stderr = FALSE)
  export <- function(file, table) ask("export", file, "-t", table, "-o", "-")
  if (words[1] == "run") {
    w <- quietly(do.call(simulate_world, c(list(words[2]), settings)))
    file <- paste0(out, ".h5")
    same_table(w[["estimates"]], ask("run", words[2], sets, "-o", file, "--format", "csv"), line)
    for (table in c("panel/county", "truth/estimands", "panel/national")) same_table(w[[table]], export(file, table), paste(line, table))
    if (n_studies == 0 && requireNamespace("hdf5r", quietly = TRUE)) {
      for (table in c("panel/county", "truth/estimands", "estimates")) {
        theirs <- read_jiedao(file, table)
        check(identical(names(theirs), names(w[[table]])), paste("read_jiedao", table, "names"))
        check(isTRUE(all.equal(theirs, w[[table]], check.attributes = FALSE, tolerance = if (to_the_bit) 0 else 1e-9)), paste("read_jiedao", table))
      }
      fails(read_jiedao(file, "panel/cuonty"), "jiedao_error_argument", "panel/county")
    }
  } else if (words[1] == "validate") {
    v <- quietly(do.call(validate, c(list(words[2]), settings)))
    same_table(v$measures, ask("validate", words[2], sets, "-o", out, "--format", "csv"), line)
  } else {
    s <- quietly(do.call(sweep, list(words[2], settings = settings)))
    ask("sweep", words[2], sets, "-o", out)
    for (table in c("runs", "estimates")) same_table(s[[table]], export(file.path(out, "sweep.h5"), table), paste(line, table))
    same_table(s$estimands, export(file.path(out, "sweep.h5"), "truth/estimands"), line)
  }
  n_studies <- n_studies + 1
}
check(n_studies >= if (to_the_bit) 10 else 3, "studies")

# ---- Worlds ----

w <- quietly(simulate_world("quickstart", run.periods = 12, policy.share = 0.5, estimate.estimators = "twfe"))
check(nrow(w$county) == 12 * 820, "a panel, long")
check(identical(w$county, w[["panel/county"]]), "world$county")
check(identical(truth(w), w[["truth/estimands"]]), "truth")
check(any(grepl("410 treated", capture.output(print(w)))), "print of a world")
fails(w[["panel/cuonty"]], "jiedao_error_argument", "panel/county")
fails(simulate_world("quickstart", policy.shrae = 1), "jiedao_error_unknown_key", "share")
fails(simulate_world("quickstrat"), "jiedao_error_argument", "quickstart")
fails(simulate_world("quickstart", 0.25), "jiedao_error_argument", "no name")
fails(simulate_world(replicate = 0), "jiedao_error_argument", "from 1")
fails(params("polcy"), "jiedao_error_argument", "policy")
check("quickstart" %in% names(configs()), "configs")
check(params("policy")$default[params("policy")$name == "policy.share"] == "0.5", "params")
check(identical(quietly(simulate_world(configs()[["quickstart"]], run.periods = 12, estimate.firm = FALSE))$summary, quietly(simulate_world(run.periods = 12))$summary), "the text of a config")
for (options in list(
  list(estimator = c("twfe", "imputation")), list(estimator = "event_study", bin = c(-3, 3)),
  list(estimator = "callaway_santanna", control = "not_yet", level = 0.9)
)) {
  f <- quietly(do.call(did, c(list(w), options)))
  split <- quietly(bias_split(f, w))
  e <- f$tables$estimates
  at <- match(paste(split$estimator, split$term), paste(e$estimator, e$term))
  check(any(!is.na(at)), "the split has the fit's terms")
  here <- !is.na(at)
  check(identical(split$estimate[here], e$estimate[at[here]]) && identical(split$std_error[here], e$std_error[at[here]]), paste("the split's estimates", options[[1]][1]))
  parts <- with(split, measurement + trends + weights + anticipation + spillover)
  check(max(abs(parts - split$bias)) < 1e-9, "parts add up")
}
check(identical(w[["estimates"]]$estimator[1], "twfe"), "the world is as before")
check("imputation" %in% quietly(bias_split(w, estimators = "imputation"))$estimator, "bias_split(world)")
fails(bias_split(quietly(did(as.data.frame(as.list(w)), "outcome", "unit", "time", "cohort", estimator = "twfe")), w), "jiedao_error_argument", "not one of a world")
fails(bias_split(f, 1), "jiedao_error_argument", "simulated world")
lost <- unserialize(serialize(w, NULL))
fails(tables(lost), "error", "simulate it again")
f <- quietly(did(w, estimator = "event_study"))
h <- quietly(honest(f, mbar = c(0.5, 1)))
check(all(c("Mbar=0.5", "Mbar=1") %in% h$term), "honest(mbar =)")
check(nrow(quietly(pretrends(f))) > 0, "pretrends")
two <- quietly(did(w, estimator = "twfe"))
check(nrow(quietly(bacon(two))) > 0, "bacon")
check(identical(coef(quietly(update(two, level = 0.9))), coef(two)), "update")
check(identical(quietly(aggregate(did(w), "overall"))$tables$estimates$term, "att"), "aggregate")
check(grepl("event\\\\_study", did_table(list(f, two), "latex")), "did_table of several, LaTeX")
check(grepl("&lt;b&gt;", did_table(two, "html", names = "<b>")), "did_table, HTML")
check(startsWith(did_table(list(f, two), "markdown"), "|  | event_study | twfe |"), "did_table, Markdown")
check(grepl("^ +event_study +twfe\n", did_table(list(f, two), "text")), "did_table, text")
fails(did_table(list(1), "html"), "jiedao_error_argument", "list of them")
check(identical(sweep(matrix(1:4, 2), 1, c(1, 2)), base::sweep(matrix(1:4, 2), 1, c(1, 2))), "R's own sweep")
s <- quietly(sweep("quickstart", policy.share = c(0.25, 0.5), settings = list(run.periods = 8), replicates = 2))
check(nrow(s$runs) == 4 && identical(sort(unique(s$runs$policy_share)), c(0.25, 0.5)), "sweep")
v <- lapply(1:3, function(n) quietly(validate("quickstart", run.periods = 8, estimators = "twfe", replicates = 3, threads = n))$measures)
check(identical(v[[1]], v[[2]]) && identical(v[[1]], v[[3]]), "threads of validate")

# ---- A small panel in many guises ----

units <- 24
periods <- 6
p <- data.frame(id = rep(seq_len(units) - 1L, each = periods), k = rep(0:(periods - 1L), units))
p$t <- 2001L + p$k
p$g <- ifelse(p$id %% 3L == 0L, 0L, 2002L + p$id %% 3L)
p$y <- p$id * 0.3 + p$k^2 * 0.2 + (p$id * 13 + p$k * 29) %% 17 / 9 + (p$g > 0 & p$t >= p$g) * 1.5
p$x <- (p$id * 7 + p$k^2 * 3) %% 11 / 7
fit <- function(d, ...) {
  given <- list(...)
  if (is.null(given$estimator)) given$estimator <- c("twfe", "callaway_santanna")
  quietly(do.call(did, c(list(d, "y", "id", "t", "g"), given)))
}
right <- fit(p)$tables$estimates$estimate
is_right <- function(what, ...) {
  d <- p
  new <- list(...)
  for (name in names(new)) d[[name]] <- new[[name]]
  found <- tryCatch(fit(d)$tables$estimates$estimate, error = conditionMessage)
  check(if (is.character(found)) found else identical(found, right), what)
}
is_right("doubles", id = as.double(p$id), t = as.double(p$t), g = as.double(p$g))
is_right("texts", id = sprintf("县%02d", p$id))
is_right("factor", id = factor(sprintf("c%02d", p$id), levels = sprintf("c%02d", 0:30)))
is_right("factors of years", t = factor(p$t), g = factor(p$g))
is_right("NA is never", g = ifelse(p$g == 0L, NA, p$g))
is_right("NA in doubles", g = ifelse(p$g == 0, NA_real_, as.double(p$g)))
is_right("Inf is never", g = ifelse(p$g == 0, Inf, p$g))
is_right("NA in a factor", g = factor(ifelse(p$g == 0L, NA, p$g)))
day <- function(year) as.Date(ifelse(year == 0, NA, sprintf("%d-01-01", year)))
is_right("dates", t = day(p$t), g = day(p$g))
whole <- day(p$t)
storage.mode(whole) <- "integer"
is_right("dates of integers", t = whole, g = day(p$g))
for (zone in c("UTC", "Asia/Shanghai", "America/New_York")) {
  moment <- function(year) as.POSIXct(ifelse(year == 0, NA, sprintf("%d-01-01", year)), tz = zone)
  is_right(paste("moments of", zone), t = moment(p$t), g = moment(p$g))
}
quarter <- function(year) structure(ifelse(year == 0, NA, 2018 + (year - 2001) / 4), class = "yearqtr")
is_right("yearqtr", t = quarter(p$t), g = quarter(p$g))
month <- function(year) structure(ifelse(year == 0, NA, 2018 + (year - 2001) / 12), class = "yearmon")
is_right("yearmon", t = month(p$t), g = month(p$g))
is_right("labelled", id = structure(as.double(p$id), class = c("haven_labelled", "vctrs_vctr", "double"), labels = c(a = 1)))
is_right("columns not in use", rubbish = I(rep(list(1), nrow(p))))
if (requireNamespace("bit64", quietly = TRUE)) {
  long <- bit64::as.integer64("9007199254740993000") + bit64::as.integer64(p$id)
  is_right("integer64", id = long)
  never <- bit64::as.integer64(p$g)
  never[p$g == 0] <- NA
  is_right("NA in integer64", g = never)
}
check(identical(fit(as.list(p))$tables$estimates$estimate, right), "a list of columns")

d <- rbind(p, p[1:2, ])
d$y[nrow(p) + 1:2] <- NA
check(identical(fit(d)$tables$estimates$estimate, right), "rows without an outcome are left out")
check(fit(d)$tables$dropped$rows == 2, "and counted")

d <- p
d$on <- p$g > 0 & p$t >= p$g
flags <- did(d, "y", "id", "t", treat = "on", estimator = "twfe")
d$on <- as.integer(d$on)
check(identical(coef(flags), coef(did(d, "y", "id", "t", treat = "on", estimator = "twfe"))), "flags")

# ---- Names and formulas ----

d <- p
d[["log(a, 2)"]] <- p$x
d[["a,b"]] <- p$x^2 %% 1
d[["a^b"]] <- p$id %% 5L
d$u <- d[["a,b"]]
d$v <- d[["a^b"]]
one <- fit(d, x = c("log(a, 2)", "a,b"), cluster = "a^b", estimator = "twfe")
two <- fit(d, x = c("x", "u"), cluster = "v", estimator = "twfe")
check(identical(one$tables$estimates$std_error, two$tables$estimates$std_error), "names with signs")
plain <- coef(fit(d, x = "x", fe = "v^t", estimator = "twfe"))
check(identical(coef(quietly(did(y ~ x | v^t, d, unit = ~id, time = ~t, cohort = ~g, estimator = "twfe"))), plain), "a formula")
check(identical(coef(quietly(did(y ~ x | v^t, data = d, unit = "id", time = "t", cohort = "g", estimator = "twfe"))), plain), "data =")
d$s <- sqrt(d$x)
f <- did(y ~ sqrt(x), d, unit = "id", time = "t", cohort = "g", estimator = "twfe")
check(identical(unname(coef(f)), unname(coef(fit(d, x = "s", estimator = "twfe")))), "a term that is computed")
f <- quietly(did(log(y + 1) ~ x + factor(k %% 2), d, unit = "id", time = "t", cohort = "g", estimator = "twfe"))
check(all(is.finite(coef(f))), "an outcome that is computed")
one <- did(yname = "y", tname = "t", idname = "id", gname = "g", data = p, control_group = "notyettreated", xformla = ~1)
two <- fit(p, estimator = "callaway_santanna", control = "not_yet")
check(identical(coef(one), coef(two)), "names of the package did")
check(identical(
  fit(d, vcov = ~v, estimator = "twfe")$tables$estimates$std_error,
  fit(d, cluster = "v", estimator = "twfe")$tables$estimates$std_error
), "vcov = ~v")
check(identical(
  fit(d, vcov = "hetero", estimator = "twfe")$tables$estimates$std_error,
  fit(d, vcov = "hc1", estimator = "twfe")$tables$estimates$std_error
), "vcov = hetero")

check(identical(coef(fit(p, if_ = "x > 0.5", estimator = "twfe")), coef(fit(p[p$x > 0.5, ], estimator = "twfe"))), "if_")

# ---- Errors ----

fails(fit(p, contrl = "never"), "jiedao_error_unknown_key", "contrl", "control")
fails(fit(p, level = 2), "jiedao_error_argument", "level")
fails(fit(p, control = "nobody"), "jiedao_error", "not_yet")
fails(fit(p, bands = 3), "jiedao_error_argument", "bands")
fails(fit(p, event = 1:3), "jiedao_error_argument", "event")
fails(fit(p, x = "z"), "jiedao_error_argument", "x = z: data has no such column")
fails(did(p, "y", yname = "y", "id", "t", "g"), "jiedao_error_argument", "same argument")
fails(did(p, "y", "id", "t", "g", NULL, NULL, "twfe", "never"), "jiedao_error_argument", "no name")
fails(did(1:3, "y"), "error", "data frame")
wrong <- function(...) {
  d <- as.list(p)
  new <- list(...)
  for (name in names(new)) d[[name]] <- new[[name]]
  fit(d)
}
fails(wrong(y = matrix(0, nrow(p), 2)), "jiedao_error_data", "'y'", "matrix")
fails(wrong(y = complex(nrow(p))), "jiedao_error_data", "'y'", "complex")
fails(wrong(y = p$y[-1]), "jiedao_error_data", as.character(nrow(p) - 1))
fails(wrong(t = as.difftime(p$t, units = "days")), "jiedao_error_data", "'t'", "durations")
fails(wrong(y = rep("a", nrow(p))), "jiedao_error", "y = y")
e <- fails(wrong(g = p$t), "jiedao_error", "g")
e <- fails(wrong(g = rep(0L, nrow(p))), "jiedao_error")
fails(fit(p[0, ]), "jiedao_error_data", "no rows")
fails(wrong(y = rep(NA_real_, nrow(p))), "jiedao_error", "lacks a value")
twice <- cbind(p, y = p$y)
fails(fit(twice), "jiedao_error", "y = y", "2 columns of this name")
heard <- NULL
found <- withCallingHandlers(did(p, "y", "id", "t", "g", estimator = "2x2"), jiedao_warning = function(w) {
  heard <<- c(heard, conditionMessage(w))
  invokeRestart("muffleWarning")
})
check(any(grepl("staggered", heard)), "warnings have a class")

# ---- Results ----

f <- fit(p, estimator = "callaway_santanna")
check(identical(names(coef(f)), rownames(confint(f))), "terms")
check(isTRUE(all.equal(unname(sqrt(diag(vcov(f)))), as.data.frame(f)$std_error)), "vcov")
check(nobs(f) == nrow(p), "nobs")
wide <- confint(f, level = 0.9)
check(isTRUE(all.equal(unname(wide), unname(confint(fit(p, estimator = "callaway_santanna", level = 0.9))))), "confint(level =)")
fails(confint(fit(p, estimator = "event_study", bands = TRUE, draws = 200), level = 0.5), "jiedao_error", "another level")
fails(coef(fit(p)), "jiedao_error_argument", "name one")
fails(coef(fit(p), "lp_did"), "jiedao_error_argument", "lp_did")
check(any(grepl("callaway_santanna", capture.output(print(f)))), "print")
check(identical(capture.output(print(f)), capture.output(print(summary(f)))), "summary")
check(grepl("tabular", did_table(f)), "did_table")
grDevices::pdf(NULL)
plot(f)
invisible(grDevices::dev.off())
again <- unserialize(serialize(f, NULL))
check(identical(coef(again), coef(f)), "a fit can be saved")
many <- p[rep(seq_len(nrow(p)), 200), ]
many$id <- many$id + rep(seq_len(200) * 1000L, each = nrow(p))
check(length(serialize(fit(many, estimator = "callaway_santanna"), NULL)) < 30000, "a fit holds no data")
if (requireNamespace("generics", quietly = TRUE)) {
  check(identical(generics::tidy(f)$estimate, unname(coef(f))), "tidy")
  check(generics::glance(f)$nobs == nrow(p), "glance")
}
w <- fit(p, estimator = "twfe", outcome_weights = TRUE)
check(abs(sum(w$tables$weights[[4]] * p$y) - coef(w)) < 1e-10, "outcome_weights")

# ---- The host ----

for (n in 1:3) check(identical(fit(p, threads = n)$tables$estimates$estimate, right), paste("threads =", n))
if (.Platform$OS.type == "unix") {
  found <- parallel::mclapply(1:4, function(i) fit(p)$tables$estimates$estimate, mc.cores = 2)
  check(all(vapply(found, identical, NA, right)), "fork")
  pid <- Sys.getpid()
  killer <- parallel::mcparallel({
    Sys.sleep(0.5)
    tools::pskill(pid, tools::SIGINT)
    1
  })
  stopped <- tryCatch(fit(p, estimator = "twfe", diagnose = "randomisation", draws = 10000000), interrupt = function(i) "stopped")
  parallel::mccollect(killer)
  check(identical(stopped, "stopped"), "an interrupt stops a call")
  check(identical(fit(p)$tables$estimates$estimate, right), "and the next one runs")
  for (work in list(
    quote(validate("quickstart", run.periods = 12, replicates = 100000)), quote(simulate_world("quickstart", run.periods = 400))
  )) {
    killer <- parallel::mcparallel({
      Sys.sleep(0.5)
      tools::pskill(pid, tools::SIGINT)
      1
    })
    stopped <- tryCatch(quietly(eval(work)), interrupt = function(i) "stopped")
    parallel::mccollect(killer)
    check(identical(stopped, "stopped"), paste("an interrupt stops", deparse(work[[1]])))
  }
}

# ---- The vignette and the tutorial, line by line ----

chunks_of <- function(file, from) {
  lines <- readLines(file)
  inside <- FALSE
  code <- character()
  for (line in lines) {
    if (startsWith(line, from)) inside <- TRUE else if (startsWith(line, "```")) inside <- FALSE else if (inside) code <- c(code, line)
  }
  code
}
for (page in list(c("bindings/r/vignettes/story.Rmd", "```{r"), c("docs/tutorials/in-r.md", "```r"))) {
  code <- chunks_of(file.path(source, page[1]), page[2])
  check(length(code) > 10, paste("code in", page[1]))
  where <- new.env()
  ran <- tryCatch({
    quietly(utils::capture.output(for (e in parse(text = code)) print(eval(e, where))))
    TRUE
  }, error = function(e) conditionMessage(e))
  check(ran, page[1])
}

# ---- Help ----

page <- capture.output(tools::Rd2txt(file.path(source, "bindings/r/man/did.Rd"), stages = c("build", "install", "render")))
page <- gsub("_\b", "", page)
for (name in setdiff(options$name, "x")) check(any(grepl(name, page, fixed = TRUE)), paste(name, "stands in the help page"))
for (text in c("not_yet", "randomisation")) check(any(grepl(text, page, fixed = TRUE)), paste(text, "in the help page"))

page <- capture.output(tools::Rd2txt(file.path(source, "bindings/r/man/simulate_world.Rd"), stages = c("build", "install", "render")))
page <- gsub("_\b", "", page)
for (name in params()$name) check(any(grepl(name, page, fixed = TRUE)), paste(name, "stands in the help page"))

cat(checks, "checks,", failures, "failed\n")
quit(status = failures > 0)
