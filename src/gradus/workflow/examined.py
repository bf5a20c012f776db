"""The training of a table's first network, as the doctor is shown it.

What may be wrong with it must not be known here.
"""

import numpy as np

from gradus._typing import Float64Array, FloatArray
from gradus.diagnosis.case import Case
from gradus.networks.initializers import initial_params
from gradus.networks.spec import NetworkSpec
from gradus.training.history import History
from gradus.training.plan import Plan
from gradus.workflow.prepare import Prepared

# With fewer rows learned from, nothing that is measured means much.
_FEWEST_ROWS = 30


def first_case(
    prepared: Prepared,
    weights: Float64Array | None,
    spec: NetworkSpec,
    plan: Plan,
    start: FloatArray | None,
    end: FloatArray,
    history: History | None,
    failure: str = "",
) -> Case | None:
    """Return the case of network 1, which has not seen the rows of its fold.

    Parameters
    ----------
    prepared
        The table.
    weights
        Shape (n_complete,) or None: how much each row counted in training.
    spec, plan
        Of every network.
    start, end
        The first network's parameters; None draws the first from the plan's seed.
    history
        Its own; None before training.
    failure
        What divergence was told as; empty where there was none.

    Returns
    -------
    None below 30 rows.
    """
    folds, is_there = prepared.split.rounds()[0]
    is_learned, is_unseen = is_there & (folds != 0), is_there & (folds == 0)
    if is_learned.sum() < _FEWEST_ROWS:
        return None
    X, y = prepared.X, prepared.y.astype(np.float64)[:, np.newaxis]
    begun = initial_params(spec, plan.seed).astype(plan.dtype) if start is None else start
    return Case(
        spec,
        X[is_learned],
        y[is_learned],
        None if weights is None else weights[is_learned],
        (X[is_unseen], y[is_unseen]) if is_unseen.any() else None,
        plan,
        begun.astype(np.float64),
        end.astype(np.float64),
        None if failure else history,
        failure,
    )
