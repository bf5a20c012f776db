"""Sums over vectors of parameters, in float64 and in an order that no machine decides."""

import numpy as np

from gradus._typing import FloatArray


def dot(a: FloatArray, b: FloatArray) -> float:
    """Sum ``a * b``; a library's dot product would add in an order of its own.

    Parameters
    ----------
    a, b : arrays of shape (n_params,)
    """
    return float(np.add.reduce(np.multiply(a, b, dtype=np.float64)))
