"""gradus as its users have it, `Network` with its `train`, and as its engine is called within."""

from typing import Any

import numpy as np
from benchmarks.speed.problem import BETA_1, BETA_2, EPSILON, MOMENTUM, Layers, Problem
from benchmarks.speed.workload import Job

from gradus import Adam, Dense, GradientDescent, Network
from gradus._random import Purpose, stream_key
from gradus.engines.base import Batches, EpochLog, TrainState
from gradus.engines.native import NativeEngine


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


def engine(problem: Problem, threads: int) -> Job:
    """Train by one call of the native engine, on arrays made ready, with no history."""
    made, chosen, native = network(problem), rule(problem), NativeEngine(threads)
    start, cancel = made.params.copy(), np.zeros(1, np.uint8)
    y = np.ascontiguousarray(problem.y, np.float32).reshape(problem.n, -1)
    key = stream_key(0, Purpose.SHUFFLE)
    batches = Batches(problem.X, y, None, None, problem.batch, key)
    rates = np.full(problem.epochs * problem.steps, problem.rate)
    states = [TrainState.start(start, chosen.n_slots)]

    def reset() -> None:
        states[0] = TrainState.start(start, chosen.n_slots)

    def run() -> None:
        options: dict[str, Any] = {"cancel": cancel, "max_seconds": None}
        native.run(made.spec, chosen, batches, states[0], rates, None, EpochLog(), **options)

    def check() -> float:
        reset()
        run()
        return reached()

    def reached() -> float:
        made.params[:] = states[0].params
        return problem.value(taken(made))

    return Job(run, check, units=problem.units, reset=reset, reached=reached)


def train(
    problem: Problem,
    threads: int,
    *,
    is_epoch_a_call: bool = False,
    matmul_precision: str | None = None,
) -> Job:
    """Train all epochs in one call, or each in a call of its own, which forgets the rule's memory.

    Parameters
    ----------
    problem
        What to train.
    threads, matmul_precision
        For `Network.train`.
    is_epoch_a_call
        Whether each epoch is a call of its own.
    """
    made, chosen = network(problem), rule(problem)
    options: dict[str, Any] = {
        "batch_size": None if problem.is_full_batch else problem.batch,
        "n_threads": threads,
        "matmul_precision": matmul_precision,
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
