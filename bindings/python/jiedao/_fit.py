# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes out: tables of numbers, a copy of the library's, and nothing of the data."""
from __future__ import annotations

import ctypes
from typing import Any, Dict, List, Optional, Tuple

import numpy as np

from ._errors import OptionError
from ._library import lib, text_of

Table = Dict[str, np.ndarray]

_types = {"c": "i1", "s": "i2", "i": "i4", "l": "i8", "f": "f4", "g": "f8"}
_tables = ("estimates", "diagnostics", "details", "fits", "data", "dropped", "remarks", "weights")


def _column(table: int, index: int, rows: int) -> np.ndarray:
    kind = text_of(lib.jd_table_column_type(table, index))
    width = lib.jd_table_column_width(table, index)
    dtype = np.dtype(_types.get(kind, f"S{width}"))
    if rows == 0:
        return np.empty(0, dtype="U1" if kind == "w" else dtype)
    cells = np.frombuffer(ctypes.string_at(lib.jd_table_column_data(table, index), rows * width), dtype)
    return np.char.decode(cells, "utf-8", "replace") if kind == "w" else cells.copy()


def read_table(analysis: ctypes.c_void_p, name: str) -> Optional[Table]:
    table = lib.jd_analysis_table(analysis, name.encode())
    if not table:
        return None
    rows = lib.jd_table_n_rows(table)
    return {
        text_of(lib.jd_table_column_name(table, i)): _column(table, i, rows)
        for i in range(lib.jd_table_n_columns(table))
    }


def _read_vcov(analysis: ctypes.c_void_p, estimator: str) -> Optional[np.ndarray]:
    n = ctypes.c_int()
    cells = lib.jd_analysis_vcov(analysis, estimator.encode(), ctypes.byref(n))
    if not cells:
        return None
    return np.ctypeslib.as_array(cells, (n.value, n.value)).copy() if n.value else np.empty((0, 0))


