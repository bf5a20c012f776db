"""The loss of a network along a line or over a plane of its parameters, on rows of one's own.

What the planes are stands in `calculus.plane`, how they are walked over in `calculus.surface`.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from gradus._random import Purpose, permutation, stream_key
from gradus._typing import ArrayLike, Float64Array
from gradus._validate import check_matrix, check_number, check_whole
from gradus.calculus.plane import Plane, along_path, spanned
from gradus.calculus.surface import Surface, surface_pieces
from gradus.engines.registry import engine as make_engine
from gradus.errors import DataError, InvalidParameter
from gradus.models.curvature import curvature
from gradus.models.given import read_rows
from gradus.models.network import Network
from gradus.networks.params import locate

#: A surface is a mean over so many rows at most.
MOST_ROWS = 2000
# How far a surface goes beyond the path it is laid through.
_BEYOND_PATH = 1.1


def loss_surface(
    network: Network,
    X: ArrayLike,
    y: ArrayLike,
    directions: Sequence[str | ArrayLike] | None = None,
    *,
    path: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
    reach: float | None = None,
    n: int = 41,
    callback: Callable[[Surface], None] | None = None,
    engine: str = "native",
) -> Surface:
    """Compute the loss, without penalty, on a grid around a network's parameters, in float64.

    Parameters
    ----------
    network
        Its parameters are the middle of the grid, where the loss is `Network.loss`.
    X : array of shape (n_rows, n_inputs), n_rows > 0
    y : array of shape (n_rows, n_targets) or (n_rows,)
        Of more than 2,000 rows a sample is taken, the same at every call; `Surface.rows` tells it.
    directions
        One for a line or two for a plane, each a parameter as "layer 1 weight [0, 2]"; "gradient";
        "sharpest", the eigenvector of the Hessian's largest eigenvalue; or an array of shape
        (n_params,). Gradient and Hessian are those of loss plus penalty. Arrays are scaled to
        length 1 and the second is made perpendicular to the first.
    path : array of shape (k, n_params), optional
        In place of directions: parameters on the way of a training, whose plane is taken; see
        `calculus.plane.along_path`.
    sample_weight : array of shape (n_rows,), optional
    reach
        How far to each side, greater than 0: in units of the parameter, or of distance. None takes
        1, and of a path a tenth more than what it needs.
    n
        Points in each direction, odd, 3 to 1001.
    callback
        Called with what is known so far: first 11 points in each direction, then line by line. An
        exception of it ends the work, and so does Ctrl-C.
    engine
        "native" or "reference".

    Raises
    ------
    InvalidParameter, ShapeMismatch, DataError
        If an argument is not as described.

    Examples
    --------
    The loss ``(w - 3)**2`` of one weight, which stands at 2:

    >>> from gradus.networks.layers import Dense
    >>> network = Network(1, [Dense(1, bias=False)])
    >>> network.params = [2.0]
    >>> line = loss_surface(network, [[1.0]], [3.0], ["layer 1 weight [0, 0]"], n=5)
    >>> line.axes[0].tolist(), line.losses.tolist()
    ([1.0, 1.5, 2.0, 2.5, 3.0], [4.0, 2.25, 1.0, 0.25, 0.0])
    """
    for surface in _pieces(network, X, y, directions, path, sample_weight, reach, n, engine):
        if callback is not None:
            callback(surface)
    return surface


def _pieces(
    network: Network,
    X: ArrayLike,
    y: ArrayLike,
    directions: Sequence[str | ArrayLike] | None,
    path: ArrayLike | None,
    sample_weight: ArrayLike | None,
    reach: float | None,
    n: int,
    engine: str,
) -> Iterator[Surface]:
    """Check what came, and give the surface piece by piece."""
    n = check_whole("n", n, at_least=3, at_most=1001)
    if n % 2 == 0:
        raise InvalidParameter(f"n must be odd, so that the network stands on a point; got {n}.")
    if reach is not None:
        reach = check_number("reach", reach, above=0)
    if (directions is None) == (path is None):
        raise InvalidParameter("either directions or path must be given, and not both.")
    X, y, weights = read_rows(network.spec, X, y, sample_weight, "float64")
    n_rows = len(X)
    if n_rows == 0:
        raise DataError("X must hold at least one row to compute a loss on; got none.")
    order = permutation(stream_key(network.seed, Purpose.SURFACE), 0, n_rows)
    rows = np.sort(order[:MOST_ROWS])
    if n_rows > MOST_ROWS:
        X, y, weights = X[rows], y[rows], None if weights is None else weights[rows]
    params: Float64Array = network.params.astype(np.float64)
    if path is not None:
        plane = along_path(params, check_matrix("path", path))
        assert plane.path is not None, "made of a path"
        far = tuple(_BEYOND_PATH * np.abs(plane.path).max(axis=0))
    else:
        assert directions is not None, "looked at above"
        plane = _plane(network, params, directions, (X, y, weights), engine)
        far = (1.0,) * len(plane.names)
    far = far if reach is None else (reach,) * len(far)
    machine = make_engine(engine)

    def loss(moved: Float64Array) -> float:
        return machine.evaluate(network.spec, moved, X, y, weights)[0]

    return surface_pieces(loss, plane, far, n, rows, n_rows)


def _plane(
    network: Network,
    params: Float64Array,
    directions: Sequence[str | ArrayLike],
    rows: tuple[ArrayLike, ArrayLike, ArrayLike | None],
    engine: str,
) -> Plane:
    """Turn each direction a person named into a vector."""
    if isinstance(directions, str) or not 1 <= len(directions) <= 2:
        raise InvalidParameter(
            f"directions must be one or two names or arrays in a list; got {directions!r:.60}."
        )
    vectors, names, origin = [], [], []
    for number, asked in enumerate(directions, 1):
        start = 0.0
        if not isinstance(asked, str):
            one: Any = [asked]
            vector, name = check_matrix("directions", one)[0], f"direction {number}"
        elif asked == "gradient":
            vector, name = curvature(network, *rows, engine=engine).grads, asked
        elif asked == "sharpest":
            bend = curvature(network, *rows, engine=engine)
            vector, name = bend.extremes().largest_vector, asked
        else:
            place = locate(network.spec, asked)
            vector, name, start = np.zeros(len(params)), asked, float(params[place])
            vector[place] = 1.0
        vectors.append(vector)
        names.append(name)
        origin.append(start)
    return spanned(params, vectors, names, origin)
