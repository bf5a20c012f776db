"""The known problems of a training, each with the measurement that settles it.

In which order they are looked for must not be known here, nor what cures them.
"""

import numpy as np

from gradus.diagnosis.finding import Finding, Problem
from gradus.diagnosis.measures import Measures
from gradus.diagnosis.scaling import IN_ANY_UNIT
from gradus.diagnosis.units import Units, unit_spread, weight_size, weight_sizes
from gradus.diagnosis.yardsticks import WIDTH
from gradus.optimizers.rules import GradientDescent
from gradus.verdict.paired_test import p_better

# All thresholds were set on planted faults and healthy trainings and then left; docs/doctor.md has
# what became of them on others.
# Root mean squares of inputs and of the target, and the part of its squared spread in few rows.
_LARGEST_INPUT, _SMALLEST_INPUT = 10.0, 0.05
_LARGEST_TARGET, _SMALLEST_TARGET, _MOST_IN_FEW = 10.0, 0.02, 0.6
# Spread of a layer's units at the start; penalty over loss, and what is left of the weights' norm.
_SAME_START, _MOST_PENALTY, _MOST_SHRUNK = 0.02, 0.2, 0.3
# Share of idle units in a layer, and gradient of the first layer over that of the last.
_MOST_IDLE, _VANISHED = 0.5, 1e-3
# Rates over the largest stable one: at the limit, and beyond it; and a step over a weight.
_AT_THE_LIMIT, _BEYOND, _MOST_REACH = (0.05, 1.5), 1.3, 1.0
# Share of epochs that raise a loss that falls steadily; what falls, in a tenth and in half of the
# epochs; what stands still; how far weights go that hardly move.
_STEADY, _FALLING, _FALLING_BY_HALF, _FLAT, _HARDLY_MOVED = 0.2, 0.002, 0.01, 0.005, 0.01
# What scatter holds up, over what one answer for all loses; and, by the formula, over the loss; a
# loss over the constant's at which nothing has been learned.
_HELD_UP, _SHAKEN, _LEFT_THERE = 0.012, 0.3, 0.95
# Loss after going on over that before; loss over that on unseen rows; losses over the constant's of
# rows learned by heart.
_POLISHED, _OVERFIT, _HARDLY_KNOWN, _BY_HEART = 0.8, 0.5, 0.6, 0.05


def unscaled_inputs(measures: Measures) -> Finding | None:
    """Find inputs whose root mean square is above 10, or all below 0.05."""
    plain = measures.case.X[measures.rows, : measures.case.spec.n_plain]
    if not plain.shape[1]:
        return None
    size = np.sqrt(np.mean(plain**2, axis=0))
    column, largest = int(np.argmax(size)), float(size.max())
    if _SMALLEST_INPUT <= largest <= _LARGEST_INPUT:
        return None
    return Finding(
        "unscaled inputs",
        f"Input {column} has numbers of size {largest:.3g}; weights start as if inputs had size 1.",
        {"column": float(column), "root mean square": largest},
        "bring every input to mean 0 and spread 1",
    )


