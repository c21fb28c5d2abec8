# SPDX-License-Identifier: GPL-3.0-or-later
"""Simulated worlds, Monte Carlo and sweeps in memory, with the numbers of the program's files."""
from __future__ import annotations

import ctypes
import functools
import threading
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

import numpy as np

from ._call import Call, Progress
from ._errors import OptionError
from ._library import study, text_of
from ._tables import Table, as_frame, copy_table, long_table, view_table

if TYPE_CHECKING:
    from ._fit import Fit

Settings = Mapping[str, Any]


class Param(NamedTuple):
    """A parameter of the simulator: ``policy.share``, what it takes, its default, what it means.

    ``kind`` is one of flag, integer, integers, number, numbers, text, path, choice, names, date, dates,
    range.
    """

    name: str
    kind: str
    default: str
    choices: Tuple[str, ...]
    unit: str
    help: str


@functools.lru_cache(maxsize=None)
def _all_params() -> Tuple[Param, ...]:
    lib = study()
    found: List[Param] = []
    while True:
        texts = [ctypes.c_char_p() for _ in range(6)]
        if not lib.jd_trial_param(len(found), *map(ctypes.byref, texts)):
            return tuple(found)
        name, kind, default, choices, unit, say = (text_of(t.value) for t in texts)
        split = tuple(c.strip() for c in choices.split("|") if c.strip())
        found.append(Param(name, kind, default, split, unit, say))


def params(section: Optional[str] = None) -> Tuple[Param, ...]:
    """Parameters of all sections, or of one.

    >>> [p.default for p in params("policy") if p.name == "policy.share"]
    ['0.5']
    """
    if section is None:
        return _all_params()
    found = tuple(p for p in _all_params() if p.name.rpartition(".")[0] == section)
    if not found:
        there = dict.fromkeys(p.name.rpartition(".")[0] for p in _all_params())
        raise OptionError(f"section = {section}: there is none of this name; there are " + ", ".join(there))
    return found


def configs() -> Dict[str, str]:
    """The built-in configs: name and text.

    >>> "quickstart" in configs()
    True
    """
    lib, found = study(), {}
    name, text = ctypes.c_char_p(), ctypes.c_char_p()
    while lib.jd_trial_config(len(found), ctypes.byref(name), ctypes.byref(text)):
        found[text_of(name.value)] = text_of(text.value)
    return found


# ---- A config that is set, and what is run of it ----


def _one(name: str, value: Any) -> str:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, str)):
        return str(value)
    if isinstance(value, float):
        return repr(value)
    raise OptionError(f"{name} = {value!r}: a {type(value).__name__} cannot be read")


def _text(name: str, value: Any) -> str:
    """A value as a config has it: a list is joined by commas."""
    if isinstance(value, (list, tuple, range, set, frozenset)) or getattr(value, "ndim", 0) == 1:
        return ", ".join(_one(name, v) for v in value)
    return _one(name, value)


def _factor(name: str, values: Any) -> str:
    """Values of a swept parameter; those that are lists themselves are parted by bars."""
    if isinstance(values, str):
        return values
    values = list(values)
    if any(isinstance(v, (list, tuple)) for v in values):
        return " | ".join(_text(name, v) for v in values)
    kind = {p.name: p.kind for p in _all_params()}.get(name, "")
    between = " | " if kind in ("names", "numbers", "integers", "dates", "text") else ", "
    return between.join(_one(name, v) for v in values)


class _Trial:
    """A trial of the library; frees it at its end."""

    def __init__(self, config: Optional[str], settings: Settings, call: Call) -> None:
        self.lib = study()
        self.lock = threading.RLock()  # the library takes one call with a trial at a time
        self.handle = ctypes.c_void_p()
        text = None if config is None else str(config)
        if text is not None and "\0" in text:
            raise OptionError("a zero byte in the config")
        call.check(
            self.lib.jd_trial_create(ctypes.byref(self.handle), None if text is None else text.encode(), call.ctx)
        )
        for name, value in settings.items():
            self.set(name, _text(name, value), call)

    def __del__(self) -> None:
        if getattr(self, "handle", None):
            self.lib.jd_trial_free(self.handle)

    def set(self, name: str, value: str, call: Call) -> None:
        if "\0" in name + value:
            raise OptionError(f"{name}: a zero byte in {value!r}")
        call.check(self.lib.jd_trial_set(self.handle, name.encode(), value.encode(), call.ctx))

    def names(self) -> List[str]:
        n = self.lib.jd_trial_n_tables(self.handle)
        return [text_of(self.lib.jd_trial_table_name(self.handle, i)) for i in range(n)]

    def table(self, name: str) -> int:
        table = self.lib.jd_trial_table(self.handle, name.encode())
        if not table:
            raise KeyError(f"{name}: there is no such table; there are {', '.join(self.names())}")
        return int(table)


