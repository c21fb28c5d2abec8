# SPDX-License-Identifier: GPL-3.0-or-later
"""A user's columns -> arrays the library reads where they lie. Only what it cannot read is copied."""
from __future__ import annotations

import ctypes
import datetime
import decimal
import numbers
import sys
from collections.abc import Mapping
from typing import Any, List, NamedTuple, Optional, Tuple

import numpy as np

from ._errors import DataError, OptionError
from ._library import lib


class Column(NamedTuple):
    """kind: a letter of Arrow's format, "text" or "coded"; labels: of codes; bad: where cells are missing."""

    kind: str
    data: np.ndarray
    bad: Optional[np.ndarray] = None
    labels: Optional[List[bytes]] = None
    offsets: Optional[np.ndarray] = None


_letters = {"int8": "c", "int16": "s", "int32": "i", "int64": "l", "float32": "f", "float64": "g"}
_moments = {"s": "tss", "ms": "tsm", "us": "tsu", "ns": "tsn"}
_never = np.iinfo(np.int64).min  # NaT


def _refuse(name: str, what: str, cure: str = "") -> DataError:
    return DataError(f"column '{name}' holds {what}{'; ' + cure if cure else ''}")


# ---- Data with columns ----


def is_pandas(data: Any) -> bool:
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(data, pandas.DataFrame)


def names_of(data: Any) -> List[str]:
    """Names of the columns of a DataFrame, a mapping of arrays or a structured array."""
    if is_pandas(data):
        if data.columns.nlevels > 1:
            raise OptionError("df has several levels of column names; one level is needed")
        return [str(c) for c in data.columns]
    if isinstance(data, Mapping):
        return [str(key) for key in data]
    names = getattr(getattr(data, "dtype", None), "names", None)
    if names:
        return list(names)
    raise TypeError(
        f"df is a {type(data).__name__}; what can be read is a pandas DataFrame, a mapping of names to "
        "arrays, a structured numpy array, or what has __arrow_c_stream__ (polars, pyarrow, DuckDB)"
    )


def take(data: Any, index: int) -> Any:
    if is_pandas(data):
        return data.iloc[:, index]
    if isinstance(data, Mapping):
        return data[list(data)[index]]
    return data[data.dtype.names[index]]


def rows_of(data: Any) -> Optional[int]:
    return len(data) if not isinstance(data, Mapping) else None


# ---- One column ----


def convert(name: str, values: Any) -> Column:
    dtype = getattr(values, "dtype", None)
    if type(dtype).__module__.startswith("pandas."):
        return _from_pandas(name, values, dtype)
    bad = None
    if isinstance(values, np.ma.MaskedArray):
        bad = np.ma.getmaskarray(values)
        values = values.data
    if not isinstance(values, np.ndarray):
        if type(values).__module__.startswith("pandas."):
            values = values.to_numpy()
        elif isinstance(values, (str, bytes)) or not hasattr(values, "__len__"):
            raise _refuse(name, f"one {type(values).__name__}, not a column")
        elif not hasattr(values, "__array__"):
            values = _object_array(values)
        else:
            values = np.asarray(values)
    if values.ndim != 1:
        raise _refuse(name, f"an array of {values.ndim} dimensions; a column has one")
    return _from_numpy(name, values, bad)


def _object_array(values: Any) -> np.ndarray:
    cells = np.empty(len(values), dtype=object)
    cells[:] = list(values)
    return cells


def _plain(name: str, values: np.ndarray, bad: Optional[np.ndarray]) -> Column:
    """Numbers and flags, in native order and without gaps."""
    if values.dtype == np.bool_:
        return Column("b8", np.ascontiguousarray(values).view(np.int8), bad)
    if values.dtype.kind == "u":
        if values.dtype.itemsize == 8 and len(values) and int(values.max()) > np.iinfo(np.int64).max:
            raise _refuse(name, "a number above 9223372036854775807", "make it text: .astype(str)")
        values = values.astype(np.int64)
    elif values.dtype.kind == "f" and values.dtype.itemsize not in (4, 8):
        values = values.astype(np.float64)
    values = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("="))
    return Column(_letters[values.dtype.name], values, bad)


def _joined(a: Optional[np.ndarray], b: Optional[np.ndarray]) -> Optional[np.ndarray]:
    return b if a is None else a if b is None else a | b


