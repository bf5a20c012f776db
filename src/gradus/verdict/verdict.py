"""The verdict itself: who answers, the sentence that says why, and the measures behind it.

Only the finished words and numbers live here; how they were found is in `judge_numbers` and
`judge_classes`.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, field
from typing import Any, Self

from gradus._dataclasses import dataclass

#: Who can answer, and who is only compared with.
ANSWERERS = ("network", "linear", "mean")
CANDIDATES = (*ANSWERERS, "neighbors")
MEASURES = (
    "typical_error",
    "mean_absolute_error",
    "r2",
    "accuracy",
    "balanced_accuracy",
    "log_loss",
    "brier",
)
#: Fewer complete rows than this cannot be judged by.
FEWEST_ROWS = 10


@dataclass(frozen=True)
class Verdict:
    """Who answers and why.

    Attributes
    ----------
    answered_by
        "network", "linear" or "mean".
    sentence
        The verdict with its numbers.
    n_judged
        Rows that the measures stand on.
    measures
        By candidate ("network", "linear", "mean", "neighbors"), then by measure. For numbers
        "typical_error" (root of the mean squared error) and "mean_absolute_error", both in the
        target's own unit, and "r2"; for classes "accuracy", "balanced_accuracy", "log_loss" and
        "brier". What is not finite is left out.
    details
        Further sentences.
    recall
        By class, the share of its judged rows that the answering candidate gets right; empty for
        numbers.
    """

    answered_by: str
    sentence: str
    n_judged: int
    measures: dict[str, dict[str, float]]
    details: tuple[str, ...] = ()
    recall: dict[str, float] = field(default_factory=dict)

    def describe(self) -> dict[str, Any]:
        """Return the verdict as JSON values."""
        return {**asdict(self), "details": list(self.details)}

    @classmethod
    def from_description(cls, description: object) -> Self:
        """Build the verdict that `describe` was called on.

        Raises
        ------
        ValueError
            If the description holds anything else than `describe` writes.
        """
        names = tuple(cls.__dataclass_fields__)
        if not isinstance(description, dict) or set(description) != set(names):
            raise ValueError(f"a verdict must hold {', '.join(names)}")
        answered_by, sentence, n_judged, measures, details, recall = (
            description[name] for name in names
        )
        is_count = isinstance(n_judged, int) and not isinstance(n_judged, bool) and n_judged >= 0
        is_sound = (
            answered_by in ANSWERERS
            and is_count
            and isinstance(details, list)
            and all(isinstance(each, str) for each in (sentence, *details))
            and isinstance(measures, dict)
            and set(measures) <= set(CANDIDATES)
            and all(map(_are_numbers, (*measures.values(), recall)))
            and all(set(each) <= set(MEASURES) for each in measures.values())
        )
        if not is_sound:
            raise ValueError("a verdict must hold what gradus writes into it")
        return cls(answered_by, sentence, n_judged, measures, tuple(details), recall)


def too_few(
    n_complete: int, *, network_is_asked_for: bool = False, has_bounds: bool = True
) -> Verdict:
    """Return the verdict for a table with too few complete rows to judge anything by.

    Parameters
    ----------
    n_complete
        How many complete rows there are, fewer than `FEWEST_ROWS`.
    network_is_asked_for
        Whether the person has chosen the network's shape; the linear model answers otherwise.
    has_bounds
        Whether the answers are numbers.
    """
    who = "the network answers, as asked" if network_is_asked_for else "a linear model answers"
    bounds = ", and its bounds stay empty" if has_bounds else ""
    return Verdict(
        "network" if network_is_asked_for else "linear",
        f"{n_complete} complete rows are too few to judge by ({FEWEST_ROWS} are needed): "
        f"{who}{bounds}.",
        0,
        {},
    )


def finite(measures: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """Leave out the measures that are not finite."""
    return {
        candidate: {name: value for name, value in each.items() if math.isfinite(value)}
        for candidate, each in measures.items()
    }


def _are_numbers(value: object) -> bool:
    """Tell whether a value is a dictionary of finite numbers by name."""
    return isinstance(value, dict) and all(
        isinstance(name, str) and isinstance(number, float) and math.isfinite(number)
        for name, number in value.items()
    )
