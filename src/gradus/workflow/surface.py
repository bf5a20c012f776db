"""The loss of a model's network along a line or over a plane, on the rows of a person's table.

How it is computed stands in `models.surface`.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array
from gradus.calculus.render import spelled
from gradus.calculus.surface import Surface
from gradus.errors import InvalidParameter
from gradus.models.model import Model
from gradus.models.surface import loss_surface
from gradus.workflow.known_rows import known_rows
from gradus.workflow.one_network import one_network

if TYPE_CHECKING:
    from gradus.records.run import RecordedRun

#: Where a plane lies that nobody chose.
USUAL = ("gradient", "sharpest")
# So many points in each direction are written as text; all of them stand in `describe`.
_MOST_WRITTEN = 11


@dataclass(frozen=True, eq=False)
class SurfaceTold:
    """A surface and whose it is.

    Attributes
    ----------
    surface
        See `calculus.surface.Surface`.
    network, n_networks
        Which of how many, counted from 1.
    notes
        What was said while the table was read.
    """

    surface: Surface = field(repr=False)
    network: int
    n_networks: int
    notes: tuple[str, ...]

    def text(self, digits: int = 3) -> str:
        """Write at most 11 points in each direction as a table, the network's own in the middle.

        Parameters
        ----------
        digits
            Significant ones, 1 to 17.
        """
        found, names = self.surface, self.surface.plane.names
        which = f"network {self.network} of {self.n_networks}, " if self.n_networks > 1 else ""
        middle = spelled(found.at_network, digits)
        rows = f"{len(found.rows):,} of {found.n_rows:,} rows"
        lines = [f"The loss of {which}{middle} in the middle, on {rows}."]
        if found.plane.share is not None:
            share = spelled(100 * found.plane.share, digits)
            lines.append(f"The plane holds {share} % of the movement of the training.")
        places = [
            np.linspace(0, len(one) - 1, min(len(one), _MOST_WRITTEN)).round().astype(int)
            for one in found.axes
        ]
        down = [spelled(float(value), digits) for value in found.axes[0][places[0]]]
        losses = found.losses[np.ix_(*places)]
        if losses.ndim == 1:
            lines.append(f"Along {names[0]}:")
            cells = [
                [left, spelled(float(one), digits)] for left, one in zip(down, losses, strict=True)
            ]
        else:
            lines.append(f"Down {names[0]}, across {names[1]}:")
            across = [spelled(float(value), digits) for value in found.axes[1][places[1]]]
            cells = [["", *across]]
            cells += [
                [left, *(spelled(float(one), digits) for one in row)]
                for left, row in zip(down, losses, strict=True)
            ]
        width = max(len(cell) for line in cells for cell in line)
        lines += ["  ".join(f"{cell:>{width}}" for cell in line) for line in cells]
        return "\n".join(lines)

    def describe(self) -> dict[str, Any]:
        """Say the same as names and values that JSON can carry."""
        whose = {"network": self.network, "n_networks": self.n_networks}
        return {**whose, **self.surface.describe(), "notes": list(self.notes)}


def surface_of(
    model: "Model | RecordedRun",
    table: str | os.PathLike[str] | object,
    along: Sequence[str] = USUAL,
    *,
    network: int = 1,
    n: int = 11,
    reach: float | None = None,
    is_of_path: bool = False,
    callback: Callable[[Surface], None] | None = None,
) -> SurfaceTold:
    """Compute the loss, without penalty, around one of a model's networks, in float64.

    Parameters
    ----------
    model
        Of a table; for the plane of a path the run that made it.
    table
        As in `Model.predict`. Rows without an answer are left out; of more than 2,000 a sample is
        taken.
    along
        One direction for a line or two for a plane: names of parameters, "gradient" or "sharpest".
    network
        Which of the networks, counted from 1.
    n, reach, callback
        See `loss_surface`.
    is_of_path
        Take the plane in which most of the training went, in place of `along`.

    Raises
    ------
    DataError
        If the table cannot be read, lacks a column, or has no answer.
    InvalidParameter
        If there is no such parameter or network, or no weights on the way were kept.
    """
    path: Float64Array | None = None
    if isinstance(model, Model):
        if is_of_path:
            raise InvalidParameter("The plane of a path must be asked of a run; got a model.")
        network, n_networks, own = one_network(model, network)
        known = known_rows(model, table)
    else:
        n_networks = model.n_networks
        own, known = model.network(network=network), known_rows(model.model, table)
        path = model.snapshots(network).params.astype("float64") if is_of_path else None
    plane: dict[str, Any] = {"path": path} if is_of_path else {"directions": list(along)}
    found = loss_surface(own, known.X, known.y, **plane, n=n, reach=reach, callback=callback)
    return SurfaceTold(found, network, n_networks, known.notes)
