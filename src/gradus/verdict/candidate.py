"""One way of answering, judged by rows it has not learned from.

A candidate holds numbers only. Which model made them must not be known here.
"""

from dataclasses import dataclass, field

import numpy as np

from gradus._typing import Float64Array, Int64Array


@dataclass(frozen=True, eq=False)
class Candidate:
    """The answers of one kind of model.

    Attributes
    ----------
    name
        What a sentence calls it.
    out_of_fold
        Shape (n_samples,): for each complete row the answer of the model that has not learned
        from its fold; nan for rows that lie in no fold.
    by_fold
        Shape (n_folds, n_answers): for each asked row the answers of those models.
    answers
        Shape (n_answers,): the answers to give.
    """

    name: str
    out_of_fold: Float64Array = field(repr=False)
    by_fold: Float64Array = field(repr=False)
    answers: Float64Array = field(repr=False)


def squared_errors(y: Float64Array, folds: Int64Array, candidate: Candidate) -> Float64Array:
    """Return ``(out_of_fold - y)**2`` of the rows that lie in a fold, in their order.

    Parameters
    ----------
    y
        Shape (n_samples,), the known targets.
    folds
        Shape (n_samples,): the fold of each row; -1 for none.
    candidate
        With answers in the unit of `y`.
    """
    is_judged = folds >= 0
    return np.square(candidate.out_of_fold[is_judged] - y[is_judged])


def typical_error(squared: Float64Array) -> float:
    """Return the root of the mean squared error; infinity where a square overflowed."""
    return float(np.sqrt(squared.mean()))
