"""A remedy tried: the training repeated with one change, and the rows' losses compared in pairs.

What the remedy is must not be known here.
"""

from contextlib import suppress
from dataclasses import replace

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array
from gradus.diagnosis.case import Case, clipped, losses_of
from gradus.diagnosis.finding import Finding, Problem
from gradus.diagnosis.remedies import Prescription, prescribe
from gradus.diagnosis.yardsticks import constant_losses
from gradus.errors import Diverged
from gradus.models.network import Network
from gradus.verdict.paired_test import p_better

# First a fifth of the examined training's cost is spent, then, if need be, the rest.
_PARTS = (0.2, 0.8)
# The difference is clear, and worth telling.
_CLEAR, _WORTH = 0.001, 0.1


@dataclass(frozen=True)
class Trial:
    """What came of one change.

    Attributes
    ----------
    problem
        Which it is meant to cure.
    change
        What was changed, in words.
    loss_before, loss_after
        Mean loss of the judged rows after the examined training and after the changed one.
    p
        That the changed one is not better, by the paired test.
    judged_on
        "unseen rows" or, where there are none, "rows learned from".
    cost
        Epochs spent over epochs examined, as they cost then.
    """

    problem: Problem
    change: str
    loss_before: float
    loss_after: float
    p: float
    judged_on: str
    cost: float

    @property
    def gain(self) -> float:
        """``1 - loss_after / loss_before``, below 0 where it harmed."""
        return 1 - self.loss_after / self.loss_before if self.loss_before > 0 else 0.0

    @property
    def helps(self) -> bool:
        """Whether the loss is at least 5 % smaller, and not by luck (p below 0.05).

        Where there is nothing to learn one answer for all, the simpler one, need not be worse.
        """
        if self.problem == "nothing to learn":
            return self.gain >= 0
        return self.gain >= 0.05 and self.p < 0.05

    @property
    def sentence(self) -> str:
        """What came of it, in one sentence."""
        verb = "lowers" if self.loss_after < self.loss_before else "does not lower"
        return (
            f"Tried: {self.change}. It {verb} the loss on {self.judged_on} from "
            f"{self.loss_before:.3g} to {self.loss_after:.3g} (p = {self.p:.2g}), for "
            f"{100 * self.cost:.0f} % of the cost of the training."
        )


def try_remedy(case: Case, finding: Finding) -> Trial | None:
    """Train with the one change that should cure a finding, and compare.

    The changed training starts from the same weights, where the change leaves any, and costs at
    most as much as the examined one.

    Parameters
    ----------
    case
        The examined training.
    finding
        What `diagnose` found in it.

    Returns
    -------
    None where there is nothing to train, as with bad data.
    """
    X, y = (case.X, case.y) if case.unseen is None else case.unseen
    judged_on = "rows learned from" if case.unseen is None else "unseen rows"
    constant = float(constant_losses(case.spec, case.y).mean())
    with np.errstate(all="ignore"):
        before = clipped(case.row_losses(case.end, X, y), constant)

    def trial(change: str, after: Float64Array, cost: float) -> Trial:
        after = clipped(after, constant)
        means = float(before.mean()), float(after.mean())
        return Trial(finding.problem, change, *means, p_better(after, before), judged_on, cost)

    if finding.problem == "nothing to learn":
        return trial("one answer for all rows", constant_losses(case.spec, case.y, y), 0.0)
    given = prescribe(case, finding)
    if given is None:
        return None
    cost = 0.0
    for part in _PARTS:
        epochs = max(1, round(part * given.plan.epochs))
        cost += part
        after = _losses(case, replace(given, plan=replace(given.plan, epochs=epochs)), X, y)
        found = trial(given.change, after, cost)
        if found.p < _CLEAR and found.gain > _WORTH:
            break
    return found


def _losses(case: Case, given: Prescription, X: Float64Array, y: Float64Array) -> Float64Array:
    """Train as prescribed, and return what rows lose, in the examined training's own unit."""
    network, plan, scaling = Network.from_params(given.spec, given.start), given.plan, given.scaling
    rows = case.X, case.y
    if scaling is not None:
        rows = scaling.inputs(case.X), scaling.targets(case.y)
    # What diverged keeps its last good weights, and is judged by them.
    with suppress(Diverged):
        network.train(
            *rows,
            plan.rule,
            epochs=plan.epochs,
            batch_size=plan.batch_size,
            sample_weight=case.weights,
            early_stopping=plan.early_stopping,
            max_grad_norm=plan.max_grad_norm,
            n_threads=plan.n_threads,
            engine=plan.engine,
        )
    with np.errstate(all="ignore"):
        return losses_of(given.spec, network.params, X, y, scaling, plan.engine)
