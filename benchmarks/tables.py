"""How good `gradus.train` is on every real table of a folder, on rows that were held back.

``GRADUS_DATA=FOLDER python -m benchmarks.tables [NAME ...] [--splits N] [--out FILE]`` trains with
the defaults on nine tenths of a table (the earlier ones where gradus splits by time), answers the
rest, and compares with scikit-learn's linear model and HistGradientBoosting on the same rows.
Prints one line per table: errors (root mean squared, or the share of wrong answers and the log
loss), coverage of the 90 % bounds, seconds of `train` and `predict`. `--out` keeps every split.
"""

import argparse
import csv
import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import gradus


@dataclass(frozen=True)
class Case:
    """A table, the column to answer, and what to leave out because it tells the answer."""

    file: str
    target: str
    is_class: bool = False
    ignore: tuple[str, ...] = ()
    is_time: bool = False
    splits: str | None = None


CASES = {
    "concrete": Case("uci_concrete.csv", "strength", splits="uci_concrete_splits.csv"),
    "energy": Case("uci_energy.csv", "heating_load", splits="uci_energy_splits.csv"),
    "yacht": Case("uci_yacht.csv", "residuary_resistance", splits="uci_yacht_splits.csv"),
    "california": Case("california_housing.csv", "median_house_value"),
    "ames": Case("ames_housing.csv", "price"),
    "student_mat": Case("student_mat.csv", "G3"),
    "student_por": Case("student_por.csv", "G3"),
    "student_mat_hard": Case("student_mat.csv", "G3", ignore=("G1", "G2")),
    "student_por_hard": Case("student_por.csv", "G3", ignore=("G1", "G2")),
    "bikes": Case("bike_sharing_hour.csv", "cnt", ignore=("casual", "registered"), is_time=True),
    "sp500": Case("sp500_daily.csv", "Close", ignore=("Adj.Close",), is_time=True),
    "titanic": Case("titanic.csv", "Survived", is_class=True),
    "adult": Case("adult_train.parquet", "income", is_class=True),
    "covertype": Case("covertype_20k.parquet", "Cover_Type", is_class=True),
    "mnist": Case("mnist_train.parquet", "label", is_class=True),
}


def read(case: Case, folder: Path) -> tuple[list[str], list[list[Any]]]:
    """Return names and rows, cells as texts or numbers, None where blank."""
    path = folder / "tables" / case.file
    if path.suffix == ".parquet":
        import duckdb

        found = duckdb.sql(f"SELECT * FROM '{path}'")  # noqa: S608 a path of our own
        return list(found.columns), [list(row) for row in found.fetchall()]
    with path.open(newline="", encoding="utf-8") as file:
        names, *rows = csv.reader(file)
    return names, [[cell or None for cell in row] for row in rows]


