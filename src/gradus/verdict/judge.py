"""Which of the candidates answers, and the one sentence that says so with its numbers.

All errors are typical errors over out-of-fold rows in the target's own unit. This must know
nothing about how the candidates were made.
"""

import math
from dataclasses import dataclass

from gradus._typing import Float64Array, Int64Array
from gradus.verdict.candidate import Candidate, squared_errors, typical_error
from gradus.verdict.paired_test import p_better

#: A network answers, and an answer beats the mean, where the paired test gives less than this.
SIGNIFICANCE = 0.05


@dataclass(frozen=True)
class Verdict:
    """Who answers and why.

    Attributes
    ----------
    answered_by
        "network", "linear" or "mean".
    sentence
        The verdict with its numbers.
    typical_errors
        Root of the mean squared out-of-fold error by candidate's name, in the target's unit.
    """

    answered_by: str
    sentence: str
    typical_errors: dict[str, float]


def judge(
    y: Float64Array,
    folds: Int64Array,
    candidates: dict[str, Candidate],
    unit: float,
    *,
    network_is_asked_for: bool = False,
) -> Verdict:
    """Choose who answers.

    The better of the linear model and the mean is what the network has to beat, at 5 % in the
    paired test; otherwise the simple one answers. `network_is_asked_for` overrules that.

    Parameters
    ----------
    y, folds
        Shape (n_samples,); see `Candidate`.
    candidates
        The ones called "network", "linear" and "mean", in the unit of `y`.
    unit
        What 1 of `y` is in the target's own unit.
    network_is_asked_for
        Whether the person has chosen the network's shape.
    """
    squared = {name: squared_errors(y, folds, one) for name, one in candidates.items()}
    errors = {name: unit * typical_error(each) for name, each in squared.items()}
    simple = _simple(errors)
    is_worth_it = p_better(squared["network"], squared[simple]) < SIGNIFICANCE
    best = "network" if is_worth_it else simple
    answered_by = "network" if network_is_asked_for else best
    beats_mean = best != "mean" and p_better(squared[best], squared["mean"]) < SIGNIFICANCE
    sentence = _sentence(best, answered_by, errors, len(squared["mean"]), beats_mean=beats_mean)
    return Verdict(answered_by, sentence, errors)


def without_network(
    y: Float64Array, folds: Int64Array, candidates: dict[str, Candidate], unit: float
) -> Verdict:
    """Return the verdict where the network's training diverged: the better simple model answers.

    Parameters
    ----------
    y, folds, unit
        See `judge`.
    candidates
        The ones called "linear" and "mean".
    """
    squared = {name: squared_errors(y, folds, one) for name, one in candidates.items()}
    errors = {name: unit * typical_error(each) for name, each in squared.items()}
    told = {name: number_text(error) for name, error in errors.items()}
    answered_by = _simple(errors)
    sentence = (
        "The network's training diverged, so it cannot answer: the typical error is "
        f"{told['linear']} for a linear model and {told['mean']} for always giving the mean "
        f"({_judged_rows(len(y[folds >= 0]))}); {_CALLED[answered_by]} answers."
    )
    return Verdict(answered_by, sentence, errors)


def too_few(n_complete: int, fewest: int, *, network_is_asked_for: bool = False) -> Verdict:
    """Return the verdict for a table with too few complete rows to judge anything by.

    Parameters
    ----------
    n_complete, fewest
        How many complete rows there are and how many are needed.
    network_is_asked_for
        Whether the person has chosen the network's shape; the linear model answers otherwise.
    """
    who = "the network answers, as asked" if network_is_asked_for else "a linear model answers"
    return Verdict(
        "network" if network_is_asked_for else "linear",
        f"{n_complete} complete rows are too few to judge by ({fewest} are needed): {who}, and "
        "its bounds stay empty.",
        {},
    )


def number_text(number: float) -> str:
    """Spell a number with three significant digits for a sentence: 4.93, 16.7, 115,000."""
    if number == 0 or not math.isfinite(number):
        return f"{number:g}"
    if not 1e-4 <= abs(number) < 1e15:
        return f"{number:.3g}"
    decimals = 2 - math.floor(math.log10(abs(number)))
    return f"{round(number, decimals):,.{max(0, decimals)}f}"


_CALLED = {"network": "the network", "linear": "a linear model", "mean": "the mean"}


def _simple(errors: dict[str, float]) -> str:
    """Name the better of the linear model and the mean."""
    return "linear" if errors["linear"] < errors["mean"] else "mean"


def _judged_rows(n_judged: int) -> str:
    """Say on how many rows the errors stand."""
    return f"{n_judged:,} rows, each answered by a model that had not seen it"


def _sentence(
    best: str, answered_by: str, errors: dict[str, float], n_judged: int, *, beats_mean: bool
) -> str:
    """Put the verdict in words."""
    told = {name: number_text(error) for name, error in errors.items()}
    rows = _judged_rows(n_judged)
    if best == "network":
        return (
            f"The network is worth it: its typical error is {told['network']} where a linear "
            f"model's is {told['linear']} and the mean's {told['mean']} ({rows})."
        )
    if best == "linear" and beats_mean:
        words = (
            f"A linear model does as well: its typical error is {told['linear']} where the "
            f"network's is {told['network']} and the mean's {told['mean']} ({rows})"
        )
    else:
        words = (
            f"Nothing here predicts it: the typical error is {told['network']} for the network, "
            f"{told['linear']} for a linear model and {told['mean']} for always giving the mean "
            f"({rows})"
        )
    who = "the network answers, as asked" if answered_by != best else f"{_CALLED[best]} answers"
    return f"{words}; {who}."
