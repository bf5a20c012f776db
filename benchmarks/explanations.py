"""How long it takes to explain 20,000 answers, how well parts add up, and how long a ledger takes.

Run with ``python -m benchmarks.explanations [ROWS]``, on a machine that does nothing else. The
table has 20 columns of numbers and a target with bends and products; the model's five networks have
two layers of 64. For each activation the seconds, the largest distance of the sum of parts from the
difference of answers, in units of the target's deviation, and the seconds of one Shapley value of
12 columns are printed. At the end the milliseconds of the derivative by one of 100,041 parameters,
opened two layers deep and checked by a central difference, for one row and for all of 2,000.
"""

import sys
import time

import numpy as np
import pandas as pd

import gradus
from gradus.workflow.why import why, why_rows


def table(n: int, n_columns: int) -> pd.DataFrame:
    """Make a table that a network has something to learn from."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, n_columns))
    y = np.sin(2 * X[:, 0]) + X[:, 1] * X[:, 2] + 0.3 * X[:, 3] ** 2 + 0.1 * rng.normal(size=n)
    return pd.DataFrame({**{f"x{k}": X[:, k] for k in range(n_columns)}, "y": y})


def ledger() -> None:
    """Print how long a derivative takes to be opened: the median of 20 times."""
    frame = table(2_000, 20)
    network = gradus.Network(20, [*[gradus.Dense(305, "tanh")] * 2, gradus.Dense(1)])
    X, y = frame.drop(columns="y").to_numpy(), frame["y"].to_numpy()
    for n in (1, len(X)):
        seconds = []
        for _ in range(20):
            begin = time.perf_counter()
            network.derivative("layer 1 weight [0, 2]", X[:n], y[:n], depth=2).text()
            seconds.append(time.perf_counter() - begin)
        milliseconds = 1000 * np.median(seconds)
        print(f"ledger of {n:,} rows: {milliseconds:.1f} ms of {len(network.params):,} parameters")


def main() -> None:
    """Print a line for each activation, and two for the ledger."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    frame, narrow = table(n, 20), table(min(n, 2_000), 12)
    options = {"hidden": (64, 64), "epochs": 5}
    for activation in ("gelu", "tanh", "relu"):
        model = gradus.train(frame, "y", activation=activation, **options)
        begin = time.perf_counter()
        parts, ends = why_rows(model, frame)
        seconds = time.perf_counter() - begin
        gap = np.abs(parts.sum(axis=1) - (ends[:, 1] - ends[:, 0])).max() / frame["y"].std()
        few = gradus.train(narrow, "y", activation=activation, **options)
        begin = time.perf_counter()
        why(few, narrow, 1, method="shapley")
        one = time.perf_counter() - begin
        print(f"{activation}: {n:,} rows {seconds:.1f} s, off by {gap:.0e}; Shapley {one:.3f} s")
    ledger()


if __name__ == "__main__":
    main()
