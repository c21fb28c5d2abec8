# SPDX-License-Identifier: GPL-3.0-or-later
# Tables of the program's result files, by hdf5r.

read_jiedao <- function(file, table = NULL) {
  if (!requireNamespace("hdf5r", quietly = TRUE)) {
    fail("UNSUPPORTED", "read_jiedao() reads by the package hdf5r: install.packages(\"hdf5r\"); or jiedao export FILE -t TABLE")
  }
  if (!file.exists(file)) fail("OPEN", sprintf("%s: there is no such file", file))
  h5 <- hdf5r::H5File$new(file, mode = "r")
  on.exit(h5$close_all())
  if (!"format" %in% hdf5r::h5attr_names(h5) || hdf5r::h5attr(h5, "format") != "jiedao") {
    fail("DATA", sprintf("%s: is no result file of jiedao", file))
  }
  all <- h5$ls(recursive = TRUE)
  groups <- all$name[all$obj_type == "H5I_GROUP"]
  groups <- groups[vapply(groups, function(g) "table" %in% hdf5r::h5attr_names(h5[[g]]), NA)]
  if (is.null(table)) return(groups)
  if (!table %in% groups) {
    fail("ARGUMENT", sprintf("%s: there is no such table; there are %s", table, paste(groups, collapse = ", ")))
  }
  read_group(h5[[table]])
}

# A row a record, or a period and unit, time slowest; R has the dimensions the other way round.
read_group <- function(group) {
  sets <- group$ls(index_type = hdf5r::h5const$H5_INDEX_CRT_ORDER) # as they were made
  sets <- sets[sets$obj_type == "H5I_DATASET", ]
  cells <- list()
  along <- character()
  for (name in sets$name) {
    set <- group[[name]]
    told <- hdf5r::h5attr_names(set)
    if (!"long_name" %in% told) next # a dimension without labels
    v <- set$read()
    if (is.character(v) && length(dim(v)) > 1) { # single characters, with one more dimension
      v <- apply(v, seq_along(dim(v))[-1], paste, collapse = "")
    }
    cells[[name]] <- v
    along[name] <- if ("along" %in% told) hdf5r::h5attr(set, "along") else name
  }
  panel <- Filter(function(v) length(dim(v)) == 2, cells)
  if (length(panel)) {
    size <- dim(panel[[1]]) # unit, time
    cells <- lapply(names(cells), function(name) {
      v <- cells[[name]]
      if (length(dim(v)) == 2) return(as.vector(v))
      if (along[[name]] == "time") rep(as.vector(v), each = size[1]) else rep(as.vector(v), times = size[2])
    }) |> structure(names = names(cells))
  }
  as_table(lapply(cells, as.vector))
}
