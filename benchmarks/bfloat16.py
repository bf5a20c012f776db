"""Trains with and without products of bfloat16; prints seconds, losses and accuracies.

Run with ``GRADUS_DATA=FOLDER python -m benchmarks.bfloat16`` in the repository; it takes some
minutes. With ``steps`` behind it only the time of a step is measured, which needs no data.
"""

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

from gradus import Adam, Cosine, Dense, GradientDescent, Network
from gradus.engines.base import Batches, EpochLog, TrainState
from gradus.engines.registry import engine as make_engine
from tests.texts.test_digits import EPOCHS, LAYERS, accuracy, digits

SEEDS = 3
# Calls measured, each of a few steps, both ways in turn.
CALLS, STEPS = 40, 10


def small(seed: int) -> Network:
    """Make 784-128-10 with relu."""
    layers = [Dense(128, "relu"), Dense(10)]
    return Network(inputs=784, layers=layers, loss="cross_entropy", dtype="float32", seed=seed)


def deep(seed: int) -> Network:
    """Make six sigmoid layers of a thousand."""
    layers = [*[Dense(1000, "sigmoid")] * LAYERS, Dense(10)]
    return Network(inputs=784, layers=layers, loss="cross_entropy", dtype="float32", seed=seed)


def measure(what: str, make: Callable[[int], Network], epochs: int, batch_size: int) -> None:
    """Train a network from some seeds, both ways, and print a line for each."""
    X, y, X_test, y_test = digits()
    rule = Adam(learning_rate=Cosine(0.001))
    for seed in range(SEEDS):
        for precision in (None, "bfloat16"):
            network = make(seed)
            begin = time.perf_counter()
            network.train(
                X, y, rule, epochs=epochs, batch_size=batch_size, matmul_precision=precision
            )
            seconds = time.perf_counter() - begin
            print(
                f"{what}, seed {seed}, {precision or 'float32'}: training loss "
                f"{network.loss(X, y):.6f}, test loss {network.loss(X_test, y_test):.5f}, test "
                f"accuracy {100 * accuracy(network):.2f} %, {seconds:.0f} s",
                flush=True,
            )


def measure_steps(network: Network, batch_size: int) -> None:
    """Print the milliseconds of a step, momentum and cross-entropy, both ways."""
    rng, rule = np.random.default_rng(0), GradientDescent(momentum=0.9)
    X = rng.normal(size=(STEPS * batch_size, 784)).astype(np.float32)
    y = rng.integers(10, size=(len(X), 1)).astype(np.float32)
    batches = Batches(X, y, None, None, batch_size, 1)
    engine, cancel = make_engine(), np.zeros(1, dtype=np.uint8)
    took: dict[str | None, list[float]] = {None: [], "bfloat16": []}
    for _ in range(CALLS):
        for precision, times in took.items():
            state = TrainState.start(network.params, rule.n_slots)
            rates = np.full(STEPS, 0.01)
            begin = time.perf_counter()
            engine.run(
                network.spec,
                rule,
                batches,
                state,
                rates,
                None,
                EpochLog(),
                cancel=cancel,
                max_seconds=None,
                matmul_precision=precision,
            )
            times.append(1000 * (time.perf_counter() - begin) / STEPS)
    for precision, times in took.items():
        print(
            f"a step in {precision or 'float32'}: {statistics.median(times):.2f} ms "
            f"({min(times):.2f} to {max(times):.2f})",
            flush=True,
        )


def main() -> None:
    """Measure a step of the large network, then train both."""
    measure_steps(deep(0), 256)
    if sys.argv[1:] == ["steps"]:
        return
    measure("784-128-10, 10 epochs", small, 10, 128)
    measure(f"six sigmoid layers, {EPOCHS} epochs", deep, EPOCHS, 256)


if __name__ == "__main__":
    main()
