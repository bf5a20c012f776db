"""Prints the measured numbers of docs/numbers.md, one line each.

Run with ``python -m benchmarks.measure`` in the repository, on a machine that does nothing else.
Times are wall-clock seconds from outside the process, or inside it where the line says so.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import product
from pathlib import Path

import numpy as np

from gradus._names import ACTIVATION_NAMES, LOSS_NAMES
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


def mixed_table(path: Path, n: int) -> None:
    """Write a table of 20 columns: numbers, a price, words, yes/no, dates, and an answer."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 14)).round(4)
    town, level = rng.integers(0, 60, n), rng.normal(size=60)
    color, member = rng.choice(["red", "green", "blue", "grey"], n), rng.choice(["yes", "no"], n)
    day = np.datetime64("2015-01-01") + rng.integers(0, 3000, n).astype("timedelta64[D]")
    cost = np.exp(rng.normal(size=n)).round(2)
    y = np.sin(2 * X[:, 0]) + X[:, 1] * X[:, 2] + level[town] + (color == "red") * X[:, 3]
    y += 0.3 * rng.normal(size=n)
    with path.open("w", encoding="utf-8") as file:
        names = (*(f"x{i}" for i in range(14)), "town", "color", "member", "day", "cost", "y")
        file.write(",".join(names) + "\n")
        for i in range(n):
            words = f"town {town[i]},{color[i]},{member[i]},{day[i]},${cost[i]}"
            answer = "" if i % 50 == 7 else f"{y[i]:.3f}"
            file.write(f"{','.join(map(str, X[i]))},{words},{answer}\n")


def at_home_in(folder: str) -> dict[str, str]:
    """Return an environment whose runs are recorded in a folder of no lasting worth."""
    return {**os.environ, "GRADUS_HOME": folder}


def fill_seconds(n: int, runs: int) -> tuple[list[float], float]:
    """Time `gradus fill` on n mixed rows from outside; also the most memory it took, in MB."""
    times = []
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "table.csv"
        mixed_table(table, n)
        command = [Path(sys.executable).with_name("gradus"), "fill", table, "--force"]
        for _ in range(runs):
            begin = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True, env=at_home_in(folder))
            times.append(time.perf_counter() - begin)
    # The largest of all processes started so far: ask for the largest table last.
    return times, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def first_line_seconds() -> list[float]:
    """Time `gradus fill` from outside until it has said its first line."""
    times = []
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "table.csv"
        mixed_table(table, 1_000)
        command = [Path(sys.executable).with_name("gradus"), "fill", table, "--force"]
        for _ in range(RUNS):
            begin = time.perf_counter()
            with subprocess.Popen(
                command, stderr=subprocess.PIPE, env=at_home_in(folder)
            ) as process:
                assert process.stderr is not None
                process.stderr.readline()
                times.append(time.perf_counter() - begin)
                process.stderr.read()
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
        spec = network(activation, loss, l2=l2, n_plain=20, width=70)
        params, (X, y) = draw_params(spec, rng, dtype), draw_rows(spec, rng, 200, dtype)
        ours = engine("native").gradient(spec, params, X, y)[1]
        exact = engine("reference").gradient(
            spec, *(array.astype(np.float64) for array in (params, X, y))
        )[1]
        for layer in {view.layer for view in layout(spec)}:
            views = [view for view in layout(spec) if view.layer == layer]
            part = slice(views[0].start, views[-1].stop)
            largest = np.abs(exact[part]).max()
            worst = max(worst, np.abs(ours[part] - exact[part]).max() / largest)
    return float(worst)


def main() -> None:
    """Measure and print."""
    print("import gradus, inside the process:", spread(seconds_inside("import gradus")))
    print("import numpy, inside the process: ", spread(seconds_inside("import numpy")))
    print("gradus fill, until it speaks:     ", spread(first_line_seconds()))
    print("gradus fill, 1,000 rows x 20:     ", spread(fill_seconds(1_000, RUNS)[0]))
    times, megabytes = fill_seconds(100_000, 3)
    print("gradus fill, 100,000 rows x 20:   ", spread(times), f"{megabytes:.0f} MB at most")
    print(f"gradient, central differences:     {worst_against_differences():.1e}")
    print(f"native, reference, float64:        {worst_against_reference(np.float64):.1e}")
    print(f"native, reference, float32:        {worst_against_reference(np.float32):.1e}")


if __name__ == "__main__":
    main()
