"""Trains handwritten digits with and without products of bfloat16; prints losses and accuracies.

Run with ``GRADUS_DATA=FOLDER python -m benchmarks.bfloat16`` in the repository; it takes some
minutes.
"""

import time
from collections.abc import Callable

from gradus import Adam, Cosine, Dense, Network
from tests.texts.test_digits import EPOCHS, LAYERS, accuracy, digits

SEEDS = 3


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


def main() -> None:
    """Train both networks."""
    measure("784-128-10, 10 epochs", small, 10, 128)
    measure(f"six sigmoid layers, {EPOCHS} epochs", deep, EPOCHS, 256)


if __name__ == "__main__":
    main()
