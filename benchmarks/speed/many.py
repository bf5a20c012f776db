"""Many networks of one shape, each on nearly the same rows, as cross-validation trains them.

There is one row more than each network trains on, and network j leaves out row j; so an epoch is
whole batches, and the order and the first weights of each network are its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from benchmarks.speed.problem import Array, Layers, Problem, by_adam, regression_rows
from benchmarks.speed.workload import Size


@dataclass(frozen=True)
class ManyProblem:
    """What is trained.

    Attributes
    ----------
    widths
        Of every network.
    k
        Number of networks.
    n
        Rows that each trains on, a multiple of `batch`.
    batch
        Rows per update.
    """

    widths: tuple[int, ...]
    k: int
    n: int
    batch: int = 256

    @cached_property
    def rows(self) -> tuple[Array, Array]:
        """The rows and their targets, one row more than each network trains on."""
        return regression_rows(self.n + 1, self.widths[0])

    @cached_property
    def folds(self) -> Array:
        """Row j belongs to fold j, all others to none."""
        folds = np.full(self.n + 1, -1)
        folds[: self.k] = np.arange(self.k)
        return folds

    @cached_property
    def own_rows(self) -> Array:
        """Each network's rows, of shape (k, n)."""
        return np.array([np.flatnonzero(self.folds != j) for j in range(self.k)])

    @cached_property
    def layers(self) -> list[Layers]:
        """Each network's first weights: those that gradus draws from the seeds 0, 1, ..."""
        from benchmarks.speed.peer_gradus import taken

        from gradus import Dense, Network

        hidden = [Dense(width, "relu") for width in self.widths[1:-1]]
        kinds = [*hidden, Dense(self.widths[-1])]
        made = (Network(self.widths[0], kinds, seed=j, dtype="float32") for j in range(self.k))
        return [taken(network) for network in made]

    def one(self, j: int) -> Problem:
        """Return what network j is to be trained on."""
        return by_adam(*self.rows, self.layers[j], self.batch)

    def drawn_orders(self, seed: int = 0) -> Iterator[Array]:
        """Draw the order of the next network when it is asked for."""
        rng = np.random.default_rng(seed)
        for rows in self.own_rows:
            yield rows[rng.permutation(self.n)]

    def given_orders(self) -> Iterator[Array]:
        """Compute the orders that gradus takes from the seeds 0, 1, ..."""
        from gradus._random import Purpose, permutation, stream_key

        for j, rows in enumerate(self.own_rows):
            yield rows[permutation(stream_key(j, Purpose.SHUFFLE), 0, self.n)]

    def value(self, all_layers: list[Layers]) -> float:
        """Average the mean losses of all networks."""
        values = [self.one(j).value(layers) for j, layers in enumerate(all_layers)]
        return float(np.mean(values))


def many_problem(size: Size) -> ManyProblem:
    """Make the problem of W6."""
    return ManyProblem((8, 32, 32, 1), 4, 512) if size == "tiny" else W6


W6 = ManyProblem((8, 32, 32, 1), 64, 20_480)
