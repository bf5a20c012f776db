"""Prints the measured numbers of docs/numbers.md, one line each.

Run with ``python -m benchmarks.measure`` in the repository, on a machine that does nothing else.
Times are wall-clock seconds from outside the process, or inside it where the line says so.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from itertools import product
from pathlib import Path

import numpy as np

from gradus._typing import ACTIVATION_NAMES, LOSS_NAMES
from gradus.engines.registry import engine
from gradus.networks.params import layout, weight_mask
from tests.contracts.cases import draw_params, draw_rows, network
from tests.contracts.test_one_pass import numeric_gradient

RUNS = 9


def seconds_inside(code: str) -> list[float]:
    """Time a statement in processes of its own, without the start of Python."""
    clock = "from time import perf_counter as now; begin = now()"
    command = [sys.executable, "-c", f"{clock}; {code}; print(now() - begin)"]
    return [float(subprocess.check_output(command)) for _ in range(RUNS)]


def spread(times: list[float]) -> str:
    """Median and range in milliseconds."""
    low, middle, high = (1e3 * f(times) for f in (min, statistics.median, max))
    return f"median {middle:.0f} ms ({low:.0f} to {high:.0f}, {len(times)} runs)"


def fill_seconds() -> list[float]:
    """Time `gradus fill` on 1,000 complete rows of 10 numbers and 20 to answer."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1020, 9))
    y = np.sin(2 * X[:, 0]) + X[:, 1] * X[:, 2] + 0.1 * rng.normal(size=1020)
    rows = [",".join(f"{x:.4f}" for x in row) for row in X]
    cells = [f"{answer:.4f}" if row < 1000 else "" for row, answer in enumerate(y)]
    header = ",".join([*(f"x{i}" for i in range(9)), "y"])
    times = []
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "table.csv"
        lines = [header, *(f"{row},{cell}" for row, cell in zip(rows, cells, strict=True))]
        table.write_text("\n".join(lines) + "\n")
        command = [Path(sys.executable).with_name("gradus"), "fill", table, "--force"]
        for _ in range(RUNS):
            begin = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            times.append(time.perf_counter() - begin)
    return times


def worst_against_differences() -> float:
    """Compare native gradients with central differences over losses, activations and l2."""
    rng, native, worst = np.random.default_rng(0), engine("native"), 0.0
    for activation, loss, l2 in product(ACTIVATION_NAMES, LOSS_NAMES, (0.0, 0.4)):
        spec = network(activation, loss, l2=l2)
        params, (X, y) = draw_params(spec, rng), draw_rows(spec, rng, 6)
        mask = weight_mask(spec)

        def penalty(p: np.ndarray, l2: float = l2, mask: np.ndarray = mask) -> float:
            return float(l2 / 2 * np.sum(p[mask] ** 2))

        value, grads = native.gradient(spec, params, X, y)
        numeric, is_kink = numeric_gradient(native, spec, params, X, y, None, penalty)
        scale = np.maximum(np.abs(grads), 1e-3 * abs(value + penalty(params)))
        worst = max(worst, (np.abs(numeric - grads) / scale)[~is_kink].max())
    return float(worst)


def worst_against_reference(dtype: type) -> float:
    """Compare native gradients with the reference's, in parts of a layer's largest entry."""
    rng, worst = np.random.default_rng(0), 0.0
    for activation, loss, l2 in product(ACTIVATION_NAMES, LOSS_NAMES, (0.0, 0.4)):
        spec = network(activation, loss, l2=l2, n_inputs=20, width=70)
        params, (X, y) = draw_params(spec, rng, dtype), draw_rows(spec, rng, 200, dtype)
        ours = engine("native").gradient(spec, params, X, y)[1]
        exact = engine("reference").gradient(
            spec, *(array.astype(np.float64) for array in (params, X, y))
        )[1]
        for view in layout(spec):
            part = slice(view.start, view.stop)
            largest = np.abs(exact[part]).max()
            worst = max(worst, np.abs(ours[part] - exact[part]).max() / largest)
    return float(worst)


def main() -> None:
    """Measure and print."""
    print("import gradus, inside the process:", spread(seconds_inside("import gradus")))
    print("import numpy, inside the process: ", spread(seconds_inside("import numpy")))
    print("gradus fill, 1,000 rows x 10:     ", spread(fill_seconds()))
    print(f"gradient, central differences:     {worst_against_differences():.1e}")
    print(f"native, reference, float64:        {worst_against_reference(np.float64):.1e}")
    print(f"native, reference, float32:        {worst_against_reference(np.float32):.1e}")


if __name__ == "__main__":
    main()
