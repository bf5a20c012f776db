"""Different numbers, median and quartile, found without the part of NumPy for masked arrays.

`np.unique`, `np.median` and `np.quantile` load that part, a sixth of NumPy's own time to load.
"""

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from gradus._typing import Float64Array

_Number = TypeVar("_Number", bound=np.generic)


def distinct(values: npt.NDArray[_Number]) -> npt.NDArray[_Number]:
    """Sort numbers and drop those that stand there twice.

    Parameters
    ----------
    values
        Shape (n,), without nan.

    Returns
    -------
    A new array, ascending.
    """
    ordered = np.sort(values)
    is_first = np.ones(len(ordered), dtype=np.bool_)
    is_first[1:] = ordered[1:] != ordered[:-1]
    return ordered[is_first]


def median(values: Float64Array) -> float:
    """Return the middle number, or the mean of the two in the middle.

    Parameters
    ----------
    values
        Shape (n,), without nan; n at least 1.
    """
    n = len(values)
    ordered = np.partition(values, ((n - 1) // 2, n // 2))
    middle = ordered[n // 2]
    return float(middle if n % 2 else (ordered[n // 2 - 1] + middle) / 2)


def lower_quartile(values: Float64Array) -> float:
    """Return the number a quarter of the way from the smallest to the largest, in their order.

    Between two numbers the line between them counts.

    Parameters
    ----------
    values
        Shape (n,), without nan; n at least 1.
    """
    below, quarters = divmod(len(values) - 1, 4)
    ordered = np.partition(values, (below, below + (quarters > 0)))
    low, high = ordered[below], ordered[below + (quarters > 0)]
    # From the nearer one, so that the number stays between them whatever is rounded.
    if quarters < 2:
        return float(low + (high - low) * (quarters / 4))
    return float(high - (high - low) * (1 - quarters / 4))
