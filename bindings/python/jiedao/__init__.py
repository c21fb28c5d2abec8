# SPDX-License-Identifier: GPL-3.0-or-later
"""Difference-in-differences estimators of Jiedao, on data frames.

``did()`` takes a data frame and names of columns and returns a ``Fit``. The library does the work; the
numbers are those of the program ``jiedao did``, to the last bit. The simulator is not in this package.
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
from ._request import Option, options

for _thing in (JiedaoError, JiedaoWarning, *_subclasses, Fit, Option, did, options, set_threads):
    _thing.__module__ = __name__  # where users find them

__version__ = _text_of(_lib.jd_version())

__all__ = [
    "DataError",
    "Fit",
    "JiedaoError",
    "JiedaoWarning",
    "NoControls",
    "NoTreated",
    "NotConverged",
    "NotIdentified",
    "Option",
    "OptionError",
    "UnknownOption",
    "did",
    "options",
    "set_threads",
]