# ---- One world ----

# What the section [estimate] calls an option of did(), where the names differ.
_estimate_names = {"vcov": "variance"}
_roles = ("y", "unit", "time", "cohort", "cluster")


class World:
    """A simulated world: its tables, the truth, and what estimators make of it.

    Made by :func:`simulate`. ``w["panel/county"]`` is a pandas DataFrame (without pandas a dict of
    arrays), ``w.dataset("panel/county")`` an xarray Dataset on the library's memory, ``w.truth`` the true
    effects, ``w.estimates`` what the estimators of ``[estimate]`` found, with the parts of their bias, and
    ``w.facts`` what the run did. A world pickles as what it was made from, and is simulated again.
    """

    def __init__(
        self, config: Optional[str], settings: Settings, replicate: int, moves: bool,
        threads: Optional[int], progress: Optional[Progress],
    ) -> None:
        self.config, self.settings, self.replicate = config, dict(settings), int(replicate)
        self._moves = bool(moves)
        with Call(threads, progress) as call:
            self._trial = _Trial(config, settings, call)
            lib = self._trial.lib
            call.check(lib.jd_trial_simulate(self._trial.handle, self.replicate, int(moves), call.ctx))
        call.warn()

    def __reduce__(self) -> Any:
        return World, (self.config, self.settings, self.replicate, self._moves, None, None)

    def __repr__(self) -> str:
        return f"<jiedao.World: {self.config or 'defaults'}, replicate {self.replicate}; {len(self.tables)} tables>"

    @property
    def tables(self) -> List[str]:
        """Names of the tables."""
        return self._trial.names()

    def __iter__(self) -> Iterator[str]:
        return iter(self.tables)

    def __len__(self) -> int:
        return len(self.tables)

    def __contains__(self, name: object) -> bool:
        return name in self.tables

    def __getitem__(self, name: str) -> Any:
        """A table, a row a record, or a period and unit; a copy."""
        return as_frame(long_table(self._trial.table(name)))

    def arrays(self, name: str) -> Table:
        """A table's columns as read-only arrays on the library's memory, no copy: of a panel (time, unit),
        (time) or (unit)."""
        return view_table(self._trial.table(name), self._trial)

    def dataset(self, name: str = "panel/county") -> Any:
        """A table as an xarray Dataset with units and labels; numbers are views, not copies."""
        from ._xarray import dataset

        return dataset(self._trial.table(name), self._trial)

    @property
    def truth(self) -> Any:
        """The true effects: ``w["truth/estimands"]``."""
        return self["truth/estimands"]

    @property
    def estimates(self) -> Any:
        """What the estimators of [estimate] found: estimate, truth, bias and its parts."""
        return self["estimates"]

    @property
    def facts(self) -> Dict[str, float]:
        """What the run did."""
        return {name: cells[0].item() for name, cells in copy_table(self._trial.table("summary")).items()}

    def sample(self) -> Table:
        """The county panel that estimators run on: unit, time, cohort, cluster, outcome."""
        whole = copy_table(self._trial.table("sample/county"))
        return {name: whole[name] for name in ("unit", "time", "cohort", "cluster", "outcome", "dose")}

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """The sample by the Arrow C stream interface."""
        from ._arrow import export_table

        return export_table(self._trial.table("sample/county"))

    def bias_split(self, threads: Optional[int] = None, **options: Any) -> Any:
        """Estimates with the truth they are after, the bias, and the exact parts that it is the sum of.

        Options are those of ``[estimate]``: ``estimators=["twfe", "sun_abraham"]``, ``outcome="stock"``,
        ``variance="hc1"``.
        """
        return as_frame(self._split(threads, {k: _text(k, v) for k, v in options.items()}))

    def _split(self, threads: Optional[int], options: Mapping[str, str]) -> Table:
        n = len(options)
        names = (ctypes.c_char_p * max(1, n))(*(k.encode() for k in options))
        values = (ctypes.c_char_p * max(1, n))(*(v.encode() for v in options.values()))
        trial = self._trial
        with trial.lock, Call(threads, None) as call:
            try:
                call.check(trial.lib.jd_trial_estimate(trial.handle, names, values, n, call.ctx))
                found = copy_table(trial.table("estimates"))
            finally:
                with Call(threads, None) as again:  # as the world was made
                    again.check(trial.lib.jd_trial_estimate(trial.handle, None, None, 0, again.ctx))
        call.warn()
        return found

    def split_of(self, fit: "Fit", given: Mapping[str, Any], threads: Optional[int]) -> Table:
        """The split of what did() estimated on this world's sample."""
        known = {p.name.rpartition(".")[2] for p in params("estimate")}
        options = {"county": "yes", "sector": "no", "firm": "no", "cell_mean": "no"}
        for name, value in given.items():
            if name in _roles or value is None or name in ("diagnose", "keep"):
                continue
            if name == "estimator":
                options["estimators"] = ", ".join(fit.estimators)
            elif name == "bin":
                first, last = value
                options["bin_first"] = "-1000" if first is None else str(first)
                options["bin_last"] = "1000" if last is None else str(last)
            elif name == "dose":
                continue
            elif _estimate_names.get(name, name) in known:
                options[_estimate_names.get(name, name)] = _text(name, value)
            else:
                raise OptionError(f"{name}: the split of a bias knows no {name}; estimate without it")
        return self._split(threads, options)


