# SPDX-License-Identifier: GPL-3.0-or-later
"""Worlds, Monte Carlo and sweeps from Python: the program's numbers to the last bit, views, the bias split
of a fit, Arrow, tables of texts, result files, Ctrl-C, fork.

    python3 test_worlds.py PROGRAM     (JIEDAO_LIBRARY and JIEDAO_STUDY_LIBRARY name the libraries)
"""
import csv
import doctest
import gc
import html.parser
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import unittest
import warnings
from pathlib import Path

try:
    import numpy as np
except ImportError:
    print("skipped: numpy is not installed")
    sys.exit(77)

import jiedao


def there(name):
    try:
        return __import__(name)
    except ImportError:
        return None


pd, xarray, h5py, pyarrow, polars = map(there, ("pandas", "xarray", "h5py", "pyarrow", "polars"))
HERE = Path(__file__).resolve().parent
PROGRAM = sys.argv.pop(1) if len(sys.argv) > 1 else "jiedao"
SMALL = {"run.periods": 12, "estimate.estimators": "twfe"}
warnings.simplefilter("ignore", jiedao.JiedaoWarning)


def bits(value):
    return "nan" if value != value else np.float64(value).tobytes()


def rows(text):
    return list(csv.DictReader(text.decode().splitlines()))


def program(*words):
    return subprocess.run([PROGRAM, *map(str, words)], stdout=subprocess.PIPE, check=True).stdout


def columns(table):
    return {k: np.asarray(table[k]) for k in table}


class Case(unittest.TestCase):
    def same(self, table, found, what, dates=()):
        """All cells of the program's rows stand in the table."""
        table = columns(table)
        self.assertTrue(found, what)
        for key, cells in table.items():
            self.assertEqual(len(cells), len(found), f"{what}: {key}")
            if key in dates:
                continue
            for i, row in enumerate(found):
                if cells.dtype.kind in "UO":
                    self.assertEqual(str(cells[i]), row[key], f"{what}: {key} {i}")
                else:
                    cell = row[key]
                    theirs = cells.dtype.type(cell or "nan") if cells.dtype.kind == "f" else float(cell or -1)
                    self.assertEqual(bits(cells[i]), bits(theirs), f"{what}: {key} {i}")


class SameBits(Case):
    def test_studies(self):
        n = 0
        for line in (HERE / "studies.txt").read_text().splitlines():
            what, *words = line.split("#")[0].split() or [""]
            if not words:
                continue
            config, settings = words[0], dict(w.split("=", 1) for w in words[1:])
            sets = [w for s in words[1:] for w in ("--set", s)]
            with self.subTest(line), tempfile.TemporaryDirectory() as folder:
                getattr(self, "check_" + what)(config, settings, sets, folder, line)
            n += 1
        self.assertGreater(n, 9)

    def check_run(self, config, settings, sets, folder, line):
        w = jiedao.simulate(config, settings, moves=True)
        path = os.path.join(folder, "run.h5")
        self.same(w.estimates, rows(program("run", config, *sets, "-o", path, "-q", "--format", "csv")), line)
        shown = [t for t in w.tables if t not in ("estimates", "summary", "sample/county")]
        for name in ("truth/estimands", "panel/national", "panel/county", "relocations"):
            self.assertIn(name, shown)
            if h5py is not None and name in ("panel/county", "relocations"):
                continue  # long ones are read from the file below
            found = rows(program("export", path, "-t", name, "-o", "-", "-q"))
            mine = columns(w[name])
            mine = {k: v for k, v in mine.items() if k in found[0]}
            self.assertGreater(len(mine), 5)
            self.same(mine, found, f"{line}: {name}", dates=("date",))
        if h5py is not None:
            with jiedao.open(path) as file:
                for name in shown:
                    mine, theirs = columns(w[name]), columns(file[name])
                    self.assertEqual(list(mine), [k for k in theirs], name)
                    for key in mine:
                        self.assertEqual(mine[key].tolist() if mine[key].dtype.kind in "UO" else mine[key].tobytes(),
                                         theirs[key].tolist() if mine[key].dtype.kind in "UO" else theirs[key].tobytes(),
                                         f"{line}: {name} {key}")

    def check_validate(self, config, settings, sets, folder, line):
        v = jiedao.validate(config, settings)
        self.same(v.measures, rows(program("validate", config, *sets, "-o", folder + "/v", "-q", "--format", "csv")), line)

    def check_sweep(self, config, settings, sets, folder, line):
        s = jiedao.sweep(config, settings)
        program("sweep", config, *sets, "-o", folder + "/s", "-q")
        for name, mine in (("runs", s.runs), ("estimates", s.estimates), ("truth/estimands", s.estimands)):
            self.same(mine, rows(program("export", folder + "/s/sweep.h5", "-t", name, "-o", "-", "-q")), line)


