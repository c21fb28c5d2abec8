#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines and branches that tests reached, by folder: tests/coverage.py [BUILD] [--files]

BUILD, build/coverage by default, is a build of the preset `coverage` in which tests have run.
A line counts once however many libraries hold it. A branch is a way out of a condition, as gcov
counts them: `a && b` has four. --files prints a row a file, the least covered first.
"""
import collections
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def traces(build):
    """All .gcno: a source no test reached has no counts, but lines all the same."""
    for folder, _, files in os.walk(build):
        for name in files:
            if name.endswith(".gcno"):
                yield os.path.join(folder, name)


def read(build):
    """{source: {line: [count, [counts of branches]]}} of sim/ and analysis/."""
    sources = collections.defaultdict(dict)
    names = sorted(traces(build))
    for at in range(0, len(names), 40):
        out = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities",
                              *names[at:at + 40]], cwd=build, check=True,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        for text in out.splitlines():
            for file in json.loads(text)["files"] if text.strip() else []:
                path = os.path.relpath(os.path.join(build, file["file"]), ROOT)
                if path.startswith(("sim/", "analysis/")):
                    add(sources[path], file["lines"])
    return sources


def add(seen, lines):
    for line in lines:
        ways = [branch["count"] for branch in line["branches"]]
        old = seen.setdefault(line["line_number"], [0, []])
        old[0] += line["count"]
        if len(old[1]) == len(ways):
            old[1] = [a + b for a, b in zip(old[1], ways)]
        elif len(ways) > len(old[1]):
            old[1] = ways


def count(lines):
    """Lines reached, lines, branches reached, branches."""
    branches = [way for _, ways in lines.values() for way in ways]
    return (sum(n > 0 for n, _ in lines.values()), len(lines), sum(n > 0 for n in branches),
            len(branches))


def row(name, counts):
    lines, all_lines, branches, all_branches = counts
    print(f"| {name} | {all_lines} | {100 * lines / max(all_lines, 1):.1f} | {all_branches} | "
          f"{100 * branches / max(all_branches, 1):.1f} |")


def main():
    by_files = "--files" in sys.argv
    words = [word for word in sys.argv[1:] if word != "--files"]
    build = os.path.abspath(words[0] if words else os.path.join(ROOT, "build", "coverage"))
    counts = {path: count(lines) for path, lines in read(build).items()}
    if not counts:
        sys.exit(f"{build}: no counts; configure with the preset coverage and run tests first")
    groups = collections.defaultdict(lambda: (0, 0, 0, 0))
    for path, one in counts.items():
        name = path if by_files else os.path.dirname(path) + "/"
        groups[name] = tuple(a + b for a, b in zip(groups[name], one))
    print("| | lines | reached, % | branches | reached, % |\n| --- | --- | --- | --- | --- |")
    for name in sorted(groups, key=lambda n: groups[n][2] / max(groups[n][3], 1) if by_files else n):
        row(name, groups[name])
    row("all", tuple(sum(one[i] for one in counts.values()) for i in range(4)))


if __name__ == "__main__":
    main()
