# SPDX-License-Identifier: GPL-3.0-or-later
"""The Arrow C data interface: streams in, streams out. Its two structs are the same for ever."""
from __future__ import annotations

import ctypes
from typing import Any, Dict, List, Tuple

from ._errors import DataError
from ._library import lib, text_of

_get_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_get_pointer.restype, _get_pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
_is_valid = ctypes.pythonapi.PyCapsule_IsValid
_is_valid.restype, _is_valid.argtypes = ctypes.c_int, [ctypes.py_object, ctypes.c_char_p]
_Destroy = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
_new_capsule = ctypes.pythonapi.PyCapsule_New
_new_capsule.restype, _new_capsule.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]


class _Schema(ctypes.Structure):
    pass


_Schema._fields_ = [
    ("format", ctypes.c_char_p), ("name", ctypes.c_char_p), ("metadata", ctypes.c_void_p),
    ("flags", ctypes.c_int64), ("n_children", ctypes.c_int64),
    ("children", ctypes.POINTER(ctypes.POINTER(_Schema))), ("dictionary", ctypes.c_void_p),
    ("release", ctypes.c_void_p), ("private_data", ctypes.c_void_p),
]


class _Array(ctypes.Structure):
    _fields_ = [
        ("length", ctypes.c_int64), ("null_count", ctypes.c_int64), ("offset", ctypes.c_int64),
        ("n_buffers", ctypes.c_int64), ("n_children", ctypes.c_int64), ("buffers", ctypes.c_void_p),
        ("children", ctypes.c_void_p), ("dictionary", ctypes.c_void_p), ("release", ctypes.c_void_p),
        ("private_data", ctypes.c_void_p),
    ]


class _Stream(ctypes.Structure):
    _fields_ = [
        ("get_schema", ctypes.c_void_p), ("get_next", ctypes.c_void_p), ("get_last_error", ctypes.c_void_p),
        ("release", ctypes.c_void_p), ("private_data", ctypes.c_void_p),
    ]


_Get = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
_Error = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)
_Release = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


def _release(struct: Any) -> None:
    if struct.release:
        _Release(struct.release)(ctypes.addressof(struct))


# ---- In ----


class Batch:
    """The one batch of a stream: names of its columns, and the structs, to be handed on once."""

    def __init__(self, data: Any) -> None:
        self.schema, self.array = _Schema(), _Array()
        capsule = data.__arrow_c_stream__()
        stream = _Stream.from_address(_get_pointer(capsule, b"arrow_array_stream"))
        at = ctypes.addressof(stream)
        self._get(stream, at, stream.get_schema, self.schema)
        if text_of(self.schema.format) != "+s":
            raise DataError("df is an Arrow stream of one column; a table has several")
        self._get(stream, at, stream.get_next, self.array)
        more = _Array()
        self._get(stream, at, stream.get_next, more)
        if more.release:
            _release(more)
            raise DataError(
                "df comes in several pieces; make it one: df.rechunk() of polars, table.combine_chunks() of pyarrow"
            )
        self.names: List[str] = [
            text_of(self.schema.children[i].contents.name) for i in range(self.schema.n_children)
        ]

    def _get(self, stream: _Stream, at: int, function: int, into: Any) -> None:
        code = _Get(function)(at, ctypes.addressof(into))
        if code != 0:
            why = _Error(stream.get_last_error)(at)
            raise DataError("df cannot be read: " + (text_of(ctypes.string_at(why)) if why else f"error {code}"))

    def lend(self, frame: ctypes.c_void_p, ctx: int) -> int:
        return lib.jd_frame_arrow(
            ctypes.byref(frame), ctypes.addressof(self.schema), ctypes.addressof(self.array), ctx
        )

    def __del__(self) -> None:
        _release(self.array)
        _release(self.schema)


def is_stream(data: Any) -> bool:
    return hasattr(data, "__arrow_c_stream__")


# ---- Out ----

_alive: Dict[int, "_Source"] = {}  # streams handed out and not released


class _Source:
    """A stream of one batch: the library's structs, and the functions that move them out."""

    def __init__(self, schema: _Schema, array: _Array) -> None:
        self.stream, self.array, self.schema = _Stream(), array, schema
        self.keep: Tuple[Any, ...] = (
            _Get(self._get_schema), _Get(self._get_next), _Error(lambda _: None), _Release(self._end),
        )
        names = ("get_schema", "get_next", "get_last_error", "release")
        for name, function in zip(names, self.keep):
            setattr(self.stream, name, ctypes.cast(function, ctypes.c_void_p).value)
        _alive[ctypes.addressof(self.stream)] = self

    @staticmethod
    def _move(into: int, struct: Any) -> int:
        ctypes.memmove(into, ctypes.addressof(struct), ctypes.sizeof(struct))
        struct.release = None
        return 0

    def _get_schema(self, _: int, into: int) -> int:
        return self._move(into, self.schema)

    def _get_next(self, _: int, into: int) -> int:
        return self._move(into, self.array)

    def _end(self, at: int) -> None:
        _release(self.schema)
        _release(self.array)
        ctypes.cast(at, ctypes.POINTER(_Stream)).contents.release = None
        _alive.pop(ctypes.addressof(self.stream), None)


@_Destroy
def _destroy(capsule: int) -> None:
    at = _raw_pointer(capsule, b"arrow_array_stream")
    source = _alive.get(at)
    if source is not None and source.stream.release:
        source._end(at)
    _alive.pop(at, None)


_raw_pointer = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi)
)


def export_table(table: int) -> Any:
    """A capsule "arrow_array_stream" of a copy of the table."""
    schema, array = _Schema(), _Array()
    code = lib.jd_table_arrow(table, ctypes.addressof(schema), ctypes.addressof(array), None)
    if code != 0:
        raise MemoryError("no memory for an Arrow batch")
    source = _Source(schema, array)
    return _new_capsule(ctypes.addressof(source.stream), b"arrow_array_stream", ctypes.cast(_destroy, ctypes.c_void_p))
