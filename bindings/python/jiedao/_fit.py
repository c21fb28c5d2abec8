# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes out: tables of numbers, a copy of the library's, and nothing of the data."""
from __future__ import annotations

import ctypes
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

import numpy as np

from ._errors import OptionError
from ._library import lib, text_of
from ._tables import Table, as_frame, copy_table

_tables = ("estimates", "diagnostics", "details", "fits", "data", "dropped", "remarks", "weights")


def read_table(analysis: ctypes.c_void_p, name: str) -> Optional[Table]:
    table = lib.jd_analysis_table(analysis, name.encode())
    return copy_table(table) if table else None


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

    def __init__(
        self, analysis: ctypes.c_void_p, ctx: int, again: Optional[Callable[..., "Fit"]] = None,
        split: Optional[Callable[["Fit"], Table]] = None,
    ) -> None:
        self._rerun, self._split = again, split
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

    def __getstate__(self) -> Dict[str, Any]:
        """Numbers and texts; not the data, nor the world."""
        return {**self.__dict__, "_rerun": None, "_split": None}

    # ---- The same again, asked otherwise ----

    def _again(self, **changed: Any) -> "Fit":
        if self._rerun is None:
            raise OptionError(
                "the data of this fit are not at hand: it was read from a file, or they were no DataFrame; "
                "did(..., keep=True) keeps them, or ask did() itself"
            )
        return self._rerun(**changed)

    def infer(self, **options: Any) -> "Fit":
        """The same estimates with other errors: ``fit.infer(vcov="hc1")``, ``cluster="state"``,
        ``level=0.9``, ``bands=True``."""
        return self._again(**options)

    def aggregate(self, kind: str) -> "Fit":
        """The same effects put together otherwise: "event", "overall", "cohort", "calendar", "cells"."""
        return self._again(aggregate=kind)

    def diagnose(self, *names: str, **options: Any) -> Any:
        """Diagnostics as a table; options by their names: ``fit.diagnose("honest", honest_mbar=[0.5, 1])``."""
        fits = self.tables["fits"]
        here = fits["name"][fits["kind"] == "diagnostic"].tolist()
        fit = self if not options and here == list(names) else self._again(diagnose=list(names), **options)
        both = [fit.tables[name] for name in ("diagnostics", "details")]
        return as_frame({key: np.concatenate([t[key] for t in both]) for key in both[0]})

    def honest(self, mbar: Optional[Sequence[float]] = None, **options: Any) -> Any:
        """Robust intervals where trends may differ by so much as before (Rambachan and Roth)."""
        if mbar is not None:
            options["honest_mbar"] = list(np.atleast_1d(np.asarray(mbar, dtype=float)))
        return self.diagnose("honest", **options)

    def pretrends(self, **options: Any) -> Any:
        """Power of the test of leads, and what passing it does to the bias (Roth)."""
        return self.diagnose("pretrend", **options)

    def bacon(self) -> Any:
        """What two-by-two comparisons the two-way estimate is made of (Goodman-Bacon)."""
        return self.diagnose("bacon")

    def wild(self, **options: Any) -> Any:
        """The wild cluster bootstrap: ``fit.wild(draws=999, seed=1)``."""
        return self.diagnose("wild", **options)

    def bias_split(self) -> Any:
        """Of a fit on a simulated world: truth, bias, and the exact parts it is the sum of."""
        if self._split is None:
            raise OptionError("only a fit on a simulated world knows the truth: did(simulate(...), ...)")
        return as_frame(self._split(self))

    # ---- Numbers ----

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

    @property
    def estimates(self) -> Table:
        """A row a term, by columns."""
        return self.tables["estimates"]

    def tidy(self) -> Any:
        """The estimates as a pandas DataFrame; without pandas, a dict of arrays."""
        return as_frame(dict(self.estimates))

    @property
    def frame(self) -> Any:
        """The same as :meth:`tidy`."""
        return self.tidy()

    def glance(self) -> Any:
        """A row an estimator: counts, degrees of freedom, kind of variance."""
        fits = self.tables["fits"]
        here = (fits["kind"] == "estimator") & (fits["applied"] == 1)
        return as_frame({key: cells[here] for key, cells in fits.items()})

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

    def to_html(self) -> str:
        """A table for a page."""
        from ._texts import etable

        return etable([self], format="html")

    def _repr_html_(self) -> str:
        return self.to_html()

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
