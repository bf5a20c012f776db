"""How far answers were off on rows not trained on, and the bounds that follow from it.

Networks and training must not be known here.
"""

import math

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array, FloatArray
from gradus.errors import InvalidParameter

# By so much sums of weights may miss a whole number.
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Misses:
    """Distances of answers from the truth, for rows that were not trained on.

    Attributes
    ----------
    distances : array of shape (m, n_outputs)
    weights : array of shape (m,)
        How much each row counts.
    """

    distances: FloatArray
    weights: FloatArray

    def half_width(self, share: float) -> Float64Array:
        """Return how far from answers bounds lie that hold a share of true values ([VGS05]).

        It is the smallest distance d for which rows that were at most d off weigh ``share * (W +
        1)`` or more, W the sum of all weights: the new row counts as one that may lie anywhere.

        Parameters
        ----------
        share
            Greater than 0 and less than 1.

        Raises
        ------
        InvalidParameter
            If the rows weigh too little for that share.
        """
        total = float(self.weights.sum(dtype=np.float64))
        wanted = share * (total + 1)
        if wanted > total + _ROUNDING:
            raise InvalidParameter(
                f"interval={share:g} needs rows that were not trained on with a total weight of at "
                f"least {math.ceil(share / (1 - share) - _ROUNDING)}; theirs is {total:g}."
            )
        order = np.argsort(self.distances, axis=0)
        sorted_distances = np.take_along_axis(self.distances, order, axis=0)
        reached = np.cumsum(self.weights.astype(np.float64)[order], axis=0)
        places = np.minimum((reached < wanted - _ROUNDING).sum(axis=0), len(order) - 1)
        half: Float64Array = np.take_along_axis(sorted_distances, places[None, :], axis=0)[0]
        return half.astype(np.float64)
