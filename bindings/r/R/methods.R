# SPDX-License-Identifier: GPL-3.0-or-later

estimators_of <- function(fit) unique(fit$tables$estimates$estimator)

pick <- function(fit, estimator) {
  all <- estimators_of(fit)
  if (is.null(estimator) && length(all) == 1) return(all)
  if (is.null(estimator)) fail("ARGUMENT", paste("several estimators are here, name one:", paste(all, collapse = ", ")))
  if (!estimator %in% all) fail("ARGUMENT", paste0("estimator = ", estimator, ": here are ", paste(all, collapse = ", ")))
  estimator
}

rows_of <- function(fit, estimator) {
  table <- fit$tables$estimates
  table[table$estimator == pick(fit, estimator), , drop = FALSE]
}

print.jiedao_did <- function(x, ...) {
  cat(x$printed$text)
  invisible(x)
}

summary.jiedao_did <- function(object, ...) {
  structure(class = "summary.jiedao_did", list(
    text = object$printed$text, coefficients = object$tables$estimates, call = object$call
  ))
}

print.summary.jiedao_did <- function(x, ...) {
  cat(x$text)
  invisible(x)
}

as.data.frame.jiedao_did <- function(x, row.names = NULL, optional = FALSE, ...) x$tables$estimates

coef.jiedao_did <- function(object, estimator = NULL, ...) {
  rows <- rows_of(object, estimator)
  structure(rows$estimate, names = rows$term)
}

vcov.jiedao_did <- function(object, estimator = NULL, ...) {
  rows <- rows_of(object, estimator)
  matrix <- object$vcov[[pick(object, estimator)]]
  if (is.null(matrix)) return(matrix(0, 0, 0))
  terms <- character(nrow(matrix))
  has <- rows$vcov_row >= 0
  terms[rows$vcov_row[has] + 1] <- rows$term[has]
  dimnames(matrix) <- list(terms, terms)
  matrix
}

confint.jiedao_did <- function(object, parm, level = NULL, estimator = NULL, ...) {
  rows <- rows_of(object, estimator)
  fit <- object$tables$fits[object$tables$fits$name == rows$estimator[1], ]
  here <- cbind(rows$ci_low, rows$ci_high)
  if (is.null(level)) level <- fit$level
  if (level != fit$level) {
    width <- function(l) stats::qt(1 - (1 - l) / 2, fit$df) * rows$std_error
    if (!isTRUE(all.equal(here[, 2] - rows$estimate, width(fit$level)))) {
      fail("ARGUMENT", "these intervals are not made of standard errors alone; ask did() for another level")
    }
    here <- rows$estimate + cbind(-width(level), width(level))
  }
  ends <- paste(format(100 * c((1 - level) / 2, 1 - (1 - level) / 2), trim = TRUE, digits = 3), "%")
  dimnames(here) <- list(rows$term, ends)
  if (missing(parm)) here else here[parm, , drop = FALSE]
}

nobs.jiedao_did <- function(object, estimator = NULL, ...) rows_of(object, estimator)$n_obs[1]

plot.jiedao_did <- function(x, estimator = NULL, xlab = "Periods since adoption", ylab = "Effect", main = NULL, ...) {
  rows <- rows_of(x, estimator)
  rows <- rows[is.finite(rows$event_time), ]
  if (!nrow(rows)) fail("ARGUMENT", "there are no effects by event time here")
  ends <- c(rows$ci_low, rows$ci_high, rows$estimate, 0)
  plot(rows$event_time, rows$estimate,
    pch = 19, ylim = range(ends, finite = TRUE), xlab = xlab, ylab = ylab,
    main = if (is.null(main)) rows$estimator[1] else main, ...
  )
  abline(h = 0, col = "grey60")
  abline(v = -0.5, col = "grey60", lty = 3)
  segments(rows$event_time, rows$ci_low, rows$event_time, rows$ci_high)
  invisible(x)
}

# A table for a paper, a column an estimator.
did_table <- function(fit, format = c("latex", "markdown", "json", "text")) {
  fit$printed[[match.arg(format)]]
}

# broom's generics, where they are: terms and one row of facts.
tidy_did <- function(x, ...) {
  e <- x$tables$estimates
  data.frame(
    term = e$term, estimate = e$estimate, std.error = e$std_error, statistic = e$statistic,
    p.value = e$p_value, conf.low = e$ci_low, conf.high = e$ci_high, estimator = e$estimator,
    event = e$event_time, cohort = e$cohort, period = e$period, stringsAsFactors = FALSE
  )
}

glance_did <- function(x, ...) {
  f <- x$tables$fits
  f <- f[f$kind == "estimator" & f$applied == 1, ]
  data.frame(
    estimator = f$name, nobs = f$n_obs, n.units = f$n_units, n.treated = f$n_treated_units,
    n.clusters = f$n_clusters, df = f$df, vcov = f$variance, stringsAsFactors = FALSE
  )
}

.onLoad <- function(libname, pkgname) {
  register <- function(...) {
    registerS3method("tidy", "jiedao_did", tidy_did, asNamespace("generics"))
    registerS3method("glance", "jiedao_did", glance_did, asNamespace("generics"))
  }
  if (isNamespaceLoaded("generics")) register()
  setHook(packageEvent("generics", "onLoad"), register)
}