def held_back(case: Case, n: int, split: int, folder: Path) -> np.ndarray:
    """Tell which rows are held back in a split."""
    if case.splits:
        table = np.loadtxt(folder / "splits" / case.splits, delimiter=",", skiprows=1)
        return table[:, 1 + split] == 1
    is_held = np.zeros(n, dtype=bool)
    if case.is_time:
        # Twenty ever later beginnings of the table, each judged by the 2 % after it.
        end = int(n * (0.79 + 0.01 * split))
        is_held[end : end + int(0.02 * n)] = True
        return is_held
    is_held[np.random.default_rng(split).permutation(n)[: n // 10]] = True
    return is_held


def peers(case: Case, train: Any, test: Any, y: Any) -> dict[str, Any]:
    """Answer the held-back rows with scikit-learn's linear model and boosted trees."""
    import pandas as pd
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

    words = [c for c in train if not pd.api.types.is_numeric_dtype(train[c])]
    numbers = [c for c in train if c not in words]
    scaled = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    onehot = OneHotEncoder(handle_unknown="ignore", min_frequency=5)
    linear = make_pipeline(
        make_column_transformer((scaled, numbers), (onehot, words)),
        LogisticRegression(max_iter=300) if case.is_class else LinearRegression(),
    )
    ordinal = OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=-1, max_categories=200, min_frequency=2
    )
    trees = make_pipeline(
        make_column_transformer((ordinal, words), remainder="passthrough"),
        (HistGradientBoostingClassifier if case.is_class else HistGradientBoostingRegressor)(),
    )
    found = {}
    for name, model in (("linear", linear), ("trees", trees)):
        model.fit(train, y)
        found[name] = model.predict_proba(test) if case.is_class else model.predict(test)
        classes = model.classes_ if case.is_class else None
    return {**found, "classes": classes}


def errors(case: Case, truth: np.ndarray, found: Any, classes: Any) -> dict[str, float]:
    """Return the root mean squared error, or the share of wrong answers and the log loss."""
    if not case.is_class:
        return {"rmse": float(np.sqrt(np.mean((found - truth) ** 2)))}
    place = {str(c): i for i, c in enumerate(classes)}
    codes = np.array([place[t] for t in truth])
    p = np.clip(found[np.arange(len(codes)), codes], 1e-12, 1)
    wrong = float(np.mean(np.argmax(found, axis=1) != codes))
    return {"wrong": wrong, "log_loss": float(-np.log(p).mean())}


def one_split(case: Case, names: list[str], rows: list[list[Any]], is_held: Any) -> dict[str, Any]:
    """Train on the rows not held back, answer the others, and compare."""
    import pandas as pd

    last = np.flatnonzero(is_held)[-1] + 1 if case.is_time else len(rows)
    frame = pd.DataFrame(rows[:last], columns=names, dtype=object)
    is_held = is_held[:last]
    ignored = [name for name in (*case.ignore, "PassengerId", "Name", "Ticket") if name in frame]
    frame = frame.drop(columns=ignored)
    numeric = {c: pd.to_numeric(frame[c], errors="coerce") for c in frame}
    for c, column in numeric.items():
        if (column.notna() | frame[c].isna()).all() and not (case.is_class and c == case.target):
            frame[c] = column
    train, test = frame[~is_held].reset_index(drop=True), frame[is_held].reset_index(drop=True)
    truth = test.pop(case.target).to_numpy()
    began = time.perf_counter()
    model = gradus.train(train, case.target, record=False)
    trained = time.perf_counter()
    predicted = model.predict(test)
    done = time.perf_counter()
    y = train.pop(case.target)
    them = peers(case, train, test, y.astype(str) if case.is_class else y)
    if case.is_class:
        truth = np.array([str(t) for t in truth])
        ours = errors(case, truth, predicted.probabilities, predicted.classes)
        coverage = float("nan")
    else:
        truth = truth.astype(float)
        ours = errors(case, truth, predicted.values, None)
        coverage = float(np.mean((predicted.low <= truth) & (truth <= predicted.high)))
    return {
        "gradus": ours,
        "linear": errors(case, truth, them["linear"], them["classes"]),
        "trees": errors(case, truth, them["trees"], them["classes"]),
        "coverage": coverage,
        "flagged": float(np.mean(predicted.flags != "")),
        "answered_by": model.verdict.answered_by,
        "train_seconds": trained - began,
        "predict_seconds": done - trained,
        "verdict": model.verdict.sentence,
    }


def main() -> None:
    """Print one line per table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(CASES))
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    folder = Path(os.environ["GRADUS_DATA"])
    kept = {}
    for name in asked.names:
        case = CASES[name]
        names, rows = read(case, folder)
        found = []
        for split in range(asked.splits):
            is_held = held_back(case, len(rows), split, folder)
            found.append(one_split(case, names, rows, is_held))
        kept[name] = found
        means = {
            who: {m: np.mean([f[who][m] for f in found]) for m in found[0][who]}
            for who in ("gradus", "linear", "trees")
        }
        told = "  ".join(
            f"{who} " + " ".join(f"{m} {v:.4g}" for m, v in own.items())
            for who, own in means.items()
        )
        coverage = np.mean([f["coverage"] for f in found])
        seconds = np.mean([f["train_seconds"] for f in found])
        who = sorted({f["answered_by"] for f in found})
        flagged = np.mean([f["flagged"] for f in found])
        print(
            f"{name:16s} {told}  coverage {coverage:.3f}  flagged {flagged:.3f}  "
            f"{seconds:.1f} s  {','.join(who)}",
            flush=True,
        )
        if asked.out:
            asked.out.write_text(json.dumps(kept, indent=1))


if __name__ == "__main__":
    sys.exit(main())
