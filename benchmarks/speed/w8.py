"""W8: a whole process that reads 1,024 rows of 10 columns, fits 10-32-1 and prints the loss.

200 epochs of 32 updates, ReLU, Adam at 0.001, float32. Timed from before the start of Python to the
end of the process, so that importing and compiling are part of it; see `cold`. What is read is in
the system's memory. "Python alone" starts and ends, for a measure.
"""

import math
import sys
from functools import partial

import numpy as np
from benchmarks.speed import process
from benchmarks.speed.problem import regression_rows
from benchmarks.speed.workload import Job, Peer, Size, Workload

N, EPOCHS = 1_024, 200


def job(peer: str, size: Size) -> Job:
    """Write the table, then time the program."""
    epochs = 2 if size == "tiny" else EPOCHS
    table = process.folder() / "table.csv"
    rows = np.hstack(regression_rows(N, 10))
    names = ",".join([*(f"x{k}" for k in range(10)), "y"])
    np.savetxt(table, rows, "%.5f", ",", header=names, comments="")

    def run() -> process.Ended:
        return process.module("cold", peer, str(table), str(epochs))

    return Job(run, lambda: float(run().told))


def alone(_size: Size) -> Job:
    """Start and end Python."""
    return Job(lambda: process.program([sys.executable, "-c", ""]), lambda: math.nan)


NAMES = {"gradus": "gradus", "numpy": "numpy", "jax": "jax scan", "torch": "torch"}
NAMES["sklearn"] = "scikit-learn"

WORKLOADS = (
    Workload(
        "W8",
        "whole process: read a CSV of 1,024 x 10, fit 10-32-1 for 200 epochs, batch 32, Adam",
        "start to end",
        (
            *(
                Peer(
                    label,
                    partial(job, name),
                    threads=1,
                    is_in_quick=name in {"gradus", "numpy"},
                )
                for name, label in NAMES.items()
            ),
            Peer("Python alone", alone, threads=1, is_rival=False),
        ),
        # Each draws its own orders of rows.
        tolerance=0.3,
        repetitions=5,
        seconds=0.0,
    ),
)
