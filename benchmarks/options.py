"""What each choice costs: an epoch of 8-64-64-1 with one thing changed, over the plain epoch.

``python benchmarks/options.py [--dtype float64]`` trains on 20,480 rows in batches of 256 with one
thread. The plain network has ReLU units, squared error and Adam. Each choice is timed in turn with
the plain network; told is the median of the ratios.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gradus import (
    Adagrad,
    Adam,
    AdamW,
    Dense,
    Dropout,
    ExpressionLoss,
    GradientDescent,
    Huber,
    LayerNorm,
    Network,
    Quantile,
    Residual,
    RMSprop,
)
from gradus._names import ACTIVATION_NAMES

ROWS, INPUTS, WIDTH, EPOCHS, ROUNDS = 20_480, 8, 64, 3, 9


def choices(dtype: str) -> Iterator[tuple[str, Callable[[], float]]]:
    """Name each choice, the plain network first, with what times one call of training."""
    random = np.random.default_rng(0)
    X = random.normal(size=(ROWS, INPUTS)).astype(dtype)
    y = (X[:, 0] + 0.1 * X[:, 1]).astype(dtype)

    def timed(
        hidden: list[Any],
        loss: Any = "squared_error",
        *,
        y: Any = y,
        n_outputs: int = 1,
        **how: Any,
    ) -> Callable[[], float]:
        rule = how.pop("rule", Adam(1e-3))
        layers = [*hidden, Dense(n_outputs)]

        def seconds() -> float:
            network = Network(INPUTS, layers, loss, dtype=dtype, seed=1)
            began = time.perf_counter()
            network.train(X, y, rule, epochs=EPOCHS, batch_size=256, n_threads=1, **how)
            return time.perf_counter() - began

        return seconds

    relu = Dense(WIDTH, "relu")
    plain = [relu, relu]
    yield "plain", timed(plain)
    for name in ACTIVATION_NAMES:
        if name != "relu":
            yield name, timed([Dense(WIDTH, name)] * 2)
    yield "absolute error", timed(plain, "absolute_error")
    yield "Huber", timed(plain, Huber())
    yield "Poisson", timed(plain, "poisson", y=np.abs(y))
    yield "binary cross-entropy", timed(plain, "binary_cross_entropy", y=(y > 0).astype(dtype))
    yield (
        "cross-entropy of 3",
        timed(plain, "cross_entropy", y=np.sign(np.round(y)) + 1, n_outputs=3),
    )
    yield "3 quantiles", timed(plain, Quantile((0.1, 0.5, 0.9)), n_outputs=3)
    yield "an expression", timed(plain, ExpressionLoss("(output - target)**2"))
    yield "gradient descent", timed(plain, rule=GradientDescent(0.01))
    yield "momentum", timed(plain, rule=GradientDescent(0.01, momentum=0.9))
    yield "AdamW", timed(plain, rule=AdamW(1e-3))
    yield "RMSprop", timed(plain, rule=RMSprop(1e-3))
    yield "Adagrad", timed(plain, rule=Adagrad(1e-2))
    yield "row weights", timed(plain, sample_weight=np.ones(ROWS))
    yield "clipping", timed(plain, max_grad_norm=1.0)
    yield "max_norm", timed([Dense(WIDTH, "relu", max_norm=2.0)] * 2)
    yield "dropout", timed([relu, Dropout(0.2), relu, Dropout(0.2)])
    yield "layer normalization", timed([relu, LayerNorm(), relu, LayerNorm()])
    yield "a residual", timed([relu, Residual([relu])])


def main() -> None:
    """Print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dtype", choices=("float32", "float64"), default="float32")
    (_, plain), *others = choices(parser.parse_args().dtype)
    plain()
    for name, one in others:
        one()
        ratios = [one() / plain() for _ in range(ROUNDS)]
        print(f"{name:22} {statistics.median(ratios):.2f}", flush=True)


if __name__ == "__main__":
    main()
