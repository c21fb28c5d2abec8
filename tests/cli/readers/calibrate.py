# SPDX-License-Identifier: GPL-3.0-or-later
"""Identifiability and a posterior again, from a sweep's tables: python3 calibrate.py RUNS.csv FACTS.csv
CALIBRATION.csv NAME=LOW,HIGH ... [--target MOMENT=VALUE ...]"""
import csv
import sys

import numpy as np

runs = [r for r in csv.DictReader(open(sys.argv[1])) if r["status"] == "0"]
facts, names = {}, []
for r in csv.DictReader(open(sys.argv[2])):
    name = r["fact"].removeprefix("moments.")
    facts[int(r["run"]), name] = float(r["value"] or "nan")
    if name not in names:
        names.append(name)
said = {r["parameter"]: {k: float(v or "nan") for k, v in r.items() if k != "parameter"} for r in csv.DictReader(open(sys.argv[3]))}
split = sys.argv.index("--target") if "--target" in sys.argv else len(sys.argv)
prior = {a.split("=")[0]: tuple(map(float, a.split("=")[1].split(","))) for a in sys.argv[4:split]}
target = dict(a.split("=") for a in sys.argv[split + 1 :])

theta = np.array([[float(r[p.replace(".", "_")]) for p in prior] for r in runs])
moment = np.array([[facts[int(r["run"]), n] for n in names] for r in runs])
keep = [j for j, n in enumerate(names) if np.isfinite(moment[:, j]).all() and np.ptp(moment[:, j]) > 0 and (not target or target.get(n, ""))]
moment = moment[:, keep]
data = np.array([float(target[names[j]]) for j in keep]) if target else None
mean, scale = moment.mean(0), moment.std(0)


def features(m):
    z = (m - mean) / scale
    return np.hstack([z, z**2 - 1])


X, n, p = features(moment), len(runs), len(prior)
grid = [10.0 ** (g - 5) for g in range(8)]


def ridge(x, y, penalty):
    mx, my = x.mean(0), y.mean(0)
    beta = np.linalg.solve((x - mx).T @ (x - mx) + penalty * len(x) * np.eye(x.shape[1]), (x - mx).T @ (y - my))
    return lambda new: my + (new - mx) @ beta


fold = np.arange(n) % 10
seen = np.empty((len(grid), n, p))
for g, penalty in enumerate(grid):
    for f in range(10):
        seen[g, fold == f] = ridge(X[fold != f], theta[fold != f], penalty)(X[fold == f])
error = ((seen - theta) ** 2).sum(1)
best = error.argmin(0)
forecast = np.array([seen[best[c], :, c] for c in range(p)]).T
r2 = 1 - error.min(0) / ((theta - theta.mean(0)) ** 2).sum(0)
wrong = [(k, said[k]["r2"], x) for k, x in zip(prior, r2) if not abs(said[k]["r2"] - x) < 1e-6]
if target:
    s = np.array([ridge(X, theta[:, [c]], grid[best[c]])(features(data))[0] for c in range(p)])
    use = r2 > 0.05
    distance = np.sqrt((((forecast - s) / theta.std(0))[:, use] ** 2).sum(1))
    near = np.argsort(distance, kind="stable")[: int(max(50, 0.2 * n))]
    w = np.maximum(1e-6, 1 - (distance[near] / distance[near][-1]) ** 2)
    A = np.hstack([np.ones((len(near), 1)), (forecast[near] - s) * use])
    wide = np.sqrt((w.sum() ** 2 / (w**2).sum()) / (w.sum() ** 2 / (w**2).sum() - p - 1) * (1 + (p + 1) / (w.sum() ** 2 / (w**2).sum())))
    for c, (k, (low, high)) in enumerate(prior.items()):
        beta = np.linalg.lstsq(A * np.sqrt(w)[:, None], theta[near, c] * np.sqrt(w), rcond=None)[0]
        draws = np.clip(beta[0] + wide * (theta[near, c] - A @ beta), low, high)
        order = np.argsort(draws)
        share = np.cumsum(w[order]) / w.sum()
        for name, q in (("q05", 0.05), ("q50", 0.5), ("q95", 0.95)):
            x = draws[order][np.searchsorted(share, q)]
            if not abs(x - said[k][name]) < 1e-4 * (high - low):
                wrong.append((k, name, said[k][name], x))
        if not abs((w * draws).sum() / w.sum() - said[k]["mean"]) < 1e-5 * (high - low):
            wrong.append((k, "mean", said[k]["mean"], (w * draws).sum() / w.sum()))
print(wrong if wrong else f"{p} parameters, {len(keep)} moments agree")
sys.exit(bool(wrong))
