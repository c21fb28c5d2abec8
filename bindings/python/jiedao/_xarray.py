# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables as xarray Datasets."""
from __future__ import annotations

from typing import Any, Dict

from ._library import lib, text_of
from ._tables import columns_of, view_table


def dataset(table: int, owner: Any) -> Any:
    import xarray

    panel = lib.jd_table_n_unit(table) > 0
    dims = {"cell": ("time", "unit"), "time": ("time",), "unit": ("unit",)} if panel else {"cell": ("record",)}
    cells = view_table(table, owner)
    variables: Dict[str, Any] = {}
    coordinates: Dict[str, Any] = {}
    for i, name, _, axis in columns_of(table):
        told = {
            "long_name": text_of(lib.jd_table_column_label(table, i)),
            "units": text_of(lib.jd_table_column_unit(table, i)),
            "flags": text_of(lib.jd_table_column_flags(table, i)),
        }
        of = coordinates if dims[axis] == (name,) else variables
        of[name] = (dims[axis], cells[name], {key: text for key, text in told.items() if text})
    return xarray.Dataset(variables, coordinates, {"long_name": text_of(lib.jd_table_label(table))})