class Worlds(Case):
    @classmethod
    def setUpClass(cls):
        cls.w = jiedao.simulate("quickstart", {**SMALL, "policy.share": 0.5})

    def test_settings(self):
        again = jiedao.simulate("quickstart", {**SMALL, "policy.share": "0.5", "estimate.county": True})
        self.assertEqual(again.facts, self.w.facts)
        text = jiedao.configs()["quickstart"]
        self.assertEqual(jiedao.simulate(text, {**SMALL, "policy.share": 0.5}).facts, self.w.facts)
        two = jiedao.simulate("quickstart", {**SMALL, "policy.share": 0.5}, replicate=2)
        self.assertNotEqual(two.facts, self.w.facts)
        for n in (1, 2, 3):
            one = jiedao.simulate("quickstart", {**SMALL, "policy.share": 0.5}, threads=n)
            self.assertEqual(one.facts, self.w.facts)

    def test_refusals(self):
        for settings, word in (({"policy.shrae": 1}, "share"), ({"policy.share": 7}, "policy.share"),
                               ({"estimate.estimators": ["tfwe"]}, "twfe"), ({"nonsense": 1}, "nonsense")):
            with self.assertRaisesRegex(jiedao.JiedaoError, word):
                jiedao.simulate("quickstart", settings)
        with self.assertRaisesRegex(jiedao.OptionError, "quickstart"):
            jiedao.simulate("quickstrat")
        with self.assertRaisesRegex(jiedao.OptionError, "from 1"):
            jiedao.simulate(replicate=0)
        with self.assertRaisesRegex(jiedao.OptionError, "dict"):
            jiedao.simulate("quickstart", {"policy.share": {}})
        with self.assertRaisesRegex(KeyError, "panel/county"):
            self.w["panel/cuonty"]
        with self.assertRaisesRegex(jiedao.OptionError, "policy"):
            jiedao.params("polcy")

    def test_views(self):
        cells = self.w.arrays("panel/county")
        self.assertEqual(cells["inflow"].shape, (12, 820))
        self.assertEqual(cells["cohort"].shape, (820,))
        with self.assertRaises(ValueError):
            cells["inflow"][0, 0] = 1
        again = self.w.arrays("panel/county")
        self.assertEqual(cells["inflow"].ctypes.data, again["inflow"].ctypes.data)  # no copy
        w = jiedao.simulate("quickstart", SMALL)
        view, copy = w.arrays("panel/county")["inflow"], w["panel/county"]
        del w
        gc.collect()
        self.assertEqual(int(view.sum()), int(np.asarray(copy["inflow"]).sum()))  # the view keeps the world

    @unittest.skipIf(xarray is None, "xarray is not installed")
    def test_xarray(self):
        data = self.w.dataset()
        self.assertEqual(data["inflow"].dims, ("time", "unit"))
        self.assertEqual(data["inflow"].attrs["units"], "firms")
        self.assertTrue(np.shares_memory(data["inflow"].values, self.w.arrays("panel/county")["inflow"]))
        self.assertEqual(self.w.dataset("truth/estimands")["value"].dims, ("record",))

    def test_split_of_a_fit(self):
        for options in ({"estimator": ["twfe", "imputation"]}, {"estimator": "event_study", "bin": (-3, 3)},
                        {"estimator": "callaway_santanna", "control": "not_yet", "level": 0.9},
                        {"estimator": "twfe", "vcov": "hc1", "cluster": None}):
            fit = jiedao.did(self.w, **options)
            split = columns(fit.bias_split())
            mine = {(e, t): (a, b) for e, t, a, b in zip(*(fit.estimates[k].tolist() for k in
                                                          ("estimator", "term", "estimate", "std_error")))}
            n = 0
            for e, t, a, b in zip(*(split[k].tolist() for k in ("estimator", "term", "estimate", "std_error"))):
                if (e, t) in mine:
                    self.assertEqual((bits(a), bits(b)), tuple(map(bits, mine[e, t])), f"{options} {e} {t}")
                    n += 1
            self.assertGreater(n, 0)
            parts = sum(split[k] for k in ("measurement", "trends", "weights", "anticipation", "spillover"))
            self.assertLess(np.abs(parts - split["bias"]).max(), 1e-9)
            self.assertTrue(np.allclose(split["estimate"] - split["att"], split["bias"], 0, 1e-12))
        with self.assertRaisesRegex(jiedao.OptionError, "knows no x"):
            jiedao.did(self.w, x="dose", estimator="twfe").bias_split()
        frame = self.w.sample()
        with self.assertRaisesRegex(jiedao.OptionError, "simulated world"):
            jiedao.did(frame, "outcome", "unit", "time", "cohort", estimator="twfe").bias_split()

    def test_split_leaves_the_world(self):
        before = columns(self.w.estimates)
        other = columns(self.w.bias_split(estimators=["imputation"]))
        self.assertIn("imputation", other["estimator"].tolist())
        after = columns(self.w.estimates)
        for key in before:
            self.assertEqual(before[key].tolist() if before[key].dtype.kind in "UO" else before[key].tobytes(),
                             after[key].tolist() if after[key].dtype.kind in "UO" else after[key].tobytes())

    def test_pickle(self):
        again = pickle.loads(pickle.dumps(self.w))
        self.assertEqual(again.facts, self.w.facts)
        fit = jiedao.did(self.w, estimator="twfe")
        self.assertLess(len(pickle.dumps(fit)), 20000)
        with self.assertRaises(jiedao.OptionError):
            pickle.loads(pickle.dumps(fit)).bias_split()

    def test_stream(self):
        fit = jiedao.did(self.w, estimator="twfe")

        class Stream:  # whatever has __arrow_c_stream__
            def __arrow_c_stream__(inner, requested_schema=None):
                return self.w.__arrow_c_stream__()

        found = jiedao.did(Stream(), "outcome", "unit", "time", "cohort", cluster="cluster", estimator="twfe")
        self.assertEqual(found.estimates["estimate"].tobytes(), fit.estimates["estimate"].tobytes())
        with self.assertRaisesRegex(jiedao.OptionError, "outcome"):
            jiedao.did(Stream(), "outcom", "unit", "time", "cohort", estimator="twfe")
        capsule = self.w.__arrow_c_stream__()  # never read: freed with the capsule
        del capsule
        gc.collect()
        if pyarrow is not None:
            table = pyarrow.table(Stream())
            self.assertEqual(table.num_rows, 12 * 820)
            again = jiedao.did(table, "outcome", "unit", "time", "cohort", cluster="cluster", estimator="twfe")
            self.assertEqual(again.att, fit.att)
        if polars is not None:
            again = jiedao.did(polars.DataFrame(Stream()), "outcome", "unit", "time", "cohort", cluster="cluster",
                               estimator="twfe")
            self.assertEqual(again.att, fit.att)

    def test_lists(self):
        names = [p.name for p in jiedao.params()]
        self.assertEqual(len(names), len(set(names)))
        self.assertGreater(len(names), 150)
        listed = program("configs").decode().splitlines()
        self.assertEqual(sorted(jiedao.configs()), sorted(line.split()[0] for line in listed if line[0] != " "))


