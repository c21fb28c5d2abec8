# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds libjiedao-did and -study and names their functions: frame.h, analysis.h, trial.h, context.h. No
struct of the library crosses."""
from __future__ import annotations

import ctypes
import ctypes.util
import functools
import os
from pathlib import Path
from typing import Any, Dict, Iterator, Optional

ABI = 2

HEAR_WARNING = 0
Poll = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)
Hear = ctypes.CFUNCTYPE(
    None, ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int64, ctypes.c_int64
)

_handle = ctypes.c_void_p
_handle_out = ctypes.POINTER(ctypes.c_void_p)
_text = ctypes.c_char_p
_text_out = ctypes.POINTER(ctypes.c_char_p)
_texts = ctypes.POINTER(ctypes.c_char_p)
_int = ctypes.c_int
_long = ctypes.c_int64

# Name: (what it gives, what it takes).
_functions = {
    "jd_abi": (_int, []),
    "jd_version": (_text, []),
    "jd_git_commit": (_text, []),
    "jd_error_name": (_text, [_int]),
    "jd_set_default_threads": (None, [_int]),
    "jd_ctx_create": (_handle, []),
    "jd_ctx_free": (None, [_handle]),
    "jd_ctx_set_threads": (None, [_handle, _int]),
    "jd_ctx_set_poll": (None, [_handle, Poll, _handle, _int]),
    "jd_ctx_set_hear": (None, [_handle, Hear, _handle]),
    "jd_ctx_message": (_text, [_handle]),
    "jd_ctx_where": (_int, [_handle, _text_out, ctypes.POINTER(_long)]),
    "jd_frame_create": (_int, [_handle_out, _text, _long, _handle]),
    "jd_frame_free": (None, [_handle]),
    "jd_frame_add": (_int, [_handle, _text, _text, _handle, _handle, _handle]),
    "jd_frame_add_text": (_int, [_handle, _text, _handle, _handle, _int, _handle, _handle]),
    "jd_frame_add_coded": (_int, [_handle, _text, _handle, ctypes.c_int32, _texts, ctypes.c_int32, _handle]),
    "jd_request_create": (_int, [_handle_out, _text, _handle]),
    "jd_request_free": (None, [_handle]),
    "jd_request_set": (_int, [_handle, _text, _text, _handle]),
    "jd_request_names": (_int, [_handle, _text, _texts, _int, _handle]),
    "jd_request_option": (_int, [_int] + [_text_out] * 6),
    "jd_request_check": (_int, [_handle, _handle]),
    "jd_request_choose": (_int, [_handle, _text, _texts, _int, ctypes.POINTER(ctypes.c_ubyte), _handle]),
    "jd_analyse": (_int, [_handle_out, _handle, _handle, _handle]),
    "jd_analysis_free": (None, [_handle]),
    "jd_analysis_table": (_handle, [_handle, _text]),
    "jd_analysis_vcov": (ctypes.POINTER(ctypes.c_double), [_handle, _text, ctypes.POINTER(_int)]),
    "jd_analysis_text": (_text, [_handle, _text, _handle]),
    "jd_table_n_rows": (_long, [_handle]),
    "jd_table_n_columns": (_int, [_handle]),
    "jd_table_column_name": (_text, [_handle, _int]),
    "jd_table_column_type": (_text, [_handle, _int]),
    "jd_table_column_width": (_int, [_handle, _int]),
    "jd_table_column_data": (_handle, [_handle, _int]),
    "jd_table_column_axis": (_text, [_handle, _int]),
    "jd_table_column_unit": (_text, [_handle, _int]),
    "jd_table_column_label": (_text, [_handle, _int]),
    "jd_table_column_flags": (_text, [_handle, _int]),
    "jd_table_label": (_text, [_handle]),
    "jd_table_n_time": (_long, [_handle]),
    "jd_table_n_unit": (_long, [_handle]),
    "jd_table_arrow": (_int, [_handle, _handle, _handle, _handle]),
    "jd_frame_arrow": (_int, [_handle_out, _handle, _handle, _handle]),
}

_study_functions = {
    "jd_trial_create": (_int, [_handle_out, _text, _handle]),
    "jd_trial_free": (None, [_handle]),
    "jd_trial_set": (_int, [_handle, _text, _text, _handle]),
    "jd_trial_simulate": (_int, [_handle, _long, _int, _handle]),
    "jd_trial_estimate": (_int, [_handle, _texts, _texts, _int, _handle]),
    "jd_trial_validate": (_int, [_handle, _handle]),
    "jd_trial_sweep": (_int, [_handle, _handle]),
    "jd_trial_n_tables": (_int, [_handle]),
    "jd_trial_table_name": (_text, [_handle, _int]),
    "jd_trial_table": (_handle, [_handle, _text]),
    "jd_trial_config": (_int, [_int] + [_text_out] * 2),
    "jd_trial_param": (_int, [_int] + [_text_out] * 6),
}

def _candidates(part: str, variable: str, folder: str) -> Iterator[str]:
    """Where a library may lie: named by a variable, in the package, in the checkout, installed."""
    named = os.environ.get(variable)
    if named:
        yield named
        return
    name = f"libjiedao-{part}.so"
    here = Path(__file__).resolve().parent
    for path in sorted((here / "lib").glob(f"libjiedao-{part}*")):
        yield str(path)
    for build in ("release", "dev"):
        path = here.parents[2] / "build" / build / folder / name
        if path.exists():
            yield str(path)
    found = ctypes.util.find_library("jiedao-" + part)
    if found:
        yield found
    for prefix in (Path.home() / ".local", Path("/usr/local")):
        for path in sorted(prefix.glob("lib*/**/" + name)):
            yield str(path)


def _load(part: str, variable: str, folder: str) -> ctypes.CDLL:
    why = "no such file was found"
    for path in _candidates(part, variable, folder):
        try:
            library = ctypes.CDLL(path)
        except OSError as error:
            why = str(error)
            continue
        library.jd_abi.restype = _int
        if library.jd_abi() != ABI:
            why = f"{path} has interface {library.jd_abi()}, and this package needs {ABI}"
            continue
        return library
    raise ImportError(
        f"jiedao: libjiedao-{part}.so cannot be loaded: {why}. Build it (cmake --preset release && cmake --build "
        f"--preset release) or name the file in the environment variable {variable}."
    )


def _declare(library: ctypes.CDLL, functions: Dict[str, Any]) -> ctypes.CDLL:
    for key, (gives, takes) in functions.items():
        function = getattr(library, key)
        function.restype = gives
        function.argtypes = takes
    return library


lib = _declare(_load("did", "JIEDAO_LIBRARY", "analysis"), _functions)


@functools.lru_cache(maxsize=None)
def study() -> ctypes.CDLL:
    """The library of the simulator, loaded when it is first used."""
    return _declare(_load("study", "JIEDAO_STUDY_LIBRARY", "sim"), _study_functions)


def text_of(value: Optional[bytes]) -> str:
    return (value or b"").decode("utf-8", "replace")
