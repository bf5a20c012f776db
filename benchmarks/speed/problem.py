"""A training that several libraries can be given: rows, first weights, rule, batches, epochs.

Knows no library but NumPy; what a peer makes of it stands in a file of the peer.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]
#: One (weight, bias) for each layer; None where there is no bias.
Layers: TypeAlias = list[tuple[Array, Array | None]]

# Adam's constants are those of the paper and of every peer's defaults.
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8
MOMENTUM = 0.9


@dataclass(frozen=True)
class Problem:
    """One network to be trained on given rows in float32.

    Attributes
    ----------
    X : float32 array of shape (n, n_inputs)
    y : array of shape (n, n_outputs), or class ids of shape (n,)
    layers
        The first weights.
    activation
        Of the hidden layers: "relu", "sigmoid" or "tanh".
    loss
        "squared_error", ``1/n * sum of (output - y)**2``, or "cross_entropy" of class ids.
    rule
        "descent", "momentum" or "adam".
    rate
        The learning rate.
    batch
        Rows per update; divides n.
    epochs
        Passes over the rows in one timed run.
    output
        Activation of the last layer: "identity" or "sigmoid".
    is_order_drawn
        Whether drawing the order of an epoch belongs to the timed work of every peer. Where an
        epoch is a few rows, NumPy's call would be most of it, and the orders are ready-made.
    check_epochs
        Passes after which the losses of the peers are compared, all in the same order of rows.
    units
        How many of what is reported one timed run does; times are divided by it.
    """

    X: Array
    y: Array
    layers: Layers
    activation: str
    loss: str
    rule: str
    rate: float
    batch: int
    epochs: int = 1
    output: str = "identity"
    is_order_drawn: bool = True
    check_epochs: int = 1
    units: float = 1.0

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.X)

    @property
    def steps(self) -> int:
        """Updates in one epoch."""
        return self.n // self.batch

    @property
    def is_full_batch(self) -> bool:
        """Whether an update looks at all rows, whose order then means nothing."""
        return self.batch == self.n

    def copied_layers(self) -> Layers:
        """Return the first weights, to be changed."""
        return [(w.copy(), None if b is None else b.copy()) for w, b in self.layers]

    def drawn_orders(self, seed: int = 0) -> Iterator[Array]:
        """Draw the order of each epoch when it is asked for."""
        rng = np.random.default_rng(seed)
        for _ in range(self.epochs):
            yield rng.permutation(self.n)

    def given_orders(self, epochs: int) -> list[Array]:
        """Compute the orders that `gradus.Network` with seed 0 takes, for the peers to follow."""
        from gradus._random import Purpose, permutation, stream_key

        if self.is_full_batch:
            return [np.arange(self.n)] * epochs
        key = stream_key(0, Purpose.SHUFFLE)
        return [permutation(key, epoch, self.n) for epoch in range(epochs)]

    def value(self, layers: Layers) -> float:
        """Compute the mean loss over all rows in float64, 8,192 rows at a time."""
        exact = [(w.astype(float), 0.0 if b is None else b.astype(float)) for w, b in layers]
        total = 0.0
        for start in range(0, self.n, 8192):
            rows = slice(start, start + 8192)
            a = self.X[rows].astype(float)
            for k, (w, b) in enumerate(exact, 1):
                a = activate(self.output if k == len(exact) else self.activation, a @ w + b)
            total += _loss_sum(self.loss, a, self.y[rows])
        return total / self.n


def by_adam(X: Array, y: Array, layers: Layers, batch: int, epochs: int = 1) -> Problem:
    """Make the problem most workloads have: ReLU, squared error, Adam at 0.001, told by epochs."""
    task = Problem(X, y, layers, "relu", "squared_error", "adam", 1e-3, batch)
    return replace(task, epochs=epochs, units=epochs)


def activate(name: str, z: Array) -> Array:
    """Compute an activation."""
    if name == "relu":
        return np.maximum(z, 0)
    if name == "sigmoid":
        return np.asarray(1 / (1 + np.exp(-z)))
    return np.tanh(z) if name == "tanh" else z


def _loss_sum(loss: str, a: Array, y: Array) -> float:
    if loss == "squared_error":
        return float(np.sum((a - y) ** 2)) / a.shape[1]
    top = a.max(axis=1)
    log_sum: Array = top + np.log(np.exp(a - top[:, None]).sum(axis=1))
    return float(np.sum(log_sum - a[np.arange(len(a)), y]))


def needed_flops(widths: tuple[int, ...], n: int) -> float:
    """Count the arithmetic of training on n rows; the first layer's inputs need no gradient."""
    sizes = [fan_in * fan_out for fan_in, fan_out in pairwise(widths)]
    return float(n) * (4 * sizes[0] + 6 * sum(sizes[1:]))


def first_layers(widths: tuple[int, ...], seed: int = 1, gain: float = 6.0) -> Layers:
    """Draw weights evenly from within ``sqrt(gain / (fan_in + fan_out))``, and biases of 0."""
    rng = np.random.default_rng(seed)
    layers: Layers = []
    for fan_in, fan_out in pairwise(widths):
        bound = np.sqrt(gain / (fan_in + fan_out))
        weight = rng.uniform(-bound, bound, (fan_in, fan_out)).astype(np.float32)
        layers.append((weight, np.zeros(fan_out, np.float32)))
    return layers


def regression_rows(n: int, n_inputs: int, seed: int = 0) -> tuple[Array, Array]:
    """Draw inputs and a curved target of them with some noise, both in float32."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, n_inputs), np.float32)
    y = np.sin(2 * X[:, 0]) + X[:, 1] * X[:, 2] + 0.5 * X[:, 3]
    y += 0.1 * rng.standard_normal(n, np.float32)
    return X, y.reshape(-1, 1).astype(np.float32)


def digit_rows(n: int) -> tuple[Array, Array]:
    """Draw 784 numbers a row between 0 and 1, as pixels are, and one of ten classes.

    The class is the part of the row with the largest sum. Nothing of the size of X is made beside.
    """
    X = np.random.default_rng(0).random((n, 784), np.float32)
    sums = np.add.reduceat(X, np.arange(0, 780, 78), axis=1)
    return X, sums.argmax(axis=1)
