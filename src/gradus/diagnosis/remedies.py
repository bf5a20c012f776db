"""What cures each problem: one change of a training, everything else left as it was.

Whether it helps must not be known here.
"""

from collections.abc import Callable
from dataclasses import field, replace

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array
from gradus.diagnosis.case import Case
from gradus.diagnosis.finding import Finding, Problem
from gradus.diagnosis.scaling import Scaling
from gradus.diagnosis.steps import Steps
from gradus.diagnosis.units import weight_size
from gradus.diagnosis.yardsticks import constant_losses, without_dropout
from gradus.networks.initializers import initial_params
from gradus.networks.layers import Dense, Layer, Residual
from gradus.networks.params import n_params
from gradus.networks.spec import NetworkSpec
from gradus.optimizers.rules import GradientDescent
from gradus.optimizers.schedules import Cosine, Schedule, Warmup, rates
from gradus.optimizers.second_order.lbfgs import LBFGS
from gradus.training.history import has_short_epochs
from gradus.training.plan import EarlyStopping, Plan

# Parts of the largest stable rate: what a rate that is too high falls to, and what one that is too
# low rises to, as batches see more curvature than all rows; the part of a usual weight that a rate
# falls to which is a step; but never less than tenfold.
_LOWERED, _RAISED, _REACH, _AT_LEAST = 0.2, 0.1, 0.05, 10.0
# Batches grow by this factor, layers to at least that width and by that factor; from so many layers
# on relu takes the place of activations that saturate.
_LARGER, _WIDE_ENOUGH, _WIDER, _DEEP = 16, 32, 4, 4
_NARROWER, _NARROWEST = 8, 4
# Rows that show whether a training is lost.
_SOME = 500
# What a row costs beside its parameters, in parameters.
_COST_BESIDE = 200
# What an iteration of L-BFGS costs in epochs, its line search included; more where an epoch is so
# short that its bookkeeping counts.
_LBFGS_COST, _LBFGS_COST_IF_SHORT = 1.5, 4


@dataclass(frozen=True, eq=False)
class Prescription:
    """A training with one change.

    Attributes
    ----------
    spec, start, plan
        What is trained, from where, and how; the epochs cost what the examined training planned.
    scaling
        What inputs and targets go through first, or None.
    change
        The change in words.
    """

    spec: NetworkSpec
    start: Float64Array = field(repr=False)
    plan: Plan
    scaling: Scaling | None
    change: str


def prescribe(case: Case, finding: Finding) -> Prescription | None:
    """Return the training to try; None where nothing is to be trained.

    It stops by a tenth of the rows, held out, also where the examined one did not: what it gains
    must not be learned by heart.
    """
    cure = _CURES.get(finding.problem)
    if cure is None:
        return None
    found = cure(case, Prescription(case.spec, case.start, case.plan, None, ""))
    if found is None:
        return None
    if found.plan.early_stopping is None:
        found = replace(found, plan=replace(found.plan, early_stopping=_stopping_of(case)))
    # Networks of more parameters get fewer epochs.
    share = min(1.0, _cost_of_a_row(case.spec) / _cost_of_a_row(found.spec))
    epochs = max(1, round(share * found.plan.epochs))
    return replace(found, plan=replace(found.plan, epochs=epochs))


def _cost_of_a_row(spec: NetworkSpec) -> float:
    return n_params(spec) + _COST_BESIDE


def _lower_rate(case: Case, given: Prescription) -> Prescription:
    rule = case.rule
    assert rule is not None
    steps = Steps(case, rule, case.start)
    if isinstance(rule, GradientDescent):
        most = _LOWERED / max(steps.stability.largest_rate * steps.sharpness, 1e-300)
    else:
        # A rate is a step in every weight; curvature divided by gradients of few rows says little.
        most = _REACH * weight_size(case) / steps.stability.largest_rate
    return _with_rate(case, given, min(1 / _AT_LEAST, most))


def _higher_rate(case: Case, given: Prescription) -> Prescription:
    rule = case.rule
    assert rule is not None
    steps = Steps(case, rule, case.start)
    ratio = steps.stability.largest_rate * steps.sharpness
    return _with_rate(case, given, max(_AT_LEAST, _RAISED / max(ratio, 1e-300)))


def _with_rate(case: Case, given: Prescription, factor: float) -> Prescription:
    rule = case.rule
    assert rule is not None
    changed = replace(rule, learning_rate=_scaled(rule.learning_rate, factor))
    before = float(rates(rule.learning_rate, 0, case.n_steps, case.n_steps).max())
    said = f"a learning rate of {factor * before:.2g} in place of {before:.2g}"
    return replace(given, plan=replace(case.plan, rule=changed), change=said)


def _scaled(rate: float | Schedule, factor: float) -> float | Schedule:
    if isinstance(rate, Warmup):
        inner = _scaled(rate.schedule, factor)
        return replace(rate, schedule=inner)  # type: ignore[arg-type]
    if isinstance(rate, Schedule):
        return replace(rate, rate=rate.rate * factor)
    return rate * factor


def _new_start(case: Case, given: Prescription) -> Prescription:
    said = "other random weights of the usual size"
    return _started(case, given, lambda layer: replace(layer, initializer="auto"), said)


