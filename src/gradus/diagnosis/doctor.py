"""In which order problems are looked for: causes before what they cause; the first one is named.

What each is settled by stands in `problems` and `table_problems`.
"""

from collections.abc import Callable, Sequence

import numpy as np

from gradus.diagnosis import problems
from gradus.diagnosis.case import Case
from gradus.diagnosis.finding import Finding
from gradus.diagnosis.measures import Measures
from gradus.diagnosis.table_problems import bad_data, nothing_to_learn

_FEWEST_ROWS = 20
# Below this part of what one answer for all loses, everything has been learned.
_LEARNED = 0.02
# From where on a falling loss still matters, and how much worse unseen rows must be for overfitting
# to be the first thing to say.
_MUCH_LEFT, _FAR_APART = 0.1, 3.0
# Part of the largest stable rate that is too low even where others reach no more.
_VERY_LOW = 0.01
# Batches with less signal than that have noise to say first; a network that leaves so much of
# everything, and of 32 rows, is too small whatever others reach.
_ALL_NOISE, _KNOWN_BADLY = 0.2, 0.3
# How much better simple networks must be: for any problem, and for a network that is too small.
_LEFT, _LEFT_BY_SMALL = (1.1, 0.01), (1.03, 0.05)

_Look = Callable[[Measures], Finding | None]


def diagnose(case: Case, *, looks_at_rows: bool = True) -> Finding | None:
    """Name the problem of a training, or None where all is well.

    Parameters
    ----------
    case
        The training.
    looks_at_rows
        Whether bad rows are looked for; the reading of a table has done that already.

    Returns
    -------
    None also below 20 rows, on which nothing can be shown.
    """
    if case.n < _FEWEST_ROWS:
        return None
    # What diverged leaves numbers without measure.
    with np.errstate(all="ignore"):
        measures = Measures(case)
        found = bad_data(case) if looks_at_rows else None
        return found or _of_the_setup(measures) or _of_the_run(measures)


def _of_the_setup(measures: Measures) -> Finding | None:
    """Look for what was wrong before the first step."""
    case = measures.case
    is_learned = not case.failure and measures.loss < _LEARNED * measures.constant
    scales: Sequence[_Look] = (problems.unscaled_inputs, problems.unscaled_target)
    starts: Sequence[_Look] = (problems.same_start, problems.heavy_penalty, problems.idle_at_start)
    return (
        (None if is_learned else _first(measures, scales))
        or nothing_to_learn(measures)
        or (None if is_learned else _first(measures, starts))
    )


def _of_the_run(measures: Measures) -> Finding | None:
    """Look for what went wrong on the way."""
    case = measures.case
    if case.failure:
        return problems.too_high(measures) or problems.lost_in_steps(measures)
    overfit = problems.overfit(measures)
    if overfit and overfit.evidence["loss on unseen rows"] > _FAR_APART * measures.loss:
        return _all_noise(measures) or overfit
    looks: Sequence[_Look] = (
        problems.too_high,
        problems.too_small,
        problems.too_low,
        problems.lost_in_steps,
        problems.flat,
        problems.held_by_curvature,
        problems.stopped_short,
    )
    return (
        (_first(measures, looks) if measures.leaves(*_LEFT) else None)
        or _unfinished(measures)
        or _all_noise(measures)
        or problems.shaken(measures)
        or overfit
        or problems.scattered(measures)
        or _small(measures)
    )


def _all_noise(measures: Measures) -> Finding | None:
    """Find batches of hardly any signal, which overfitting may come from."""
    if measures.case.rule is None or measures.first_steps.signal_to_noise >= _ALL_NOISE:
        return None
    return problems.scattered(measures)


def _unfinished(measures: Measures) -> Finding | None:
    """Find a training whose epochs ran out while much was left and the loss was falling."""
    if measures.loss <= _MUCH_LEFT * measures.constant or not measures.case.ran_out:
        return None
    return problems.too_low(measures, _VERY_LOW) or problems.held_by_curvature(measures)


def _small(measures: Measures) -> Finding | None:
    """Find a network that others outdo by a little, or that leaves much of all it is given."""
    if measures.leaves(*_LEFT_BY_SMALL):
        return problems.too_small(measures)
    is_deep = len(measures.case.spec.dense) > 1
    if is_deep and measures.loss > _KNOWN_BADLY * measures.constant:
        return problems.too_small(measures, _KNOWN_BADLY) or problems.outdone(measures)
    return problems.outdone(measures)


def _first(measures: Measures, looks: Sequence[_Look]) -> Finding | None:
    return next((found for look in looks if (found := look(measures))), None)
