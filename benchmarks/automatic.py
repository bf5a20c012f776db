"""How `Automatic` compares with the best of nine rates of Adam and of momentum.

``GRADUS_DATA=FOLDER python -m benchmarks.automatic [NAME ...] [--epochs N] [--out FILE]`` takes up
to 4,000 rows of each table, encodes them as `gradus.train` does, and trains the same network with
two hidden layers of 64 for the same number of epochs: on one split at nine constant rates with each
rule and two seeds, to choose the best, on another with that rate and with `Automatic`, five seeds
each. A quarter of the rows judges. Prints one line per table: the median of the smallest validation
losses of both, and their ratio.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.tables import CASES, read

from gradus import Adam, Automatic, Dense, Diverged, GradientDescent, Network
from gradus.tables.read import read_table
from gradus.workflow.options import Options
from gradus.workflow.prepare import prepare

NAMES = (
    "concrete",
    "energy",
    "yacht",
    "student_mat",
    "student_por",
    "ames",
    "california",
    "bikes",
    "titanic",
    "adult",
    "covertype",
    "mnist",
)
RATES = [float(f"{10 ** (k / 2 - 4):.1g}") for k in range(9)]
MOST_ROWS = 4000


def encoded(name: str, folder: Path) -> tuple[np.ndarray, np.ndarray, str, int]:
    """Return X, y, the loss and the number of outputs of a table."""
    case = CASES[name]
    names, rows = read(case, folder)
    picked = np.random.default_rng(0).permutation(len(rows))[:MOST_ROWS]
    lines = [names, *(rows[i] for i in picked)]
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / f"{name}.csv"
        text = "\n".join(",".join(_cell(cell) for cell in line) for line in lines)
        path.write_text(text + "\n", encoding="utf-8")
        options = Options(ignore=case.ignore, split="random")
        prepared = prepare(read_table(path), case.target, options, needs_blank=False)
    n_outputs = int(prepared.y.max()) + 1 if case.is_class else 1
    loss = "cross_entropy" if case.is_class else "squared_error"
    return prepared.X, prepared.y, loss, n_outputs


def _cell(cell: Any) -> str:
    """Spell a cell of a delimited file."""
    return "" if cell is None else '"' + str(cell).replace('"', '""') + '"'


def validation_loss(data: Any, rule: Any, split: int, seed: int, epochs: int) -> float:
    """Train once and return the smallest validation loss, inf where training ran away."""
    X, y, loss, n_outputs = data
    order = np.random.default_rng(100 + split).permutation(len(X))
    held, rows = order[: len(X) // 4], order[len(X) // 4 :]
    layers = [Dense(64, "gelu"), Dense(64, "gelu"), Dense(n_outputs)]
    network = Network(X.shape[1], layers, loss, seed=seed, dtype="float32")
    batch_size = int(np.clip(2 ** round(np.log2(len(rows) / 64)), 16, 256))
    rival = {"epochs": epochs, "batch_size": batch_size, "X_val": X[held], "y_val": y[held]}
    try:
        run = network.train(X[rows], y[rows], rule, **rival)
    except Diverged:
        return float("inf")
    return float(np.nanmin(run.history.validation_loss))


def compare(name: str, folder: Path, epochs: int) -> dict[str, Any]:
    """Choose the best rate on one split and compare on the other."""
    data = encoded(name, folder)
    rules = [Adam(rate) for rate in RATES]
    rules += [GradientDescent(rate, momentum=0.9, nesterov=True) for rate in RATES]
    tuning = [[validation_loss(data, rule, 0, seed, epochs) for seed in range(2)] for rule in rules]
    best = rules[int(np.argmin(np.mean(tuning, axis=1)))]
    losses = {
        label: [validation_loss(data, rule, 1, seed, epochs) for seed in range(5)]
        for label, rule in (("best", best), ("automatic", Automatic()))
    }
    return {"table": name, "best_rule": repr(best), "tuning": tuning, **losses}


def main() -> None:
    """Compare on every table named, or on all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=NAMES)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    if "GRADUS_DATA" not in os.environ:
        sys.exit("GRADUS_DATA must name the folder that holds tables/.")
    found = []
    for name in asked.names or NAMES:
        one = compare(name, Path(os.environ["GRADUS_DATA"]), asked.epochs)
        best, automatic = np.median(one["best"]), np.median(one["automatic"])
        print(
            f"{name:12}  best of 18 {best:.4f} ({one['best_rule'].split(',')[0]})  "
            f"automatic {automatic:.4f}  ratio {automatic / best:.3f}",
            flush=True,
        )
        found.append(one)
        if asked.out:
            asked.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
