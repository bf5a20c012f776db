"""gradus as its users have it: `Network` with its `train` and `predict`."""

from typing import Any

import numpy as np
from benchmarks.speed.problem import BETA_1, BETA_2, EPSILON, MOMENTUM, Layers, Problem
from benchmarks.speed.workload import Job

from gradus import Adam, Dense, GradientDescent, Network


def network(problem: Problem) -> Network:
    """Make the network of a problem with its first weights."""
    last = len(problem.layers)
    layers = [
        Dense(w.shape[1], problem.output if k == last else problem.activation, bias=b is not None)
        for k, (w, b) in enumerate(problem.layers, 1)
    ]
    made = Network(problem.X.shape[1], layers, problem.loss, dtype="float32")
    put(made, problem.layers)
    return made


def put(made: Network, layers: Layers) -> None:
    """Write weights into a network."""
    views = made.views()
    for k, (weight, bias) in enumerate(layers, 1):
        views[f"layer {k} weight"][:] = weight
        if bias is not None:
            views[f"layer {k} bias"][:] = bias


def taken(made: Network) -> Layers:
    """Copy the weights of a network."""
    views = made.views()
    numbers = range(1, len(made.spec.dense) + 1)
    return [
        (views[f"layer {k} weight"].copy(), np.array(views[f"layer {k} bias"]))
        if f"layer {k} bias" in views
        else (views[f"layer {k} weight"].copy(), None)
        for k in numbers
    ]


def rule(problem: Problem) -> Adam | GradientDescent:
    """Make the update rule of a problem."""
    if problem.rule == "adam":
        return Adam(problem.rate, BETA_1, BETA_2, EPSILON)
    return GradientDescent(problem.rate, MOMENTUM if problem.rule == "momentum" else 0.0)


def train(problem: Problem, threads: int, *, is_epoch_a_call: bool = False) -> Job:
    """Train all epochs in one call, or each in a call of its own, which forgets the rule's memory.

    Parameters
    ----------
    problem
        What to train.
    threads
        For `Network.train`.
    is_epoch_a_call
        Whether each epoch is a call of its own.
    """
    made, chosen = network(problem), rule(problem)
    options: dict[str, Any] = {
        "batch_size": None if problem.is_full_batch else problem.batch,
        "n_threads": threads,
    }
    start = made.params.copy()

    def reset() -> None:
        made.params[:] = start

    def run() -> None:
        if not is_epoch_a_call:
            made.train(problem.X, problem.y, chosen, epochs=problem.epochs, **options)
            return
        for _ in range(problem.epochs):
            made.train(problem.X, problem.y, chosen, epochs=1, **options)

    def check() -> float:
        reset()
        made.train(problem.X, problem.y, chosen, epochs=problem.check_epochs, **options)
        return reached()

    def reached() -> float:
        return problem.value(taken(made))

    return Job(run, check, units=problem.units, reset=reset, reached=reached)
