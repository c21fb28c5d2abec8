# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a file of test_readers.c as a user would: h5py, then xarray with each netCDF-4 engine.

Exit 77 where a package is missing (the test is skipped, and says so).
"""
import sys

try:
    import h5netcdf  # noqa: F401
    import h5py
    import netCDF4  # noqa: F401
    import numpy as np
    import xarray as xr
except ImportError as missing:
    print(missing)
    sys.exit(77)

path = sys.argv[1]
ROWS, TIMES, UNITS = 70000, 5, 300
COLUMNS = ["firm", "kind", "distance", "name"]


def text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def check(condition, what):
    if not condition:
        sys.exit(f"wrong: {what}")


with h5py.File(path) as f:
    check(text(f.attrs["format"]) == "jiedao", "format")
    check(f.attrs["schema_version"] == 2, "schema_version")
    check(text(f["config/ini"][()]) == "[run]\n; 北京\n", "config/ini")
    events = f["relocations"]
    check(list(events) == COLUMNS + ["record", "string9"], f"columns {list(events)}")
    check((events["firm"][:] == np.arange(ROWS)).all(), "firm")
    check(events["firm"].dtype == np.int32 and events["kind"].dtype == np.int8, "types")
    check(np.isnan(events["distance"][0]) and events["distance"][3] == 1.5, "distance")
    names = events["name"][:].view("S9")[:, 0]  # text is a row of bytes
    check(text(names[1]) == "北京市" and text(names[2]) == "x", "name")
    check(text(events["distance"].attrs["units"]) == "km", "units")
    check(text(events["distance"].attrs["long_name"]) == "distance moved", "long_name")
    check("units" not in events["name"].attrs, "no unit for text")
    kind = events["kind"].attrs
    check(list(kind["flag_values"]) == [-1, 0, 1], "flag_values")
    check(kind["flag_values"].dtype == np.int8, "type of flag_values")
    check(text(kind["flag_meanings"]) == "none never_treated treated", "flag_meanings")
    check(events["firm"].dims[0][0].name == "/relocations/record", "dimension record")
    panel = f["panel/county"]
    check(panel["y"].shape == (TIMES, UNITS), "shape of a panel")
    check(panel["y"].dims[0][0].name == "/panel/county/time", "dimension time")
    check(panel["y"].dims[1][0].name == "/panel/county/unit", "dimension unit")
    check(panel["y"].compression == "gzip" and panel["y"].shuffle, "standard filters")

for engine in ("h5netcdf", "netcdf4"):
    with xr.open_dataset(path, group="relocations", engine=engine) as events:
        check(dict(events.sizes) == {"record": ROWS}, f"{engine}: {events.sizes}")
        check(list(events.data_vars) == COLUMNS, f"{engine}: columns")
        check(int(events["firm"].sum()) == ROWS * (ROWS - 1) // 2, f"{engine}: firm")
        check(list(events["name"].values[:3]) == ["x", "北京市", "x"], f"{engine}: name")
        check(int(events["distance"].isnull().sum()) == ROWS // 7, f"{engine}: missing")
    with xr.open_dataset(path, group="panel/county", engine=engine) as panel:
        check(panel["y"].dims == ("time", "unit"), f"{engine}: dims")
        check(set(panel.coords) == {"time", "unit"}, f"{engine}: coordinates")
        check(float(panel["y"].sel(time=3, unit=110)) == 2 * 1000 + 10, f"{engine}: by label")
        check(list(panel["date"].values[:2]) == ["2020Q1", "2020Q2"], f"{engine}: a time column")
        check(panel["date"].dims == ("time",), f"{engine}: a time column's dimension")
        check(panel["x"].dims == ("unit",), f"{engine}: a unit column")
        check(panel["y"].attrs["units"] == "firms", f"{engine}: units")
    with xr.open_dataset(path, group="config", engine=engine) as config:
        check(text(config["ini"].values[()]) == "[run]\n; 北京\n", f"{engine}: a text")
    with xr.open_dataset(path, group="empty", engine=engine) as empty:
        check(empty.sizes["record"] == 0, f"{engine}: a table without rows")
print("read by h5py, h5netcdf and netCDF4")
