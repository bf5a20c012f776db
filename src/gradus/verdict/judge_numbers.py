"""Which candidate answers where the target is a number, and the words for it.

All errors are over rows that the candidate has not learned from, in the target's own unit. How
the candidates came about must not be known here.
"""

import math
from collections.abc import Mapping

import numpy as np

from gradus._typing import Float64Array, Int64Array
from gradus.verdict.averages import mean
from gradus.verdict.choice import SIGNIFICANCE, Choice, choose, linear_wins, who_answers
from gradus.verdict.paired_test import p_better
from gradus.verdict.verdict import Verdict, finite
from gradus.verdict.words import NEIGHBORS_LEAD, listed, number_text, percent_text, rows_text

# Measures in the target's own unit.
_IN_UNITS = ("typical_error", "mean_absolute_error")
_CALLED = {
    "network": "the network's",
    "linear": "a linear model's",
    "neighbors": "nearest neighbors'",
    "mean": "the mean's",
}
_LONG = {
    "network": "for the network",
    "linear": "for a linear model",
    "neighbors": "for nearest neighbors",
    "mean": "for always giving the mean",
}


def judge_numbers(
    y: Float64Array,
    folds: Int64Array,
    predictions: Mapping[str, Float64Array],
    weights: Float64Array | None = None,
    neighbors: tuple[Int64Array, Float64Array] | None = None,
    *,
    unit: str = "",
    judged_on: str = "each answered by a model that had not seen it",
    network_is_asked_for: bool = False,
    diverged: bool = False,
) -> Verdict:
    """Choose who answers.

    The better of the linear model and the mean is what the network has to beat, at 5 % in a
    paired test over squared errors; otherwise the simple one answers. Nearest neighbors never
    answer.

    Parameters
    ----------
    y, folds
        Shape (n_samples,): the known targets, and the fold of each row; -1 for rows not judged.
        At least one row is judged.
    predictions
        By "network", "linear" and "mean", shape (n_samples,), out of fold, in the unit of `y`;
        "network" may be missing.
    weights
        Shape (n_samples,), at least 0.
    neighbors
        Row numbers and the nearest neighbors' answers for them, in the unit of `y`.
    unit
        What is written behind a number in the target's unit.
    judged_on
        How the rows were answered, for the brackets of the sentence.
    network_is_asked_for
        Whether the person has chosen the network's shape; it then answers whatever is found.
    diverged
        Whether the network is missing because its training diverged.
    """
    # Squares of numbers near 1 neither overflow nor vanish; a power of two costs no bit.
    exponent = math.frexp(float(np.abs(y).max()))[1]
    y = np.ldexp(y, -exponent)
    predictions = {name: np.ldexp(each, -exponent) for name, each in predictions.items()}
    # An error beyond float64 counts as infinite.
    with np.errstate(over="ignore", invalid="ignore"):
        rows = np.flatnonzero(folds >= 0)
        w = None if weights is None else weights[rows]
        squared = {name: np.square(each[rows] - y[rows]) for name, each in predictions.items()}
        choice = choose(squared, w, network_is_asked_for=network_is_asked_for)
        found = {name: _measures(y[rows], each[rows], w) for name, each in predictions.items()}
        details = _details(found[choice.answered_by]["r2"])
        if neighbors is not None:
            its_rows, its_answers = neighbors[0], np.ldexp(neighbors[1], -exponent)
            its_weights = None if weights is None else weights[its_rows]
            found["neighbors"] = _measures(y[its_rows], its_answers, its_weights)
            ours = np.square(predictions[choice.answered_by][its_rows] - y[its_rows])
            theirs = np.square(its_answers - y[its_rows])
            if p_better(theirs, ours, its_weights) < SIGNIFICANCE:
                details.append(NEIGHBORS_LEAD)
    for each in found.values():
        for name in _IN_UNITS:
            each[name] = math.ldexp(each[name], exponent)
    within = rows_text(len(rows), judged_on, None if neighbors is None else len(neighbors[0]))
    return Verdict(
        choice.answered_by,
        _sentence(choice, found, unit, within, diverged=diverged),
        len(rows),
        finite(found),
        tuple(details),
    )


def _measures(
    y: Float64Array, predictions: Float64Array, weights: Float64Array | None
) -> dict[str, float]:
    """Return the measures of one candidate.

    ``r2 = 1 - mean((y - prediction)**2) / mean((y - mean(y))**2)``, without meaning where all y
    are alike.
    """
    squared = mean(np.square(y - predictions), weights)
    variance = mean(np.square(y - mean(y, weights)), weights)
    return {
        "typical_error": math.sqrt(squared),
        "mean_absolute_error": mean(np.abs(y - predictions), weights),
        "r2": 1 - squared / variance if variance > 0 else math.nan,
    }


def _details(r2: float) -> list[str]:
    """Put R² in words."""
    if r2 > 0:
        return [f"The answers explain {percent_text(r2)} of the target's variance (R² {r2:.3f})."]
    if math.isfinite(r2):
        return [f"The answers explain nothing of the target's variance (R² {r2:.3f})."]
    return []


def _sentence(
    choice: Choice,
    found: Mapping[str, Mapping[str, float]],
    unit: str,
    within: str,
    *,
    diverged: bool,
) -> str:
    """Put the verdict in words."""
    errors = {name: each["typical_error"] for name, each in found.items()}
    told = {name: number_text(error) + (unit and f" {unit}") for name, error in errors.items()}
    who = who_answers(choice, "the mean")
    for_each = listed([f"{told[name]} {_LONG[name]}" for name in _LONG if name in told])
    if "network" not in told:
        start = "The network's training diverged" if diverged else "No network was trained"
        return f"{start}, so it cannot answer: the typical error is {for_each} ({within}); {who}."
    if choice.best == "network" or choice.beats_mean:
        start, first, second = linear_wins(errors["linear"], errors["network"]), "linear", "network"
        if choice.best == "network":
            start, first, second = "The network is worth it", "network", "linear"
        elif errors["network"] < errors["linear"]:
            start, first, second = "The network is not surely better", "network", "linear"
        last = [f"{_CALLED[name]} {told[name]}" for name in ("neighbors", "mean") if name in told]
        others = listed([f"{_CALLED[second]} is {told[second]}", *last])
        end = "" if choice.best == "network" else f"; {who}"
        return f"{start}: its typical error is {told[first]} where {others} ({within}){end}."
    start = "Nothing here predicts it"
    if choice.best == "linear":
        start = "Nothing here is surely better than the mean"
    return f"{start}: the typical error is {for_each} ({within}); {who}."
