"""How a rule's steps fare: against curvature, and against the scatter of batches.

What is right and wrong must not be known here.
"""

from dataclasses import field
from functools import cached_property

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array, Int64Array
from gradus.calculus.lanczos import extreme_eigenvalues
from gradus.diagnosis.case import Case
from gradus.diagnosis.stability import Stability, stability_of
from gradus.errors import DataError
from gradus.optimizers.rules import Rule

# Batches drawn, rows taken of each, products with the Hessian and how exact they must be.
_N_BATCHES, _MOST_BATCH = 8, 256
_MOST_PRODUCTS, _TOLERANCE = 12, 0.02
# Passes over a row that a product costs beside one of training, and which share of the training may
# go into those of one place.
_PASSES, _SHARE = 2.0, 0.02
_FEWEST_BENT, _MOST_BENT = 64, 1000


@dataclass(frozen=True, eq=False)
class Steps:
    """The steps of an update rule around some parameters.

    Attributes
    ----------
    case, rule
        The training.
    params : array of shape (n_params,)
        Where.
    """

    case: Case
    rule: Rule
    params: Float64Array = field(repr=False)

    @cached_property
    def batch_grads(self) -> Float64Array:
        """Gradients of 8 batches, shape (8, n_params); of large ones 256 rows are taken."""
        random, machine = np.random.default_rng(2), self.case.machine
        grads = []
        for _ in range(_N_BATCHES):
            rows = random.choice(self.case.n, self._n_taken, replace=False)
            grads.append(machine.gradient(self.case.spec, self.params, *self.case.some(rows))[1])
        return np.array(grads, dtype=np.float64)

    @cached_property
    def stability(self) -> Stability:
        """What the rule makes of curvature here."""
        return stability_of(self.rule, self.batch_grads, self.case.n_steps)

    @cached_property
    def sharpness(self) -> float:
        """The largest eigenvalue of ``P**-1 H`` over the rule's limit, on some rows.

        Times a learning rate it is 1 where that rate is the largest stable one; infinite where the
        Hessian holds numbers that are not finite.
        """
        root = np.sqrt(self.stability.divisor)
        machine, rows = self.case.machine, self.case.some(self._bent_rows)

        def product(v: Float64Array) -> Float64Array:
            return machine.hvp(self.case.spec, self.params, *rows, v / root) / root

        try:
            found = extreme_eigenvalues(
                product, len(self.params), tolerance=_TOLERANCE, most=_MOST_PRODUCTS
            )
        except DataError:
            return float("inf")
        return found.largest / self.stability.limit

    @cached_property
    def scatter(self) -> Float64Array:
        """The variance of a batch's gradient, parameter by parameter, shape (n_params,)."""
        if self.case.batch_size >= self.case.n:
            return np.zeros(len(self.params))
        share = self._n_taken / self.case.batch_size
        return np.asarray(self.batch_grads.var(axis=0, ddof=1) * share)

    @cached_property
    def signal_to_noise(self) -> float:
        """``|g|**2 / sum(scatter)`` with g the mean gradient; infinite without scatter."""
        noise = float(self.scatter.sum())
        signal = float(np.sum(self.batch_grads.mean(axis=0) ** 2))
        # The mean of 8 batches has scatter of its own.
        signal = max(0.0, signal - float(self.batch_grads.var(axis=0, ddof=1).sum()) / _N_BATCHES)
        return signal / noise if noise > 0 else float("inf")

    @cached_property
    def excess(self) -> float:
        """By how much the scatter of batches holds the loss above the bottom, about.

        ``rate * gain / 4 * sum(P**-1 scatter)``: what steps of the last rate settle at around a
        minimum [MHB17].
        """
        one = self.stability
        return one.last_rate * one.gain / 4 * float(np.sum(self.scatter / one.divisor))

    @property
    def _n_taken(self) -> int:
        return min(self.case.batch_size, _MOST_BATCH)

    @property
    def _bent_rows(self) -> Int64Array:
        """Rows for products: as many as cost a small part of the training."""
        of_one_row = _PASSES * _MOST_PRODUCTS * len(self.params)
        n = int(_SHARE * self.case.work / of_one_row)
        n = min(max(n, _FEWEST_BENT), _MOST_BENT, self.case.n)
        return np.random.default_rng(1).permutation(self.case.n)[:n].astype(np.int64)
