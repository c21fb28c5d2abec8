#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two programs side by side: the same work in turn, so that a busy machine is as busy for both.

    bench/against.py OLD NEW [--rounds N] [--work NAME,...]

OLD and NEW are two builds of jiedao. Works: quickstart and china-synthetic, written to a file, with
one thread (china1, quickstart1) and two; validate: 10 replicates of quickstart with all estimators
that apply, one thread. Prints for each the least processor time, the least time by the clock, the
most memory held, and NEW over OLD. Processor time counts for less of what others do; the clock is
right only where no other process works, so the load is printed beside. Files go to a folder of their
own, which is removed.
"""
import argparse
import os
import subprocess
import sys
import tempfile
import time

RUN = ["run", "{config}", "-o", "{folder}/out.h5", "--force", "--quiet", "--threads", "{threads}"]
VALIDATE = ["validate", "quickstart", "-o", "{folder}/v", "--force", "--quiet", "--threads", "1",
            "--set", "validate.replicates=10", "--set", "estimate.estimators=all"]
WORKS = {
    "quickstart1": (RUN, "quickstart", 1),
    "quickstart2": (RUN, "quickstart", 2),
    "china1": (RUN, "china-synthetic", 1),
    "china2": (RUN, "china-synthetic", 2),
    "validate": (VALIDATE, "", 1),
}


def measure(program, work, folder):
    """Processor seconds, seconds by the clock, and MB of one run."""
    words, config, threads = WORKS[work]
    words = [w.format(config=config, folder=folder, threads=threads) for w in words]
    start = time.monotonic()
    child = subprocess.Popen([program] + words, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{program} {' '.join(words)}: exit {child.returncode}")
    return used.ru_utime + used.ru_stime, time.monotonic() - start, used.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--work", default=",".join(WORKS))
    args = parser.parse_args()
    programs = [os.path.abspath(args.old), os.path.abspath(args.new)]
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, least of {args.rounds} "
          "rounds; old, new, new/old\n")
    print("| work | processor time (s) | clock (s) | memory (MB) |\n| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        for work in args.work.split(","):
            seen = ([], [])
            for _ in range(args.rounds):
                for program, figures in zip(programs, seen):
                    figures.append(measure(program, work, folder))
            cells = []
            for k in range(3):
                old, new = (min(f[k] for f in figures) for figures in seen)
                digits = 0 if k == 2 else 2
                cells.append(f"{old:.{digits}f}, {new:.{digits}f}, {new / old:.2f}")
            print(f"| {work} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
