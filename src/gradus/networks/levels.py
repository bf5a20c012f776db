"""Level numbers, the codes of categories in the last columns of X, and what is said of wrong ones.

What the levels mean and what is learnt about them is not known here.
"""

import numpy as np

from gradus._typing import FloatArray
from gradus.errors import DataError
from gradus.networks.spec import NetworkSpec


def check_levels(name: str, X: FloatArray, spec: NetworkSpec) -> None:
    """Refuse level numbers that are not whole or have no row in their embedding.

    Rows of weight 0 are looked at like all others, because a level number picks memory.

    Parameters
    ----------
    name
        The argument as the caller typed it.
    X : array of shape (n, n_inputs)
    spec
        The network it is for; without embeddings nothing is looked at.

    Raises
    ------
    DataError
        With the first embedding, and the first row in it, that does not fit.
    """
    for number, embedding in enumerate(spec.embeddings, 1):
        column = spec.n_plain + number - 1
        levels = X[:, column]
        # nan fails every comparison.
        is_level = (levels >= 0) & (levels < embedding.n_levels) & (levels == np.floor(levels))
        if not is_level.all():
            row = int(np.argmin(is_level))
            raise DataError(
                f"{name} must hold whole numbers from 0 to {embedding.n_levels - 1} in column "
                f"{column}, the levels of embedding {number}; got {levels[row]:g} in row {row}."
            )