def _from_numpy(name: str, values: np.ndarray, bad: Optional[np.ndarray] = None) -> Column:
    kind = values.dtype.kind
    if kind in "biuf":
        return _plain(name, values, bad)
    if kind == "M":
        return _from_moments(name, values, bad)
    if kind in "US":
        return _from_texts(name, values.tolist(), bad)
    if kind == "O":
        return _from_objects(name, values, bad)
    what = {"m": "durations", "c": "complex numbers"}.get(kind, f"cells of type {values.dtype}")
    raise _refuse(name, what, "numbers, texts, flags and dates can be read")


def _from_moments(name: str, values: np.ndarray, bad: Optional[np.ndarray]) -> Column:
    unit = np.datetime_data(values.dtype)[0]
    if unit in ("Y", "M"):  # since 1970, while the library counts from year 0
        count = values.astype(f"M8[{unit}]").astype(np.int64)
        missing = count == _never
        count = np.where(missing, 0, count) + (1970 if unit == "Y" else 12 * 1970)
        return Column("y" if unit == "Y" else "m", count.astype(np.int32), _joined(bad, missing))
    if unit not in _moments:
        unit = "s" if unit in ("W", "D", "h", "m") else "ns"
    count = np.ascontiguousarray(values.astype(f"M8[{unit}]")).view(np.int64)
    return Column(_moments[unit], count, _joined(bad, count == _never))


def _from_texts(name: str, cells: List[Any], bad: Optional[np.ndarray]) -> Column:
    if cells and isinstance(cells[0], bytes):
        parts = cells
    else:
        try:
            parts = [cell.encode() for cell in cells]
        except UnicodeEncodeError as error:
            raise _refuse(name, "a text that is no Unicode", str(error)) from None
    offsets = np.zeros(len(parts) + 1, dtype=np.int64)
    np.cumsum(np.fromiter(map(len, parts), dtype=np.int64, count=len(parts)), out=offsets[1:])
    return Column("text", np.frombuffer(b"".join(parts) + b"\0", dtype=np.uint8), bad, None, offsets)


def _missing_objects(cells: np.ndarray) -> np.ndarray:
    pandas = sys.modules.get("pandas")
    if pandas is not None:
        return np.asarray(pandas.isna(cells))
    return np.fromiter((c is None or c != c for c in cells), dtype=bool, count=len(cells))


def _from_objects(name: str, cells: np.ndarray, bad: Optional[np.ndarray]) -> Column:
    missing = _joined(bad, _missing_objects(cells))
    assert missing is not None
    there = cells[~missing] if missing.any() else cells
    kinds = set(map(type, there.tolist()))
    bad = missing if missing.any() else None

    def all_are(*classes: type) -> bool:
        return all(issubclass(kind, classes) for kind in kinds)

    def filled(dtype: Any, rest: Any) -> np.ndarray:
        whole = np.full(len(cells), rest, dtype=dtype)
        whole[~missing] = there.astype(dtype)
        return whole

    if not kinds:
        return Column("g", np.full(len(cells), np.nan), None)
    if all_are(str, np.str_):
        texts = cells.tolist() if bad is None else np.where(missing, "", cells).tolist()
        return _from_texts(name, texts, bad)
    if all_are(bool, np.bool_):
        return _plain(name, filled(np.bool_, False), bad)
    if all_are(numbers.Integral, np.integer, bool, np.bool_):
        try:
            return _plain(name, filled(np.int64, 0), bad)
        except OverflowError:
            raise _refuse(
                name, "a whole number of more than 64 bits", "make it text: .astype(str)"
            ) from None
    if all_are(numbers.Real, np.number, decimal.Decimal, bool, np.bool_):
        return _plain(name, filled(np.float64, np.nan), bad)
    if all_are(datetime.date, np.datetime64):
        pandas = sys.modules.get("pandas")
        if pandas is not None and any(hasattr(kind, "tz_localize") for kind in kinds):
            there = np.array([_wall_time(t) for t in there.tolist()], dtype="M8[ns]")
        return _from_moments(name, filled("M8[us]", "NaT"), bad)
    types = ", ".join(sorted(kind.__name__ for kind in kinds))
    if len(kinds) == 1:
        raise _refuse(name, f"cells of type {types}", "numbers, texts, flags and dates can be read")
    second = _first_of_second_type(cells, missing)
    raise _refuse(name, f"cells of several types: {types}{second}", "make them one, as by .astype(str)")


def _wall_time(moment: Any) -> Any:
    return moment.tz_localize(None).to_datetime64() if hasattr(moment, "tz_localize") else np.datetime64(moment)