def _second_order(case: Case, given: Prescription) -> Prescription:
    is_short = has_short_epochs(case.spec, case.n)
    epochs = max(1, round(case.plan.epochs / (_LBFGS_COST_IF_SHORT if is_short else _LBFGS_COST)))
    plan = replace(case.plan, rule=LBFGS(), batch_size=None, max_grad_norm=None, epochs=epochs)
    spec = without_dropout(case.spec)
    return replace(given, spec=spec, plan=plan, change="L-BFGS, whose steps look at all rows")


def _unsaturated(case: Case, given: Prescription) -> Prescription:
    is_deep = len(case.spec.dense) > _DEEP

    def fresh(layer: Dense) -> Dense:
        is_hidden = layer.activation in ("sigmoid", "tanh", "softsign")
        activation = "relu" if is_deep and is_hidden else layer.activation
        return replace(layer, activation=activation, initializer="auto")

    said = "random weights that fit the activation" + (", relu in hidden layers" if is_deep else "")
    return _started(case, given, fresh, said)


def _leaky(case: Case, given: Prescription) -> Prescription:
    def fresh(layer: Dense) -> Dense:
        activation = "leaky_relu" if layer.activation == "relu" else layer.activation
        return replace(layer, activation=activation, initializer="auto")

    return _started(case, given, fresh, "random weights and leaky_relu in place of relu")


def _scaled_inputs(case: Case, given: Prescription) -> Prescription:
    both = Scaling.fit(case.spec, case.X, case.y)
    plain = np.zeros(case.y.shape[1]), np.ones(case.y.shape[1])
    scaling = replace(both, y_center=plain[0], y_spread=plain[1])
    return replace(given, scaling=scaling, change="inputs of mean 0 and spread 1")


def _scaled_target(case: Case, given: Prescription) -> Prescription:
    both = Scaling.fit(case.spec, case.X, case.y)
    plain = np.zeros(case.X.shape[1]), np.ones(case.X.shape[1])
    scaling = replace(both, center=plain[0], spread=plain[1])
    return replace(given, scaling=scaling, change="a target of mean 0 and spread 1")


def _smaller(case: Case, given: Prescription) -> Prescription:
    def narrower(layer: Dense) -> Dense:
        return replace(layer, width=max(_NARROWEST, layer.width // _NARROWER), initializer="auto")

    plan = replace(case.plan, early_stopping=_stopping_of(case))
    if _has_residuals(case.spec):
        return replace(given, plan=plan, change="stopping by a tenth of the rows")
    said = "narrower hidden layers, stopping by a tenth of the rows"
    return _started(case, replace(given, plan=plan), narrower, said, is_last_too=False)


def _stopping_of(case: Case) -> EarlyStopping:
    return EarlyStopping(fraction=0.1, patience=max(10, case.plan.epochs // 4))


def _stronger(case: Case, given: Prescription) -> Prescription | None:
    if case.spec.l1 or case.spec.l2:
        return replace(given, spec=replace(case.spec, l1=0.0, l2=0.0), change="no penalty")

    if _has_residuals(case.spec):
        return None

    def wider(layer: Dense) -> Dense:
        return replace(layer, width=max(_WIDE_ENOUGH, _WIDER * layer.width), initializer="auto")

    return _started(case, given, wider, "wider hidden layers", is_last_too=False)


def _less_noise(case: Case, given: Prescription) -> Prescription:
    rule = case.rule
    assert rule is not None
    if not _is_lost(case):
        largest = Steps(case, rule, case.start).stability.largest_rate
        plan = replace(case.plan, rule=replace(rule, learning_rate=Cosine(largest)))
        return replace(given, plan=plan, change="a rate that falls to 0 along a cosine")
    size = min(case.n, _LARGER * case.batch_size)
    plan = replace(case.plan, batch_size=size)
    return replace(given, plan=plan, change=f"batches of {size} rows")


def _has_residuals(spec: NetworkSpec) -> bool:
    """Say whether widths hang together, so that no layer can be made wider alone."""
    return any(isinstance(layer, Residual) for layer in spec.layers)


def _is_lost(case: Case) -> bool:
    """Say whether training ended worse than one answer for all rows."""
    y = case.y[:_SOME]
    with np.errstate(all="ignore"):
        own = case.row_losses(case.end, case.X[:_SOME], y).mean()
    return bool(case.failure) or not own <= constant_losses(case.spec, y).mean()


def _started(
    case: Case,
    given: Prescription,
    fresh: Callable[[Dense], Dense],
    said: str,
    *,
    is_last_too: bool = True,
) -> Prescription:
    """Change the dense layers, the last one too if wanted, and start from another seed."""
    last = len(case.spec.layers) - 1
    layers: tuple[Layer, ...] = tuple(
        fresh(layer) if isinstance(layer, Dense) and (is_last_too or k < last) else layer
        for k, layer in enumerate(case.spec.layers)
    )
    spec = replace(case.spec, layers=layers)
    return replace(given, spec=spec, start=initial_params(spec, case.plan.seed + 1), change=said)


_CURES: dict[Problem, Callable[[Case, Prescription], Prescription | None]] = {
    "rate too high": _lower_rate,
    "rate too low": _higher_rate,
    "plateau": _new_start,
    "ill-conditioned": _second_order,
    "saturated units": _unsaturated,
    "dead units": _leaky,
    "unscaled inputs": _scaled_inputs,
    "unscaled target": _scaled_target,
    "overfitting": _smaller,
    "underfitting": _stronger,
    "noisy batches": _less_noise,
}
