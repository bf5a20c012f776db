"""The rate of the matrix product of one library: ``python -m benchmarks.speed.products NAME SIZE``.

Prints operations per second.
"""

import sys
import time
from collections.abc import Callable

import numpy as np


def by_numpy(size: int) -> Callable[[], object]:
    """Multiply into an array that is there."""
    a, b = matrices(size)
    out = np.empty_like(a)
    return lambda: np.matmul(a, b, out=out)


def by_jax(size: int) -> Callable[[], object]:
    """Multiply with a compiled function."""
    import jax

    a, b = (jax.device_put(matrix) for matrix in matrices(size))
    product = jax.jit(lambda a, b: a @ b).lower(a, b).compile()
    return lambda: product(a, b).block_until_ready()


def by_torch(size: int) -> Callable[[], object]:
    """Multiply into a tensor that is there, with the threads the environment tells."""
    import torch

    a, b = (torch.from_numpy(matrix) for matrix in matrices(size))
    out = torch.empty_like(a)
    return lambda: torch.mm(a, b, out=out)


def by_gradus(size: int) -> Callable[[], object]:
    """Ask a network of one layer, which also looks for numbers that are not finite."""
    from gradus import Dense, Network

    network = Network(size, [Dense(size)], dtype="float32")
    X = matrices(size)[0]
    return lambda: network.predict(X)


def matrices(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw two square matrices."""
    rng = np.random.default_rng(0)
    return rng.random((size, size), np.float32), rng.random((size, size), np.float32)


LIBRARIES = {"numpy": by_numpy, "jax": by_jax, "torch": by_torch, "gradus": by_gradus}


def rate(product: Callable[[], object], size: int) -> float:
    """Time products for half a second; a tenth were faster than what is told.

    A limit is what the machine allows, so what others took of it shall not count.
    """
    product()
    times: list[float] = []
    started = time.perf_counter()
    while time.perf_counter() - started < 0.5:
        begin = time.perf_counter()
        product()
        times.append(time.perf_counter() - begin)
    return float(2 * size**3 / np.quantile(times, 0.1))


def main() -> None:
    """Measure one library."""
    name, size = sys.argv[1], int(sys.argv[2])
    print(rate(LIBRARIES[name](size), size))


if __name__ == "__main__":
    main()