class Fit:
    """Estimates of one call, from one estimator or several.

    Attributes
    ----------
    tables : dict of dict of numpy arrays
        ``estimates``, ``diagnostics``, ``details``, ``fits`` (whether each estimator applied, why not,
        counts, degrees of freedom), ``data``, ``dropped`` (rows left out, by reason), ``remarks``, and
        ``weights`` if ``outcome_weights=True``.
    estimators : tuple of str
        Those that applied.
    version, commit : str
        Of the library.
    """

    def __init__(self, analysis: ctypes.c_void_p, ctx: int) -> None:
        read = ((name, read_table(analysis, name)) for name in _tables)
        self.tables: Dict[str, Table] = {name: table for name, table in read if table is not None}
        found = list(dict.fromkeys(self.tables["estimates"]["estimator"].tolist()))
        self._vcov = {e: v for e, v in ((e, _read_vcov(analysis, e)) for e in found) if v is not None}
        self.estimators: Tuple[str, ...] = tuple(found)
        self._texts = {
            f: text_of(lib.jd_analysis_text(analysis, f.encode(), ctx))
            for f in ("text", "json", "latex", "markdown")
        }
        self.version = text_of(lib.jd_version())
        self.commit = text_of(lib.jd_git_commit())

    def _pick(self, estimator: Optional[str]) -> str:
        if estimator is None:
            if len(self.estimators) == 1:
                return self.estimators[0]
            raise OptionError("several estimators are here, name one: " + ", ".join(self.estimators))
        if estimator not in self.estimators:
            raise OptionError(f"estimator = {estimator}: here are " + ", ".join(self.estimators))
        return estimator

    def _rows(self, estimator: Optional[str]) -> Table:
        table = self.tables["estimates"]
        here = table["estimator"] == self._pick(estimator)
        return {name: cells[here] for name, cells in table.items()}

    # ---- Numbers ----

    @property
    def estimates(self) -> Table:
        """A row a term, by columns."""
        return self.tables["estimates"]

    def tidy(self) -> Any:
        """The estimates as a pandas DataFrame; without pandas, a dict of arrays."""
        try:
            import pandas
        except ImportError:
            return dict(self.estimates)
        return pandas.DataFrame(self.estimates)

    def _overall(self, column: str, estimator: Optional[str]) -> float:
        rows = self._rows(estimator)
        at = np.flatnonzero(rows["term"] == "att")
        if not len(at):
            raise OptionError("there is no overall effect here; see tidy()")
        return float(rows[column][at[0]])

    @property
    def att(self) -> float:
        """The overall effect, of the one estimator."""
        return self._overall("estimate", None)

    @property
    def se(self) -> float:
        """Its standard error."""
        return self._overall("std_error", None)

    def coef(self, estimator: Optional[str] = None) -> Dict[str, float]:
        """Estimates by term."""
        rows = self._rows(estimator)
        return dict(zip(rows["term"].tolist(), rows["estimate"].tolist()))

    def confint(self, estimator: Optional[str] = None) -> Dict[str, Tuple[float, float]]:
        """Intervals by term, of the level the call asked for."""
        rows = self._rows(estimator)
        return dict(zip(rows["term"].tolist(), zip(rows["ci_low"].tolist(), rows["ci_high"].tolist())))

    @property
    def vcov(self) -> np.ndarray:
        """Covariance of the terms, of the one estimator; its rows are those of :meth:`vcov_terms`."""
        return self.vcov_of()

    def vcov_of(self, estimator: Optional[str] = None) -> np.ndarray:
        """Covariance of an estimator's terms."""
        return self._vcov.get(self._pick(estimator), np.empty((0, 0)))

    def vcov_terms(self, estimator: Optional[str] = None) -> List[str]:
        """The terms of its rows and columns."""
        rows = self._rows(estimator)
        terms = [""] * len(self.vcov_of(estimator))
        for term, at in zip(rows["term"].tolist(), rows["vcov_row"].tolist()):
            if at >= 0:
                terms[at] = term
        return terms

    @property
    def nobs(self) -> int:
        """Rows the one estimator used."""
        return int(self._rows(None)["n_obs"][0])

    @property
    def remarks(self) -> List[str]:
        """What to know before believing an estimate."""
        return self.tables["remarks"]["text"].tolist()

    @property
    def dropped(self) -> Table:
        """Rows left out, by reason."""
        return self.tables["dropped"]

    # ---- Texts ----

    def summary(self) -> str:
        """What the program prints."""
        return self._texts["text"]

    def to_latex(self) -> str:
        """A table for a paper."""
        return self._texts["latex"]

    def to_markdown(self) -> str:
        return self._texts["markdown"]

    def to_json(self) -> str:
        return self._texts["json"]

    def __str__(self) -> str:
        return self.summary()

    def __repr__(self) -> str:
        rows = len(self.estimates["term"])
        return f"<jiedao.Fit: {', '.join(self.estimators) or 'no estimator applied'}; {rows} estimates>"

    def plot(self, estimator: Optional[str] = None, ax: Any = None) -> Any:
        """Draws effects and intervals by event time, with matplotlib; returns the axes."""
        import matplotlib.pyplot as plt

        rows = self._rows(estimator)
        time = rows["event_time"].astype(float)
        here = np.isfinite(time)
        if not here.any():
            raise OptionError("there are no effects by event time here")
        ax = ax if ax is not None else plt.subplots()[1]
        low, mid, high = (rows[c][here] for c in ("ci_low", "estimate", "ci_high"))
        ax.axhline(0, color="0.6", linewidth=0.8)
        ax.axvline(-0.5, color="0.6", linewidth=0.8, linestyle=":")
        ax.errorbar(time[here], mid, yerr=[mid - low, high - mid], fmt="o", capsize=2)
        ax.set_xlabel("Periods since adoption")
        ax.set_ylabel("Effect")
        ax.set_title(self._pick(estimator))
        return ax
