"""The networks, rows and helpers of the contract suite; it knows no engine."""

import importlib.util

import numpy as np

from gradus._random import Purpose, stream_key
from gradus.engines.base import Batches, EpochLog, TrainState
from gradus.networks.initializers import initial_params
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


def output_width(loss):
    return {"squared_error": 2, "binary_cross_entropy": 1, "cross_entropy": 3}[loss]


def network(activation, loss, *, l2=0.0, n_plain=3, width=5, bias=True, embeddings=()):
    """Two hidden layers; for squared error the last layer has the activation too."""
    last = activation if loss == "squared_error" else "identity"
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
    if spec.loss == "squared_error":
        y = rng.normal(size=(n, spec.n_targets))
    elif spec.loss == "binary_cross_entropy":
        y = rng.integers(2, size=(n, 1))
    else:
        y = rng.integers(spec.n_outputs, size=(n, 1))
    return X, y.astype(dtype)


def draw_params(spec, rng, dtype=np.float64):
    """Parameters with biases that are not zero."""
    params = initial_params(spec, int(rng.integers(2**32)))
    return (params + 0.1 * rng.normal(size=params.size)).astype(dtype)


def batches_of(X, y, weights=None, rows=None, batch_size=None, seed=0):
    size = len(X) if rows is None else len(rows)
    key = stream_key(seed, Purpose.SHUFFLE)
    dropout_key = stream_key(seed, Purpose.DROPOUT)
    return Batches(X, y, weights, rows, batch_size or max(size, 1), key, dropout_key)


def run(engine, spec, rule, batches, state, rates, max_grad_norm=None, **options):
    """Call `Engine.run` with what most tests do not care about; give status and log."""
    log = EpochLog()
    options = {"cancel": np.zeros(1, dtype=np.uint8), "max_seconds": None} | options
    rates = np.asarray(rates, dtype=np.float64)
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
