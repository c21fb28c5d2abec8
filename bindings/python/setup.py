# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds libjiedao-core, -did, -sim and -study from the checkout and puts them into the package: one wheel for all
versions of Python on this kind of machine."""
import os
import shutil
import subprocess
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.build_py import build_py

try:
    from wheel.bdist_wheel import bdist_wheel
except ImportError:
    from setuptools.command.bdist_wheel import bdist_wheel

ROOT = Path(__file__).resolve().parents[2]


def build_libraries(build: Path) -> "list[Path]":
    configure = ["cmake", "-S", str(ROOT), "-B", str(build), "-DCMAKE_BUILD_TYPE=Release"]
    # The two libraries find each other beside themselves, wherever the package lies.
    configure += ["-DCMAKE_BUILD_WITH_INSTALL_RPATH=ON", "-DJD_WITH_MPI=OFF"]
    if shutil.which("ninja"):
        configure += ["-G", "Ninja"]
    subprocess.run(configure, check=True)
    jobs = os.environ.get("CMAKE_BUILD_PARALLEL_LEVEL") or str(os.cpu_count() or 1)
    subprocess.run(["cmake", "--build", str(build), "--target", "jd_study_shared", "-j", jobs], check=True)
    return [path for part in ("sim", "analysis") for path in sorted(build.glob(f"{part}/libjiedao-*.so.0.1"))]


class BuildWithLibraries(build_py):
    def run(self) -> None:
        super().run()
        if not (ROOT / "analysis").is_dir():
            raise SystemExit("jiedao: build the package within a checkout of Jiedao (pip install ./bindings/python)")
        target = Path(self.build_lib) / "jiedao" / "lib"
        target.mkdir(parents=True, exist_ok=True)
        for library in build_libraries(ROOT / "build" / "python"):
            shutil.copy(library, target / library.name)


class OneWheel(bdist_wheel):
    def get_tag(self):  # no Python is linked
        return ("py3", "none", super().get_tag()[2])


class Binary(Distribution):
    def has_ext_modules(self) -> bool:
        return True


setup(cmdclass={"build_py": BuildWithLibraries, "bdist_wheel": OneWheel}, distclass=Binary)
