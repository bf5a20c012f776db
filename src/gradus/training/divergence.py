"""Name the place where numbers first stopped being finite, by replaying one step on the formulas.

The engine came back before the step that failed, so the step can be computed again here, slowly
and with a look at every layer. Nothing is changed and nothing is decided here.
"""

import math
from typing import TypeAlias, get_args

import numpy as np

from gradus._random import permutation
from gradus._typing import Array, Int64Array
from gradus.engines.base import Batches, TrainState
from gradus.engines.dropout import dropout_masks
from gradus.engines.reference import Trace, gradient, mean_loss
from gradus.errors import Diverged
from gradus.networks.layers import Dense, Dropout, LayerNorm, Residual
from gradus.networks.params import layout, views, weight_mask
from gradus.networks.spec import NetworkSpec
from gradus.networks.steps import steps
from gradus.optimizers.automatic import Automatic
from gradus.optimizers.clipping import clip, gradient_norm
from gradus.optimizers.rules import Rule
from gradus.optimizers.schedules import rates
from gradus.optimizers.second_order.problem import FullBatchRule
from gradus.training.plan import Plan
from gradus.training.standing import Standing

# The words for the first place that is not finite, and its layer (None for what is none).
_Place: TypeAlias = tuple[str, int | None]
# What the other steps are called.
_CALLED = {Dropout: "dropout", LayerNorm: "norm", Residual: "residual"}


def explain(spec: NetworkSpec, standing: Standing, batches: Batches, plan: Plan) -> Diverged:
    """Build the error for the step under the cursor, which an engine refused to make.

    The first place is looked for in the order of the computation: forward from the first step to
    the last (of a layer pre-activation, then activation), the loss, the gradient from the last
    layer to the embeddings, the new weights. All in the number type of the training; rows of weight
    0 are left out.
    """
    state = standing.state
    epoch, step, done = (int(count) for count in state.cursor)
    rate = _learning_rate(plan, batches, done)
    with np.errstate(all="ignore"):
        rows = _rows(batches, epoch, step)
        X, y = batches.X[rows], batches.y[rows]
        weights = None if batches.weights is None else batches.weights[rows]
        masks = dropout_masks(spec, batches.dropout_key, epoch, rows, X.dtype)
        precision = plan.matmul_precision
        trace, grads = gradient(spec, state.params, X, y, weights, masks, precision)
        loss, norm = float(mean_loss(spec, trace.a[-1], y, weights)), float(gradient_norm(grads))
        place = _first_forward(spec, trace)
        if place is None and math.isfinite(loss):
            place = _first_backward(spec, grads)
            if place is None and math.isfinite(norm):
                place = _first_update(spec, state, plan, grads, rate)
    where, layer = place or ("" if math.isfinite(loss) else ", first in the loss itself", None)
    before = float(state.grad_norm[0])
    if math.isfinite(before):
        where += f" (gradient norm {before:.1e} one step before)"
    message = f"{_what(loss, norm)} at epoch {epoch + 1}, step {step + 1}{where}."
    sentences = (message, _advice(plan, done, rate), _kept(standing))
    return Diverged(" ".join(sentences), epoch + 1, step + 1, layer)


def _what(loss: float, norm: float) -> str:
    """Say which number stopped being finite first."""
    if not math.isfinite(loss):
        return f"Loss became {loss:g}"
    if not math.isfinite(norm):
        return f"Gradient norm became {norm:g}"
    return "The new weights became too large"


def _learning_rate(plan: Plan, batches: Batches, done: int) -> float:
    """Return the learning rate of the step, nan where the method has none."""
    assert not isinstance(plan.rule, Automatic), "chosen before training begins"
    if isinstance(plan.rule, FullBatchRule):
        return math.nan
    total = plan.epochs * batches.steps_per_epoch
    return float(rates(plan.rule.learning_rate, done, done + 1, total)[0])


def _advice(plan: Plan, done: int, rate: float) -> str:
    """Say what to change: the size of the steps, or what the very first one began with."""
    if isinstance(plan.rule, FullBatchRule):
        return "Scale the columns of X and y or begin with smaller weights."
    if not done:
        return (
            "This was the first step: scale the columns of X and y, begin with smaller weights, "
            f"or lower learning_rate (now {rate:g})."
        )
    if plan.max_grad_norm is None:
        return f"Lower learning_rate (now {rate:g}) or set max_grad_norm."
    return f"Lower learning_rate (now {rate:g}) or max_grad_norm (now {plan.max_grad_norm:g})."


def _kept(standing: Standing) -> str:
    """Say which weights the training hands back."""
    if standing.best_params is None:
        return "The weights before that step are kept."
    return f"The weights of epoch {standing.best_epoch}, the best so far, are kept."


def _rows(batches: Batches, epoch: int, step: int) -> Int64Array:
    """List the rows of one step that have a weight."""
    n = batches.n_rows
    rows = np.arange(n) if batches.rows is None else batches.rows
    if batches.batch_size < n:
        rows = rows[permutation(batches.shuffle_key, epoch, n)]
    rows = rows[step * batches.batch_size : (step + 1) * batches.batch_size]
    return rows if batches.weights is None else rows[batches.weights[rows] > 0]


def _first_forward(spec: NetworkSpec, trace: Trace) -> _Place | None:
    """Look at every step's numbers from the first to the last."""
    for step, a in zip(steps(spec), trace.a[1:], strict=True):
        if isinstance(step.layer, Dense):
            layer = step.number
            for name, values in (("pre-activation", trace.z[layer - 1]), ("activation", a)):
                if not np.isfinite(values).all():
                    return f", first in layer {layer}'s {name}", layer
        elif not np.isfinite(a).all():
            return f", first in {_CALLED[type(step.layer)]} {step.number}'s numbers", None
    return None


def _first_backward(spec: NetworkSpec, grads: Array) -> _Place | None:
    """Look at the gradient from the last layer to the first, then at the embeddings."""
    for name, layer in reversed(_parts(spec)):
        if not _is_part_finite(spec, grads, name):
            return f", first in {name}'s gradient", layer
    return None


def _first_update(
    spec: NetworkSpec, state: TrainState, plan: Plan, grads: Array, rate: float
) -> _Place | None:
    """Look at the weights that the step would have made, in their order."""
    assert isinstance(plan.rule, get_args(Rule)), "a full-batch method takes finite steps only"
    step, mask = int(state.cursor[2]) + 1, weight_mask(spec)
    shortened = clip(grads, gradient_norm(grads), plan.max_grad_norm)
    after, _ = plan.rule.update(state.params, shortened, state.slots, rate, step, mask)
    for name, layer in _parts(spec):
        if not _is_part_finite(spec, after, name):
            return f", first in {name}", layer
    return None


def _parts(spec: NetworkSpec) -> list[_Place]:
    """Name embeddings, layers and norms in the order of the flat vector."""
    named = ((view.name.rpartition(" ")[0], view.layer or None) for view in layout(spec))
    return list(dict.fromkeys(named))


def _is_part_finite(spec: NetworkSpec, flat: Array, part: str) -> bool:
    named = views(spec, flat)
    own = [values for name, values in named.items() if name.startswith(f"{part} ")]
    return all(bool(np.isfinite(values).all()) for values in own)
