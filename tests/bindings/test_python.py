# SPDX-License-Identifier: GPL-3.0-or-later
"""The Python package: the program's numbers to the last bit, odd columns, errors, Ctrl-C, fork, threads.

    python3 test_python.py PROGRAM     (JIEDAO_LIBRARY names the library, PYTHONPATH the package)
"""
import csv
import ctypes
import datetime
import decimal
import doctest
import gc
import multiprocessing
import os
import pickle
import resource
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import warnings
from pathlib import Path

try:
    import numpy as np
except ImportError:
    print("skipped: numpy is not installed")
    sys.exit(77)
try:
    import pandas as pd
except ImportError:
    pd = None

import jiedao

HERE = Path(__file__).resolve().parent
DATA = HERE.parent / "reference" / "data"
PROGRAM = sys.argv.pop(1) if len(sys.argv) > 1 else "jiedao"
KINDS = {o.name: o.kind for o in jiedao.options()}
needs_pandas = unittest.skipIf(pd is None, "pandas is not installed")
warnings.simplefilter("ignore", jiedao.JiedaoWarning)


def bits(value):
    return "nan" if value != value else np.float64(value).tobytes()


def program(arguments, data):
    """Rows of the program's CSV, as dictionaries."""
    words = ["--" + w[2:].replace("_", "-") if w.startswith("--") else w for w in arguments]
    done = subprocess.run(
        [PROGRAM, "did", str(data), *words, "--format", "csv", "-q"], stdout=subprocess.PIPE, check=True
    )
    return list(csv.DictReader(done.stdout.decode().splitlines()))


def same(case, fit, rows, what):
    """All numbers and texts of the program's rows stand in the fit's tables, to the last bit."""
    at = 0
    for name in ("estimates", "diagnostics", "details"):
        table = fit.tables[name]
        for i in range(len(table["term"])):
            case.assertLess(at, len(rows), what)
            for key, cell in rows[at].items():
                mine = table[key][i]
                if table[key].dtype.kind == "U":
                    case.assertEqual(mine, cell, f"{what}: {key}")
                else:
                    case.assertEqual(bits(mine), bits(float(cell or "nan")), f"{what}: {name} {i} {key}")
            at += 1
    case.assertEqual(at, len(rows), what)


def typed(name, value):
    """A value of the command line as somebody writes it in Python."""
    kind = KINDS[name]
    if kind == "switch":
        return True
    if kind in ("names", "integers", "numbers") and "," in value:
        return [typed_one(kind, v) for v in value.split(",")]
    if kind == "range":
        return tuple(int(v) if v else None for v in value.split(":"))
    return typed_one(kind, value)


def typed_one(kind, value):
    if kind.startswith("integer"):
        return int(value)
    return float(value) if kind.startswith("number") else value


def options_of(words):
    found, i = {}, 0
    while i < len(words):
        name, more = words[i][2:], i + 1 < len(words) and not words[i + 1].startswith("--")
        found[name] = typed(name, words[i + 1] if more else "")
        i += 1 + more
    return found


def calls():
    sets = {}
    for line in (HERE / "calls.txt").read_text().splitlines():
        words = shlex.split(line, comments=True)
        if not words:
            continue
        if words[0].startswith("@"):
            sets[words[0][1:]] = words[1:]
        else:
            file, *roles = sets[words[0]]
            yield line, file, roles + words[1:]


def read(file):
    """Columns of a CSV as numbers where they are numbers, else texts."""
    with open(DATA / file, newline="") as lines:
        head, *rows = csv.reader(lines)
    return {name: column([row[i] for row in rows]) for i, name in enumerate(head)}


def column(cells):
    for kind in (int, float):
        try:
            return np.array([kind(c) if c or kind is int else np.nan for c in cells])
        except ValueError:
            pass
    return np.array(cells, dtype=object)


