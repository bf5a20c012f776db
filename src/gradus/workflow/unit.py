"""In which unit a number is learned: logarithms lean less, but may bend a straight relation.

Which targets lean is decided by `tables/target.py`; what networks do must not be known here.
"""

from dataclasses import replace

import numpy as np

from gradus._typing import Float64Array
from gradus.tables.split import Split
from gradus.tables.target import NumberTarget
from gradus.verdict.averages import mean
from gradus.verdict.baselines import linear_model
from gradus.verdict.words import number_text
from gradus.workflow.rounds import in_rounds

# Logarithms are given up where a linear model in own units is off by less than this part of what
# one in logarithms is: they are then what makes the relation bent.
_CLEARLY_LESS = 0.5
# Sums of larger ones may overflow.
_LARGEST_ERROR = 1e290


def learned_unit(
    target: NumberTarget,
    name: str,
    X: Float64Array,
    known: Float64Array,
    split: Split,
    embedded: tuple[int, ...],
    weights: Float64Array | None,
) -> NumberTarget:
    """Keep the logarithms of a target, or learn it in its own unit after all.

    A linear model is solved in either unit; their mean absolute errors, in the own unit and over
    rows not learned from, decide.

    Parameters
    ----------
    target
        Fitted on `known`.
    name
        Of the column.
    X, known, split, embedded, weights
        As for `in_rounds`; `known` in its own unit.
    """
    if not target.is_log:
        return target
    straight = target.in_own_unit(known, weights)
    is_judged, errors = split.folds >= 0, []
    w = None if weights is None else weights[is_judged]
    for one in (target, straight):
        y = one.learn(known)
        fit = in_rounds(linear_model, X, y, split, "squared_error", embedded, weights)
        off = np.abs(one.restore(fit.out_of_fold[is_judged, 0]) - known[is_judged])
        errors.append(mean(np.minimum(off, _LARGEST_ERROR), w))
    if errors[1] >= _CLEARLY_LESS * errors[0]:
        return target
    in_logarithms, in_own_unit = map(number_text, errors)
    note = (
        f"{name!r} is learned as it is, not in logarithms: a linear model is off by {in_own_unit} "
        f"on average in its own unit and by {in_logarithms} in logarithms."
    )
    return replace(straight, notes=(note,))