class Again(Case):
    """A fit asked otherwise, and tables of fits."""

    @classmethod
    def setUpClass(cls):
        w = jiedao.simulate("quickstart", SMALL)
        cls.w, cls.fit = w, jiedao.did(w, estimator="event_study")

    def test_again(self):
        found = columns(self.fit.honest(mbar=[0.5, 1]))
        direct = jiedao.did(self.w, estimator="event_study", diagnose="honest", honest_mbar=[0.5, 1])
        both = np.concatenate([direct.tables[t]["estimate"] for t in ("diagnostics", "details")])
        self.assertEqual(np.asarray(found["estimate"]).tobytes(), both.tobytes())
        self.assertGreater(len(columns(self.fit.pretrends())["term"]), 0)
        two = jiedao.did(self.w, estimator="twfe")
        self.assertGreater(len(columns(two.bacon())["term"]), 0)
        hc1 = two.infer(vcov="hc1", cluster=None)
        self.assertEqual(hc1.att, two.att)
        self.assertNotEqual(hc1.se, two.se)
        overall = jiedao.did(self.w, estimator="callaway_santanna").aggregate("overall")
        self.assertEqual(overall.estimates["term"].tolist(), ["att"])

    def test_data_gone(self):
        data = self.w.sample()
        kept = jiedao.did(data, "outcome", "unit", "time", "cohort", estimator="twfe", keep=True)
        self.assertGreater(len(columns(kept.bacon())["term"]), 0)
        lost = jiedao.did(data, "outcome", "unit", "time", "cohort", estimator="twfe")
        with self.assertRaisesRegex(jiedao.OptionError, "keep=True"):
            lost.bacon()
        if pd is not None:
            frame = pd.DataFrame(data)
            fit = jiedao.did(frame, "outcome", "unit", "time", "cohort", estimator="twfe")
            self.assertGreater(len(columns(fit.bacon())["term"]), 0)
            del frame
            gc.collect()
            with self.assertRaisesRegex(jiedao.OptionError, "gone"):
                fit.infer(level=0.9)

    def test_etable(self):
        fits = [jiedao.did(self.w, estimator="twfe"), self.fit]
        text = jiedao.etable(fits)
        self.assertIn("event_study", text.splitlines()[0])
        self.assertIn(f"{fits[0].att:.4f}".replace("-", "\u2212"), text)
        self.assertIn("\\toprule", jiedao.etable(fits, format="latex", notes="5 % of $x_1$"))
        self.assertIn("5 \\% of \\$x\\_1\\$", jiedao.etable(fits, format="latex", notes="5 % of $x_1$"))
        self.assertIn("event\\_study", jiedao.etable(fits, format="latex"))
        self.assertIn("a & b \\textbackslash{} \\{\\}".replace("&", "\\&"),
                      jiedao.etable(fits[0], format="latex", notes="a & b \\ {}"))
        self.assertTrue(jiedao.etable(fits, format="markdown").startswith("|  | twfe | event_study |\n| --- |"))
        page = jiedao.etable(fits, format="html", names=["<b>", "two"])
        self.assertIn("&lt;b&gt;", page)
        self.assertNotIn("<b>", page)
        opened = []

        class Walk(html.parser.HTMLParser):
            def handle_starttag(self, tag, attrs):
                opened.append(tag)

            def handle_endtag(self, tag):
                assert opened.pop() == tag

        for shown in (page, self.fit._repr_html_(), jiedao.sweep("quickstart", SMALL)._repr_html_()):
            Walk().feed(shown)
            self.assertEqual(opened, [])
        with self.assertRaisesRegex(jiedao.OptionError, "latex"):
            jiedao.etable(fits, format="doc")
        with self.assertRaisesRegex(jiedao.OptionError, "names"):
            jiedao.etable(fits, names=["one"])


