"""What one training of a network did."""

from dataclasses import fields
from typing import Self

from gradus._dataclasses import dataclass
from gradus.optimizers.rules import Rule
from gradus.optimizers.second_order.methods import FullBatchMethod
from gradus.training.history import History
from gradus.training.outcome import Outcome, StoppedBecause
from gradus.training.snapshots import Snapshots


@dataclass(frozen=True)
class Run:
    """What one call of `Network.train` did.

    Attributes
    ----------
    history
        One row per epoch; see `History`.
    stopped_because
        "epochs" when all were done, else "early_stopping", "converged", "evaluations",
        "time_limit" or "interrupted"; see `Outcome`.
    best_epoch
        The epoch whose parameters the network now has, counted from 1 (0: none was finished).
        Without validation rows this is the last one finished, and steps of the next may have
        followed where the run was cut short.
    rule
        What trained, with its learning rate.
    rule_reason
        Why it was chosen where `Automatic` left it open; else empty.
    told
        What the rule tells of its last step, by name, such as the "n_effective" of
        `LevenbergMarquardt` with ``bayesian=True``.
    snapshots
        The weights at the ends of some epochs where `snapshots` asked for them; else empty.
    """

    history: History
    stopped_because: StoppedBecause
    best_epoch: int
    rule: Rule | FullBatchMethod
    rule_reason: str
    told: dict[str, float]
    snapshots: Snapshots

    @classmethod
    def of(cls, outcome: Outcome) -> Self:
        """Tell what an outcome tells of a run that did not fail."""
        return cls(**{one.name: getattr(outcome, one.name) for one in fields(cls)})
