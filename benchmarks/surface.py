"""How long a loss surface takes: 41 x 41 points on 2,000 rows of 20-64-64-1, tanh and ReLU.

Run with ``python -m benchmarks.surface [ROUNDS]``, on a machine that does nothing else. gradus
computes in float64; beside it stands the same loop written with NumPy, and with PyTorch where it is
installed, in float64, too. Medians of the rounds, then the raw seconds; the points of the peers are
compared with those of gradus, and the largest difference is printed.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from gradus import Dense, Network, loss_surface
from gradus.networks.params import views

N_ROWS, N_INPUTS, N_POINTS = 2_000, 20, 41
AXES = ["layer 1 weight [0, 0]", "layer 2 weight [1, 2]"]


def points(network: Network, axes: tuple[Any, ...]) -> list[dict[str, Any]]:
    """Return the named parameters of every point of the grid."""
    found = []
    for first in axes[0]:
        for second in axes[1]:
            moved = views(network.spec, network.params.copy())
            moved["layer 1 weight"][0, 0] = first
            moved["layer 2 weight"][1, 2] = second
            found.append(moved)
    return found


def with_numpy(activation: str, X: Any, y: Any, grid: list[dict[str, Any]]) -> list[float]:
    """Compute the losses with NumPy."""
    squash = np.tanh if activation == "tanh" else lambda z: np.maximum(z, 0.0)
    found = []
    for p in grid:
        a = squash(X @ p["layer 1 weight"] + p["layer 1 bias"])
        a = squash(a @ p["layer 2 weight"] + p["layer 2 bias"])
        output = a @ p["layer 3 weight"] + p["layer 3 bias"]
        found.append(float(np.mean((output - y) ** 2)))
    return found


def with_torch(activation: str, X: Any, y: Any, grid: list[dict[str, Any]]) -> list[float]:
    """Compute the losses with PyTorch, without its bookkeeping for gradients."""
    import torch

    squash = torch.tanh if activation == "tanh" else torch.relu
    rows, target = torch.from_numpy(X), torch.from_numpy(y)
    found = []
    with torch.inference_mode():
        for one in grid:
            p = {name: torch.from_numpy(part) for name, part in one.items()}
            a = squash(torch.addmm(p["layer 1 bias"], rows, p["layer 1 weight"]))
            a = squash(torch.addmm(p["layer 2 bias"], a, p["layer 2 weight"]))
            output = torch.addmm(p["layer 3 bias"], a, p["layer 3 weight"])
            found.append(float(torch.mean((output - target) ** 2)))
    return found


def timed(job: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds of one call and what it gave."""
    begin = time.perf_counter()
    found = job()
    return time.perf_counter() - begin, found


def main() -> None:
    """Print the seconds of each."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    peers = {"NumPy": with_numpy}
    try:
        import torch

        torch.set_num_threads(len(os.sched_getaffinity(0)))
        peers["PyTorch"] = with_torch
    except ImportError:
        print("PyTorch is not installed.")
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(N_ROWS, N_INPUTS)), rng.normal(size=(N_ROWS, 1))
    for activation in ("tanh", "relu"):
        layers = [Dense(64, activation), Dense(64, activation), Dense(1)]
        network = Network(N_INPUTS, layers)
        surface = loss_surface(network, X, y, AXES, n=N_POINTS)
        grid = points(network, surface.axes)
        times: dict[str, list[float]] = {"gradus": [], **{name: [] for name in peers}}
        furthest = 0.0
        for _ in range(rounds):
            seconds, _ = timed(lambda: loss_surface(network, X, y, AXES, n=N_POINTS))  # noqa: B023
            times["gradus"].append(seconds)
            for name, peer in peers.items():
                seconds, losses = timed(lambda: peer(activation, X, y, grid))  # noqa: B023
                times[name].append(seconds)
                gap = np.abs(np.array(losses) - surface.losses.ravel()).max()
                furthest = max(furthest, float(gap))
        print(f"{N_INPUTS}-64-64-1 {activation}, {len(grid)} points, {N_ROWS} rows")
        for name, own in times.items():
            samples = " ".join(f"{one:.2f}" for one in own)
            print(f"  {name:8} {statistics.median(own):5.2f} s; raw: {samples}")
        print(f"  largest difference {furthest:.1e}")


if __name__ == "__main__":
    main()
