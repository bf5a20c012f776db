"""The networks, rows and helpers of the contract suite; it knows no engine."""

import importlib.util

import numpy as np

from gradus._names import LOSS_NAMES
from gradus._random import Purpose, stream_key
from gradus.engines.base import Batches, EpochLog, TrainState
from gradus.networks.class_losses import BinaryCrossEntropy, CrossEntropy
from gradus.networks.initializers import initial_params
from gradus.networks.losses import loss_of
from gradus.networks.number_losses import Huber, Quantile
from gradus.networks.own_losses import ExpressionLoss, FunctionLoss
from gradus.networks.params import layout
from gradus.networks.spec import Dense, Embedding, NetworkSpec
from gradus.optimizers.rules import Adagrad, Adam, AdamW, GradientDescent, RMSprop

# An engine whose compiled part is there must work: nothing is skipped then.
ENGINES = ["reference"] + ["native"] * (importlib.util.find_spec("gradus._core") is not None)

# How far one pass may be from the formulas, as a part of a layer's largest entry.
ONE_PASS = {np.float64: 1e-12, np.float32: 1e-5}

RULES = {
    "gradient_descent": GradientDescent(),
    "momentum": GradientDescent(momentum=0.9),
    "nesterov": GradientDescent(momentum=0.9, nesterov=True),
    "adam": Adam(),
    "adamw": AdamW(weight_decay=0.1),
    "rmsprop": RMSprop(),
    "rmsprop with momentum": RMSprop(decay=0.99, momentum=0.9),
    "adagrad": Adagrad(),
    "adagrad from 0.1": Adagrad(initial_accumulator=0.1),
}


# What the suite runs with: columns of numbers only, or level numbers behind them.
TABLES = {"numbers": (), "levels": (Embedding(4, 3), Embedding(2, 1))}


# The losses that each activation is tried with; the others see one activation.
FIRST_LOSSES = ("squared_error", "binary_cross_entropy", "cross_entropy")
# Every loss with a name, and those that come with numbers, a formula or functions.
LOSSES = {name: name for name in LOSS_NAMES} | {
    "huber": Huber(0.7),
    "quantile": Quantile((0.1, 0.5, 0.75, 0.9)),
    "smoothed classes": CrossEntropy(0.1),
    "smoothed labels": BinaryCrossEntropy(0.2),
    "expression": ExpressionLoss(
        "where(output > target, log(cosh(output - target)), sqrt(1 + (target - output) ** 2) - 1)"
        " + 0.1 * abs(output) * tanh(target) - exp(-maximum(output, target)) / 4"
    ),
    "functions": FunctionLoss(
        lambda outputs, y: ((outputs - y) ** 4 + outputs**2).sum(axis=1),
        lambda outputs, y: 4 * (outputs - y) ** 3 + 2 * outputs,
        lambda outputs, y: 12 * (outputs - y) ** 2 + 2,
    ),
}


def output_width(loss):
    entry = loss_of(loss)
    if loss == "binary_cross_entropy":
        return 1
    return {"class": 3, "level": entry.fewest_outputs, "": 2}[entry.output_is_for]


def network(activation, loss, *, l2=0.0, n_plain=3, width=5, bias=True, embeddings=()):
    """Two hidden layers; the last layer has the activation too where the loss lets it."""
    last = "identity" if loss_of(loss).own_link else activation
    layers = (
        Dense(width, activation, bias),
        Dense(width, "tanh", bias),
        Dense(output_width(loss), last, bias),
    )
    return NetworkSpec(n_plain + len(embeddings), layers, loss, l2, embeddings)


def draw_rows(spec, rng, n, dtype=np.float64):
    """Rows, with levels where there are embeddings, and targets the loss has a meaning for."""
    X = rng.normal(size=(n, spec.n_inputs)).astype(dtype)
    for column, embedding in enumerate(spec.embeddings, spec.n_plain):
        X[:, column] = rng.integers(embedding.n_levels, size=n)
    return X, draw_targets(spec, rng, n).astype(dtype)


def draw_targets(spec, rng, n):
    match loss_of(spec.loss).name:
        case "cross_entropy":
            return rng.integers(spec.n_outputs, size=(n, 1))
        case "binary_cross_entropy":
            return rng.integers(2, size=(n, spec.n_targets))
        case "poisson":
            return rng.poisson(2.0, size=(n, spec.n_targets))
    return rng.normal(size=(n, spec.n_targets))


def draw_params(spec, rng, dtype=np.float64):
    """Parameters with biases that are not zero."""
    params = initial_params(spec, int(rng.integers(2**32)))
    return (params + 0.1 * rng.normal(size=params.size)).astype(dtype)


def batches_of(X, y, weights=None, rows=None, batch_size=None, seed=0):
    size = len(X) if rows is None else len(rows)
    key = stream_key(seed, Purpose.SHUFFLE)
    dropout_key = stream_key(seed, Purpose.DROPOUT)
    return Batches(X, y, weights, rows, batch_size or max(size, 1), key, dropout_key)


def run(engine, spec, rule, batches, state, rates, max_grad_norm=None, measured=None, **options):
    """Call `Engine.run` with what most tests do not care about; give status and log."""
    options = {"cancel": np.zeros(1, dtype=np.uint8), "max_seconds": None} | options
    rates = np.asarray(rates, dtype=np.float64)
    log = EpochLog(np.arange(len(rates))[-1:] if measured is None else np.array(measured))
    status = engine.run(spec, rule, batches, state, rates, max_grad_norm, log, **options)
    return status, log


def bits(state):
    """Everything a state holds, as bytes."""
    arrays = state.params, state.slots, state.cursor, state.totals, state.grad_norm
    return [array.tobytes() for array in arrays]


def copy_state(state):
    arrays = state.params, state.slots, state.cursor, state.totals, state.grad_norm
    return TrainState(*(array.copy() for array in arrays))


def assert_layers_close(spec, ours, exact, tolerance):
    """Compare flat vectors by parts of the largest entry of each layer, weight and bias together.

    The embeddings count to layer 1: a table of few numbers has, as a bias of few, no entry that
    tells how large the sums were that made it.
    """
    layers = {}
    for view in layout(spec):
        name = view.name.rpartition(" ")[0]
        layers.setdefault("layer 1" if "embedding" in name else name, []).append(view)
    for name, own in layers.items():
        part = slice(own[0].start, own[-1].stop)
        largest = np.abs(exact[part]).max(initial=0)
        error = np.abs(ours[part].astype(np.float64) - exact[part]).max(initial=0)
        assert error <= tolerance * largest, f"{name}: {error:.2e} of {largest:.2e}"
