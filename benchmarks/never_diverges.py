"""Whether training with the defaults ever runs away.

``GRADUS_DATA=FOLDER python -m benchmarks.never_diverges [NAME ...] [--seeds N]`` fits
`MLPRegressor` or `MLPClassifier` with their defaults on up to 1,000 rows of each of twelve tables,
ten seeds each, every column of numbers multiplied by its own factor between 0.001 and 1,000. Counts
losses that are not finite, and trainings that end with a larger loss than the linear model has on
the same rows: least squares, or logistic regression without penalty.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from benchmarks.automatic import NAMES
from benchmarks.tables import CASES, read

from gradus import MLPClassifier, MLPRegressor

MOST_ROWS = 1000


def scaled(name: str, folder: Path, seed: int) -> tuple[pd.DataFrame, pd.Series]:
    """Return rows of a table, its columns of numbers in other units."""
    case = CASES[name]
    names, rows = read(case, folder)
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame([rows[i] for i in rng.permutation(len(rows))[:MOST_ROWS]], columns=names)
    frame = frame.drop(columns=list(case.ignore))
    y = frame.pop(case.target)
    for column in frame:
        numbers = pd.to_numeric(frame[column], errors="coerce")
        if (numbers.isna() == frame[column].isna()).all():
            frame[column] = numbers.astype(float) * 10 ** rng.uniform(-3, 3)
    return frame, (y if case.is_class else y.astype(float))


def losses(name: str, folder: Path, seed: int) -> tuple[np.ndarray, float, float]:
    """Return the loss curve, the training loss at the end, and that of the linear model."""
    case = CASES[name]
    X, y = scaled(name, folder, seed)
    kind: Any = MLPClassifier if case.is_class else MLPRegressor
    network = kind(random_state=seed).fit(X, y)
    linear = kind(
        hidden_layer_sizes=(), alpha=0.0, solver="lbfgs", max_iter=2000, random_state=seed
    ).fit(X, y)
    return (
        np.array(network.loss_curve_),
        *(_training_loss(model, X, y, case.is_class) for model in (network, linear)),
    )


def _training_loss(model: Any, X: pd.DataFrame, y: pd.Series, is_class: bool) -> float:  # noqa: FBT001
    """Average the squared error, or the log loss, over all rows."""
    if not is_class:
        return float(np.mean((model.predict(X) - y) ** 2))
    code = np.searchsorted(model.classes_, y.to_numpy())
    return float(-np.mean(np.log(model.predict_proba(X)[np.arange(len(y)), code] + 1e-300)))


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
            f"largest share of the linear model's loss {share:.3f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
