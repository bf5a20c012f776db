"""The rule by which one candidate answers, from the losses of each judged row.

The same for numbers (squared errors) and classes (log losses); it knows neither.
"""

from collections.abc import Mapping

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array
from gradus.verdict.averages import mean
from gradus.verdict.paired_test import p_better

#: A network answers, and an answer beats the mean, where the paired test gives less than this.
SIGNIFICANCE = 0.05


@dataclass(frozen=True)
class Choice:
    """What the paired tests found.

    Attributes
    ----------
    best
        "network", "linear" or "mean": who should answer.
    answered_by
        Who does: the network if the person has chosen its shape, else the best.
    beats_mean
        Whether the best is better than the mean beyond luck.
    """

    best: str
    answered_by: str
    beats_mean: bool


def choose(
    losses: Mapping[str, Float64Array],
    weights: Float64Array | None,
    *,
    network_is_asked_for: bool = False,
) -> Choice:
    """Choose who answers.

    The better of the linear model and the mean is what the network has to beat, at 5 % in the
    paired test; otherwise the simple one answers.

    Parameters
    ----------
    losses
        By "network", "linear" and "mean", shape (n_judged,); "network" may be missing.
    weights
        Shape (n_judged,), at least 0.
    network_is_asked_for
        Whether the person has chosen the network's shape.
    """
    averages = {name: mean(each, weights) for name, each in losses.items()}
    best = "linear" if averages["linear"] < averages["mean"] else "mean"
    if "network" in losses and p_better(losses["network"], losses[best], weights) < SIGNIFICANCE:
        best = "network"
    beats_mean = best != "mean" and p_better(losses[best], losses["mean"], weights) < SIGNIFICANCE
    is_overruled = network_is_asked_for and "network" in losses
    return Choice(best, "network" if is_overruled else best, beats_mean)


# Part of the network's error below which a linear model's is told to be better.
_FAR_BETTER = 0.9
_CALLED = {"network": "the network", "linear": "a linear model"}


def linear_wins(linear: float, network: float) -> str:
    """Begin a sentence on a linear model that is no worse than the network, by their errors."""
    how = "better" if linear < _FAR_BETTER * network else "as well"
    return f"A linear model does {how}"


def who_answers(choice: Choice, mean_is_called: str) -> str:
    """Say who answers, for the end of a sentence."""
    if choice.answered_by != choice.best:
        return "the network answers, as asked"
    return f"{_CALLED.get(choice.best, mean_is_called)} answers"
