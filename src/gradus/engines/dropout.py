"""Which numbers are left out while training ([SHKSS14]): a function of positions, without state.

Part of the page of formulas, `reference`; told in `docs/derivations/layers.md`.
"""

from typing import Any

import numpy as np

from gradus._random import part_keys
from gradus._typing import Array, Int64Array
from gradus.networks.layers import Dropout
from gradus.networks.spec import NetworkSpec
from gradus.networks.steps import Step, steps


def dropout_masks(
    spec: NetworkSpec, key: int, epoch: int, rows: Int64Array, dtype: np.dtype[Any]
) -> list[Array]:
    """Draw the masks of all `Dropout` layers for some rows.

    A mask holds 0 where a number is left out and ``1 / (1 - rate)`` elsewhere. What is left out
    depends on key, epoch, dropout, row number and column alone: neither on the rows beside it nor
    on what was drawn before.

    Parameters
    ----------
    spec
        The network.
    key
        ``stream_key(seed, Purpose.DROPOUT)``.
    epoch
        Counted from 0.
    rows : int64 array of shape (n_batch,)
        Numbers of the rows, as they stand in X.
    dtype
        Floating type of the masks.

    Returns
    -------
    One array of shape (n_batch, width) for each `Dropout`, in the order of the steps.
    """
    epoch_key = part_keys(np.array([key], dtype=np.uint64), np.array([epoch]))
    return [
        _mask(step, step.layer.rate, epoch_key, rows, dtype)
        for step in steps(spec)
        if isinstance(step.layer, Dropout)
    ]


def _mask(
    step: Step, rate: float, epoch_key: Array, rows: Int64Array, dtype: np.dtype[Any]
) -> Array:
    """Draw one mask: ``u < rate`` is left out, with u evenly from [0, 1)."""
    row_keys = part_keys(part_keys(epoch_key, np.array([step.number - 1])), rows)
    bits = part_keys(row_keys[:, None], np.arange(step.width)[None, :])
    u = (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return np.where(u < rate, 0.0, 1 / (1 - rate)).astype(dtype)
