"""Networks of every kind with rows that fit them, drawn from a seed."""

import numpy as np

from gradus._names import ACTIVATION_NAMES
from gradus.networks.initializers import initial_params
from gradus.networks.layers import Dense, Dropout, Embedding, LayerNorm, Residual
from gradus.networks.number_losses import Huber, Quantile
from gradus.networks.spec import NetworkSpec

LOSSES = (
    "squared_error",
    "absolute_error",
    "poisson",
    "binary_cross_entropy",
    "cross_entropy",
    Huber(0.7),
    Quantile((0.2, 0.5, 0.9)),
)


def random_network(seed):
    """Draw a spec, its parameters, rows, targets and row weights."""
    random = np.random.default_rng(seed)
    loss = LOSSES[seed % len(LOSSES)]
    embeddings = (Embedding(4, 3),) if random.random() < 0.3 else ()
    inputs = int(random.integers(1, 5))
    width = inputs + 3 * len(embeddings)
    layers = []
    for _ in range(int(random.integers(0, 4))):
        activation = str(random.choice(ACTIVATION_NAMES))
        kind = random.integers(0, 5)
        if kind == 0 and layers:
            layers.append(LayerNorm())
        elif kind == 1:
            layers.append(Dropout(0.3))
        elif kind == 2:
            layers.append(Residual([Dense(width, activation)]))
        else:
            width = int(random.integers(1, 6))
            layers.append(Dense(width, activation))
    outputs = 3 if loss == "cross_entropy" or isinstance(loss, Quantile) else int(seed % 2) + 1
    is_free = loss in ("squared_error", "absolute_error") or isinstance(loss, Huber)
    last = str(random.choice(ACTIVATION_NAMES)) if is_free else "identity"
    layers.append(Dense(outputs, last, bias=bool(random.random() < 0.8)))
    penalties = {"l2": 0.03 * (seed % 2), "l1": 0.02 * (seed % 3 == 0)}
    n_inputs = inputs + len(embeddings)
    spec = NetworkSpec(n_inputs, tuple(layers), loss, embeddings=embeddings, **penalties)
    params = initial_params(spec, seed) + 0.3 * random.normal(size=initial_params(spec, seed).shape)
    n = int(random.integers(1, 9))
    X = random.normal(size=(n, n_inputs))
    for column in range(spec.n_plain, n_inputs):
        X[:, column] = random.integers(0, 4, size=n)
    y = {
        "poisson": random.poisson(2.0, size=(n, outputs)),
        "binary_cross_entropy": random.integers(0, 2, size=(n, outputs)),
        "cross_entropy": random.integers(0, 3, size=(n, 1)),
    }.get(loss if isinstance(loss, str) else "", random.normal(size=(n, spec.n_targets)))
    weights = random.uniform(0.2, 2.0, size=n) if seed % 4 == 0 else None
    return spec, params, X, y.astype(np.float64), weights