class Many(Case):
    def test_vary(self):
        s = jiedao.sweep("quickstart", SMALL, vary={"policy.share": [0.25, 0.5], "run.periods": [8, 12]}, replicates=2)
        self.assertEqual(len(s.arrays["runs"]["run"]), 8)
        v = jiedao.validate("quickstart", SMALL, vary={"policy.share": [0.25, 0.5]}, replicates=2, threads=1)
        w = jiedao.validate("quickstart", SMALL, vary={"policy.share": "0.25, 0.5"}, replicates=2, threads=3)
        self.assertEqual(v.arrays["measures"]["value"].tobytes(), w.arrays["measures"]["value"].tobytes())
        value, error = v.value("bias", "twfe", point=2, panel="county")
        self.assertTrue(np.isfinite(value) and error > 0)
        self.assertEqual(pickle.loads(pickle.dumps(v)).value("bias", "twfe", point=2, panel="county"), (value, error))
        with self.assertRaises(jiedao.OptionError):
            v.value("bias", "sun_abraham")
        lists = jiedao.sweep("quickstart", SMALL, vary={"estimate.estimators": [["twfe", "2x2"], ["2x2"]]})
        self.assertEqual(len(lists.arrays["runs"]["run"]), 2)
        with self.assertRaisesRegex(jiedao.JiedaoError, "share"):
            jiedao.sweep("quickstart", SMALL, vary={"policy.shrae": [1]})

    def test_interrupt(self):
        before = signal.getsignal(signal.SIGINT)
        for work in (lambda: jiedao.validate("quickstart", SMALL, replicates=100000),
                     lambda: jiedao.sweep("quickstart", SMALL, replicates=100000),
                     lambda: jiedao.simulate("quickstart", {"run.periods": 400})):
            threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
            with self.assertRaises(KeyboardInterrupt):
                work()
            self.assertIs(signal.getsignal(signal.SIGINT), before)

    def test_threads(self):
        right = jiedao.simulate("quickstart", SMALL).facts
        found = []
        work = [threading.Thread(target=lambda: found.append(_facts(1))) for _ in range(3)]
        for thread in work:
            thread.start()
        for thread in work:
            thread.join()
        self.assertEqual(found, [right] * 3)

    def test_progress(self):
        heard = []

        def hear(stage, done, total):
            heard.append((stage, done, total))
            if stage == "runs" and done >= 2:
                raise RuntimeError("enough")

        with self.assertRaisesRegex(RuntimeError, "enough"):
            jiedao.validate("quickstart", SMALL, replicates=100000, progress=hear)
        self.assertTrue(all(0 <= done <= total for _, done, total in heard))

    @unittest.skipUnless("fork" in multiprocessing.get_all_start_methods(), "no fork here")
    def test_fork(self):
        right = jiedao.simulate("quickstart", SMALL, threads=2).facts
        with multiprocessing.get_context("fork").Pool(2) as pool:
            found = pool.map_async(_facts, [1, 1]).get(60)
        self.assertEqual(found, [right] * 2)


def _facts(replicate):
    return jiedao.simulate("quickstart", SMALL, replicate=replicate).facts


class Files(Case):
    @unittest.skipIf(h5py is None, "h5py is not installed")
    def test_refusals(self):
        with tempfile.TemporaryDirectory() as folder:
            path = folder + "/other.h5"
            h5py.File(path, "w").close()
            with self.assertRaisesRegex(ValueError, "no result file"):
                jiedao.open(path)
            with self.assertRaises(OSError):
                jiedao.open(folder + "/none.h5")


class Documentation(unittest.TestCase):
    @unittest.skipIf(pd is None, "pandas is not installed")
    def test_tutorial(self):
        found = doctest.testfile(str(HERE.parents[1] / "docs/tutorials/in-python.md"), module_relative=False)
        self.assertEqual(found.failed, 0)
        self.assertGreater(found.attempted, 15)


if __name__ == "__main__":
    unittest.main(warnings="ignore")
