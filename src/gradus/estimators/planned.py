"""Training as networks plan it: methods that look at all rows, and the choice left to gradus.

scikit-learn's epochs must not be known here.
"""

from dataclasses import replace

import numpy as np

from gradus._typing import FloatArray
from gradus.engines.base import Batches, Engine
from gradus.estimators.descent import Objective, Rows
from gradus.training.control import Control
from gradus.training.loop import train_network
from gradus.training.outcome import Outcome
from gradus.training.plan import Plan
from gradus.training.train import make_batches, run_networks
from gradus.training.validation import ValidationRows


def train_as_planned(
    objective: Objective,
    rows: Rows,
    held: Rows | None,
    params0: FloatArray,
    plan: Plan,
) -> tuple[Outcome, float]:
    """Train one network by a plan, from its first weights to its best ones.

    The penalty is scikit-learn's for a batch of average weight.

    Parameters
    ----------
    objective, rows
        What is lowered.
    held
        Rows that judge; None judges by none.
    params0 : array of shape (n_params,)
        The first weights.
    plan
        How to train.

    Returns
    -------
    outcome, objective
        What training came to, and the objective of all rows there, as scikit-learn reports it.

    Raises
    ------
    Diverged
        If the loss or the gradient stopped being finite.
    """
    n = len(rows)
    total = float(n if rows.weights is None else rows.weights.sum(dtype=np.float64))
    batch = n if plan.batch_size is None else min(plan.batch_size, n)
    spec = objective.penalized(total * batch / n)
    plan = replace(plan, dtype=str(params0.dtype))
    batches: Batches = make_batches(rows.X, rows.y, rows.weights, None, plan)
    judges = None if held is None else ValidationRows(held.X, held.y, held.weights)

    def job(control: Control, engine: Engine) -> tuple[Outcome, FloatArray | None]:
        outcome = train_network(
            spec, params0, batches, judges, plan, engine=engine, control=control
        )
        weights = (rows.X, rows.y, rows.weights)
        last = np.array([engine.evaluate(spec, outcome.params, *weights)[0]])
        return outcome, last

    ((outcome, last),) = run_networks([job], plan, None)
    assert last is not None, "every job evaluates its rows"
    if outcome.failure:
        raise outcome.failure
    penalty = objective.penalty(outcome.params, total * batch / n)
    return outcome, objective.reported * float(last[0]) + penalty
