#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs every case of a folder of small inputs and prints a line a case.

usage: walk.py PROGRAM CASES [PATTERN]

A case is a folder with the commands that a user typed (cmd, or repro.sh) and the files they need. What is right stands
below, a row a case: a function of what came, which returns nothing where it is right and else what is wrong.
Exit 0 where all are right, 1 where one is not, 77 where the folder of cases is not there.
"""
import csv
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

LIMIT = 300  # seconds a case may take


class Came:
    """What a case's commands printed and how they ended."""

    def __init__(self, text, code, folder):
        self.text, self.code, self.folder = text, code, folder
        self.rows = []
        for block in re.split(r"(?m)^(?=estimator,quantity,term,)|^(?=jiedao: )", text):
            # a case that greps its rows has no header: term is the third column, estimate the fourth
            for row in csv.reader(io.StringIO(block)):
                if len(row) >= 5 and row[0] != "estimator":
                    self.rows.append(row)

    def values(self, estimator, term, column):
        found = [row for row in self.rows if row[0] == estimator and row[2] == term]
        for row in self.on_screen():
            if row[0] == estimator and row[1] == term:
                found.append([row[0], "", row[1], row[2], row[3]])
        return [float(row[column]) for row in found if row[column] not in ("", "-", "NA")]

    def on_screen(self):
        for line in self.text.splitlines():
            match = re.match(r"^([a-z_0-9]+)\s+(\S+)\s+(-?[0-9.]+)\s+(-?[0-9.]+)\s", line)
            if match:
                yield match.groups()

    def says(self, *patterns):
        return all(re.search(pattern, self.text, re.I | re.S) for pattern in patterns)

    def refused(self, *patterns):
        """A sentence of the program, and none of its tables."""
        return self.says(r"jiedao: ", *patterns)


def near(a, b, digits):
    return abs(a - b) <= 0.500001 * 10.0**-digits


def gives(estimator, estimate, error=None, term="att", digits=5, quantity=None):
    """The estimate (and error) to the digits that are known, in each of the case's tables that has it."""

    def check(came):
        got = came.values(estimator, term, 3)
        if not got:
            return f"no {term} of {estimator}"
        if not all(near(value, estimate, digits) for value in got):
            return f"{estimator} {term}: {got[0]:.8g} in place of {estimate}"
        if error is not None:
            got = came.values(estimator, term, 4)
            if not all(near(value, error, digits) for value in got):
                return f"{estimator} {term}: standard error {got[0]:.8g} in place of {error}"
        return None

    return check


def lacks(estimator, term="att"):
    return lambda came: f"{estimator} has {term}" if came.values(estimator, term, 3) else None


def says(*patterns):
    def check(came):
        for pattern in patterns:
            if not came.says(pattern):
                return f"does not say '{pattern}'"
        return None

    return check


def never_says(*patterns):
    def check(came):
        for pattern in patterns:
            if came.says(pattern):
                return f"says '{pattern}'"
        return None

    return check


def every(*checks):
    def check(came):
        for one in checks:
            wrong = one(came)
            if wrong:
                return wrong
        return None

    return check


def one_of(*checks):
    def check(came):
        wrong = [one(came) for one in checks]
        return None if None in wrong else " / ".join(wrong)

    return check


def dcdh_effects(came):
    right = {"e=0": 1.8413957, "e=1": 1.70712612, "e=2": 1.4471}
    for term, value in right.items():
        wrong = gives("did_multiplegt_dyn", value, term=term, digits=8)(came)
        if wrong:
            return wrong
    return None


def one_window(came):
    """Those that take --event 2:3 average e=2,3; the others refuse it."""
    if came.values("callaway_santanna", "att", 3) and not near(came.values("callaway_santanna", "att", 3)[0], 2.83504, 5):
        return "callaway_santanna's mean is another"
    return None


def same_count(name, want):
    return lambda came: None if came.text.count(name) >= want else f"'{name}' stands {came.text.count(name)} times"


