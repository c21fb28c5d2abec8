# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong, as exceptions: a class for each of the library's codes that a user meets."""
from __future__ import annotations

from typing import Dict, Optional, Type


class JiedaoError(ValueError):
    """An analysis that cannot be done; the message says why, in the words of the data.

    Attributes
    ----------
    code : str
        The library's name of the error, such as ``"NO_CONTROLS"``.
    option : str or None
        The argument whose column is wrong, such as ``"cohort"``.
    row : int or None
        The row of the data where it is, from 0.
    """

    code: str = "ERROR"

    def __init__(self, message: str, option: Optional[str] = None, row: Optional[int] = None) -> None:
        super().__init__(message)
        self.option = option
        self.row = row

    def __reduce__(self):  # type: ignore[no-untyped-def]
        return type(self), (str(self), self.option, self.row)


class OptionError(JiedaoError):
    """An argument has a value that is not allowed, or does not go with the others."""

    code = "ARGUMENT"


class UnknownOption(OptionError):
    """There is no argument of this name."""

    code = "UNKNOWN_KEY"


class DataError(JiedaoError):
    """The data cannot be used as they are."""

    code = "DATA"


class NoControls(DataError):
    """No units are left to compare the treated ones with."""

    code = "NO_CONTROLS"


class NoTreated(DataError):
    """No units are treated."""

    code = "NO_TREATED"


class NotIdentified(JiedaoError):
    """No coefficient is identified."""

    code = "RANK"


class NotConverged(JiedaoError):
    """An iteration did not converge."""

    code = "NO_CONVERGENCE"


class JiedaoWarning(UserWarning):
    """What to know before believing an estimate."""


SUBCLASSES = (OptionError, UnknownOption, DataError, NoControls, NoTreated, NotIdentified, NotConverged)
_classes: Dict[str, Type[JiedaoError]] = {c.code: c for c in SUBCLASSES}


def make_error(code: str, message: str, option: Optional[str], row: Optional[int]) -> Exception:
    """The exception for a code ("JD_ERR_DATA") of the library."""
    code = code.replace("JD_ERR_", "")
    if code == "NO_MEMORY":
        return MemoryError(message)
    error = _classes.get(code, JiedaoError)(message, option, row)
    error.code = code
    return error
