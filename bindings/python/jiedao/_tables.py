# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of the library as arrays: copied, or seen where they lie."""
from __future__ import annotations

from typing import Any, Dict, List, Tuple

import numpy as np

from ._library import lib, text_of

Table = Dict[str, np.ndarray]

_types = {"c": "i1", "s": "i2", "i": "i4", "l": "i8", "f": "f4", "g": "f8"}


def columns_of(table: int) -> List[Tuple[int, str, str, str]]:
    """Index, name, type and axis of the columns."""
    return [
        (
            i,
            text_of(lib.jd_table_column_name(table, i)),
            text_of(lib.jd_table_column_type(table, i)),
            text_of(lib.jd_table_column_axis(table, i)),
        )
        for i in range(lib.jd_table_n_columns(table))
    ]


def shape_of(table: int, axis: str) -> Tuple[int, ...]:
    n_time, n_unit = lib.jd_table_n_time(table), lib.jd_table_n_unit(table)
    if n_unit == 0:
        return (lib.jd_table_n_rows(table),)
    return {"cell": (n_time, n_unit), "unit": (n_unit,), "time": (n_time,)}[axis]


class _Memory:
    """The library's cells of a column; keeps alive whoever owns them."""

    def __init__(self, at: int, shape: Tuple[int, ...], dtype: np.dtype, owner: Any) -> None:
        self.owner = owner
        self.__array_interface__ = {
            "data": (at, True), "shape": shape, "typestr": dtype.str, "version": 3,
        }


def _raw(table: int, i: int, kind: str, shape: Tuple[int, ...], owner: Any) -> np.ndarray:
    width = lib.jd_table_column_width(table, i)
    dtype = np.dtype(_types.get(kind, f"S{width}"))
    if 0 in shape:
        return np.empty(shape, dtype)
    return np.asarray(_Memory(lib.jd_table_column_data(table, i), shape, dtype, owner))


def _texts(cells: np.ndarray) -> np.ndarray:
    return np.char.decode(cells, "utf-8", "replace") if cells.size else np.empty(cells.shape, "U1")


def view_table(table: int, owner: Any) -> Table:
    """Numbers read-only where they lie; texts are copied."""
    found: Table = {}
    for i, name, kind, axis in columns_of(table):
        cells = _raw(table, i, kind, shape_of(table, axis), owner)
        found[name] = _texts(cells) if kind == "w" else cells
    return found


def copy_table(table: int) -> Table:
    """Each column by itself, along its own axis."""
    return {name: cells if cells.dtype.kind == "U" else cells.copy() for name, cells in view_table(table, None).items()}


def long_table(table: int) -> Table:
    """A row a record, or a period and unit, time slowest."""
    n_time, n_unit = lib.jd_table_n_time(table), lib.jd_table_n_unit(table)
    found = copy_table(table)
    if n_unit == 0:
        return found
    for _, name, _, axis in columns_of(table):
        cells = found[name]
        if axis == "time":
            cells = np.repeat(cells, n_unit)
        elif axis == "unit":
            cells = np.tile(cells, n_time)
        found[name] = cells.reshape(-1)
    return found


def as_frame(table: Table) -> Any:
    """A pandas DataFrame, or, without pandas, the arrays as they are."""
    try:
        import pandas
    except ImportError:
        return table
    return pandas.DataFrame(table)
