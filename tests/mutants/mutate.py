#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mutants: one small fault at a time in a copy of the tree; do the tests see it?

    tests/mutants/mutate.py [--sample N] [--seed S] [--least SHARE] [--plan FILE] [SOURCE ...]

Each line of the plan is a source and the fast tests that cover it. N mutants are shared out among
the sources (or those named). A mutant swaps a comparison, a sign or && and ||, adds 1 to a whole
number, or deletes a statement. One that does not compile, or compiles to the same object, is none.
Prints each mutant, killed or survived, and the share killed per source; the same seed and sources
give the same mutants. Fails where the tests fail without any mutant, or fewer than SHARE are killed.
"""
import argparse
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WORK = os.path.join(ROOT, "build", "mutants")
TREE = os.path.join(WORK, "tree")
BUILD = os.path.join(WORK, "build")

# Between spaces, as .clang-format leaves them: "*p" and "a->b" are no operators here.
SWAPS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "&&": "||", "||": "&&",
         "+": "-", "-": "+", "*": "/", "/": "*", "+=": "-=", "-=": "+="}
OPERATOR = re.compile(r"(?<= )(%s)(?= )" % "|".join(
    re.escape(op) for op in sorted(SWAPS, key=len, reverse=True)))
WHOLE = re.compile(r"(?<![\w.])\d+(?![\w.])")
STATEMENT = re.compile(r"\s+(\S.* [-+*/|&]?= .*|[A-Za-z_]\w*\(.*\)|break|continue);$")
FREE = re.compile(r"\s+\w*free\(")  # what leaks is for the sanitizers
DECLARATION = re.compile(r"\s+(const|static|return|enum|struct|int|double|bool|char|size_t|u?int\d+_t"
                         r"|jd_\w+_t|\w+_t)\b")


def blank(text):
    """The text with comments, strings and characters blanked out, of the same length."""
    pattern = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
    return pattern.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)


def candidates(text):
    """(line, start, end, new text) of every mutant of a source."""
    found = []
    before = ""
    for number, line in enumerate(blank(text).split("\n")):
        if line.startswith(" ") and not line.lstrip().startswith("#"):
            for m in OPERATOR.finditer(line):
                found.append((number, m.start(), m.end(), SWAPS[m.group()]))
            for m in WHOLE.finditer(line):
                found.append((number, m.start(), m.end(), str(int(m.group()) + 1)))
            if (STATEMENT.match(line) and not DECLARATION.match(line)
                    and not FREE.match(line) and line.count("(") == line.count(")") and before[-1:] in ";{})"):
                start = len(line) - len(line.lstrip())
                found.append((number, start, len(line), ";"))
        if line.strip():
            before = line.rstrip()
    return found


def limit():
    """A mutant may loop or ask for all memory."""
    os.setsid()
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))


def passes(program, seconds):
    environment = dict(os.environ, OMP_WAIT_POLICY="passive", OPENBLAS_NUM_THREADS="1",
                       TMPDIR=os.path.join(WORK, "tmp"))
    child = subprocess.Popen([program], cwd=os.path.join(BUILD, "tests"), env=environment,
                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL, preexec_fn=limit)
    try:
        return child.wait(seconds) == 0
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        return False


def build(targets):
    return subprocess.run(["ninja", "-C", BUILD, *targets], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0


def objects_of(source):
    """What the source compiles to, in each library it is part of."""
    found = []
    for folder, _, files in os.walk(BUILD):
        for name in files:
            path = os.path.join(folder, name)
            # analysis/did/base/frame.c is analysis/CMakeFiles/jd_did_objects.dir/did/frame.c.o
            if path.endswith("/" + source.split("/", 1)[1] + ".o"):
                with open(path, "rb") as file:
                    found.append(file.read())
    return found


def prepare():
    """A copy of what git knows, as it lies here; ../shared too, where it is."""
    shutil.rmtree(TREE, ignore_errors=True)
    os.makedirs(os.path.join(WORK, "tmp"), exist_ok=True)
    names = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                           cwd=ROOT, check=True, capture_output=True).stdout.decode().split("\0")
    for name in names:
        if name and os.path.isfile(os.path.join(ROOT, name)):
            os.makedirs(os.path.dirname(os.path.join(TREE, name)), exist_ok=True)
            shutil.copy2(os.path.join(ROOT, name), os.path.join(TREE, name))
    shared = os.path.join(os.path.dirname(ROOT), "shared")
    link = os.path.join(WORK, "shared")
    if os.path.isdir(shared) and not os.path.lexists(link):
        os.symlink(shared, link)
    # No -g: the objects of two texts that mean the same are then the same.
    done = subprocess.run(["cmake", "-G", "Ninja", "-S", TREE, "-B", BUILD,
                           "-DCMAKE_BUILD_TYPE=Mutant", "-DCMAKE_C_FLAGS_MUTANT=-O1 -DNDEBUG",
                           "-DJD_BUILD_TESTS=ON"], stdout=subprocess.DEVNULL)
    if done.returncode:
        sys.exit("mutants: cmake failed")


def read_plan(path, wanted):
    plan = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            words = line.split("#")[0].split()
            if words and (not wanted or words[0] in wanted):
                plan[words[0]] = words[1:]
    if not plan:
        sys.exit("mutants: no such source in the plan")
    return plan


def time_tests(tests):
    """Seconds each takes; they must pass."""
    if not build(sorted(tests)):
        sys.exit("mutants: the tests do not build")
    seconds = {}
    for test in sorted(tests):
        start = time.monotonic()
        if not passes(os.path.join(BUILD, "tests", test), 600):
            sys.exit(f"mutants: {test} fails without any mutant")
        seconds[test] = time.monotonic() - start
    return seconds


def try_mutant(source, tests, seconds):
    """None: it does not build, or says the same. Else the test that kills it, or ''."""
    before = objects_of(source)
    if not build(tests) or objects_of(source) == before:
        return None
    for test in sorted(tests, key=seconds.get):
        if not passes(os.path.join(BUILD, "tests", test), 10 + 5 * seconds[test]):
            return test
    return ""


def mutate(source, tests, n, seed, seconds):
    """(killed, tried) of up to n mutants of a source."""
    path = os.path.join(TREE, source)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    order = candidates(text)
    random.Random(f"{seed} {source}").shuffle(order)
    killed = tried = 0
    for number, start, end, new in order:
        if tried == n:
            break
        lines = text.split("\n")
        old = lines[number]
        lines[number] = old[:start] + new + old[end:]
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(lines))
        by = try_mutant(source, tests, seconds)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        build(tests)
        if by is None:
            continue
        tried += 1
        killed += by != ""
        print(f"{source}:{number + 1}: {old.strip()}  ->  {lines[number].strip()}: "
              f"{'killed by ' + by if by else 'SURVIVED'}", flush=True)
    return killed, tried


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sample", type=int, default=30)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--least", type=float, default=0, help="share that must be killed")
    parser.add_argument("--plan", default=os.path.join(ROOT, "tests", "mutants", "plan.txt"))
    parser.add_argument("sources", nargs="*", metavar="SOURCE")
    args = parser.parse_args()
    plan = read_plan(args.plan, args.sources)
    prepare()
    seconds = time_tests({test for tests in plan.values() for test in tests})
    counts = {}
    for i, (source, tests) in enumerate(plan.items()):
        n = args.sample // len(plan) + (i < args.sample % len(plan))
        counts[source] = mutate(source, tests, n, args.seed, seconds)
    print()
    for source, (killed, tried) in counts.items():
        print(f"{source}: {killed} of {tried} killed")
    killed = sum(k for k, _ in counts.values())
    tried = sum(t for _, t in counts.values())
    print(f"mutants: {killed} of {tried} killed")
    return 1 if tried == 0 or killed < args.least * tried else 0


if __name__ == "__main__":
    sys.exit(main())
