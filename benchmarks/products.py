"""What a second-order product costs, in gradients of the same batch.

Run with ``python benchmarks/products.py [THREADS] [ROUNDS]``, on a machine that does nothing else.
Each round times one gradient, one product with the Hessian and one with the Gauss-Newton matrix,
one after the other. The first ratio is that of the fastest times, the second the median of the
rounds' ratios; on a busy machine the first says more. The raw milliseconds follow.
"""

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

from gradus.engines.native import NativeEngine
from gradus.networks.initializers import initial_params
from gradus.networks.spec import Dense, NetworkSpec

CASES = {
    "20-64-64-1 tanh, 5,000 rows": (
        NetworkSpec(20, (Dense(64, "tanh"), Dense(64, "tanh"), Dense(1))),
        5_000,
    ),
    "784-256-10 relu, 2,048 rows": (
        NetworkSpec(784, (Dense(256, "relu"), Dense(10)), "cross_entropy"),
        2_048,
    ),
}


def jobs(
    spec: NetworkSpec, n_rows: int, dtype: type, engine: NativeEngine
) -> dict[str, Callable[[], object]]:
    """One gradient and both products of made-up rows."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n_rows, spec.n_inputs)).astype(dtype)
    y = rng.standard_normal((n_rows, spec.n_targets)).astype(dtype)
    if spec.loss == "cross_entropy":
        y = rng.integers(spec.n_outputs, size=(n_rows, 1)).astype(dtype)
    params = initial_params(spec, 0).astype(dtype)
    v = rng.standard_normal(params.size).astype(dtype)
    batch = spec, params, X, y, None
    return {
        "gradient": lambda: engine.gradient(*batch),
        "hvp": lambda: engine.hvp(*batch, v),
        "ggn_vp": lambda: engine.ggn_vp(*batch, v),
    }


def milliseconds(job: Callable[[], object]) -> float:
    """Time one call."""
    begin = time.perf_counter()
    job()
    return 1e3 * (time.perf_counter() - begin)


def main() -> None:
    """Print the ratios of each case, and what they were made of."""
    n_threads = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 15
    engine = NativeEngine(n_threads)
    print(f"{engine.instruction_set}, {n_threads} threads, {rounds} rounds")
    for name, (spec, n_rows) in CASES.items():
        for dtype in (np.float64, np.float32):
            all_jobs = jobs(spec, n_rows, dtype, engine)
            for job in all_jobs.values():
                job()
            times: dict[str, list[float]] = {each: [] for each in all_jobs}
            for _ in range(rounds):
                for each, job in all_jobs.items():
                    times[each].append(milliseconds(job))
            print(f"{name}, {np.dtype(dtype).name}")
            for each, own in times.items():
                pairs = zip(own, times["gradient"], strict=True)
                median = statistics.median(one / gradient for one, gradient in pairs)
                fastest = min(own) / min(times["gradient"])
                samples = " ".join(f"{t:.2f}" for t in own)
                print(f"  {each:8} {fastest:5.2f} {median:5.2f} gradients; ms: {samples}")


if __name__ == "__main__":
    main()