class SameBits(unittest.TestCase):
    def test_calls(self):
        frames, n = {}, 0
        for line, file, words in calls():
            if file not in frames:
                frames[file] = read(file)
            with self.subTest(line):
                fit = jiedao.did(frames[file], **options_of(words))
                same(self, fit, program(words, DATA / file), line)
            n += 1
        self.assertGreaterEqual(n, 60)

    def test_printed_text_is_the_programs(self):
        words = "--y lemp --unit countyreal --time year --cohort first_treat --estimator twfe,event_study".split()
        fit = jiedao.did(read("mpdta.csv"), **options_of(words))
        for name, text in (("latex", fit.to_latex()), ("markdown", fit.to_markdown())):
            done = subprocess.run(
                [PROGRAM, "did", str(DATA / "mpdta.csv"), *words, "--format", name], stdout=subprocess.PIPE, check=True
            )
            self.assertEqual(text, done.stdout.decode().replace("mpdta.csv", "df"))


# ---- A small panel in many guises ----

UNITS, PERIODS = 24, 6


def panel():
    unit, t = (a.ravel() for a in np.meshgrid(np.arange(UNITS), np.arange(PERIODS), indexing="ij"))
    first = np.where(unit % 3 == 0, 0, 2002 + unit % 3)
    y = unit * 0.3 + t * t * 0.2 + (unit * 13 + t * 29) % 17 / 9 + (first > 0) * (2001 + t >= first) * 1.5
    x = (unit * 7 + t * t * 3) % 11 / 7
    return {"y": y, "id": 100 + unit, "t": 2001 + t, "g": first, "x": x}


def fit(df, **options):
    return jiedao.did(df, "y", "id", "t", "g", **{"estimator": ["twfe", "callaway_santanna"], **options})


