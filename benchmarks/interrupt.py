"""How soon Ctrl-C is answered in the middle of a step: `python benchmarks/interrupt.py`.

A network of 784-6x1000-10 trains on full batches of 256 rows; after a random while the process
sends itself SIGINT, and the time until `Network.train` has returned is printed, in milliseconds.
"""

import os
import signal
import statistics
import threading
import time

import numpy as np

from gradus import Dense, GradientDescent, Network

RUNS = 20


def main() -> None:
    """Interrupt twenty times and print every delay."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(256, 784)).astype(np.float32)
    y = rng.integers(0, 10, 256)
    layers = [*[Dense(1000, "sigmoid")] * 6, Dense(10)]
    network = Network(inputs=784, layers=layers, loss="cross_entropy", dtype="float32")
    rule = GradientDescent(learning_rate=0.01, momentum=0.9)
    delays = []
    for _ in range(RUNS):
        sent: list[float] = []

        def interrupt(sent: list[float] = sent) -> None:
            time.sleep(rng.uniform(0.3, 0.6))
            sent.append(time.perf_counter())
            os.kill(os.getpid(), signal.SIGINT)

        sender = threading.Thread(target=interrupt)
        sender.start()
        run = network.train(X, y, rule, epochs=1_000_000)
        delays.append((time.perf_counter() - sent[0]) * 1e3)
        sender.join()
        assert run.stopped_because == "interrupted"
    print(" ".join(f"{delay:.0f}" for delay in delays))
    print(f"median {statistics.median(delays):.0f} ms, longest {max(delays):.0f} ms of {RUNS}")


if __name__ == "__main__":
    main()