def no_signal(came):
    return f"ended by signal or code {came.code}" if came.code < 0 or came.code in range(129, 160) or came.code == 124 else None


def hdf5_damage(came):
    return None if not re.search(r"code (13[0-9]|12[49]|-)", came.text) else came.text.strip().splitlines()[-1]


def merged_whole(came):
    for line in came.text.splitlines():
        match = re.search(r"rc (\d+) runs in sweep.h5: (\d+)", line)
        if match and match.group(1) == "0" and match.group(2) != "4":
            return line
    return None


DID = {
    "all_treated_in_the_end": every(
        gives("imputation", 2.56741667, digits=8), gives("two_stage", 2.56741667, digits=8)),
    "always_treated_and_not_yet": gives("callaway_santanna", 2.33443125, digits=8),
    "always_treated_event_study": gives("event_study", 2.49449, 0.12691),
    "always_treated_treat_path": one_of(gives("event_study", 2.65426, 0.15965), lacks("event_study")),
    "bacon_unbalanced": every(gives("twfe", 2.27365), says("bacon: the panel is not balanced")),
    "bom_and_quoted_header": gives("twfe", 2.27570317, digits=8),
    "bootstrap_of_one_treated_unit": every(
        says("bootstrap.*one treated|one treated.*bootstrap|only one.*treated"), gives("synthetic_did", 3.16248)),
    "chinese_names_and_true_false": gives("twfe", 2.200325, digits=8),
    "clusters_change_over_time": every(says("in cluster 1 and|in two clusters|more than one cluster|clusters? change"),
                                       gives("callaway_santanna", 2.56215, 0.10934)),
    "cohort_of_one_unit": every(gives("callaway_santanna", 2.26430743, digits=8), says("roll_out.*cohort")),
    "covariate_missing_for_all_controls": says("unbalanced", "x\\b", "2003|period|never"),
    "cross_sections_empty_cell": gives("callaway_santanna", 1.88941346, term="g=3,t=4", digits=8),
    "dcdh_one_unit_treated_first": dcdh_effects,
    "dcdh_outcome_missing_from_adoption": every(
        gives("did_multiplegt_dyn", 6.08487, term="e=6"), lacks("did_multiplegt_dyn", "e=0")),
    "decimal_commas_three_digits": gives("twfe", 2.27570317, digits=8),
    "event_labels_disagree": no_signal,
    "event_window_means_four_things": one_window,
    "extended_missing_means_never": gives("twfe", 1.37165, digits=8),
    "honest_reference_minus_two": every(never_says("honest: "), says("honest", "pretrend")),
    "ids_as_stata_floats": says("jiedao: "),
    "ids_of_nineteen_digits": gives("twfe", 2.27570317, 0.09541551, digits=8),
    "ids_written_as_floats": says("jiedao: "),
    "leads_beyond_the_end": gives("lp_did", 2.9794, term="e=4", digits=8),
    "missing_code_float": one_of(gives("twfe", 2.17172, 0.09795), says("no cell")),
    "no_never_event_study": every(lacks("event_study"), says("not identified")),
    "no_survey_in_2020": every(*[gives(e, 2.36992, 0.16284) for e in ("event_study", "sun_abraham", "etwfe")]),
    "no_variation_in_timing": every(never_says("none of the 20 units is ever treated"), says("no control group")),
    "one_pre_period_six_units": gives("callaway_santanna", 2.46625, digits=8),
    "period_zero_is_adoption": one_of(gives("twfe", 2.01035, 0.08720), says("never")),
    "rows_without_outcome": every(gives("twfe", 2.39520536, 0.09579205, digits=8),
                                  gives("callaway_santanna", 2.6012, digits=8)),
    "stata_117_little": gives("twfe", 2.27570317, digits=8),
    "stata_118_big": gives("twfe", 2.27570317, digits=8),
    "stata_daily_dates": one_of(gives("event_study", 2.55256, 0.12558), lacks("event_study")),
    "stata_months": gives("twfe", 2.27570317, digits=8),
    "strl_big_endian": every(says("damaged"), never_says("out of memory")),
    "strl_cohort": one_of(gives("twfe", 2.11707), says("strL", "compress")),
    "strl_unit": one_of(gives("twfe", 2.11707, 0.09167), says("strL", "compress")),
    "thousands_eu": one_of(gives("twfe", 341.925, 15.52802, digits=2), says("jiedao: .*thousands")),
    "thousands_us": one_of(gives("twfe", 341.925, 15.52802, digits=2), says("jiedao: .*thousands")),
    "treat_outcome_missing_at_adoption": every(
        *[gives(e, 2.30096, 0.16704) for e in ("event_study", "sun_abraham", "etwfe")]),
    "uneven_waves": every(one_of(gives("event_study", 2.5291, 0.09119), gives("event_study", 2.54677, 0.09509)),
                          *[gives(e, 2.58787, 0.1072) for e in ("sun_abraham", "etwfe")]),
    "value_labels_and_umlauts": gives("twfe", 1.37165, digits=8),
    "wild_bootstrap_eight_clusters": says(r"wild_bootstrap,att,.*0\.171875"),
    "yyyyq_codes": one_of(
        every(gives("event_study", 3.34547), gives("event_study", 2.51434, term="e=1"),
              gives("sun_abraham", 3.37831), gives("sun_abraham", 2.57168, term="e=1")),
        every(lacks("event_study"), says("quarter"))),
}

