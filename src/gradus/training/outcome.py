"""What the training of one network came to, and the words for why it ended.

How it went there is not known here.
"""

from typing import Literal, TypeAlias

from gradus._dataclasses import dataclass
from gradus._typing import FloatArray
from gradus.errors import Diverged
from gradus.optimizers.rules import Rule
from gradus.optimizers.second_order.methods import FullBatchMethod
from gradus.training.history import History
from gradus.training.snapshots import Snapshots

StoppedBecause: TypeAlias = Literal[
    "epochs",
    "early_stopping",
    "converged",
    "evaluations",
    "time_limit",
    "interrupted",
    "diverged",
]


@dataclass(frozen=True)
class Outcome:
    """What the training of one network came to.

    Attributes
    ----------
    params : array of shape (n_params,)
        Those of the smallest validation loss; without validation rows, those after the last whole
        step.
    history
        One row per epoch kept.
    stopped_because
        "epochs" when all planned ones are done; "converged" when a full-batch method found no
        better weights, "evaluations" when it had made all it may; "early_stopping", "time_limit",
        "interrupted" or "diverged" otherwise.
    best_epoch
        The epoch that `params` belong to, counted from 1; 0 if none was finished. Without
        validation rows the last one finished (steps of the next may have followed).
    failure
        The error to raise after "diverged", else None.
    rule
        What trained: that of the plan, or the one chosen where the plan leaves it open.
    rule_reason
        Why it was chosen, in one sentence; empty where the plan names it.
    told
        What the rule tells of its last step, by name; see `FullBatchRule.told`.
    snapshots
        Weights on the way, empty where there was no room for any.
    """

    params: FloatArray
    history: History
    stopped_because: StoppedBecause
    best_epoch: int
    failure: Diverged | None
    rule: Rule | FullBatchMethod
    rule_reason: str
    told: dict[str, float]
    snapshots: Snapshots
