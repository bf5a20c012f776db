"""Whether training with the defaults ever runs away.

``GRADUS_DATA=FOLDER python -m benchmarks.never_diverges [NAME ...] [--seeds N]`` fits
`MLPRegressor` or `MLPClassifier` with their defaults on up to 4,000 rows of each of twelve tables,
ten seeds each, every column of numbers multiplied by its own factor between 0.001 and 1,000; a
tenth of the rows judges. Counts losses that are not finite, and trainings whose last training loss
is above that of the linear model: the same estimator without hidden layers, solved by L-BFGS with
``alpha=1``, which is the default penalty of scikit-learn's `LogisticRegression`.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from benchmarks.automatic import MOST_ROWS, NAMES
from benchmarks.tables import CASES, read

from gradus import MLPClassifier, MLPRegressor


def scaled(name: str, folder: Path, seed: int) -> tuple[pd.DataFrame, pd.Series]:
    """Return rows of a table, its columns of numbers in other units."""
    case = CASES[name]
    names, rows = read(case, folder)
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame([rows[i] for i in rng.permutation(len(rows))[:MOST_ROWS]], columns=names)
    if case.is_class:  # the rows that judge must not bring a class that no other row has
        frame = frame[frame.groupby(case.target)[case.target].transform("size") >= 10]
    frame = frame.drop(columns=list(case.ignore)).reset_index(drop=True)
    y = frame.pop(case.target)
    for column in frame:
        numbers = pd.to_numeric(frame[column], errors="coerce")
        if (numbers.isna() == frame[column].isna()).all():
            frame[column] = numbers.astype(float) * 10 ** rng.uniform(-3, 3)
    return frame, (y if case.is_class else y.astype(float))


def losses(name: str, folder: Path, seed: int) -> tuple[np.ndarray, float, float]:
    """Return the loss curve, the training loss at the end, and that of the linear model."""
    X, y = scaled(name, folder, seed)
    n_judges = len(X) // 10
    judges = {"X_val": X[:n_judges], "y_val": y[:n_judges]}
    kind: Any = MLPClassifier if CASES[name].is_class else MLPRegressor
    network = kind(random_state=seed).fit(X[n_judges:], y[n_judges:], **judges)
    linear = kind(hidden_layer_sizes=(), solver="lbfgs", alpha=1.0, max_iter=1000)
    linear.set_params(early_stopping=False).fit(X[n_judges:], y[n_judges:])
    penalty = 0.5 * float(np.sum(linear.coefs_[0] ** 2)) / (len(X) - n_judges)
    return np.array(network.loss_curve_), network.loss_curve_[-1], linear.loss_ - penalty


def main() -> None:
    """Count on every table named, or on all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=NAMES)
    parser.add_argument("--seeds", type=int, default=10)
    asked = parser.parse_args()
    if "GRADUS_DATA" not in os.environ:
        sys.exit("GRADUS_DATA must name the folder that holds tables/.")
    for name in asked.names or NAMES:
        found = [losses(name, Path(os.environ["GRADUS_DATA"]), seed) for seed in range(asked.seeds)]
        n_wild = sum(not np.isfinite(curve).all() for curve, _, _ in found)
        n_above = sum(not own <= linear for _, own, linear in found)
        share = max(own / linear for _, own, linear in found)
        print(
            f"{name:12}  not finite {n_wild} of {len(found)}  above linear {n_above}  "
            f"at most {share:.3f} of the linear model's loss",
            flush=True,
        )


if __name__ == "__main__":
    main()
