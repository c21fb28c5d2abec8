# SPDX-License-Identifier: GPL-3.0-or-later
# y ~ x1 + factor(edu) | region^year: what it says as columns of the data and names of options.

read_formula <- function(f, data) {
  if (length(f) != 3) fail("ARGUMENT", "the formula has no outcome; write outcome ~ covariates, or outcome ~ 1")
  right <- f[[3]]
  fixed <- NULL
  if (is.call(right) && identical(right[[1]], as.name("|"))) {
    fixed <- formula_parts(call("~", right[[3]]))
    right <- right[[2]]
  }
  where <- environment(f)
  y <- say(f[[2]])
  if (!y %in% names(data)) data[[y]] <- eval(f[[2]], data, where)
  x <- covariates(right, data, where)
  list(data = c(as.list(data), x$new), y = y, x = x$names, fe = fixed)
}

# Terms that are columns stay; others (log(a), factor(b), a:b) are computed, factors as dummies.
covariates <- function(right, data, where) {
  if (is.numeric(right)) return(list(names = NULL, new = NULL))
  labels <- attr(stats::terms(stats::as.formula(call("~", right), env = where)), "term.labels")
  plain <- gsub("^`|`$", "", labels)
  is_plain <- plain %in% names(data) & vapply(plain, function(n) is.numeric(data[[n]]) || is.logical(data[[n]]), NA)
  new <- list()
  if (!all(is_plain)) {
    other <- stats::reformulate(labels[!is_plain], env = where)
    frame <- stats::model.frame(other, data, na.action = stats::na.pass)
    matrix <- stats::model.matrix(other, frame)
    for (name in setdiff(colnames(matrix), "(Intercept)")) new[[name]] <- as.vector(matrix[, name])
  }
  list(names = c(plain[is_plain], names(new)), new = new[!names(new) %in% names(data)])
}
