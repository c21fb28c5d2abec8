# SPDX-License-Identifier: GPL-3.0-or-later
"""Officials, outcomes and dose once more, slowly, from docs/model/timing.md alone: the
columns of panel/street of a run whose officials are alike and whose burn-in is 0. Prints the
largest difference."""
import sys

import h5py
import numpy as np

f = h5py.File(sys.argv[1])
street = f["panel/street"]
n, periods = street["unit"].shape[0], street["time"].shape[0]
cohort = street["cohort"][:]
learn, forget, floor = 0.6, 0.1, 0.1
g, c, h = 1, 0.2, 0.3
mu_strong, mu_weak, psi_bar = 0.9, 0.5 * 0.9725**8, 0.5
burden, ambition_s, ambition_w, eta, rate = 0.1, 0.9, 1.5, 0.4, 0.08


def a(e):
    return (floor + learn / forget * e) / (1 + learn / forget * e)


def choose(r_s, r_w, time):
    d = g + h
    s, w = ((d + c) * r_s - c * r_w) / (d * (d + 2 * c)), ((d + c) * r_w - c * r_s) / (d * (d + 2 * c))
    if w < 0:
        s, w = max(0, r_s / (d + c)), 0
    elif s < 0:
        s, w = 0, max(0, r_w / (d + c))
    if s + w > time:
        s = min(max(time / 2 + (r_s - r_w) / (2 * d), 0), time)
        w = time - s
    return s, w


def dose(t, first):  # a ramp of 8 quarters, announced 2 ahead, .3 of it acted on
    if first == 0 or t < first - 2:
        return 0
    return 0.3 if t < first else max(0.3, min(1, (t - first + 1) / 8))


time, full = 1 - burden, a(0.5) / 2
strong = np.full(n, a(time / 2))
weak, psi = strong.copy(), np.full(n, psi_bar)
e_s = np.full(n, time / 2)
e_w = e_s.copy()
services = np.full(n, 1 / ambition_w)
able, timed, done = services.copy(), services.copy(), services.copy()  # stages of services
worst = 0
for t in range(1, periods + 1):
    d = np.array([dose(t, first) for first in cohort])
    event = min(1, max(0, t - 2) / 4)  # from 2020Q2, the second quarter
    p = 0.1 + 0.15 * 1.1**4 * event + 0.15 * d
    stake_s = mu_strong * (1 + p)
    stake_w = mu_weak * (1 + 0.1 * p) + psi * (1.1 + 0.3 * np.maximum(0, 1 - services))
    efforts = [choose(s, w, time) for s, w in zip(stake_s * strong + h * e_s, stake_w * weak + h * e_w)]
    e_s, e_w = np.array(efforts).T
    show = np.minimum(1, 0.6 * 0.7 / (0.7 + 0.5 + 0.5 * weak))
    services = services + rate * ((1 - show) * weak * e_w / (ambition_w * full) - services)
    able = able + rate * (weak / 2 / (ambition_w * full) - able)
    timed = timed + rate * (weak * time / 2 / (ambition_w * full) - timed)
    done = done + rate * (weak * e_w / (ambition_w * full) - done)
    induce = strong * e_s / (ambition_s * full)
    part = {name: np.zeros(n) for name in ("toolkit", "capability", "time", "willingness", "show")}
    full_s = strong / 2 / (ambition_s * full)
    for weight, level, runs in (
            (eta, induce, {"toolkit": np.ones(n), "capability": full_s, "time": full_s * time,
                           "willingness": induce}),
            (1 - eta, services, {"capability": able, "time": timed, "willingness": done,
                                 "show": services})):
        before = 0
        for name, stage in runs.items():
            log = np.log(np.maximum(stage, 1e-6))
            part[name] -= np.where(level < 1, weight * (log - before), 0)
            before = log
    f_all = sum(part.values())
    here = {"pressure": p, "effort_strong": e_s, "effort_weak": e_w, "willingness": psi,
            "inducement": induce, "services": services, "friction": 1 - np.exp(-f_all),
            **{"friction_" + name: value for name, value in part.items()},
            "dose_effective": d * np.exp(-f_all)}
    for name, value in here.items():
        worst = max(worst, np.abs(street[name][:].reshape(periods, n)[t - 1] - value).max())
    psi = psi + 0.1 * (psi_bar - psi) - 0.02 * np.maximum(0, p + burden) * psi
    strong = strong + learn * e_s * (1 - strong) - forget * (strong - floor)
    weak = weak + learn * e_w * (1 - weak) - forget * (weak - floor)
print(f"{worst:.2e}")
