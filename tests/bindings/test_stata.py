#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""test_stata.py PROGRAM PROJECT: the program's side of what bindings/stata/jiedao.ado does.

There is no Stata here. So this test reads the ado file for the options it passes and the columns it
reads, makes the .dta file Stata would save, calls the program as the ado file does, and looks at what
Stata would then find. Exit 77 where pandas is missing."""
import csv
import os
import re
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import pandas as pd
except ImportError:
    print("skipped: no pandas")
    sys.exit(77)

program, project = sys.argv[1:3]
ado = open(os.path.join(project, "bindings/stata/jiedao.ado"), encoding="utf-8").read()
help_text = subprocess.run([program, "help", "did"], capture_output=True, text=True, check=True).stdout


def demand(holds, what):
    if not holds:
        sys.exit(f"failed: {what}")


def panel(folder):
    """Forty units, eight periods: dates in Stata's quarters, cohorts missing for the never treated, one
    missing outcome, weights, a covariate."""
    law = np.random.default_rng(1)
    unit, time = np.repeat(np.arange(40) + 1, 8), np.tile(np.arange(8), 40)
    cohort = np.where(unit % 4 == 0, np.nan, 3.0 + unit % 3)
    y = law.normal(size=320) + unit * .1 + time * .2 + (time >= np.nan_to_num(cohort, nan=99))
    y[5] = np.nan
    quarter = pd.to_datetime("2019-01-01") + pd.offsets.QuarterBegin(0)
    at = pd.Series(pd.date_range(quarter, periods=8, freq="QS"))
    frame = pd.DataFrame({
        "y": y, "x": law.normal(size=320), "firm": unit, "quarter": at[time].to_numpy(),
        "first": [at[int(c)] if c == c else pd.NaT for c in cohort], "w": law.uniform(1, 2, 320)})
    path = os.path.join(folder, "data.dta")
    frame.to_stata(path, write_index=False, version=118, convert_dates={"quarter": "tq", "first": "tq"})
    return path, frame


def call(folder, path, *more):
    """The call of the ado file, files beside the data."""
    files = [os.path.join(folder, name) for name in ("table.csv", "cov.csv", "rows.csv", "said.txt")]
    for file in files:
        if os.path.exists(file):
            os.unlink(file)
    with open(files[0], "w") as table, open(files[3], "w") as said:
        done = subprocess.run(
            [program, "did", path, *more, "--format", "csv", "--vcov-out", files[1], "--rows-out", files[2],
             "--force"], stdout=table, stderr=said)
    read = [list(csv.DictReader(open(f, encoding="utf-8"))) if os.path.exists(f) else None for f in files[:3]]
    return done.returncode, read, open(files[3]).read()


# Every option the ado file writes is one of the program's.
asked = set(re.findall(r"--([a-z][a-z-]*)", re.sub(r"^\s*(\*|//).*$", "", ado, flags=re.M))) - {"version"}
asked |= {"cohort", "treat", "dose", "eligible", "strata", "fe", "absorb", "x", "cluster", "coords"}
for option in sorted(asked):
    demand(re.search(rf"--{option}\b", help_text), f"the program has --{option}")
demand(len(asked) > 15, "the ado file's options were found")

with tempfile.TemporaryDirectory() as folder:
    path, frame = panel(folder)
    base = ["--y", "y", "--unit", "firm", "--time", "quarter", "--cohort", "first", "--level", ".95"]
    code, (table, cov, rows), said = call(folder, path, *base, "--estimator", "callaway_santanna,twfe",
                                          "--x", "x", "--weights", "w")
    demand(code == 0, said)
    # Columns that the ado file reads, and text where it asks for text: the first three.
    for column in ("estimator", "term", "estimate", "std_error", "event_time", "cohort", "period",
                   "n_units", "n_clusters"):
        demand(column in table[0], f"the table has {column}")
        demand(column in ado, f"the ado file reads {column}")
    demand(list(table[0])[:3] == ["estimator", "quantity", "term"], "the first three columns are text")
    demand(list(cov[0]) == ["estimator", "term", "other", "covariance"], "columns of the covariances")
    # Covariances of an estimator are a whole square, row by row, in the order of its terms.
    for name in ("callaway_santanna", "twfe"):
        terms = [row["term"] for row in table if row["estimator"] == name]
        mine = [row for row in cov if row["estimator"] == name]
        pairs = [(row["term"], row["other"]) for row in mine]
        demand(pairs == [(a, b) for a in terms for b in terms], f"{name}: the square of its terms")
        square = np.array([float(row["covariance"]) for row in mine]).reshape(len(terms), -1)
        se = np.array([float(row["std_error"]) for row in table if row["estimator"] == name])
        demand(np.allclose(square, square.T, rtol=1e-12, atol=0), f"{name}: symmetric")
        demand(np.allclose(np.sqrt(np.diag(square)), se, rtol=1e-12), f"{name}: errors are on the diagonal")
    events = [row["event_time"] for row in table if row["term"].startswith("e=")]
    demand(events == sorted(events, key=int) and "-1" in events and "0" in events, "event times are numbers")
    # A line a row that was sent, in its order; the row without an outcome is out.
    demand([row["row"] for row in rows] == [str(i + 1) for i in range(len(frame))], "rows in order")
    text = open(os.path.join(folder, "rows.csv"), encoding="utf-8").read().splitlines()[1:]
    used = [",1," in line + "," for line in text]
    demand(not used[5] and sum(used) == max(int(row["n_obs"]) for row in table), "rows in use are marked")
    # Quarters are quarters: the event times count them.
    demand(len(events) == len(set(events)) and max(map(int, events)) == 4, "event times count quarters")

    # Cells have names of their own; options go by name.
    code, (table, cov, rows), said = call(folder, path, *base, "--estimator", "callaway_santanna",
                                          "--aggregate", "cells", "--control", "not_yet")
    demand(code == 0 and table[0]["cohort"] and table[0]["period"], "cells: " + said)
    # What does not work leaves no covariances, which is how the ado file knows.
    code, (table, cov, rows), said = call(folder, path, *base, "--estimator", "no_such")
    demand(code != 0 and cov is None and not table and "no_such" in said, "a mistake is said: " + said)
print("passed")