SIM = {
    "csv-utf16": every(says("UTF-16"), never_says(r"M-\^\?|\\xff"), never_says("has 10 bytes")),
    "dates-before-1582": one_of(says(r"1470-01-01|Gregorian\(1470, 1, 1"), says("1583")),
    "export-unknown-extension": says("county.xlsx.*csv"),
    "hints-that-mislead": every(says("comma"), says("lat95.csv", "95"), never_says("94.9066")),
    "ignored-with-list": every(says("policy.share"), says("world.counties"), says("policy.list")),
    "info-config-cut": every(says("etwfe, etwfe_poisson"), never_says("198 are the most")),
    "info-config-paths": never_says("jiedao: (?!note)|cannot be|No such|is not there"),
    "map-antimeridian": lambda came: "x is far apart" if any(
        abs(float(x)) > 2000 for x in re.findall(r"(?m)^S1\d\d,[^,]*,[^,]*,[^,]*,([-0-9.e]+),", came.text)[:1]) else None,
    "replicates-lose-notes": every(same_count("adopt after the last period", 2), says("4 of 4|replicates")),
    "replicates-mean-over-few": says(r"poisson +-?[\d.][^\n]*\n +(\d|1\d|2\d) of 30\b"),
    "share-rounds-to-none": every(says("rounds|0\\.48"), says("2020Q4")),
    "slurm-subset": says("jiedao: "),
    "sobol-rest": never_says("the rest is interactions"),
    "sweep-list-parameter": one_of(says("3 points"), says(r"\|")),
    "swept-key-nobody-reads": says("jiedao: .*replicates"),
    "untreated-world-depends-on-policy": never_says("differences? found|[1-9][0-9]* differences"),
    "words-contradict-table": never_says("(?m)^ *TWFE overstates the total effect by 0.09375"),
}

