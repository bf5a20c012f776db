"""PyTorch with many networks: their weights stacked, products in batches, one fused rule."""

from collections.abc import Iterable

import numpy as np
import torch
from benchmarks.speed.many import ManyProblem
from benchmarks.speed.problem import Array
from benchmarks.speed.workload import Job


class Stacked:
    """All networks as one."""

    def __init__(self, problem: ManyProblem) -> None:
        self.problem = problem
        self.X, self.y = (torch.from_numpy(rows) for rows in problem.rows)
        self.start()

    def start(self) -> None:
        """Put the first weights and an empty memory."""
        parts = [
            part for layers in zip(*self.problem.layers, strict=True) for part in _both(layers)
        ]
        self.params = [torch.from_numpy(part).requires_grad_() for part in parts]
        self.rule = torch.optim.Adam(self.params, 1e-3, fused=True)

    def epoch(self, orders: Iterable[Array]) -> None:
        """Make one pass of every network over its own rows."""
        rows = torch.from_numpy(np.array(list(orders)))
        for own in rows.split(self.problem.batch, dim=1):
            a, y = self.X[own], self.y[own]
            for k in range(0, len(self.params), 2):
                a = torch.baddbmm(self.params[k + 1], a, self.params[k])
                a = torch.relu(a) if k + 2 < len(self.params) else a
            self.rule.zero_grad()
            # A mean for each network, summed: none sees the gradient of another.
            ((a - y) ** 2).mean(dim=(1, 2)).sum().backward()
            self.rule.step()

    def value(self) -> float:
        """Average the losses."""
        found = [part.detach().numpy() for part in self.params]
        pairs = list(zip(found[::2], found[1::2], strict=True))
        each = [[(w[j], b[j, 0]) for w, b in pairs] for j in range(self.problem.k)]
        return self.problem.value(each)


def _both(layers: tuple[tuple[Array, Array], ...]) -> tuple[Array, Array]:
    """Stack weights and biases of one layer; a bias gets a dimension of rows."""
    weights, biases = zip(*layers, strict=True)
    return np.stack(weights), np.stack(biases)[:, None, :]


def train(problem: ManyProblem, threads: int) -> Job:
    """Train all at once."""
    torch.set_num_threads(threads)
    made = Stacked(problem)

    def check() -> float:
        made.start()
        made.epoch(problem.given_orders())
        return made.value()

    return Job(lambda: made.epoch(problem.drawn_orders()), check, reset=made.start)
