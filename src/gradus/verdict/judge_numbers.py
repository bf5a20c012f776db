"""Which candidate answers where the target is a number, and the words for it.

All errors are over rows that the candidate has not learned from, in the target's own unit. How
the candidates came about must not be known here.
"""

from collections.abc import Mapping

from gradus._typing import Float64Array, Int64Array
from gradus.verdict.verdict import Verdict


def judge_numbers(
    y: Float64Array,
    folds: Int64Array,
    predictions: Mapping[str, Float64Array],
    weights: Float64Array | None = None,
    neighbors: tuple[Int64Array, Float64Array] | None = None,
    *,
    unit: str = "",
    judged_on: str = "each answered by a model that had not seen it",
    coverage: float | None = None,
    network_is_asked_for: bool = False,
    diverged: bool = False,
) -> Verdict:
    """Choose who answers.

    Parameters
    ----------
    y, folds
        Shape (n_samples,): the known targets, and the fold of each row; -1 for rows not judged.
    predictions
        By "network", "linear" and "mean", shape (n_samples,), out of fold, in the unit of `y`;
        "network" may be missing.
    weights
        Shape (n_samples,), at least 0.
    neighbors
        Row numbers and the nearest neighbors' answers for them, in the unit of `y`.
    unit
        What is written behind a number.
    judged_on
        How the rows were answered, for the brackets of the sentence.
    coverage
        Share of judged rows inside the 90 % bounds.
    network_is_asked_for
        Whether the person has chosen the network's shape; it then answers whatever is found.
    diverged
        Whether the network's training diverged.
    """
    raise NotImplementedError
