"""Simple models solved round by round: rows of a round to come are not learned from.

Which rows are there in which round is the split's to say.
"""

from collections.abc import Callable

import numpy as np

from gradus._typing import BoolArray, Float64Array
from gradus.tables.split import Split
from gradus.verdict.baselines import LinearFit


def in_rounds(
    model: Callable[..., LinearFit],
    X: Float64Array,
    y: Float64Array,
    split: Split,
    loss: str,
    embedded: tuple[int, ...],
    weights: Float64Array | None,
) -> LinearFit:
    """Solve a model in each round of a split and put the rounds together.

    Parameters
    ----------
    model
        `constant_model` or `linear_model`.
    X, y, loss, embedded, weights
        As for the model.
    split
        In its last round every row is there: that one gives the parameters learned from all rows.
    """
    rounds = split.rounds()
    fits = [
        model(X, y, folds, loss, embedded, only(weights, is_there)) for folds, is_there in rounds
    ]
    out_of_fold = fits[0].out_of_fold
    for (folds, _), fit in zip(rounds, fits, strict=True):
        out_of_fold[folds >= 0] = fit.out_of_fold[folds >= 0]
    by_fold = np.concatenate([fit.by_fold for fit in fits])
    return LinearFit(fits[0].spec, by_fold, fits[-1].params, out_of_fold)


def only(weights: Float64Array | None, is_there: BoolArray) -> Float64Array | None:
    """Return the weights with 0 for rows that are not there."""
    if is_there.all():
        return weights
    return np.where(is_there, 1.0 if weights is None else weights, 0.0)
