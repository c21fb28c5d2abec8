# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the Stata and CSV files of test_readers.c with pandas. Exit 77 where pandas is missing."""
import sys

try:
    import pandas as pd
except ImportError as missing:
    print(missing)
    sys.exit(77)

dta, csv = sys.argv[1:3]
with pd.read_stata(dta, iterator=True) as reader:
    labels = reader.variable_labels()
    frame = reader.read()
    values = reader.value_labels()


def check(condition, what):
    if not condition:
        sys.exit(f"wrong: {what}")


check(len(frame) == 5 * 300, "rows of a long panel")
check(list(frame) == ["unit", "time", "date", "x", "y"], f"columns {list(frame)}")
check(labels["y"] == "firms there (firms)", f"label {labels['y']}")
row = frame[(frame.time == "third") & (frame.unit == 110)]
check(len(row) == 1 and float(row.y.iloc[0]) == 2010, "a cell")
check(row.date.iloc[0] == "2020Q3", "a time column")
check(values["time"][3] == "third", f"value labels {values}")

plain = pd.read_csv(csv)
check(list(plain) == list(frame), "CSV columns")
check((plain.y.to_numpy() == frame.y.to_numpy()).all(), "CSV cells")
print("read by pandas")
