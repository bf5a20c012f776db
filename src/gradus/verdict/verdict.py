"""The verdict itself: who answers, the sentence that says why, and the measures behind it.

Only the finished words and numbers live here; how they were found is in `judge_numbers` and
`judge_classes`.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

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
        if not isinstance(description, dict) or tuple(sorted(description)) != tuple(sorted(names)):
            raise ValueError(f"a verdict must hold {', '.join(names)}")
        answered_by, sentence, n_judged, measures, details, recall = (
            description[name] for name in names
        )
        if answered_by not in ANSWERERS:
            raise ValueError(f"answered_by must be one of {', '.join(ANSWERERS)}")
        if not isinstance(n_judged, int) or isinstance(n_judged, bool) or n_judged < 0:
            raise ValueError("n_judged must be a whole number of at least 0")
        if not isinstance(details, list):
            raise ValueError("details must be a list")
        sentences = [_text(each) for each in details]
        if not isinstance(measures, dict) or not set(measures) <= set(CANDIDATES):
            raise ValueError(f"measures must be of {', '.join(CANDIDATES)}")
        of_each = {name: _numbers(each) for name, each in measures.items()}
        if not all(set(each) <= set(MEASURES) for each in of_each.values()):
            raise ValueError(f"measures must be {', '.join(MEASURES)}")
        return cls(
            answered_by, _text(sentence), n_judged, of_each, tuple(sentences), _numbers(recall)
        )


def too_few(n_complete: int, *, network_is_asked_for: bool = False) -> Verdict:
    """Return the verdict for a table with too few complete rows to judge anything by.

    Parameters
    ----------
    n_complete
        How many complete rows there are, fewer than `FEWEST_ROWS`.
    network_is_asked_for
        Whether the person has chosen the network's shape; the linear model answers otherwise.
    """
    who = "the network answers, as asked" if network_is_asked_for else "a linear model answers"
    return Verdict(
        "network" if network_is_asked_for else "linear",
        f"{n_complete} complete rows are too few to judge by ({FEWEST_ROWS} are needed): {who}, "
        "and its bounds stay empty.",
        0,
        {},
    )


def _text(value: object) -> str:
    """Return a text as it is."""
    if not isinstance(value, str):
        raise ValueError("a sentence must be text")
    return value


def _numbers(value: object) -> dict[str, float]:
    """Return a dictionary of finite numbers by name as it is."""
    if not isinstance(value, Mapping):
        raise ValueError("measures must be numbers by name")
    for name, number in value.items():
        is_number = isinstance(number, float | int) and not isinstance(number, bool)
        if not isinstance(name, str) or not is_number or not math.isfinite(number):
            raise ValueError("measures must be finite numbers by name")
    return {name: float(number) for name, number in value.items()}