class Columns(unittest.TestCase):
    """Whatever the columns are made of, the numbers are those of plain ones."""

    def setUp(self):
        self.plain = panel()
        self.right = fit(self.plain).estimates["estimate"].tolist()

    def is_right(self, changes, **options):
        found = fit({**self.plain, **changes}, **options)
        self.assertEqual(list(map(bits, found.estimates["estimate"])), list(map(bits, self.right)))
        return found

    def refused(self, changes, kind, *words):
        with self.assertRaises(kind) as caught:
            fit({**self.plain, **changes})
        for word in words:
            self.assertIn(word, str(caught.exception))
        return caught.exception

    def test_widths_and_orders(self):
        p = self.plain
        for kind in ("i2", "i4", "i8", "u2", "u4", "u8", ">i4", ">i8", "f8", "f4", ">f8"):
            self.is_right({"id": p["id"].astype(kind), "t": p["t"].astype(kind), "g": p["g"].astype(kind)})
        self.is_right({"id": (p["id"] - 100).astype("i1")})
        self.is_right({"y": p["y"].astype(">f8")})
        self.is_right({"y": p["y"].astype("longdouble")})
        self.is_right({k: v.tolist() for k, v in p.items()})
        self.is_right({k: v.astype(object) for k, v in p.items()})

    def test_not_contiguous(self):
        p = self.plain
        block = np.zeros((len(p["y"]), 3))
        block[:, 1] = p["y"]
        self.is_right({"y": block[:, 1], "id": np.repeat(p["id"], 2)[::2], "t": p["t"][::-1][::-1]})
        rows = np.rec.fromarrays(list(p.values()), names=list(p))
        self.assertEqual(fit(rows).estimates["estimate"].tolist(), self.right)

    def test_ids(self):
        u = self.plain["id"] - 100
        self.is_right({"id": 9007199254740993000 + u})  # differ beyond a double's digits
        self.is_right({"id": (9223372036854775000 + u).astype("u8")})
        self.is_right({"id": u + 0.5})
        self.is_right({"id": [f"县{i:02}" for i in u]})
        self.is_right({"id": np.array([f"c{i:02}" for i in u])})
        self.is_right({"id": np.array([b"c%02d" % i for i in u])})
        self.refused({"id": [2**70 + int(i) for i in u]}, jiedao.DataError, "'id'", "64 bits", "astype(str)")
        self.refused({"id": (2**63 + u.astype("u8")).astype("u8")}, jiedao.DataError, "'id'", "above")

    def test_smallest_integers(self):
        y = self.plain["id"].astype("i4")
        y[7] = np.iinfo("i4").min
        error = self.refused({"id": y}, jiedao.DataError, "unit = id", "row 8", "-2147483648")
        self.assertEqual((error.option, error.row, error.code), ("unit", 7, "DATA"))

    def test_missing(self):
        p = self.plain
        never = p["g"] == 0
        self.is_right({"g": np.where(never, np.nan, p["g"])})
        self.is_right({"g": np.where(never, np.inf, p["g"])})
        self.is_right({"g": [None if n else int(g) for n, g in zip(never, p["g"])]})
        self.is_right({"g": np.ma.masked_array(p["g"], never)})
        longer = {k: np.append(v, v[:2]) for k, v in p.items()}
        longer["y"][-2:] = np.nan
        found = fit(longer)
        self.assertEqual(found.estimates["estimate"].tolist(), self.right)
        self.assertEqual(found.dropped["rows"].tolist(), [2])
        self.assertIn("outcome", found.dropped["reason"][0])
        for name in ("y", "id", "t"):
            with self.assertRaises(jiedao.JiedaoError) as caught:
                fit({**p, name: np.full(len(p["y"]), np.nan)})
            self.assertIn("lacks a value", str(caught.exception))
            with self.assertRaises(jiedao.JiedaoError):
                fit({**p, name: [None] * len(p["y"])})
        with self.assertRaises(jiedao.NoTreated):
            jiedao.did({**p, "g": [None] * len(p["y"])}, "y", "id", "t", "g", estimator="twfe")

    def test_flags_and_decimals(self):
        p = self.plain
        on = (p["g"] > 0) & (p["t"] >= p["g"])
        whole = jiedao.did({**p, "d": on.astype(int)}, "y", "id", "t", treat="d", estimator="twfe").att
        for flags in (on, on.astype(object), on.tolist(), on.astype("f4")):
            self.assertEqual(jiedao.did({**p, "d": flags}, "y", "id", "t", treat="d", estimator="twfe").att, whole)
        self.is_right({"y": [decimal.Decimal(repr(v)) for v in p["y"].tolist()]})

    def test_dates(self):
        p = self.plain
        for unit in ("Y", "M", "D", "h", "s", "ms", "us", "ns"):
            g = np.where(p["g"] == 0, np.datetime64("NaT"), (p["g"] - 1970).astype("M8[Y]")).astype(f"M8[{unit}]")
            self.is_right({"t": (p["t"] - 1970).astype("M8[Y]").astype(f"M8[{unit}]"), "g": g})
        t = [datetime.date(int(v), 1, 1) for v in p["t"]]
        self.is_right({"t": t, "g": [datetime.datetime(int(v), 1, 1) if v else None for v in p["g"]]})

    def test_names_with_signs(self):
        p = {**self.plain, "log(a, 2)": self.plain["x"], "a,b": self.plain["x"] ** 2 % 1, "a^b": self.plain["id"] % 5}
        plain = {**self.plain, "u": p["a,b"], "v": p["a^b"]}
        one = fit(p, x=["log(a, 2)", "a,b"], cluster="a^b", estimator="twfe")
        two = fit(plain, x=["x", "u"], cluster="v", estimator="twfe")
        for name in ("estimate", "std_error", "p_value"):
            self.assertEqual(one.estimates[name].tolist(), two.estimates[name].tolist())
        crossed = fit({**plain, "w": plain["v"] * 10000 + plain["t"]}, fe="w", estimator="twfe")
        self.assertEqual(fit(plain, fe="v^t", estimator="twfe").att, crossed.att)

    def test_refused(self):
        n = len(self.plain["y"])
        self.refused({"y": np.zeros((n, 2))}, jiedao.DataError, "'y'", "2 dimensions")
        self.refused({"y": np.zeros(n, complex)}, jiedao.DataError, "'y'", "complex")
        self.refused({"t": np.zeros(n, "m8[D]")}, jiedao.DataError, "'t'", "durations")
        self.refused({"y": self.plain["y"][:-1]}, jiedao.DataError, "'id'", str(n - 1))
        self.refused({"y": 3.5}, jiedao.DataError, "'y'", "not a column")
        self.refused({"id": [1, "a"] * (n // 2)}, jiedao.DataError, "'id'", "int, str", "row 2")
        self.refused({"id": [{}] * n}, jiedao.DataError, "'id'", "dict")
        self.refused({"y": ["a"] * n}, jiedao.DataError, "y = y")
        with self.assertRaises(TypeError):
            fit([1, 2, 3])
        with self.assertRaises(jiedao.OptionError):
            fit({})

    def test_no_rows(self):
        with self.assertRaises(jiedao.DataError) as caught:
            fit({k: v[:0] for k, v in self.plain.items()})
        self.assertIn("no rows", str(caught.exception))

    def test_columns_not_in_use_are_not_looked_at(self):
        self.is_right({"rubbish": [object()] * 3, "more": 5})


@needs_pandas
class Pandas(unittest.TestCase):
    def setUp(self):
        self.df = pd.DataFrame(panel())
        self.right = fit(panel()).estimates["estimate"].tolist()

    def is_right(self, **changes):
        self.assertEqual(fit(self.df.assign(**changes)).estimates["estimate"].tolist(), self.right)

    def test_kinds(self):
        d = self.df
        self.is_right()
        self.is_right(id=d.id.astype("category"), t=d.t.astype("category"), g=d.g.astype("category"))
        self.is_right(id=d.id.astype(str).astype("category"))
        self.is_right(id=d.id.astype("string"))
        self.is_right(id=d.id.astype("Int64"), t=d.t.astype("Int16"), y=d.y.astype("Float64"))
        self.is_right(g=d.g.astype("Int64").mask(d.g == 0))
        self.is_right(g=d.g.mask(d.g == 0).astype("category"))
        self.is_right(g=d.g.astype("UInt32"))
        self.is_right(y=pd.arrays.SparseArray(d.y))

    def test_index_and_order_of_columns(self):
        other = self.df[["g", "x", "t", "y", "id"]]
        other.index = np.arange(len(other))[::-1] % 7
        self.assertEqual(fit(other).estimates["estimate"].tolist(), self.right)
        block = pd.DataFrame(np.column_stack([self.df[c] for c in self.df]), columns=list(self.df))
        self.assertEqual(fit(block).estimates["estimate"].tolist(), self.right)

    def test_nullable_flags(self):
        d = self.df.assign(d=((self.df.g > 0) & (self.df.t >= self.df.g)))
        one = jiedao.did(d, "y", "id", "t", treat="d", estimator="twfe")
        two = jiedao.did(d.assign(d=d.d.astype("boolean")), "y", "id", "t", treat="d", estimator="twfe")
        self.assertEqual(one.att, two.att)

    def periods(self, freq, start):
        every = pd.period_range(start, periods=PERIODS, freq=freq)
        g = [every[g - 2001] if g else pd.NaT for g in self.df.g]
        self.is_right(t=every[self.df.t - 2001], g=pd.Series(g).astype(every.dtype))

    def test_periods(self):
        for freq, start in (("Q", "2018Q3"), ("M", "2018-11"), ("A", "1999"), ("D", "2020-02-27"), ("W", "2020-01-06")):
            with self.subTest(freq):
                self.periods(freq, start)

    def test_times_with_zones(self):
        for zone in (None, "UTC", "Asia/Shanghai", "America/New_York"):
            every = pd.date_range("2018-09-01", periods=PERIODS, freq="MS", tz=zone)
            g = pd.Series([every[g - 2001] if g else pd.NaT for g in self.df.g])
            self.is_right(t=every[self.df.t - 2001], g=g)
            self.is_right(t=every[self.df.t - 2001].astype(object), g=g.astype(object))

    def test_two_columns_of_a_name(self):
        both = pd.concat([self.df, self.df[["y"]]], axis=1)
        with self.assertRaises(jiedao.OptionError) as caught:
            fit(both)
        self.assertIn("y = y: df has 2 columns of this name", str(caught.exception))
        unused = pd.concat([self.df, self.df[["x"]]], axis=1)
        self.assertEqual(fit(unused).estimates["estimate"].tolist(), self.right)
        with self.assertRaises(jiedao.OptionError):
            fit(pd.concat({"a": self.df}, axis=1))

    def test_a_category_that_is_not_used(self):
        ids = pd.Categorical(self.df.id.map("c{}".format))
        self.is_right(id=ids.add_categories(["nobody"]))

    def test_nothing_changes_the_data(self):
        before = self.df.copy(deep=True)
        fit(self.df, x="x")
        pd.testing.assert_frame_equal(self.df, before)

    def test_tidy(self):
        table = fit(self.df).tidy()
        self.assertIsInstance(table, pd.DataFrame)
        self.assertEqual(table.estimate.tolist(), self.right)


class Options(unittest.TestCase):
    def wrong(self, kind, *words, **options):
        with self.assertRaises(kind) as caught:
            fit(panel(), **options)
        for word in words:
            self.assertIn(word, str(caught.exception))

    def test_wrong(self):
        self.wrong(jiedao.UnknownOption, "contrl", "control", contrl="never")
        self.wrong(jiedao.OptionError, "level", level=2)
        self.wrong(jiedao.OptionError, "control", "not_yet", control="nobody")
        self.wrong(jiedao.OptionError, "bands", bands=3)
        self.wrong(jiedao.OptionError, "event", event=(1, 2, 3))
        self.wrong(jiedao.OptionError, "level", level={})
        self.wrong(jiedao.OptionError, "zero byte", cluster="a\0b")
        self.wrong(jiedao.OptionError, "z", "x = z", x="z")
        self.wrong(jiedao.OptionError, "estimator", "twfee", estimator="twfee")
        with self.assertRaises(jiedao.OptionError):
            jiedao.did(panel(), "y", yname="y", idname="id", tname="t", gname="g")

    def test_names_of_the_r_package(self):
        one = jiedao.did(panel(), yname="y", idname="id", tname="t", gname="g", control_group="notyettreated")
        two = fit(panel(), estimator="callaway_santanna", control="not_yet")
        self.assertEqual(one.estimates["estimate"].tolist(), two.estimates["estimate"].tolist())

    def test_outcome_weights(self):
        p = panel()
        found = fit(p, estimator="twfe", outcome_weights=True)
        weights = found.tables["weights"]
        self.assertEqual(weights["row"].tolist(), list(range(1, len(p["y"]) + 1)))
        column = [c for c in weights if c not in ("row", "unit", "time")][0]
        self.assertAlmostEqual(float(weights[column] @ p["y"]), found.att, 10)

    def test_every_option_has_its_row(self):
        self.assertGreater(len(KINDS), 60)
        self.assertIn("not_yet", [o for o in jiedao.options() if o.name == "control"][0].choices)

    def test_rows_in_use(self):
        p = panel()
        some = {k: v[p["x"] > 0.5] for k, v in p.items()}
        found = fit(p, if_="x > 0.5", estimator="twfe")
        self.assertEqual(found.att, fit(some, estimator="twfe").att)
        self.assertEqual(fit(p, **{"if": "x > 0.5", "estimator": "twfe"}).att, found.att)

    def test_numpy_values(self):
        one = fit(panel(), level=np.float32(0.5), event=(np.int64(-1), None), bands=np.bool_(False))
        two = fit(panel(), level=0.5, event="-1:")
        self.assertEqual(one.estimates["ci_low"].tolist(), two.estimates["ci_low"].tolist())

    def test_warnings(self):
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            fit(panel(), estimator="2x2")
        self.assertTrue(any(w.category is jiedao.JiedaoWarning and "staggered" in str(w.message) for w in heard))


class Results(unittest.TestCase):
    def test_accessors(self):
        found = fit(panel(), estimator="callaway_santanna")
        self.assertEqual(found.att, found.coef()["att"])
        self.assertEqual(found.nobs, UNITS * PERIODS)
        terms = found.vcov_terms()
        self.assertEqual(found.vcov.shape, (len(terms), len(terms)))
        rows = dict(zip(found.estimates["term"].tolist(), found.estimates["std_error"].tolist()))
        for i, term in enumerate(terms):
            self.assertAlmostEqual(found.vcov[i, i] ** 0.5, rows[term], 12)
        low, high = found.confint()["att"]
        self.assertTrue(low < found.att < high)
        both = fit(panel())
        with self.assertRaises(jiedao.OptionError):
            both.att
        self.assertEqual(both.coef("callaway_santanna"), found.coef())
        with self.assertRaises(jiedao.OptionError):
            both.coef("lp_did")

    def test_pickle_and_size(self):
        found = fit(panel())
        again = pickle.loads(pickle.dumps(found))
        self.assertEqual(again.coef("twfe"), found.coef("twfe"))
        self.assertEqual(again.vcov_of("twfe").tolist(), found.vcov_of("twfe").tolist())
        many = {k: np.tile(v, 200) for k, v in panel().items()}
        many["id"] = many["id"] + np.repeat(np.arange(200) * 1000, UNITS * PERIODS)
        self.assertLess(len(pickle.dumps(fit(many))), 40000)

    def test_errors_pickle(self):
        try:
            fit({**panel(), "y": ["a"] * (UNITS * PERIODS)})
        except jiedao.JiedaoError as error:
            again = pickle.loads(pickle.dumps(error))
            self.assertEqual((str(again), again.option, again.row), (str(error), error.option, error.row))

    def test_memory_is_given_back(self):
        df = {k: np.tile(v, 100) for k, v in panel().items()}
        df["id"] = df["id"] + np.repeat(np.arange(100) * 1000, UNITS * PERIODS)

        def peak():
            for _ in range(30):
                fit(df, estimator="twfe")
                with self.assertRaises(jiedao.JiedaoError):
                    fit({**df, "g": df["t"] * 0}, estimator="twfe")
            gc.collect()
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

        peak()
        before = peak()
        self.assertLess(peak() - before, 4000)  # kB; a leak of one column a call would be 6,900


LONG = dict(estimator="twfe", diagnose="randomisation", draws=10000000)


class Host(unittest.TestCase):
    def test_interrupt(self):
        before = signal.getsignal(signal.SIGINT)
        timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        with self.assertRaises(KeyboardInterrupt):
            fit(panel(), **LONG)
        self.assertIs(signal.getsignal(signal.SIGINT), before)
        self.assertTrue(np.isfinite(fit(panel(), estimator="twfe").att))

    def test_progress(self):
        heard = []

        def stop(stage, done, total):
            heard.append((stage, done, total))
            if stage == "randomisation" and done > 0:
                raise RuntimeError("enough")

        with self.assertRaisesRegex(RuntimeError, "enough"):
            fit(panel(), progress=stop, **LONG)
        self.assertTrue(all(done <= total for _, done, total in heard))

    def test_gil_is_released(self):
        ticks, stopped = [], threading.Event()

        def tick():
            while not stopped.is_set():
                ticks.append(1)
                time.sleep(0.001)
            os.kill(os.getpid(), signal.SIGINT)

        thread = threading.Thread(target=tick)
        threading.Timer(0.5, stopped.set).start()
        thread.start()
        with self.assertRaises(KeyboardInterrupt):
            fit(panel(), **LONG)
        thread.join()
        self.assertGreater(len(ticks), 5)

    def test_threads(self):
        right = fit(panel()).estimates["estimate"].tolist()
        found = []
        work = [threading.Thread(target=lambda: found.append(fit(panel(), threads=2))) for _ in range(6)]
        for thread in work:
            thread.start()
        for thread in work:
            thread.join()
        self.assertEqual([f.estimates["estimate"].tolist() for f in found], [right] * 6)
        for n in (1, 2, 3):
            self.assertEqual(fit(panel(), threads=n).estimates["estimate"].tolist(), right)

    @unittest.skipUnless("fork" in multiprocessing.get_all_start_methods(), "no fork here")
    def test_fork(self):
        right = fit(panel(), threads=2).estimates["estimate"].tolist()
        with multiprocessing.get_context("fork").Pool(2) as pool:
            found = pool.map_async(fit, [panel()] * 4).get(60)
        self.assertEqual([f.estimates["estimate"].tolist() for f in found], [right] * 4)


class Documentation(unittest.TestCase):
    def test_examples(self):
        found = doctest.testmod(jiedao)
        self.assertEqual(found.failed, 0)
        self.assertGreater(found.attempted, 3)


if __name__ == "__main__":
    unittest.main(warnings="ignore")
