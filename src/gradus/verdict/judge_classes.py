"""Which candidate answers where the target is a class, and the words for it.

All measures are over rows that the candidate has not learned from. How the candidates came about
must not be known here.
"""

from collections.abc import Mapping, Sequence

from gradus._typing import Float64Array, Int64Array
from gradus.verdict.verdict import Verdict


def judge_classes(
    codes: Int64Array,
    folds: Int64Array,
    probabilities: Mapping[str, Float64Array],
    class_names: Sequence[str],
    weights: Float64Array | None = None,
    neighbors: tuple[Int64Array, Float64Array] | None = None,
    *,
    judged_on: str = "each answered by a model that had not seen it",
    network_is_asked_for: bool = False,
    diverged: bool = False,
) -> Verdict:
    """Choose who answers.

    Parameters
    ----------
    codes, folds
        Shape (n_samples,): class numbers from 0, and the fold of each row; -1 for rows not judged.
    probabilities
        By "network", "linear" and "mean", shape (n_samples, n_classes), out of fold; "network" may
        be missing.
    class_names
        Of class 0, 1, ...
    weights
        Shape (n_samples,), at least 0.
    neighbors
        Row numbers and the nearest neighbors' probabilities for them.
    judged_on, network_is_asked_for, diverged
        See `judge_numbers`.
    """
    raise NotImplementedError
