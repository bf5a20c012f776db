"""Training as networks plan it: methods that look at all rows, and the choice left to gradus.

scikit-learn's epochs must not be known here.
"""

from dataclasses import replace

from gradus._typing import FloatArray, UInt8Array
from gradus.engines.base import Engine
from gradus.estimators.descent import Objective, Rows
from gradus.training.control import Control
from gradus.training.loop import train_network
from gradus.training.outcome import Outcome
from gradus.training.plan import Plan
from gradus.training.run_networks import run_networks
from gradus.training.train import make_batches
from gradus.training.validation import ValidationRows


def train_as_planned(
    objective: Objective,
    rows: Rows,
    held: Rows | None,
    params0: FloatArray,
    plan: Plan,
    own: tuple[Engine, UInt8Array] | None = None,
) -> Outcome:
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
    own
        An engine and a flag that stops, where the caller trains several networks on threads of its
        own.

    Raises
    ------
    Diverged
        If the loss or the gradient stopped being finite.
    """
    spec = objective.penalized(batch_weight(rows, plan.batch_size))
    plan = replace(plan, dtype=str(params0.dtype))
    batches = make_batches(rows.X, rows.y, rows.weights, None, plan)
    judges = None if held is None else ValidationRows(held.X, held.y, held.weights)

    def job(control: Control, engine: Engine) -> tuple[Outcome, None]:
        outcome = train_network(
            spec, params0, batches, judges, plan, engine=engine, control=control
        )
        return outcome, None

    if own is None:
        ((outcome, _),) = run_networks([job], plan, None)
    else:
        engine, cancel = own
        outcome, _ = job(Control(cancel), engine)
    if outcome.failure:
        raise outcome.failure
    return outcome


def batch_weight(rows: Rows, batch_size: int | None) -> float:
    """Return the sum of weights of an average batch.

    Parameters
    ----------
    rows
        To train on.
    batch_size
        None takes all rows.
    """
    n = len(rows)
    return rows.total * (1.0 if batch_size is None else min(batch_size, n) / n)