def simulate(
    config: Optional[str] = "quickstart",
    settings: Optional[Settings] = None,
    *,
    replicate: int = 1,
    moves: bool = False,
    threads: Optional[int] = None,
    progress: Optional[Progress] = None,
) -> World:
    """Simulates a world, with the policy and without it on the same random numbers.

    Parameters
    ----------
    config : str or None
        A built-in config (see :func:`configs`), the path of a config file, or the text of one; None =
        all parameters as by default.
    settings : dict, optional
        Parameters by name, as :func:`params` lists them: ``{"policy.share": 0.25}``.
    replicate : int
        Which draw of the world, from 1.
    moves : bool
        Also the tables that grow with every move or street (``relocations``, ``panel/street``).
    threads, progress
        As of :func:`did`.

    Examples
    --------
    >>> w = simulate("quickstart", {"policy.share": 0.5, "run.periods": 12})
    >>> w.facts["treated_counties"]
    410
    >>> fit = did(w, estimator="twfe")
    >>> split = fit.bias_split()
    """
    return World(config, settings or {}, replicate, moves, threads, progress)


# ---- Many ----


class _Tables:
    """Tables of many runs, copied: a result that pickles."""

    _shown: str = ""

    def __init__(self, tables: Dict[str, Table]) -> None:
        self.arrays = tables

    @property
    def tables(self) -> List[str]:
        return list(self.arrays)

    def __getitem__(self, name: str) -> Any:
        if name not in self.arrays:
            raise KeyError(f"{name}: there is no such table; there are {', '.join(self.arrays)}")
        return as_frame(self.arrays[name])

    def _repr_html_(self) -> str:
        from ._texts import html_of

        return html_of(self.arrays[self._shown])


class Validation(_Tables):
    """What estimators do over replicates: ``v.measures`` (a row a measure, with its Monte-Carlo error),
    ``v.points`` (the values of what was varied), ``v.value("bias", "twfe")``."""

    _shown = "measures"

    @property
    def measures(self) -> Any:
        return self["measures"]

    @property
    def points(self) -> Any:
        return self["points"]

    def value(
        self, measure: str, estimator: str, *, point: int = 1, term: str = "att", target: str = "att",
        panel: Optional[str] = None,
    ) -> Tuple[float, float]:
        """A measure and its Monte-Carlo error."""
        t = self.arrays["measures"]
        here = (t["measure"] == measure) & (t["estimator"] == estimator) & (t["point"] == point)
        here &= (t["term"] == term) & (t["target"] == target)
        if panel is not None:
            here &= t["panel"] == panel
        at = np.flatnonzero(here)
        if not len(at):
            raise OptionError(f"there is no {measure} of {estimator} here; see measures")
        return float(t["value"][at[0]]), float(t["mcse"][at[0]])

    def __repr__(self) -> str:
        n = len(self.arrays["points"]["point"])
        return f"<jiedao.Validation: {n} point{'s' * (n > 1)}, {len(self.arrays['measures']['value'])} measures>"


