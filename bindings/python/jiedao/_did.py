# SPDX-License-Identifier: GPL-3.0-or-later
"""did(): columns in, estimates out."""
from __future__ import annotations

import ctypes
import weakref
from typing import Any, Callable, Dict, List, Optional, Sequence, Union

from . import _arrow, _columns
from ._call import Call, Progress
from ._errors import DataError, OptionError
from ._fit import Fit
from ._library import lib
from ._request import Request
from ._world import World

Names = Union[str, Sequence[str]]


class _Frame:
    """The columns in use, lent to the library for as long as this lives."""

    def __init__(self, data: Any, names: Sequence[str], use: Sequence[int], call: Call) -> None:
        self.handle = ctypes.c_void_p()
        self._alive: List[Any] = []
        if isinstance(data, _arrow.Batch):
            call.check(data.lend(self.handle, call.ctx))
            return
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


def _again(
    world: Optional[World], df: Any, asked: Dict[str, Any], keep: bool, threads: Optional[int]
) -> Optional[Callable[..., Fit]]:
    """The call once more with other options, while its data are there."""
    if world is not None:
        find: Callable[[], Any] = lambda: world  # noqa: E731
    elif keep:
        find = lambda: df  # noqa: E731
    else:
        try:
            find = weakref.ref(df)
        except TypeError:
            return None

    def again(**changed: Any) -> Fit:
        data = find()
        if data is None:
            raise OptionError("the data of this fit are gone; did(..., keep=True) keeps them")
        given = {**asked, **changed}
        return did(data, threads=threads, keep=keep, **given)

    return again


def _split(world: Optional[World], asked: Dict[str, Any], threads: Optional[int]) -> Optional[Callable[[Fit], Any]]:
    if world is None:
        return None
    return lambda fit: world.split_of(fit, asked, threads)


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
    df : pandas.DataFrame, Arrow stream, mapping of names to arrays, structured array, or World
        A row a unit and period. Only the columns in use are looked at. Anything with
        ``__arrow_c_stream__`` (polars, pyarrow, DuckDB) is read where it lies. A :class:`World` needs no
        names of columns: its sample of counties and quarters is used, clustered as ``estimate.cluster``
        says, and ``fit.bias_split()`` then holds the estimates against the truth.
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
        ``control_group``, ``clustervars``, ``weightsname``, ``est_method``. ``keep=True`` keeps the data
        with the fit, for ``fit.honest()``, ``fit.aggregate("cohort")`` and the like; otherwise these
        work as long as the DataFrame lives.

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
    world = df if isinstance(df, World) else None
    if world is not None:
        df = world.sample()
        y, unit, time = y or "outcome", unit or "unit", time or "time"
        cohort = cohort or (None if treat else "cohort")
        options = {"cluster": "cluster", **options}
    given = {"y": y, "unit": unit, "time": time, "cohort": cohort, "treat": treat, "x": x}
    keep = bool(options.pop("keep", False))
    asked = {**given, "estimator": estimator, **options}
    again = _again(world, df, asked, keep, threads)
    if _arrow.is_stream(df) and not _columns.is_pandas(df):
        df = _arrow.Batch(df)
    names = df.names if isinstance(df, _arrow.Batch) else _columns.names_of(df)
    if len(names) == 0:
        raise OptionError("df has no columns")
    with Call(threads, progress) as call:
        request = Request(asked, names, call.ctx, call.check)
        request.check()
        frame = _Frame(df, names, request.needed(names), call)
        analysis = ctypes.c_void_p()
        try:
            call.check(
                lib.jd_analyse(ctypes.byref(analysis), frame.handle, request.handle, call.ctx)
            )
            fit = Fit(analysis, call.ctx, again, _split(world, asked, threads))
        finally:
            lib.jd_analysis_free(analysis)
    call.warn()
    return fit
