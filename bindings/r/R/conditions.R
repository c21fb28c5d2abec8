# SPDX-License-Identifier: GPL-3.0-or-later
# Errors and warnings as conditions: jiedao_error_no_controls, jiedao_error; jiedao_warning.

fail <- function(code, message, option = NULL, row = NULL) {
  code <- sub("^JD_ERR_", "", code)
  class <- c(paste0("jiedao_error_", tolower(code)), "jiedao_error", "error", "condition")
  stop(structure(class = class, list(
    message = sub("\n+$", "", message), call = NULL, code = code, option = option, row = row
  )))
}

# What the C side says went wrong; a wish to stop goes on as R's own.
raise <- function(failure) {
  if (failure$code == "JD_ERR_CANCELLED") {
    stopped <- structure(class = c("interrupt", "condition"), list(message = "interrupted", call = NULL))
    signalCondition(stopped)
    invokeRestart("abort")
  }
  fail(
    failure$code, failure$message,
    option = if (nzchar(failure$role)) failure$role,
    row = if (failure$row > 0) failure$row
  )
}

warn_all <- function(texts) {
  for (text in unique(texts)) {
    warning(structure(class = c("jiedao_warning", "warning", "condition"), list(message = text, call = NULL)))
  }
}