def unscaled_target(measures: Measures) -> Finding | None:
    """Find targets far from size 1, or one percent of the rows with most of the squared spread."""
    case = measures.case
    if case.spec.loss not in IN_ANY_UNIT:
        return None
    size = float(np.sqrt(np.mean(case.y**2)))
    apart = np.sort(np.square(case.y - case.y.mean(axis=0)).ravel())[::-1]
    share = float(apart[: max(1, len(apart) // 100)].sum() / max(apart.sum(), 1e-300))
    if not _SMALLEST_TARGET <= size <= _LARGEST_TARGET:
        said = f"Targets have size {size:.3g}; outputs start near 0, and steps are made for size 1."
    elif case.spec.loss == "squared_error" and len(apart) >= 100 and share > _MOST_IN_FEW:
        said = f"One percent of the rows holds {100 * share:.0f} % of the target's squared spread."
    else:
        return None
    return Finding(
        "unscaled target",
        said,
        {"root mean square": size, "share of one percent": share},
        "bring the target to mean 0 and spread 1, or learn its logarithm",
    )


def same_start(measures: Measures) -> Finding | None:
    """Find a start from which all units of a layer move alike: a saddle."""
    spread = unit_spread(measures.case)
    if spread >= _SAME_START:
        return None
    return Finding(
        "plateau",
        f"The units of a hidden layer start alike: their weights differ by {spread:.2g}, usually "
        "by about 1. The start is a saddle, and equal units stay equal.",
        {"spread of units": spread, "loss": measures.loss, "loss of one answer": measures.constant},
        "start from random weights of the usual size",
    )


def heavy_penalty(measures: Measures) -> Finding | None:
    """Find a penalty that is a good part of the objective, or that has emptied the weights."""
    spec = measures.case.spec
    if not (spec.l2 or spec.l1):
        return None
    before, after = weight_sizes(measures.case)
    share = spec.l2 / 2 * after**2 / max(measures.loss, 1e-300)
    if share <= _MOST_PENALTY and after >= _MOST_SHRUNK * before:
        return None
    return Finding(
        "underfitting",
        f"The penalty is {100 * share:.0f} % of the loss, and the weights' norm went from "
        f"{before:.3g} to {after:.3g}: it holds the network down.",
        {"penalty over loss": share, "norm before": before, "norm after": after},
        "take a smaller penalty",
    )


def idle_at_start(measures: Measures) -> Finding | None:
    """Find units that are dead, saturated or out of reach before the first step."""
    return _dead(measures.units_before) or _saturated(measures)


def too_high(measures: Measures) -> Finding | None:
    """Find a rate beyond the largest stable one, at the start or, with units idle, at the end."""
    if measures.case.rule is None:
        return None
    first, last = measures.first_steps, measures.last_steps
    at_start = first.stability.largest_rate * first.sharpness
    is_quiet = first.signal_to_noise > 1
    if measures.case.failure:
        if at_start < 1 and not is_quiet:
            return None
        said = f"Training diverged. {_times(at_start)} at the start."
        return _rate("rate too high", said, at_start, at_start)
    at_end = last.stability.last_rate * last.sharpness
    # Rules that divide by gradients of a few noisy rows see sharpness that is none; what they do
    # show is the size of a step, which is the rate in every weight.
    is_plain = isinstance(measures.case.rule, GradientDescent)
    reach = first.stability.largest_rate / weight_size(measures.case)
    if not is_plain and reach > _MOST_REACH:
        said = f"A step moves every weight by up to {reach:.2g} times its usual size at the start."
        return Finding("rate too high", said, {"step over weight": reach}, "take a smaller rate")
    if (at_start > 1 and (is_quiet or is_plain)) or (at_end > _BEYOND and is_quiet):
        said = f"{_times(max(at_start, at_end))}."
        return _rate("rate too high", said, at_start, at_end)
    return None


def lost_in_steps(measures: Measures) -> Finding | None:
    """Find steps whose scatter holds the loss up, or that have driven units out of their range."""
    return scattered(measures) or _driven_out(measures)


def scattered(measures: Measures) -> Finding | None:
    """Find steps whose scatter holds the loss up: it comes down as soon as they get smaller."""
    if measures.case.rule is None:
        return None
    if measures.case.failure:
        return _blamed(measures, f"Training diverged in batches of {measures.case.batch_size}")
    # Where batches have much signal, more must be at stake before their scatter is to blame.
    least = _HELD_UP * (1 + 4 * measures.first_steps.signal_to_noise)
    if measures.held_up <= least * measures.constant:
        return None
    said = (
        f"The scatter of steps holds the loss about {measures.held_up:.2g} above where it falls to "
        "when the rate does"
    )
    return too_high(measures) or _blamed(measures, said)


def shaken(measures: Measures) -> Finding | None:
    """Find a rate beyond the largest stable one whose steps hold the loss up, or left it there."""
    if measures.case.rule is None:
        return None
    excess, unit = measures.last_steps.excess, measures.constant
    is_held = excess > max(_SHAKEN * measures.loss, _HELD_UP * unit)
    return too_high(measures) if is_held or measures.loss > _LEFT_THERE * unit else None


def _driven_out(measures: Measures) -> Finding | None:
    """Find that most units of a layer have been made useless on the way."""
    if measures.case.rule is None:
        return None
    for share, what in (
        (measures.units_after.dead, "killed"),
        (measures.units_after.saturated, "saturated"),
    ):
        if share > _MOST_IDLE:
            return _blamed(measures, f"Steps have {what} {100 * share:.0f} % of a layer's units")
    return None


def _blamed(measures: Measures, said: str) -> Finding:
    """Blame batches where one has more noise than signal, else the rate."""
    ratio = measures.first_steps.signal_to_noise
    evidence = {"loss": measures.loss, "signal to noise": ratio}
    said += f"; a first batch has {ratio:.2g} times as much signal as noise."
    if ratio < 1:
        return Finding("noisy batches", said, evidence, "take larger batches, or a rate that falls")
    return Finding("rate too high", said, evidence, "take a smaller rate, or one that falls")


def too_low(measures: Measures, most: float = 0.05) -> Finding | None:
    """Find a rate far below the largest stable one while the loss falls or weights hardly move.

    Parameters
    ----------
    measures
        The numbers.
    most
        Part of the largest stable rate below which one is low.
    """
    if measures.case.rule is None:
        return None
    ratios = [
        steps.stability.largest_rate * steps.sharpness
        for steps in (measures.first_steps, measures.last_steps)
    ]
    trend, case = measures.trend, measures.case
    moved = float(np.linalg.norm(case.end - case.start) / np.linalg.norm(case.start))
    is_falling = trend.fall > _FALLING or trend.fall_of_half > _FALLING_BY_HALF
    is_going = is_falling or moved < _HARDLY_MOVED
    if max(ratios) >= most or trend.rises >= _STEADY or not is_going:
        return None
    return _rate(
        "rate too low",
        f"{_times(max(ratios))}; training has moved the weights by {100 * moved:.2g} % of their "
        f"size, and lowered the loss by {100 * trend.fall_of_half:.2g} % in the last half of the "
        "epochs.",
        *ratios,
    )


def flat(measures: Measures) -> Finding | None:
    """Find a loss that stands still where one answer for all would be."""
    trend = measures.trend
    if measures.loss <= 0.9 * measures.constant or abs(trend.fall) >= _FLAT:
        return None
    return Finding(
        "plateau",
        f"The loss stands still at {measures.loss:.3g}, where one answer for all rows has "
        f"{measures.constant:.3g} and a simple network {measures.attainable.mean():.3g}.",
        {"loss": measures.loss, "loss of one answer": measures.constant, "fall": trend.fall},
        "start from other random weights",
    )


def held_by_curvature(measures: Measures) -> Finding | None:
    """Find a loss that still falls steadily at about the largest rate that is stable."""
    if measures.case.rule is None:
        return None
    steps, trend = measures.last_steps, measures.trend
    ratio = steps.stability.last_rate * steps.sharpness
    is_near = _AT_THE_LIMIT[0] < ratio < _AT_THE_LIMIT[1]
    if not is_near or trend.rises >= _STEADY or trend.fall <= _FALLING:
        return None
    return Finding(
        "ill-conditioned",
        f"The loss still falls by {100 * trend.fall:.2g} % in a tenth of the epochs, at a rate "
        f"{ratio:.2g} times the largest stable one: the steepest direction sets the pace of all.",
        {"rate over largest stable": ratio, "fall": trend.fall},
        "take a second-order method, such as L-BFGS",
    )


def too_small(measures: Measures, least: float = 0.1) -> Finding | None:
    """Find a layer so narrow that 32 rows are too many, or that a wider one learns far more.

    Parameters
    ----------
    measures
        The numbers.
    least
        Which part of the error of 32 rows it must leave.
    """
    if measures.case.narrowest >= WIDTH:
        return None
    simple = float(measures.attainable.mean())
    is_outdone = simple < 0.5 * float(measures.polished.mean())
    if not is_outdone and measures.one_batch <= least:
        return None
    return Finding(
        "underfitting",
        f"The loss is {measures.judged.mean():.3g}, that of a simple network on rows it has not "
        f"seen {simple:.3g}; of 32 rows alone the network leaves {100 * measures.one_batch:.0f} % "
        "of the error, however long it learns.",
        {
            "left of 32 rows": measures.one_batch,
            "loss": float(measures.judged.mean()),
            "of a simple network": simple,
        },
        "take wider layers",
    )


def outdone(measures: Measures) -> Finding | None:
    """Find that a network of 16 hidden units answers unseen rows better than a narrower one."""
    case = measures.case
    if case.narrowest >= WIDTH or case.unseen is None:
        return None
    own, wider = measures.unseen, measures.unseen_wider
    is_overfit = measures.loss < _OVERFIT * float(own.mean())
    is_worse = float(own.mean() - wider.mean()) > 0.01 * measures.constant
    is_proved = is_worse and p_better(wider, own) < 0.01
    if is_overfit or not is_proved or stopped_short(measures):
        return None
    return Finding(
        "underfitting",
        f"On rows it has not seen the loss is {own.mean():.3g}, that of a network of {WIDTH} "
        f"hidden units {wider.mean():.3g}.",
        {"loss on unseen rows": float(own.mean()), "of a wider network": float(wider.mean())},
        "take wider layers",
    )


def stopped_short(measures: Measures) -> Finding | None:
    """Find that a second-order method goes on well from where training ended."""
    ratio = float(measures.polished.mean() / measures.judged.mean())
    if ratio >= _POLISHED:
        return None
    return Finding(
        "ill-conditioned",
        f"25 iterations of L-BFGS on half of the rows lower the loss on the other half to "
        f"{100 * ratio:.0f} % of what training left.",
        {"loss after over before": ratio},
        "take a second-order method, such as L-BFGS",
    )


def overfit(measures: Measures) -> Finding | None:
    """Find that a simple network does better on unseen rows than one that knows its own well."""
    if measures.case.unseen is None:
        return None
    own, best = float(measures.unseen.mean()), float(measures.unseen_attainable.mean())
    unit = measures.constant
    is_worse = own > 1.1 * best and own - best > 0.03 * unit and measures.loss < _OVERFIT * own
    is_proved = is_worse and p_better(measures.unseen_attainable, measures.unseen) < 0.01
    is_by_heart = own > _HARDLY_KNOWN * unit and measures.loss < _BY_HEART * unit
    if not is_proved and not is_by_heart:
        return None
    return Finding(
        "overfitting",
        f"The loss is {measures.loss:.3g} on rows learned from and {own:.3g} on others, where a "
        f"simple network has {best:.3g}.",
        {"loss": measures.loss, "loss on unseen rows": own, "of a simple network": best},
        "stop by rows held out, or take a penalty or a smaller network",
    )


def _dead(units: Units) -> Finding | None:
    if units.dead <= _MOST_IDLE:
        return None
    return Finding(
        "dead units",
        f"{100 * units.dead:.0f} % of a layer's relu units give 0 on all rows and get no gradient.",
        {"share": units.dead},
        "start them anew, with an activation that has a slope below 0",
    )


def _saturated(measures: Measures) -> Finding | None:
    units, n_layers = measures.units_before, len(measures.case.spec.dense)
    if units.saturated > _MOST_IDLE:
        said = (
            f"{100 * units.saturated:.0f} % of a layer's units start where their slope is below a "
            "twentieth of its largest."
        )
    elif n_layers > 2 and units.first_to_last < _VANISHED:
        said = (
            f"The gradient of the first layer starts {units.first_to_last:.1e} times as large as "
            f"that of the last: it vanishes on the way through {n_layers} layers."
        )
    else:
        return None
    evidence = {"share": units.saturated, "first over last gradient": units.first_to_last}
    remedy = "start with weights that fit the activation, or take relu"
    return Finding("saturated units", said, evidence, remedy)


def _rate(problem: Problem, said: str, at_start: float, at_end: float) -> Finding:
    evidence = {"over largest stable at start": at_start, "over largest stable at end": at_end}
    remedy = "take a smaller rate" if problem == "rate too high" else "take a larger rate"
    return Finding(problem, said, evidence, remedy)


def _times(ratio: float) -> str:
    return f"The learning rate is {ratio:.3g} times the largest that curvature allows"
