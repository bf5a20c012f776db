"""The loss on a grid of a line or plane, coarse first and then fine, piece by piece.

Which function it is must not be known here.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import field
from typing import Any

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import BoolArray, Float64Array, Int64Array
from gradus.calculus.plane import Plane

# Points along each direction that are computed first.
_N_COARSE = 11


@dataclass(frozen=True, eq=False)
class Surface:
    """Losses on a grid around a network.

    Attributes
    ----------
    plane
        Where the grid lies; the network stands in its middle.
    axes
        The coordinates along each direction, of shape (n,): values of a parameter, or distances.
    losses : array of shape (n,) or (n, n)
        Without penalty, entry [i, j] at ``axes[0][i], axes[1][j]``; inf where it is not finite, nan
        where it is not known yet.
    is_known : bool array of the same shape
        Which have been computed.
    rows : int64 array
        The rows that it is a mean over, counted from 0.
    n_rows
        How many there were to choose from.
    """

    plane: Plane
    axes: tuple[Float64Array, ...] = field(repr=False)
    losses: Float64Array = field(repr=False)
    is_known: BoolArray = field(repr=False)
    rows: Int64Array = field(repr=False)
    n_rows: int

    @property
    def at_network(self) -> float:
        """The loss in the middle of the grid, where the network stands."""
        return float(self.losses[tuple(n // 2 for n in self.losses.shape)])

    @property
    def is_sampled(self) -> bool:
        """Whether the rows are a sample of all."""
        return len(self.rows) < self.n_rows

    def describe(self) -> dict[str, Any]:
        """Say the same as names and values that JSON can carry; None for what is not finite."""
        path, losses = self.plane.path, self.losses.astype(object)
        losses[~np.isfinite(self.losses)] = None
        return {
            "directions": list(self.plane.names),
            "center": self.plane.origin.tolist(),
            "axes": [axis.tolist() for axis in self.axes],
            "losses": losses.tolist(),
            "n_known": int(self.is_known.sum()),
            "path": None if path is None else path.tolist(),
            "share": self.plane.share,
            "n_rows_used": len(self.rows),
            "n_rows": self.n_rows,
        }


def surface_pieces(
    loss: Callable[[Float64Array], float],
    plane: Plane,
    reach: tuple[float, ...],
    n: int,
    rows: Int64Array,
    n_rows: int,
) -> Iterator[Surface]:
    """Compute a surface, and give what is known of it after every piece.

    The first piece is the whole grid with 11 points in each direction, which are points of the fine
    one, too; then follows each line of the fine grid. Who asks for no more pieces has cancelled.

    Parameters
    ----------
    loss
        Of parameters of shape (n_params,).
    plane
        With one or two directions.
    reach
        How far the grid goes to each side of the network, one length per direction.
    n
        Points in each direction, odd, so that the network stands on one.
    rows, n_rows
        See `Surface`.
    """
    steps = np.arange(n) - n // 2
    axes = tuple(
        middle + far * steps / (n // 2) for middle, far in zip(plane.origin, reach, strict=True)
    )
    shape = (n,) * len(axes)
    losses, is_known = np.full(shape, np.nan), np.zeros(shape, dtype=np.bool_)
    coarse = np.unique(np.round(np.linspace(0, n - 1, min(n, _N_COARSE))).astype(np.int64)).tolist()
    lines = [coarse, *([k] for k in range(n))] if len(axes) > 1 else [coarse, range(n)]
    for number, line in enumerate(lines):
        others = coarse if number == 0 else range(n)
        for place in itertools.product(line, *([others] * (len(axes) - 1))):
            if not is_known[place]:
                found = loss(plane.point([axis[k] for axis, k in zip(axes, place, strict=True)]))
                losses[place] = found if np.isfinite(found) else np.inf
                is_known[place] = True
        yield Surface(plane, axes, losses.copy(), is_known.copy(), rows, n_rows)
