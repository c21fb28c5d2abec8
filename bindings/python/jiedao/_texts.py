# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables for papers and pages: a column a fit."""
from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Sequence, Tuple

import numpy as np

from ._errors import OptionError

if TYPE_CHECKING:
    from ._fit import Fit

_SHOWN = 200  # rows of a table in a notebook


def _number(value: float, digits: int) -> str:
    if not math.isfinite(value):
        return ""
    text = f"{value:.{digits}f}"
    return text.replace("-", "\u2212") if float(text) != 0 else text.replace("-", "")


def _columns(fits: Sequence["Fit"]) -> List[Tuple[str, Dict[str, Tuple[float, float]], int]]:
    """Estimator, estimate and error by term, rows used."""
    found = []
    for fit in fits:
        t = fit.estimates
        for estimator in fit.estimators:
            here = np.flatnonzero(t["estimator"] == estimator)
            cells = {str(t["term"][i]): (float(t["estimate"][i]), float(t["std_error"][i])) for i in here}
            found.append((estimator, cells, int(t["n_obs"][here[0]]) if len(here) else 0))
    return found


def _cells(fits: Sequence["Fit"], digits: int, names: Optional[Sequence[str]]) -> List[List[str]]:
    columns = _columns(fits)
    if not columns:
        raise OptionError("there are no estimates in these fits")
    if names is not None and len(names) != len(columns):
        raise OptionError(f"names has {len(names)} texts for {len(columns)} columns of estimates")
    terms = list(dict.fromkeys(term for _, cells, _ in columns for term in cells))
    rows = [[""] + list(names if names is not None else [c[0] for c in columns])]
    for term in terms:
        there = [cells.get(term) for _, cells, _ in columns]
        rows.append([term] + [_number(c[0], digits) if c else "" for c in there])
        rows.append(
            [""] + [f"({_number(c[1], digits)})" if c and math.isfinite(c[1]) else "" for c in there]
        )
    rows.append(["N"] + [f"{n}" for _, _, n in columns])
    return rows


def _latex(text: str) -> str:
    special = {"\\": "\\textbackslash{}", "\u2212": "$-$", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}"}
    special.update({sign: "\\" + sign for sign in "&%$#_{}"})
    return "".join(special.get(sign, sign) for sign in text)


def etable(
    fits: Any,
    format: str = "text",
    *,
    digits: int = 4,
    names: Optional[Sequence[str]] = None,
    notes: str = "",
) -> str:
    """A table of several fits, a column an estimator: errors stand in brackets below the estimates.

    Parameters
    ----------
    fits : Fit or list of Fit
    format : "text", "latex" (booktabs), "markdown" or "html"
    digits : int
        Behind the point.
    names : list of str, optional
        Heads of the columns, one an estimator.
    notes : str
        Stands below the table.
    """
    rows = _cells([fits] if hasattr(fits, "estimates") else list(fits), digits, names)
    if format == "text":
        width = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
        lines = [
            "  ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(r, width))).rstrip()
            for r in rows
        ]
        return "\n".join(lines + ([notes] if notes else [])) + "\n"
    if format == "markdown":
        lines = ["| " + " | ".join(c.replace("|", "\\|") for c in r) + " |" for r in rows]
        lines.insert(1, "| --- |" + " ---: |" * (len(rows[0]) - 1))
        return "\n".join(lines + (["", notes] if notes else [])) + "\n"
    if format == "latex":
        body = [" & ".join(_latex(c) for c in r) + " \\\\" for r in rows]
        lines = ["\\begin{tabular}{l" + "r" * (len(rows[0]) - 1) + "}", "\\toprule", body[0], "\\midrule"]
        lines += body[1:-1] + ["\\midrule", body[-1], "\\bottomrule", "\\end{tabular}"]
        return "\n".join(lines + ([_latex(notes)] if notes else [])) + "\n"
    if format == "html":
        head = "".join(f'<th scope="col">{html.escape(c)}</th>' for c in rows[0])
        body = "".join(
            f'<tr><th scope="row">{html.escape(r[0])}</th>' + "".join(f"<td>{html.escape(c)}</td>" for c in r[1:]) + "</tr>\n"
            for r in rows[1:]
        )
        foot = f"<caption>{html.escape(notes)}</caption>" if notes else ""
        return f"<table>{foot}\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table>\n"
    raise OptionError(f"format = {format}: text, latex, markdown and html are allowed")


def html_of(table: Dict[str, np.ndarray]) -> str:
    """Columns as they are, for notebooks; the first rows of long ones."""
    n = len(next(iter(table.values()))) if table else 0
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in table)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(_cell(cells[i]))}</td>" for cells in table.values()) + "</tr>\n"
        for i in range(min(n, _SHOWN))
    )
    more = f"<p>{n - _SHOWN} rows more</p>" if n > _SHOWN else ""
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table>{more}\n"


def _cell(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, (float, np.floating)) else str(value)
