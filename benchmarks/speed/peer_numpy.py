"""NumPy by hand: forward, backward and update written out, buffers kept where that helps."""

from collections.abc import Iterable

import numpy as np
from benchmarks.speed.problem import BETA_1, BETA_2, EPSILON, MOMENTUM, Array, Layers, Problem
from benchmarks.speed.problem import activate as activated
from benchmarks.speed.workload import Job


class Trainer:
    """One network on one flat vector of parameters, so that a rule is a few calls in all."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        parts = [part for layer in problem.layers for part in layer if part is not None]
        self.params = np.concatenate([part.ravel() for part in parts])
        self.grads = np.empty_like(self.params)
        self.weights, self.biases = self._views(self.params)
        self.d_weights, self.d_biases = self._views(self.grads)
        self.start()

    def _views(self, flat: Array) -> tuple[list[Array], list[Array | None]]:
        weights: list[Array] = []
        biases: list[Array | None] = []
        place = 0
        for weight, bias in self.problem.layers:
            weights.append(flat[place : place + weight.size].reshape(weight.shape))
            place += weight.size
            biases.append(None if bias is None else flat[place : place + bias.size])
            place += 0 if bias is None else bias.size
        return weights, biases

    def start(self) -> None:
        """Put the first weights and an empty memory."""
        for k, (weight, bias) in enumerate(self.problem.layers):
            self.weights[k][:] = weight
            own = self.biases[k]
            if own is not None and bias is not None:
                own[:] = bias
        self.m, self.v = np.zeros_like(self.params), np.zeros_like(self.params)
        self.t = 0

    def layers(self) -> Layers:
        """Copy the weights."""
        return [
            (w.copy(), None if b is None else b.copy())
            for w, b in zip(self.weights, self.biases, strict=True)
        ]

    def gradient(self, X: Array, y: Array) -> None:
        """Compute the gradient of a batch into `grads`."""
        problem, last = self.problem, len(self.weights) - 1
        fed = [X]
        for k, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            z = fed[-1] @ weight
            if bias is not None:
                z += bias
            fed.append(activated(problem.output if k == last else problem.activation, z))
        delta = _output_delta(problem, fed[-1], y)
        for k in range(last, -1, -1):
            np.matmul(fed[k].T, delta, out=self.d_weights[k])
            own = self.d_biases[k]
            if own is not None:
                np.add.reduce(delta, axis=0, out=own)
            if k:
                delta = delta @ self.weights[k].T
                delta *= _slope(problem.activation, fed[k])

    def update(self) -> None:
        """Apply the rule to `params`."""
        g, rate = self.grads, self.problem.rate
        if self.problem.rule == "descent":
            g *= rate
            self.params -= g
        elif self.problem.rule == "momentum":
            self.m *= MOMENTUM
            g *= rate
            self.m -= g
            self.params += self.m
        else:
            self._adam(g)

    def _adam(self, g: Array) -> None:
        self.t += 1
        self.m *= BETA_1
        self.m += (1 - BETA_1) * g
        self.v *= BETA_2
        g *= g
        g *= 1 - BETA_2
        self.v += g
        # The bias corrections are taken into two numbers, which leaves the update as it is.
        root = np.sqrt(1 - BETA_2**self.t)
        np.sqrt(self.v, out=g)
        g += np.float32(EPSILON * root)
        np.divide(self.m, g, out=g)
        g *= np.float32(self.problem.rate * root / (1 - BETA_1**self.t))
        self.params -= g

    def train(self, orders: Iterable[Array]) -> None:
        """Make one pass for each order."""
        X, y, batch = self.problem.X, self.problem.y, self.problem.batch
        for order in orders:
            if self.problem.is_full_batch:
                self.gradient(X, y)
                self.update()
                continue
            for place in range(0, len(order), batch):
                rows = order[place : place + batch]
                self.gradient(X.take(rows, axis=0), y.take(rows, axis=0))
                self.update()


def _slope(activation: str, a: Array) -> Array:
    if activation == "relu":
        return a > 0
    return a * (1 - a) if activation == "sigmoid" else 1 - a * a


def _output_delta(problem: Problem, a: Array, y: Array) -> Array:
    """Differentiate the mean loss by the last pre-activation; `a` is given up."""
    if problem.loss == "cross_entropy":
        a -= a.max(axis=1, keepdims=True)
        np.exp(a, out=a)
        a /= a.sum(axis=1, keepdims=True)
        a[np.arange(len(a)), y] -= 1
        a *= np.float32(1 / len(a))
        return a
    delta = a - y
    delta *= np.float32(2 / a.size)
    if problem.output == "sigmoid":
        delta *= a * (1 - a)
    return delta


def train(problem: Problem) -> Job:
    """Train with what NumPy has."""
    trainer = Trainer(problem)
    ready = None if problem.is_order_drawn else problem.given_orders(problem.epochs)

    def run() -> None:
        trainer.train(problem.drawn_orders() if ready is None else ready)

    def check() -> float:
        trainer.start()
        trainer.train(problem.given_orders(problem.check_epochs))
        return reached()

    def reached() -> float:
        return problem.value(trainer.layers())

    return Job(run, check, units=problem.units, reset=trainer.start, reached=reached)
