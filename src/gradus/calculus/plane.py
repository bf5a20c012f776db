"""Lines and planes through the parameters of a network, along which its loss can be looked at.

What is computed on them must not be known here.
"""

from collections.abc import Sequence
from dataclasses import field

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array
from gradus.errors import InvalidParameter, ShapeMismatch

# Directions closer to one another than this are one.
_PARALLEL = 1e-9


@dataclass(frozen=True, eq=False)
class Plane:
    """A line or a plane in the space of all parameters.

    A point of it is ``center + sum_k (u_k - origin_k) * directions[k]``.

    Attributes
    ----------
    center : array of shape (n_params,)
        Where the network stands.
    directions : array of shape (d, n_params)
        One or two, of length 1 and perpendicular to each other.
    names
        What each is called.
    origin : array of shape (d,)
        The coordinates of the center: the value of a parameter, 0 for other directions.
    path : array of shape (k, d), optional
        Coordinates of the snapshots of a path.
    share
        Part of the path's movement that the plane holds, from 0 to 1; None without a path.
    """

    center: Float64Array = field(repr=False)
    directions: Float64Array = field(repr=False)
    names: tuple[str, ...]
    origin: Float64Array
    path: Float64Array | None = field(default=None, repr=False)
    share: float | None = None

    def point(self, coordinates: Sequence[float]) -> Float64Array:
        """Return the parameters at a point, shape (n_params,)."""
        moved: Float64Array = self.center + (coordinates - self.origin) @ self.directions
        return moved


def spanned(
    center: Float64Array,
    directions: Sequence[Float64Array],
    names: Sequence[str],
    origin: Sequence[float],
) -> Plane:
    """Make a plane of directions: each is scaled to length 1, the second made perpendicular.

    Parameters
    ----------
    center : array of shape (n_params,)
    directions
        One or two arrays of shape (n_params,).
    names, origin
        One for each direction; see `Plane`.

    Raises
    ------
    ShapeMismatch
        If a direction has another shape.
    InvalidParameter
        If a direction is 0 or not finite, or both are one.
    """
    found: list[Float64Array] = []
    for name, direction in zip(names, directions, strict=True):
        if direction.shape != center.shape:
            raise ShapeMismatch(
                f"a direction must have shape (n_params,) = {center.shape}; got {direction.shape}."
            )
        length = float(np.linalg.norm(direction))
        if not (np.isfinite(length) and length > 0):
            raise InvalidParameter(
                f"a direction must be finite and not 0; the length of {name!r} is {length:g}."
            )
        own = direction / length
        for _ in range(2):  # once leaves rounding of the size of what was taken off
            for other in found:
                own = own - (other @ own) * other
        rest = float(np.linalg.norm(own))
        if rest <= _PARALLEL:
            raise InvalidParameter(
                f"two directions must span a plane; {names[0]!r} and {name!r} are one line."
            )
        found.append(own / rest)
    return Plane(center, np.array(found), tuple(names), np.array(origin, dtype=np.float64))


def along_path(center: Float64Array, snapshots: Float64Array) -> Plane:
    """Find the plane that holds most of a path: its two principal directions ([LXTSG18]).

    They are the right singular vectors of ``snapshots - center``; the share of the plane is the
    sum of their squared singular values over that of all.

    Parameters
    ----------
    center : array of shape (n_params,)
        Where the network stands, usually the end of the path.
    snapshots : array of shape (k, n_params)
        In their order, finite.

    Returns
    -------
    A line instead where all snapshots lie on one.

    Raises
    ------
    ShapeMismatch
        If the snapshots have another shape.
    InvalidParameter
        If none of them differs from the center.
    """
    if snapshots.ndim != 2 or snapshots.shape[1:] != center.shape:
        raise ShapeMismatch(
            f"path must have shape (k, n_params) = (k, {len(center)}); got {snapshots.shape}."
        )
    moved = snapshots - center
    if not moved.any():
        raise InvalidParameter(
            "path must hold parameters other than the network's; it holds no others."
        )
    _, sizes, directions = np.linalg.svd(moved, full_matrices=False)
    n_kept = int(min(2, (sizes > _PARALLEL * sizes[0]).sum()))
    kept = directions[:n_kept]
    # A singular vector has no sign of its own: the path begins on the side above 0.
    kept = kept * np.where(moved[0] @ kept.T < 0, -1.0, 1.0)[:, None]
    names = ("first direction of the path", "second direction of the path")[:n_kept]
    parts = (sizes / sizes[0]) ** 2
    share = float(parts[:n_kept].sum() / parts.sum())
    return Plane(center, kept, names, np.zeros(n_kept), moved @ kept.T, share)