class Sweep(_Tables):
    """All runs of a sweep: ``s.runs`` (a row a run: what was varied, what it did), ``s.estimates``,
    ``s.estimands``."""

    _shown = "runs"

    @property
    def runs(self) -> Any:
        return self["runs"]

    @property
    def estimates(self) -> Any:
        return self["estimates"]

    @property
    def estimands(self) -> Any:
        return self["estimands"]

    def __repr__(self) -> str:
        n = len(self.arrays["runs"]["run"])
        return f"<jiedao.Sweep: {n} runs>"


def _many(
    what: str, config: Optional[str], settings: Settings, vary: Mapping[str, Any], threads: Optional[int],
    progress: Optional[Progress],
) -> Dict[str, Table]:
    with Call(threads, progress) as call:
        trial = _Trial(config, settings, call)
        for name, values in vary.items():
            trial.set("sweep." + name, _factor(name, values), call)
        run = trial.lib.jd_trial_validate if what == "validation" else trial.lib.jd_trial_sweep
        call.check(run(trial.handle, call.ctx))
        found = {
            name.partition("/")[2]: copy_table(trial.table(name))
            for name in trial.names()
            if name.startswith(what + "/")
        }
    call.warn(stacklevel=4)
    return found


def _with(settings: Optional[Settings], more: Mapping[str, Any]) -> Dict[str, Any]:
    return {**(settings or {}), **{k: v for k, v in more.items() if v is not None}}


def validate(
    config: Optional[str] = "quickstart",
    settings: Optional[Settings] = None,
    *,
    vary: Optional[Mapping[str, Any]] = None,
    estimators: Union[str, Sequence[str], None] = None,
    replicates: Optional[int] = None,
    until_mcse: Optional[float] = None,
    threads: Optional[int] = None,
    progress: Optional[Progress] = None,
) -> Validation:
    """Monte Carlo of the estimators: bias and its parts, coverage, size, power, each with its Monte-Carlo error.

    Parameters
    ----------
    config, settings, threads, progress
        As of :func:`simulate`; a ``[dgp]`` of the config replaces the simulator.
    vary : dict, optional
        Parameters and their values: ``{"policy.share": [0.1, 0.5]}``, a point for each combination.
    estimators : str or list of str, optional
        ``estimate.estimators``.
    replicates : int, optional
        Of each point; with ``until_mcse``, of the first round.
    until_mcse : float, optional
        Add replicates until every overall effect's bias has a Monte-Carlo error no larger.

    Examples
    --------
    >>> v = validate("quickstart", {"run.periods": 12}, estimators="twfe", replicates=2)
    >>> v.value("power", "twfe", panel="county")[0] <= 1
    True
    """
    more = {
        "estimate.estimators": estimators,
        "validate.replicates": replicates,
        "validate.until_mcse": until_mcse,
    }
    return Validation(_many("validation", config, _with(settings, more), vary or {}, threads, progress))


def sweep(
    config: Optional[str] = "quickstart",
    settings: Optional[Settings] = None,
    *,
    vary: Optional[Mapping[str, Any]] = None,
    replicates: Optional[int] = None,
    threads: Optional[int] = None,
    progress: Optional[Progress] = None,
) -> Sweep:
    """Runs a config at each combination of values, ``replicates`` times: what each run did, its estimates
    and its truth.

    Examples
    --------
    >>> s = sweep("quickstart", {"run.periods": 12, "estimate.estimators": "twfe"},
    ...           vary={"policy.share": [0.25, 0.5]})
    >>> len(s.arrays["runs"]["run"])
    2
    """
    more = {"sweep.replicates": replicates}
    return Sweep(_many("sweep", config, _with(settings, more), vary or {}, threads, progress))
