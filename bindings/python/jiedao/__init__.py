# SPDX-License-Identifier: GPL-3.0-or-later
"""Difference-in-differences estimators of Jiedao, on data frames.

``did()`` takes a data frame and names of columns and returns a ``Fit``. The library does the work; the
numbers are those of the program ``jiedao did``, to the last bit. ``simulate()`` makes a world whose true effects
are known, ``validate()`` and ``sweep()`` many of them.
"""
from ._call import set_threads
from ._did import did
from ._errors import (
    SUBCLASSES as _subclasses,
    DataError,
    JiedaoError,
    JiedaoWarning,
    NoControls,
    NotConverged,
    NotIdentified,
    NoTreated,
    OptionError,
    UnknownOption,
)
from ._fit import Fit
from ._library import lib as _lib
from ._library import text_of as _text_of
from ._file import File, open
from ._request import Option, options
from ._texts import etable
from ._world import Param, Sweep, Validation, World, configs, params, simulate, sweep, validate

for _thing in (JiedaoError, JiedaoWarning, *_subclasses, Fit, File, Option, Param, Sweep, Validation,
               World, configs, did, etable, open, options, params, set_threads, simulate, sweep, validate):
    _thing.__module__ = __name__  # where users find them

__version__ = _text_of(_lib.jd_version())

__all__ = [
    "DataError",
    "File",
    "Fit",
    "JiedaoError",
    "JiedaoWarning",
    "NoControls",
    "NoTreated",
    "NotConverged",
    "NotIdentified",
    "Option",
    "OptionError",
    "Param",
    "Sweep",
    "UnknownOption",
    "Validation",
    "World",
    "configs",
    "did",
    "etable",
    "open",
    "options",
    "params",
    "set_threads",
    "simulate",
    "sweep",
    "validate",
]