def _first_of_second_type(cells: np.ndarray, missing: np.ndarray) -> str:
    first = None
    for row, cell in enumerate(cells.tolist()):
        if missing[row]:
            continue
        if first is None:
            first = type(cell)
        elif type(cell) is not first:
            return f" (row {row + 1}: {cell!r})"
    return ""


# ---- Kinds of pandas ----


def _from_pandas(name: str, values: Any, dtype: Any) -> Column:
    import pandas

    if isinstance(dtype, pandas.CategoricalDtype):
        return _from_categories(name, getattr(values, "cat", values))
    if isinstance(dtype, pandas.DatetimeTZDtype):  # as people read it, midnight is midnight
        plain = values.dt.tz_localize(None) if hasattr(values, "dt") else values.tz_localize(None)
        return _from_numpy(name, plain.to_numpy())
    if isinstance(dtype, pandas.PeriodDtype):
        return _from_periods(name, values, dtype)
    missing = np.asarray(pandas.isna(values))
    bad = missing if missing.any() else None
    if isinstance(dtype, pandas.StringDtype):
        return _from_texts(name, values.fillna("").astype(object).tolist(), bad)
    if isinstance(dtype, pandas.SparseDtype):
        return _from_numpy(name, np.asarray(values))
    if getattr(dtype, "kind", "") in "biuf" and hasattr(dtype, "numpy_dtype"):
        rest: Any = np.nan if dtype.kind == "f" else False if dtype.kind == "b" else 0
        return _from_numpy(name, values.to_numpy(dtype=dtype.numpy_dtype, na_value=rest), bad)
    if dtype.name.startswith(("interval", "geometry")):
        raise _refuse(name, f"cells of type {dtype}", "numbers, texts, flags and dates can be read")
    return _from_objects(name, np.asarray(values, dtype=object), bad)


def _from_categories(name: str, values: Any) -> Column:
    codes = np.asarray(values.codes)
    categories = values.categories
    missing = codes < 0
    bad = missing if missing.any() else None
    if categories.dtype == object and all(isinstance(c, str) for c in categories):
        labels = [c.encode() for c in categories]
        if any(b"\0" in label for label in labels):
            raise _refuse(name, "a category with a zero byte in its name", "rename it")
        return Column("coded", np.ascontiguousarray(codes, dtype=np.int32), None, labels)
    if not len(categories):
        return Column("g", np.full(len(codes), np.nan), None)
    column = categories.take(np.where(missing, 0, codes))  # numbers and dates stay what they are
    made = convert(name, column)
    return made._replace(bad=_joined(made.bad, bad))


def _from_periods(name: str, values: Any, dtype: Any) -> Column:
    array = getattr(values, "array", values)
    count = np.asarray(array.asi8)
    missing = count == _never
    bad = missing if missing.any() else None
    freq = dtype.freq.name.split("-")[0].lstrip("0123456789")
    if dtype.freq.n == 1 and freq in ("Q", "M", "A", "Y", "D"):
        letter, since = {"Q": ("q", 4 * 1970), "M": ("m", 12 * 1970), "D": ("tdD", 0)}.get(freq, ("y", 1970))
        return Column(letter, (np.where(missing, 0, count) + since).astype(np.int32), bad)
    start = array.to_timestamp(how="start")  # weeks, half-years of two quarters, hours
    return _from_moments(name, np.asarray(start, dtype="M8[ns]"), bad)


# ---- To the library ----


def bits(bad: Optional[np.ndarray]) -> Optional[np.ndarray]:
    return None if bad is None else np.packbits(~bad, bitorder="little")


def _at(array: Optional[np.ndarray]) -> Optional[int]:
    return None if array is None else array.ctypes.data


def lend(frame: ctypes.c_void_p, name: str, column: Column, ctx: int) -> Tuple[int, List[Any]]:
    """Lends a column; returns the code, and what must live as long as the frame."""
    valid = bits(column.bad)
    key = name.encode()
    if column.kind == "text":
        assert column.offsets is not None
        code = lib.jd_frame_add_text(frame, key, _at(column.data), _at(column.offsets), 64, _at(valid), ctx)
        return code, [column, valid]
    if column.kind == "coded":
        labels = column.labels or []
        texts = (ctypes.c_char_p * max(1, len(labels)))(*labels)
        code = lib.jd_frame_add_coded(frame, key, _at(column.data), -1, texts, len(labels), ctx)
        return code, [column, texts]
    code = lib.jd_frame_add(frame, key, column.kind.encode(), _at(column.data), _at(valid), ctx)
    return code, [column, valid]
