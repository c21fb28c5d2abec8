# SPDX-License-Identifier: GPL-3.0-or-later
"""Moments of a file computed again from its panel: python3 moments.py FILE.h5 MOMENTS.csv"""
import csv
import sys

import h5py
import numpy as np

file = h5py.File(sys.argv[1])
said = {r["moment"]: float(r["value"] or "nan") for r in csv.DictReader(open(sys.argv[2]))}
panel = file["panel/county"]
seen = "inflow_observed" in panel  # of a run: what the empirical file shows


def column(name):
    return np.asarray(panel["inflow_observed" if seen and name == "inflow" else name], dtype=float)


def within(a, b):
    return np.corrcoef(a.ravel(), b.ravel())[0, 1]


want = {}
for name in ("inflow",) if seen else ("inflow", "outflow"):
    x = column(name)
    want[name + "_mean"] = x.mean()
    want[name + "_variance"] = x.var()
    want[name + "_zeros"] = (x == 0).mean()
    want[name + "_between"] = x.mean(axis=0).var() / x.var()
    want[name + "_year"] = within(x[:-4], x[4:])
x = column("inflow")
want["inflow_next"] = within(x[:-1], x[1:])
want["inflow_trend"] = np.polyfit(np.arange(len(x)) / 4, x.mean(axis=1), 1)[0] / x.mean()
wrong = [(k, said[k], v) for k, v in want.items() if not abs(said[k] - v) <= 1e-9 * max(1, abs(v))]
print(wrong if wrong else f"{len(want)} moments agree")
sys.exit(bool(wrong))
