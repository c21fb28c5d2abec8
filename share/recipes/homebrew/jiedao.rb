# SPDX-License-Identifier: GPL-3.0-or-later
# Not built by us; see ../README.md. Put the repository's address in before use.
class Jiedao < Formula
  desc "Difference-in-differences estimators and simulated policy worlds"
  homepage "https://example.org/jiedao"
  license "GPL-3.0-or-later"
  head "https://example.org/jiedao.git", branch: "main"

  depends_on "cmake" => :build
  depends_on "ninja" => :build
  depends_on "pkg-config" => :build
  depends_on "gnuplot"
  depends_on "gsl"
  depends_on "hdf5"
  depends_on "inih"
  depends_on "lapack"
  depends_on "libdeflate"
  depends_on "libomp"
  depends_on "openblas"
  depends_on "readstat"

  def install
    system "cmake", "-S", ".", "-B", "build", "-G", "Ninja", "-DJD_WITH_MPI=OFF", *std_cmake_args
    system "cmake", "--build", "build"
    system "cmake", "--install", "build"
  end

  test do
    system bin/"jiedao", "run", "quickstart", "-o", "world.h5", "--set", "firms.n=5000", "--quiet"
    system bin/"jiedao", "did", "world.h5", "--estimator", "twfe"
  end
end
