"""Numbers of eight significant bits, and which products are made of them.

A bfloat16 is the upper half of a float32: its range, 8 of its 24 bits. Where a training asks for
it, both factors of the products of wide layers are rounded; nothing else is, and sums keep the
factors' first type. Which engine multiplies is not known here.
"""

import numpy as np

from gradus._typing import Array
from gradus.errors import InvalidParameter

#: Half the distance between 1 and the next greater bfloat16: how far rounding may go, relatively.
UNIT_ROUNDOFF = 2.0**-8
#: Layers with fewer inputs or outputs keep their factors; mirrored by the core's `may_round`.
FEWEST = 32


def check_factors(matmul_precision: str | None, X: Array) -> None:
    """Answer the wish to round other numbers than float32 with a sentence."""
    if matmul_precision == "bfloat16" and X.dtype != np.float32:
        raise InvalidParameter(
            f"matmul_precision='bfloat16' needs arrays of float32; got {X.dtype}."
        )


def factors(matmul_precision: str | None, weight: Array, *arrays: Array) -> tuple[Array, ...]:
    """Give what a layer's products multiply: arrays as they are, or rounded to bfloat16.

    Parameters
    ----------
    matmul_precision
        None or "bfloat16".
    weight : array of shape (fan_in, fan_out)
        The layer's; where one of the two is less than 32 nothing is rounded.
    *arrays
        float32 where they are rounded.
    """
    if matmul_precision is None or min(weight.shape) < FEWEST:
        return arrays
    return tuple(rounded(array) for array in arrays)


def rounded(array: Array) -> Array:
    """Round float32 numbers to the nearest bfloat16, halfway to the one whose last bit is 0.

    Those of 3.396e38 or more become infinite, those below the smallest normal one, 1.18e-38, become
    0.

    Examples
    --------
    >>> rounded(np.float32([1.0, 1.00390625, 1.01171875, 0.1])).tolist()
    [1.0, 1.0, 1.015625, 0.10009765625]
    """
    bits = np.ascontiguousarray(array).view(np.uint32)
    # The lower half is added up to the upper one, from just above its middle on.
    to_even = (bits >> np.uint32(16)) & np.uint32(1)
    upper = (bits + np.uint32(0x7FFF) + to_even) & np.uint32(0xFFFF0000)
    kept = np.where(np.isfinite(array), upper.view(np.float32), array)
    return np.where(np.abs(array) < np.finfo(np.float32).tiny, np.float32(0), kept)
