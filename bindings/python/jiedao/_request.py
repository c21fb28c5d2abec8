# SPDX-License-Identifier: GPL-3.0-or-later
"""Arguments of did() -> a request of the library, by the rows of its options."""
from __future__ import annotations

import ctypes
import functools
from typing import Any, Callable, Dict, List, NamedTuple, Sequence, Tuple

import numpy as np

from ._errors import OptionError
from ._library import lib, text_of

Checked = Callable[[int], None]


class Option(NamedTuple):
    """An option of ``did``: what it is called, what it takes, who heeds it.

    ``kind`` is one of name, names, text, switch, choice, integer, integers, number, numbers, range.
    """

    name: str
    kind: str
    choices: Tuple[str, ...]
    takers: Tuple[str, ...]
    help: str
    default: str


@functools.lru_cache(maxsize=None)
def options() -> Tuple[Option, ...]:
    """All options that ``did`` takes, as the library has them.

    >>> [o.choices for o in options() if o.name == "control"]
    [('never', 'not_yet')]
    """
    found: List[Option] = []
    while True:
        texts = [ctypes.c_char_p() for _ in range(6)]
        if not lib.jd_request_option(len(found), *map(ctypes.byref, texts)):
            return tuple(found)
        name, kind, choices, takers, say, default = (text_of(t.value) for t in texts)
        split = [tuple(p for p in t.split(",") if p) for t in (choices, takers)]
        found.append(Option(name, kind, split[0], split[1], say, default))


# What the R packages did and fixest call them.
_aliases = {
    "yname": "y",
    "idname": "unit",
    "tname": "time",
    "gname": "cohort",
    "control_group": "control",
    "clustervars": "cluster",
    "weightsname": "weights",
    "est_method": "method",
    "if_": "if",  # a word of Python's own
}
_alias_values = {"nevertreated": "never", "notyettreated": "not_yet"}


def _resolve(given: Dict[str, Any]) -> Dict[str, Any]:
    said: Dict[str, Any] = {}
    for key, value in given.items():
        name = _aliases.get(key, key).replace("-", "_")
        if value is None:
            continue
        if name in said:
            raise OptionError(f"{key} and {name} are the same argument; give one of them")
        said[name] = _alias_values.get(value, value) if key == "control_group" else value
    return said


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple, set, frozenset, range)) or (
        hasattr(value, "__array__") and getattr(value, "ndim", 0) == 1
    )


def _scalar(name: str, value: Any) -> str:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, str)):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    raise OptionError(f"{name} = {value!r}: a {type(value).__name__} cannot be read")


def _range(name: str, value: Any) -> str:
    if _is_list(value):
        ends = list(value)
        if len(ends) != 2:
            raise OptionError(f"{name} = {value!r} must have two ends, as (-3, 5); None leaves one open")
        return ":".join("" if end is None else _scalar(name, end) for end in ends)
    return _scalar(name, value)


class Request:
    """A request of the library; frees it at its end."""

    def __init__(self, given: Dict[str, Any], columns: Sequence[str], ctx: int, check: Checked) -> None:
        self.handle = ctypes.c_void_p()
        self._ctx, self._check, self._columns = ctx, check, set(columns)
        check(lib.jd_request_create(ctypes.byref(self.handle), b"%s =", ctx))
        kinds = {option.name: option.kind for option in options()}
        for name, value in _resolve(given).items():
            self._set(name, kinds.get(name, ""), value)

    def __del__(self) -> None:
        lib.jd_request_free(self.handle)

    def _set(self, name: str, kind: str, value: Any) -> None:
        if kind == "name" or (kind == "names" and name not in ("estimator", "diagnose")):
            for column in list(value) if _is_list(value) else [value]:
                self._set_column(name, column)
        elif kind == "switch" and not isinstance(value, (bool, np.bool_, str)):
            raise OptionError(f"{name} = {value!r} must be True or False")
        elif kind == "range":
            self._send(name, _range(name, value))
        elif _is_list(value):
            self._send(name, ",".join(_scalar(name, v) for v in value))
        else:
            self._send(name, _scalar(name, value))

    def _set_column(self, name: str, column: Any) -> None:
        """A column of the data as it is called; what else is said is read as on the command line (a^b)."""
        column = str(column)
        if column in self._columns:
            one = (ctypes.c_char_p * 1)(column.encode())
            self._check(lib.jd_request_names(self.handle, name.encode(), one, 1, self._ctx))
        else:
            self._send(name, column)

    def _send(self, name: str, value: str) -> None:
        if "\0" in value:
            raise OptionError(f"{name}: a zero byte in {value!r}")
        self._check(lib.jd_request_set(self.handle, name.encode(), value.encode(), self._ctx))

    def needed(self, names: Sequence[str]) -> List[int]:
        """Which of the columns are used, by their place."""
        texts = (ctypes.c_char_p * max(1, len(names)))(*(n.encode() for n in names))
        use = (ctypes.c_ubyte * max(1, len(names)))()
        self._check(lib.jd_request_choose(self.handle, b"df", texts, len(names), use, self._ctx))
        return [i for i in range(len(names)) if use[i]]

    def check(self) -> None:
        self._check(lib.jd_request_check(self.handle, self._ctx))
