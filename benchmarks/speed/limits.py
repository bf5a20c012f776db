"""What this machine allows, measured in the run it is compared with.

Matrix products are those of the libraries at hand, each in a process of its own; the clock, the
peak and the rate of memory come from a small program that is compiled for it.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.speed.process import ROOT
from benchmarks.speed.training import tuned_numpy

_SOURCE = Path(__file__).with_name("limits.cpp")
_SIZES = (1024, 2048)


def environment(threads: int, more: dict[str, str] | None = None) -> dict[str, str]:
    """Tell the libraries how many threads to use; gradus is told in its own calls, if at all."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    quiet = {"JAX_PLATFORMS": "cpu", "TF_CPP_MIN_LOG_LEVEL": "3"}
    return {**os.environ, **quiet, **dict.fromkeys(names, str(threads)), **(more or {})}


def measure(*, is_quick: bool) -> dict[str, Any]:
    """Measure all limits, several times if not quickly: a limit is what nothing disturbed.

    Returns
    -------
    "clock" in Hz, "peak_1" and "peak_2" in operations per second, "bandwidth_1" and "bandwidth_2"
    in bytes per second, "product_1" and "product_2" the best product on one and two threads, and
    "products" each of them by name.
    """
    found: dict[str, Any] = _compiled()
    products: dict[str, float] = {}
    libraries = (
        ("numpy tuned", "jax") if is_quick else ("numpy", "numpy tuned", "jax", "torch", "gradus")
    )
    for library in libraries:
        for size in _SIZES[:1] if is_quick else _SIZES:
            for threads in (1, 2):
                rates = [_product(library, size, threads) for _ in range(1 if is_quick else 3)]
                products[f"{library} {size} {threads}t"] = max(rates)
    found["products"] = products
    for threads in (1, 2):
        own = [rate for name, rate in products.items() if name.endswith(f" {threads}t")]
        found[f"product_{threads}"] = max(own)
    return found


def larger(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Take the larger of two measurements, number by number."""
    return {
        name: larger(value, other[name]) if isinstance(value, dict) else max(value, other[name])
        for name, value in one.items()
    }


def _product(library: str, size: int, threads: int) -> float:
    more = tuned_numpy() if library == "numpy tuned" else {}
    more["GRADUS_NUM_THREADS"] = str(threads)
    command = [
        sys.executable,
        "-m",
        "benchmarks.speed.products",
        library.split(maxsplit=1)[0],
        str(size),
    ]
    if library == "jax" and shutil.which("taskset"):
        # Its pool is as large as the set of processors it may run on.
        command = ["taskset", "-c", "0" if threads == 1 else "0,1", *command]
    env = environment(threads, more)
    done = subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True, text=True)
    return float(done.stdout)


def _compiled() -> dict[str, float]:
    compiler = os.environ.get("CXX", "g++")
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "limits"
        options = ["-O3", "-std=c++20", "-march=native", "-pthread"]
        subprocess.run([compiler, *options, _SOURCE, "-o", program], check=True)
        told = subprocess.run([program, "2"], check=True, capture_output=True, text=True).stdout
    pairs = (line.split() for line in told.splitlines())
    return {name: float(value) for name, value in pairs}
