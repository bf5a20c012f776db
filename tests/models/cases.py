"""A small model of every kind that can answer, and a table to ask each."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from gradus.models.model import Model
from gradus.workflow.train import train

NETWORK = {"hidden": (4,), "epochs": 3}


def table(n: int = 60, n_towns: int = 3) -> pd.DataFrame:
    """A table with a column of every kind, and targets of every kind to be learned from them."""
    rng = np.random.default_rng(n)
    a, b = rng.normal(size=(2, n)).round(3)
    town = np.array([f"town {i % n_towns}" for i in range(n)], dtype=object)
    return pd.DataFrame(
        {
            "a": np.where(np.arange(n) % 9 == 4, np.nan, a),
            "b": b,
            "town": np.where(np.arange(n) % 11 == 5, None, town),
            "garden": rng.choice(["yes", "no"], n),
            "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(n) * 9, "D"),
            "number": (a * b + a).round(2),
            "price": np.exp(2 * a).round(4),
            "visits": rng.poisson(9, n),
            "pass": (a > b).astype(float),
            "pair": np.where(a + b > 0, "more", "less"),
            "five": [f"class {int(abs(3 * v)) % 5}" for v in a],
            "noise": rng.normal(size=n).round(3),
            "luck": np.where(np.arange(n) // 2 % 2, "win", "loss"),
            "line": 3 * b - 7,
        }
    )


def asked() -> pd.DataFrame:
    """Rows like those learned from, and some unlike any: far, never seen, blank."""
    rows = table(40)
    rows.loc[0, "b"] = 1e9
    rows.loc[1, "town"] = "nowhere"
    rows.loc[2, ["a", "b", "town", "garden", "day"]] = None
    return rows


@dataclass(frozen=True)
class Case:
    """What a model is trained on and with."""

    target: str
    options: dict[str, Any]
    frame: Callable[[], pd.DataFrame] = table
    inputs: tuple[str, ...] = ("a", "b", "town", "garden", "day")


CASES = {
    "a number": Case("number", NETWORK),
    "logarithms": Case("price", NETWORK),
    "counts": Case("visits", NETWORK),
    "two classes": Case("pair", NETWORK),
    "five classes": Case("five", {**NETWORK, "class_weight": "balanced"}),
    "classes that are numbers": Case("pass", NETWORK),
    "an embedded category": Case("number", NETWORK, lambda: table(160, 40)),
    "embedded categories and classes": Case("pair", NETWORK, lambda: table(160, 40)),
    "a network for each row": Case("number", NETWORK, lambda: table(20)),
    "a split by time": Case("number", {**NETWORK, "split": "time:day"}),
    "a split by groups": Case("number", {**NETWORK, "split": "group:town"}),
    "a linear model": Case("line", {"epochs": 1}),
    "a linear model of classes": Case("pair", {"epochs": 1}),
    "the mean": Case("noise", {"epochs": 20}),
    "the largest class": Case("luck", {"epochs": 20}),
    "dates alone": Case("number", NETWORK, inputs=("day",)),
    "one number alone": Case("number", NETWORK, inputs=("b",)),
    "rows that are kept": Case("number", {**NETWORK, "keep_rows": True}),
    "rows that are weighed": Case("number", {**NETWORK, "weight_column": "visits"}),
    "too few rows to judge": Case("number", {}, lambda: table(9)),
}  # fmt: skip
# Who answers where nobody asks for a network.
ANSWERED_BY = {
    "a linear model": "linear",
    "a linear model of classes": "linear",
    "the mean": "mean",
    "the largest class": "mean",
    "too few rows to judge": "linear",
}


@cache
def model_of(name: str) -> Model:
    """Train the model of a case, once."""
    case = CASES[name]
    frame = case.frame()
    weight = case.options.get("weight_column", "")
    kept = [c for c in frame.columns if c in {*case.inputs, case.target, weight}]
    return train(frame[kept], case.target, seed=3, **case.options)
