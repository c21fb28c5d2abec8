# SPDX-License-Identifier: GPL-3.0-or-later
# What a call from R costs on a million rows: seconds, by kinds of ids; beside fixest and did where they are
# installed; and a world, its tables and Monte Carlo.
#
#   Rscript bench/bindings.R [ROWS]
library(jiedao)
words <- commandArgs(TRUE)
rows <- if (length(words)) as.numeric(words[1]) else 1e6
periods <- 20L
units <- as.integer(rows %/% periods)
measure <- function(what, work) {
  gc(FALSE)
  took <- system.time(suppressWarnings(work))
  cat(sprintf("%-44s %7.3f s  %7.3f CPU s\n", what, took[["elapsed"]], took[["user.self"]] + took[["sys.self"]]))
}
set.seed(1)
d <- data.frame(id = rep(seq_len(units), each = periods), t = rep(2000L + seq_len(periods), units))
first <- ifelse(seq_len(units) %% 3L == 0L, 0L, 2005L + seq_len(units) %% 7L)
d$g <- first[d$id]
d$y <- rnorm(units)[d$id] + rnorm(nrow(d)) + (d$g > 0 & d$t >= d$g)
d$on <- as.integer(d$g > 0 & d$t >= d$g)
cat(sprintf("jiedao %s, %d units x %d periods\n", utils::packageVersion("jiedao"), units, periods))
for (kind in c("integer", "double", "text", "factor")) {
  e <- d
  e$id <- switch(kind, integer = d$id, double = as.double(d$id), text = paste0("u", d$id), factor = factor(d$id))
  for (estimator in c("twfe", "callaway_santanna")) {
    measure(sprintf("%s, ids %s", estimator, kind), did(e, "y", "id", "t", "g", estimator = estimator))
  }
}
if (requireNamespace("fixest", quietly = TRUE)) {
  measure("fixest::feols, two-way", fixest::feols(y ~ on | id + t, d, cluster = ~id))
}
if (requireNamespace("did", quietly = TRUE)) {
  measure("did::att_gt", did::att_gt("y", "t", "id", "g", data = d, bstrap = FALSE, cband = FALSE))
}
w <- NULL
measure("simulate quickstart", w <<- simulate_world("quickstart"))
measure("w$county", w$county)
measure("validate, 10 replicates", validate("quickstart", estimators = "twfe", replicates = 10))
