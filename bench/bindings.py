# SPDX-License-Identifier: GPL-3.0-or-later
"""What a call from Python costs on a million rows: seconds of CPU, peak of memory, by kinds of ids; and a
world, its tables and Monte Carlo.

    PYTHONPATH=bindings/python python3 bench/bindings.py [ROWS]
"""
import resource
import sys
import time
import warnings

import numpy as np

import jiedao

rows = int(float(sys.argv[1])) if len(sys.argv) > 1 else 1000000
periods = 20
units = rows // periods
warnings.simplefilter("ignore")


def measure(what, work):
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak
    print(f"{what:44s} {wall:7.3f} s  {cpu:7.3f} CPU s  {max(0, more) / 1024:7.0f} MB more")


rng = np.random.default_rng(1)
unit = np.repeat(np.arange(units, dtype=np.int64), periods)
time_ = np.tile(np.arange(2001, 2001 + periods, dtype=np.int32), units)
cohort = np.repeat(np.where(np.arange(units) % 3 == 0, 0, 2005 + np.arange(units) % 7), periods)
y = rng.standard_normal(units)[unit] + rng.standard_normal(len(unit)) + (cohort > 0) * (time_ >= cohort)
data = {"id": unit, "t": time_, "g": cohort, "y": y}
ids = {
    "ids int64": unit,
    "ids double": unit.astype(float),
    "ids of 19 digits": unit + 10**18,
    "ids text (numpy)": np.char.add("u", unit.astype(str)),
    "ids text (objects)": np.char.add("u", unit.astype(str)).astype(object),
}
print(f"jiedao {jiedao.__version__}, {units} units x {periods} periods")
for name, column in ids.items():
    for estimator in ("twfe", "callaway_santanna"):
        measure(f"{estimator}, {name}", lambda: jiedao.did({**data, "id": column}, "y", "id", "t", "g", estimator=estimator))
try:
    import pandas

    frame = pandas.DataFrame(data)
    frame["id"] = frame["id"].astype("category")
    measure("twfe, pandas, categories", lambda: jiedao.did(frame, "y", "id", "t", "g", estimator="twfe"))
except ImportError:
    pass
worlds = []
measure("simulate quickstart", lambda: worlds.append(jiedao.simulate("quickstart")))
measure('w["panel/county"]', lambda: worlds[0]["panel/county"])
measure('w.arrays("panel/county"), no copy', lambda: worlds[0].arrays("panel/county"))
measure("validate, 10 replicates", lambda: jiedao.validate("quickstart", estimators="twfe", replicates=10))