HERE = {  # cases without a cmd, or whose cmd is not a shell line
    "D01-randomisation-overread": ("sh ./cmd1", no_signal),
    "D02-bin-hang": ("sh ./cmd", every(no_signal, never_says("2147483647"))),
    "D03-hdf5-damaged-segv": (
        'for f in *.h5; do for c in info "did" "export -t panel/county -o x.csv --force"; do set -- $c; '
        'n=$1; shift; jiedao $n $f "$@" >/dev/null 2>&1; echo "$n $f code $?"; done; done', hdf5_damage),
    "D04-merge-drops-runs": ("J=jiedao sh ./repro.sh", merged_whole),
    "D06-hang-ulimit-v": (
        '(ulimit -v 204800; timeout 20 jiedao run micro.ini -o a.h5 -q --force --threads 2); echo "code $?"',
        never_says("code 124", "code 13[0-9]")),
    "D07-lapacke-oom": (
        "gcc -O1 -w -shared -fPIC -o fi.so fi.c -ldl; export OMP_WAIT_POLICY=passive OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1; "
        "for n in $(seq 400 97 4000); do FI_FN=malloc FI_N=$n FI_ERR=12 FI_MODE=once LD_PRELOAD=./fi.so jiedao did h6.csv "
        "--estimator event_study,callaway_santanna,imputation --diagnose bacon,twfe_weights,honest,pretrend --y 'y\"q' "
        '--unit id --time t --cohort g --format csv --draws 100 >o1 2>e1; echo "code $?"; done',
        never_says("code 13[0-9]", "code 12[0-9]")),
    "D08-divisions-firms-huge": (
        'jiedao run min.ini -o x.h5 --force -q; echo "code $?"', every(says("code [12]"), says("firms"))),
    "D10-external-links-followed": (
        'for f in ext.h5 t.h5; do for t in truth/county panel/county; do jiedao export $f -t $t -o - >out 2>err; echo "$f $t code $?"; '
        "cat err; done; done", says("ext.h5 truth/county code 1", "link")),
    "D11-force-deletes-user-files": (
        "cp ../D13-closed-stderr/micro.ini .; mkdir -p res/runs; echo mydata >res/runs/20240131.csv; "
        "jiedao sweep micro.ini --set sweep.replicates=2 -o res --force -q; ls res/runs", says(r"20240131\.csv")),
    "D13-closed-stderr": (
        'jiedao sweep micro.ini --set sweep.replicates=300 -o m2 --threads 1 >out 2>&-; echo "code $?"', says("code 0")),
    "D15-constant-covariate-weights": ("sh ./cmd1", gives("twfe", 1.0993, 0.1123, digits=3)),
}


def run(command, folder, environment):
    """In a process group of its own, so that what hangs ends with all it has started."""
    child = subprocess.Popen(["sh", "-c", command], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        text, code = child.communicate(timeout=LIMIT)[0], child.returncode
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        text, code = child.communicate()[0], 124
    return Came(text.decode("utf-8", "replace"), code, folder)


def main():
    program, cases = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    pattern = sys.argv[3] if len(sys.argv) > 3 else ""
    if not os.path.isdir(cases):
        print(f"skipped: {cases} is not there")
        return 77
    bad = 0
    with tempfile.TemporaryDirectory() as scratch:
        os.mkdir(f"{scratch}/bin")
        os.symlink(program, f"{scratch}/bin/jiedao")
        environment = dict(os.environ, PATH=f"{scratch}/bin:{os.environ['PATH']}", J="jiedao")
        for kind in ("did", "sim", "rel"):
            shutil.copytree(f"{cases}/{kind}", f"{scratch}/{kind}")
            for here, folders, _ in os.walk(f"{scratch}/{kind}"):
                os.chmod(here, 0o755)
            for name in sorted(os.listdir(f"{scratch}/{kind}")):
                if pattern not in f"{kind}/{name}":
                    continue
                folder = f"{scratch}/{kind}/{name}"
                command, right = "sh ./cmd", {"did": DID, "sim": SIM}.get(kind, {}).get(name)
                if kind == "rel":
                    command, right = HERE.get(name, (None, None))
                    if command == "sh ./cmd1":  # the last line is not the shell's
                        with open(f"{folder}/cmd") as file:
                            command = file.readline().split("#")[0]
                if right is None:
                    print(f"UNKNOWN  {kind}/{name}")
                    bad += 1
                    continue
                came = run(command, folder, environment)
                wrong = "took too long" if came.code == 124 else right(came)
                print(f"{'right' if not wrong else 'WRONG':8} {kind}/{name}{': ' + wrong if wrong else ''}", flush=True)
                bad += bool(wrong)
    print(f"{bad} wrong" if bad else "all right")
    return bad > 0


sys.exit(main())
