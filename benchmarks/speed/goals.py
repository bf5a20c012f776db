"""What is wanted of each workload, and what others reach that pip does not install.

A goal ahead of the best peer is a ratio of times in the same run; one over the limit likewise.
"""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.speed.summary import Line, best_of_ours


@dataclass(frozen=True)
class Goal:
    """The goals of one workload.

    Attributes
    ----------
    ahead
        How many times as fast as the best peer; None for none.
    over_limit
        How many times as long as the limit, at most; None for none.
    rival
        The peer to be ahead of, by the beginning of its name; the best one where it is empty.
    most
        The largest value at all, in the workload's unit; None for none.
    most_says
        Where that comes from.
    """

    ahead: float | None = None
    over_limit: float | None = None
    rival: str = ""
    most: float | None = None
    most_says: str = ""


GOALS: dict[str, tuple[Goal, ...]] = {
    "W1a": (Goal(4.0, 1.5),),
    "W1b": (Goal(4.0, 1.5),),
    "W2a": (Goal(2.0, 1.2),),
    "W2b": (Goal(2.0, 1.2),),
    "W3a": (Goal(3.0, 2.3),),
    "W3b": (Goal(2.2, 1.8),),
    "W4": (Goal(2.5, 1.4),),
    "W5": (Goal(1.25, 1.15),),
    "W6": (Goal(4.0, 1.5),),
    "W7a": (Goal(1.8),),
    "W7b": (Goal(1.6, 1.6),),
    "W8": (Goal(5.0, rival="scikit-learn"), Goal(1.0, rival="numpy")),
    "W9a": (Goal(1.2),),
    "W9b": (Goal(3.0),),
    "W9c": (Goal(2.5),),
    "W10a": (Goal(2.5),),
    "W10b": (Goal(most=2.0, most_says="two gradients"),),
    "W11": (Goal(most=188 + 40, most_says="the rows and 40 MB"),),
    "W13a": (Goal(3.0),),
    "W13b": (Goal(3.0),),
}

#: Peers that pip does not install: name, and what they took on two cores of a Zen 5 server.
ELSEWHERE: dict[str, tuple[str, ...]] = {
    "W1a": ("FANN 179 µs (with a bias)",),
    "W2a": ("FANN 277 µs",),
    "W3a": ("OpenNN 8 to 17 ms", "mlpack 20 ms (to another loss)"),
    "W3b": ("OpenNN 4.4 to 8 ms", "mlpack 9.5 ms (to another loss)"),
    "W4": ("OpenNN 0.20 s",),
    "W5": ("OpenNN 40 ms",),
    "W9a": ("OpenNN 204 ms",),
    "W9b": ("OpenNN 423 ms",),
    "W9c": ("OpenNN 548 ms",),
    "W11": ("OpenNN 369 MB",),
}


@dataclass(frozen=True)
class Judged:
    """One goal, and how far it was reached.

    Attributes
    ----------
    says
        The goal in words.
    reached
        What was reached in the same terms; nan where it was not measured.
    is_met
        Whether that is enough.
    """

    says: str
    reached: float
    is_met: bool


def judged(name: str, lines: list[Line]) -> list[Judged]:
    """Compare the best line of ours with every goal of a workload."""
    ours = best_of_ours(lines)
    if ours is None:
        return []
    found: list[Judged] = []
    for goal in GOALS.get(name, ()):
        if goal.ahead is not None:
            reached = _ahead(goal, ours, lines)
            against = goal.rival or "the best peer"
            found.append(_at_least(f"{goal.ahead:g}x ahead of {against}", reached, goal.ahead))
        if goal.over_limit is not None:
            says = f"{goal.over_limit:g}x the limit"
            found.append(_at_most(says, ours.to_limit, goal.over_limit))
        if goal.most is not None:
            found.append(_at_most(f"at most {goal.most_says}", ours.median, goal.most))
    return found


def _ahead(goal: Goal, ours: Line, lines: list[Line]) -> float:
    if not goal.rival:
        return 1 / ours.to_best_peer
    rivals = [line.median for line in lines if line.peer.startswith(goal.rival) and line.is_same]
    return min(rivals, default=float("nan")) / ours.median


def _at_least(says: str, reached: float, goal: float) -> Judged:
    return _compared(says, reached, lambda value: value >= goal)


def _at_most(says: str, reached: float, goal: float) -> Judged:
    return _compared(says, reached, lambda value: value <= goal)


def _compared(says: str, reached: float, is_enough: Callable[[float], bool]) -> Judged:
    # Comparisons with nan are False: what was not measured was not reached.
    return Judged(says, reached, is_enough(reached))
