# SPDX-License-Identifier: GPL-3.0-or-later
"""Result files of the program, by h5py."""
from __future__ import annotations

from typing import Any, Iterator, List

import numpy as np

from ._tables import Table, as_frame


class File:
    """A result file: ``f.tables``, ``f["panel/county"]`` as in :class:`World`. Made by :func:`open`."""

    def __init__(self, path: Any) -> None:
        try:
            import h5py
        except ImportError:
            raise ImportError("jiedao.open() reads by h5py, which is not installed: pip install h5py") from None
        self._group = h5py.Group
        self._file = h5py.File(path, "r")
        if self._file.attrs.get("format") not in ("jiedao", b"jiedao"):
            self._file.close()
            raise ValueError(f"{path}: is no result file of jiedao")
        self._names: List[str] = []
        self._file.visititems(
            lambda name, it: self._names.append(name) if isinstance(it, h5py.Group) and "table" in it.attrs else None
        )

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> "File":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    @property
    def tables(self) -> List[str]:
        """Names of the tables."""
        return list(self._names)

    def __iter__(self) -> Iterator[str]:
        return iter(self.tables)

    def __contains__(self, name: object) -> bool:
        return name in self.tables

    def arrays(self, name: str) -> Table:
        """A table's columns, each along its own axis."""
        if name not in self.tables:
            raise KeyError(f"{name}: there is no such table; there are {', '.join(self.tables)}")
        found: Table = {}
        for key, cells in self._file[name].items():
            if isinstance(cells, self._group) or cells.shape is None or cells.shape == ():
                continue
            is_text = cells.dtype.kind == "S"
            if not is_text and cells.attrs.get("CLASS") == b"DIMENSION_SCALE" and "long_name" not in cells.attrs:
                continue  # a dimension without labels
            values = cells[...]
            if is_text:
                values = np.ascontiguousarray(values)
                if values.dtype.itemsize == 1 and values.ndim > 1:
                    values = values.view(f"S{values.shape[-1]}")[..., 0]
                values = np.char.decode(values, "utf-8", "replace") if values.size else values.astype("U1")
            found[key] = values
        return found

    def __getitem__(self, name: str) -> Any:
        """A table, a row a record, or a period and unit, time slowest."""
        found = self.arrays(name)
        panels = [cells.shape for cells in found.values() if cells.ndim == 2]
        if panels:
            n_time, n_unit = panels[0]
            for key, cells in found.items():
                if cells.ndim == 1:
                    along = self._file[name][key].attrs.get("along", key)
                    along = along.decode() if isinstance(along, bytes) else along
                    cells = np.repeat(cells, n_unit) if along == "time" else np.tile(cells, n_time)
                found[key] = cells.reshape(-1)
        return as_frame(found)

    def __repr__(self) -> str:
        return f"<jiedao.File: {len(self.tables)} tables>"


def open(path: Any) -> File:
    """Opens a result file (``run.h5``, ``sweep.h5``, ``validation.h5``) with h5py."""
    return File(path)
