# SPDX-License-Identifier: GPL-3.0-or-later
"""did(): columns in, estimates out."""
from __future__ import annotations

import ctypes
from typing import Any, List, Optional, Sequence, Union

from . import _columns
from ._call import Call, Progress
from ._errors import DataError, OptionError
from ._fit import Fit
from ._library import lib
from ._request import Request

Names = Union[str, Sequence[str]]


class _Frame:
    """The columns in use, lent to the library for as long as this lives."""

    def __init__(self, data: Any, names: Sequence[str], use: Sequence[int], call: Call) -> None:
        self.handle = ctypes.c_void_p()
        self._alive: List[Any] = []
        columns = []
        for i in use:
            columns.append((names[i], _columns.convert(names[i], _columns.take(data, i))))
        rows = _columns.rows_of(data)
        for name, column in columns:
            n = len(column.data) if column.offsets is None else len(column.offsets) - 1
            if rows is not None and n != rows:
                raise DataError(f"column '{name}' has {n} rows, and column '{columns[0][0]}' has {rows}")
            rows = n
        call.check(lib.jd_frame_create(ctypes.byref(self.handle), b"df", rows or 0, call.ctx))
        for name, column in columns:
            code, alive = _columns.lend(self.handle, name, column, call.ctx)
            self._alive.append(alive)
            call.check(code)

    def __del__(self) -> None:
        lib.jd_frame_free(self.handle)


def did(
    df: Any,
    y: Optional[str] = None,
    unit: Optional[str] = None,
    time: Optional[str] = None,
    cohort: Optional[str] = None,
    *,
    treat: Optional[str] = None,
    x: Optional[Names] = None,
    estimator: Names = "callaway_santanna",
    threads: Optional[int] = None,
    progress: Optional[Progress] = None,
    **options: Any,
) -> Fit:
    """Difference-in-differences on a data frame: the same numbers as ``jiedao did``, to the last bit.

    Parameters
    ----------
    df : pandas.DataFrame, mapping of names to arrays, or structured array
        A row a unit and period. Only the columns in use are looked at.
    y, unit, time : str
        Columns: the outcome, the unit (numbers of up to 64 bits, texts, categories), the period (whole
        numbers or dates).
    cohort : str
        Column of the first treated period; missing, 0 and infinity mean never.
    treat : str, optional
        Or the treatment in each period, 0 or 1.
    x : str or list of str, optional
        Covariates.
    estimator : str or list of str
        One or several; ``"all"`` runs what applies.
    threads : int, optional
        Threads to use; no number depends on it.
    progress : callable, optional
        Called with stage, steps done, steps in all.
    **options
        All other options of ``jiedao did``, by their names with underscores, as :func:`options` lists
        them: ``control="not_yet"``, ``cluster=["state", "year"]``, ``event=(-5, 5)``, ``bands=True``.
        The names of the R package did are understood: ``yname``, ``idname``, ``tname``, ``gname``,
        ``control_group``, ``clustervars``, ``weightsname``, ``est_method``.

    Returns
    -------
    Fit

    Raises
    ------
    JiedaoError
        What is wrong, in the words of the data; see its subclasses.

    Examples
    --------
    >>> df = {"id": [1, 1, 2, 2, 3, 3, 4, 4], "year": [2001, 2002] * 4,
    ...       "first": [2002, 2002, 2002, 2002, 0, 0, 0, 0],
    ...       "wage": [1., 4., 2., 6., 1., 2., 3., 4.5]}
    >>> fit = did(df, "wage", "id", "year", "first", estimator="twfe")
    >>> round(fit.att, 3)
    2.25
    >>> did(df, "wage", "id", "yaer", "first")
    Traceback (most recent call last):
        ...
    jiedao.OptionError: time = yaer: df has no such column; did you mean 'year'?
    """
    given = {"y": y, "unit": unit, "time": time, "cohort": cohort, "treat": treat, "x": x}
    names = _columns.names_of(df)
    if len(names) == 0:
        raise OptionError("df has no columns")
    with Call(threads, progress) as call:
        request = Request({**given, "estimator": estimator, **options}, names, call.ctx, call.check)
        request.check()
        frame = _Frame(df, names, request.needed(names), call)
        analysis = ctypes.c_void_p()
        try:
            call.check(
                lib.jd_analyse(ctypes.byref(analysis), frame.handle, request.handle, call.ctx)
            )
            fit = Fit(analysis, call.ctx)
        finally:
            lib.jd_analysis_free(analysis)
    call.warn()
    return fit
