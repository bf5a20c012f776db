"""Levenberg-Marquardt against Adam on 506 rows of 13 columns, 13-50-1 tanh, and prints both.

The target is synthetic and fixed: the first five columns as in Friedman's function, and noise of a
tenth of its deviation. Run with ``python -m benchmarks.levenberg_marquardt`` in the repository.
"""

import time

import numpy as np

from gradus import Adam, Dense, LevenbergMarquardt, NetworkSpec
from gradus._typing import Float64Array
from gradus.training.history import History
from gradus.training.plan import Plan
from gradus.training.train import train

SPEC = NetworkSpec(13, (Dense(50, "tanh"), Dense(1)))
ADAM_EPOCHS = 5000
RATES = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)


def table() -> tuple[Float64Array, Float64Array]:
    """Draw the rows and the standardized target."""
    rng = np.random.default_rng(506)
    X = rng.uniform(size=(506, 13))
    signal = 10 * np.sin(np.pi * X[:, 0] * X[:, 1]) + 20 * (X[:, 2] - 0.5) ** 2
    signal += 10 * X[:, 3] + 5 * X[:, 4]
    y = signal + 0.1 * signal.std() * rng.normal(size=506)
    return (X - X.mean(axis=0)) / X.std(axis=0), ((y - y.mean()) / y.std())[:, None]


def measure(plan: Plan) -> tuple[History, float]:
    """Train one network; give its history and the seconds."""
    begin = time.perf_counter()
    trained = train(SPEC, *table(), None, None, plan)
    return trained.histories[0], time.perf_counter() - begin


def main() -> None:
    """Train by Adam at six rates and by Levenberg-Marquardt, and compare mean squared errors."""
    adam = np.inf
    for rate in RATES:
        history, seconds = measure(Plan(Adam(rate), epochs=ADAM_EPOCHS))
        adam = min(adam, float(history.loss.min()))
        print(f"Adam, rate {rate:g}: {history.loss.min():.2e} in {seconds:.1f} s", flush=True)
    history, seconds = measure(Plan(LevenbergMarquardt(), epochs=200))
    is_below = history.loss < adam
    passed = int(history.epoch[is_below.argmax()]) - 1 if is_below.any() else None
    end = float(history.loss[-1])
    print(f"Levenberg-Marquardt: {end:.2e} in {seconds:.1f} s, {len(history)} iterations")
    print(f"passes the best Adam after {passed} iterations, ends at {end / adam:.1e} of its error")


if __name__ == "__main__":
    main()
