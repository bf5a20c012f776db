"""W11: the most memory a process holds that makes W4's rows (188 MB) and trains an epoch.

Everything counts: the interpreter, the libraries, the rows, and copies of them. The rows are drawn
in float32 without a copy.
"""

import json
import math
from functools import partial

from benchmarks.speed import process
from benchmarks.speed.workload import Job, Peer, Size, Workload


def job(peer: str, size: Size) -> Job:
    """Train in a process and read what it says of itself."""
    process.module("memory", peer, "tiny")  # what Python compiles shall not count

    def peak() -> float:
        told = process.module("memory", peer, size).told
        return float(json.loads(told.splitlines()[-1])["peak_mb"])

    return Job(peak, lambda: math.nan, measure=peak)


NAMES = {
    "rows": "the rows alone",
    "gradus": "gradus",
    "sklearn": "scikit-learn",
    "torch": "torch",
    "torch by hand": "torch by hand",
    "numpy": "numpy",
    "jax": "jax scan",
}

WORKLOADS = (
    Workload(
        "W11",
        "peak memory of W4: 59,904 rows of 784 numbers are 188 MB",
        "peak resident memory",
        tuple(
            Peer(
                label,
                partial(job, name),
                is_in_quick=name in {"gradus", "rows"},
                note="Python, NumPy and the rows" if name == "rows" else "",
                is_rival=name != "rows",
            )
            for name, label in NAMES.items()
        ),
        measured_in="MB",
        repetitions=2,
        seconds=0.0,
    ),
)
