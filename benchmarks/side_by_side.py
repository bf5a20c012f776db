"""Five networks at once, or one after the other with all threads each (docs/decisions/0004).

Run with ``python benchmarks/side_by_side.py [THREADS]``. Prints the best of three runs, in seconds.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from gradus._typing import Float64Array
from gradus.networks.spec import Dense, NetworkSpec
from gradus.optimizers.rules import Adam
from gradus.training.folds import assign_folds
from gradus.training.plan import Plan
from gradus.training.train import train

CASES = (
    # rows, features, hidden widths, batch size, epochs
    (1_000, 8, (64, 64), 32, 100),
    (5_000, 20, (128, 128), 128, 20),
    (20_000, 50, (256, 256), 256, 3),
)
N_FOLDS = 5


@dataclass(frozen=True)
class Work:
    """Five networks to train on made-up rows."""

    spec: NetworkSpec
    X: Float64Array
    y: Float64Array
    plan: Plan

    def at_once(self) -> None:
        """Train all five in one call."""
        folds = assign_folds(len(self.X), N_FOLDS, 0)
        train(self.spec, self.X, self.y, None, folds, self.plan)

    def one_by_one(self) -> None:
        """Train the same five in five calls."""
        folds = assign_folds(len(self.X), N_FOLDS, 0)
        for fold in range(N_FOLDS):
            part = folds != fold
            plan = replace(self.plan, seed=fold)
            train(self.spec, self.X[part], self.y[part], None, None, plan)


def seconds(job: Callable[[], None]) -> float:
    """Time a job, best of three."""
    times = []
    for _ in range(3):
        begin = time.perf_counter()
        job()
        times.append(time.perf_counter() - begin)
    return min(times)


def main() -> None:
    """Time three ways."""
    n_threads = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    print(f"{n_threads} threads: at once, one by one, one by one with one thread each")
    for n, n_features, hidden, batch_size, epochs in CASES:
        X = np.random.default_rng(0).standard_normal((n, n_features))
        y = np.sin(X[:, 0]) + X[:, 1] * X[:, 2]
        spec = NetworkSpec(n_features, (*(Dense(width, "relu") for width in hidden), Dense(1)))
        plan = Plan(Adam(), epochs, batch_size, dtype="float32", n_threads=n_threads)
        work = Work(spec, X, y, plan)
        serial = replace(work, plan=replace(plan, n_threads=1))
        times = [seconds(job) for job in (work.at_once, work.one_by_one, serial.one_by_one)]
        print(f"{n:>6} rows, hidden {hidden}: " + "  ".join(f"{t:.2f} s" for t in times))


if __name__ == "__main__":
    main()
