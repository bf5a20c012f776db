"""A problem that was found, with the measurement that settles it.

How it is found must not be known here.
"""

from typing import Literal, TypeAlias

from gradus._dataclasses import dataclass

Problem: TypeAlias = Literal[
    "rate too high",
    "rate too low",
    "plateau",
    "ill-conditioned",
    "saturated units",
    "dead units",
    "unscaled inputs",
    "unscaled target",
    "overfitting",
    "underfitting",
    "noisy batches",
    "bad data",
    "nothing to learn",
]


@dataclass(frozen=True)
class Finding:
    """One problem of one training.

    Attributes
    ----------
    problem
        Its name.
    sentence
        What was measured, in words.
    evidence
        The numbers, by name.
    remedy
        What to change.
    """

    problem: Problem
    sentence: str
    evidence: dict[str, float]
    remedy: str
