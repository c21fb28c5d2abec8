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

# ---- The same once more, asked otherwise ----

# The call again with other arguments, where its data are.
again <- function(fit, changed, envir) {
  call <- fit$call
  if (is.null(call$data) && is.null(call[["y"]])) {
    fail("ARGUMENT", "the data of this fit are not in its call (as do.call() leaves it); ask did() itself")
  }
  for (name in names(changed)) call[[name]] <- changed[[name]]
  eval(call, envir)
}

update.jiedao_did <- function(object, ..., evaluate = TRUE) again(object, list(...), parent.frame())

aggregate.jiedao_did <- function(x, by = "overall", ...) again(x, list(aggregate = by), parent.frame())

diagnosis <- function(fit, name, options, envir) {
  fits <- fit$tables$fits
  alone <- identical(fits$name[fits$kind == "diagnostic"], name)
  if (length(options) || !alone) fit <- again(fit, c(list(diagnose = name), options), envir)
  rbind(fit$tables$diagnostics, fit$tables$details)
}

honest <- function(fit, mbar = NULL, ...) {
  options <- list(...)
  if (!is.null(mbar)) options$honest_mbar <- mbar
  diagnosis(fit, "honest", options, parent.frame())
}

pretrends <- function(fit, ...) diagnosis(fit, "pretrend", list(...), parent.frame())

bacon <- function(fit, ...) diagnosis(fit, "bacon", list(...), parent.frame())

wild <- function(fit, ...) diagnosis(fit, "wild", list(...), parent.frame())

# ---- Tables for papers ----

cells_of_fits <- function(fits, digits) {
  number <- function(v) ifelse(is.finite(v), sub("^-(0[.]?0*)$", "\\1", sprintf(paste0("%.", digits, "f"), v)), "")
  columns <- do.call(c, lapply(fits, function(fit) {
    lapply(estimators_of(fit), function(e) {
      rows <- fit$tables$estimates
      rows[rows$estimator == e, ]
    })
  }))
  if (!length(columns)) fail("ARGUMENT", "there are no estimates in these fits")
  terms <- unique(unlist(lapply(columns, `[[`, "term")))
  body <- lapply(terms, function(term) {
    at <- lapply(columns, function(rows) rows[match(term, rows$term), ])
    error <- vapply(at, function(r) number(r$std_error), "")
    rbind(
      c(term, vapply(at, function(r) number(r$estimate), "")),
      c("", ifelse(nzchar(error), paste0("(", error, ")"), ""))
    )
  })
  rbind(
    c("", vapply(columns, function(rows) rows$estimator[1], "")), do.call(rbind, body),
    c("N", vapply(columns, function(rows) sprintf("%.0f", rows$n_obs[1]), ""))
  )
}

escape_latex <- function(text) {
  for (pair in list(c("\\", "\001"), c("{", "\\{"), c("}", "\\}"), c("\001", "\\textbackslash{}"))) {
    text <- gsub(pair[1], pair[2], text, fixed = TRUE)
  }
  gsub("([&%$#_])", "\\\\\\1", text)
}

escape_html <- function(text) gsub(">", "&gt;", gsub("<", "&lt;", gsub("&", "&amp;", text, fixed = TRUE), fixed = TRUE), fixed = TRUE)

# A table for a paper, a column an estimator.
did_table <- function(fit, format = c("latex", "markdown", "html", "json", "text"), digits = NULL, names = NULL, notes = NULL) {
  format <- match.arg(format)
  one <- inherits(fit, "jiedao_did")
  if (one && is.null(digits) && is.null(names) && is.null(notes) && format != "html") return(fit$printed[[format]])
  if (format == "json") fail("ARGUMENT", "format = json is of one fit, with all its digits")
  fits <- if (one) list(fit) else fit
  if (!all(vapply(fits, inherits, NA, "jiedao_did"))) fail("ARGUMENT", "fit must be a fit of did(), or a list of them")
  cells <- cells_of_fits(fits, if (is.null(digits)) 4 else digits)
  if (!is.null(names)) {
    if (length(names) != ncol(cells) - 1) {
      fail("ARGUMENT", sprintf("names has %d texts for %d columns of estimates", length(names), ncol(cells) - 1))
    }
    cells[1, -1] <- names
  }
  n <- nrow(cells)
  lines <- switch(format,
    text = {
      width <- apply(nchar(cells), 2, max)
      sub(" +$", "", apply(cells, 1, function(r) {
        paste(c(sprintf("%-*s", width[1], r[1]), sprintf("%*s", width[-1], r[-1])), collapse = "  ")
      }))
    },
    markdown = {
      rows <- apply(gsub("|", "\\|", cells, fixed = TRUE), 1, function(r) paste0("| ", paste(r, collapse = " | "), " |"))
      c(rows[1], paste0("| --- |", strrep(" ---: |", ncol(cells) - 1)), rows[-1])
    },
    latex = {
      rows <- apply(cells, 1, function(r) paste(paste(escape_latex(r), collapse = " & "), "\\\\"))
      c(
        paste0("\\begin{tabular}{l", strrep("r", ncol(cells) - 1), "}"), "\\toprule", rows[1], "\\midrule",
        rows[-c(1, n)], "\\midrule", rows[n], "\\bottomrule", "\\end{tabular}"
      )
    },
    html = {
      cell <- function(tag, scope, text) sprintf("<%s%s>%s</%s>", tag, scope, escape_html(text), tag)
      rows <- apply(cells[-1, , drop = FALSE], 1, function(r) {
        paste0("<tr>", cell("th", " scope=\"row\"", r[1]), paste(cell("td", "", r[-1]), collapse = ""), "</tr>")
      })
      c(
        "<table>", if (!is.null(notes)) cell("caption", "", notes),
        paste0("<thead><tr>", paste(cell("th", " scope=\"col\"", cells[1, ]), collapse = ""), "</tr></thead>"),
        "<tbody>", rows, "</tbody></table>"
      )
    }
  )
  if (!is.null(notes) && format != "html") lines <- c(lines, "", if (format == "latex") escape_latex(notes) else notes)
  paste0(paste(lines, collapse = "\n"), "\n")
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
    n.clusters = f$n_clusters, df = f$df, vcov = f$variance, r.squared = f$r2, adj.r.squared = f$adjusted_r2,
    within.r.squared = f$within_r2, rmse = f$rmse, pseudo.r.squared = f$pseudo_r2, deviance = f$deviance,
    stringsAsFactors = FALSE
  )
}

# Rows with the weight each term gives them, if outcome_weights was set.
augment_did <- function(x, ...) {
  if (is.null(x$tables$weights)) fail("ARGUMENT", "ask did() with outcome_weights = TRUE")
  x$tables$weights
}

.onLoad <- function(libname, pkgname) {
  register <- function(...) {
    registerS3method("tidy", "jiedao_did", tidy_did, asNamespace("generics"))
    registerS3method("glance", "jiedao_did", glance_did, asNamespace("generics"))
    registerS3method("augment", "jiedao_did", augment_did, asNamespace("generics"))
  }
  if (isNamespaceLoaded("generics")) register()
  setHook(packageEvent("generics", "onLoad"), register)
}
