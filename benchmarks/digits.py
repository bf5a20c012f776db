"""Trains the handwritten digits of tests/texts/test_digits.py and prints accuracy and seconds.

Run with ``GRADUS_DATA=FOLDER python -m benchmarks.digits`` in the repository.
"""

import time

from gradus import Adam, Cosine, Dense, GradientDescent, Network
from gradus.optimizers.rules import Rule
from tests.texts.test_digits import EPOCHS, accuracy, deep, digits


def measure(what: str, network: Network, rule: Rule, epochs: int, batch_size: int) -> None:
    """Train one network and print a line."""
    X, y, *_ = digits()
    begin = time.perf_counter()
    network.train(X, y, rule, epochs=epochs, batch_size=batch_size)
    seconds = time.perf_counter() - begin
    print(
        f"{what}: {100 * accuracy(network):.2f} % in {seconds:.0f} s, {epochs} epochs", flush=True
    )


def main() -> None:
    """Train three networks."""
    layers = [Dense(128, "relu"), Dense(10)]
    small = Network(inputs=784, layers=layers, loss="cross_entropy", dtype="float32")
    adam, plain = Adam(learning_rate=Cosine(0.001)), GradientDescent(learning_rate=0.1)
    measure("784-128-10", small, adam, 10, 128)
    measure("six sigmoid layers, deep_sigmoid and Adam", deep("auto"), adam, EPOCHS, 256)
    glorot = deep("glorot_uniform")
    measure("six sigmoid layers, Glorot and plain descent", glorot, plain, EPOCHS, 256)


if __name__ == "__main__":
    main()
