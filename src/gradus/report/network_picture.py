"""A network with the numbers it has learned: lines between units, or tiles where they are many.

What the numbers do to an answer must not be known here.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from gradus._typing import Float64Array, FloatArray
from gradus.errors import InvalidParameter
from gradus.models.network import Network
from gradus.networks.params import views
from gradus.networks.spec import NetworkSpec
from gradus.report.axes import FONT, SMALL_FONT, WHOLE, axes_of, short
from gradus.report.palette import INK, INK2, INK3, LINE, NEGATIVE, POSITIVE, diverging, rgb
from gradus.verdict.words import number_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Up to so many units in every layer are drawn one by one.
MOST_UNITS = 24
# The colors reach so far: few large numbers would leave all others gray.
_LIMIT = 0.98
# Larger matrices show, for each block of cells, the number farthest from 0.
_MOST_CELLS = 128
_N_SHADES = 12
_WIDEST_LINE = 3.0


class NetworkDisplay:
    """Draw weights in color: orange below 0, gray at 0, blue above; wider where farther from 0.

    Networks of up to 24 units a layer are drawn as units and lines, a unit filled by its bias;
    others as one tile of cells for each weight matrix, inputs from top to bottom.

    Parameters
    ----------
    spec
        The network's description.
    params : array of shape (n_params,)
        Its parameters.
    input_names, output_names
        What feeds the first layer, and what the last one gives; numbered where left out.

    Attributes
    ----------
    limit_
        Numbers from here on have the full color: 98 % of all weights are nearer to 0.
    figure_, ax_
        What was drawn into.

    Examples
    --------
    >>> from gradus import Dense, Network
    >>> display = NetworkDisplay.from_network(Network(inputs=2, layers=[Dense(3), Dense(1)]))
    >>> display.shown_as
    'units'
    """

    def __init__(
        self,
        *,
        spec: NetworkSpec,
        params: FloatArray,
        input_names: Sequence[str] | None = None,
        output_names: Sequence[str] | None = None,
    ) -> None:
        parts = views(spec, params)
        layers = range(1, len(spec.dense) + 1)
        self.weights = [np.asarray(parts[f"layer {k} weight"], np.float64) for k in layers]
        self.biases = [
            np.asarray(parts[f"layer {k} bias"], np.float64) if f"layer {k} bias" in parts else None
            for k in layers
        ]
        self.activations = [layer.activation for layer in spec.dense]
        self.input_names = _names(input_names, spec.widths[0], "input")
        self.output_names = _names(output_names, spec.n_outputs, "output")
        every = np.abs(np.concatenate([weight.ravel() for weight in self.weights]))
        self.limit_ = float(np.quantile(every, _LIMIT)) or float(every.max())

    @property
    def _widths(self) -> list[int]:
        """Return the units of each layer, the inputs first."""
        return [self.weights[0].shape[0], *(weight.shape[1] for weight in self.weights)]

    @property
    def shown_as(self) -> str:
        """Either "units" or "tiles"."""
        return "units" if max(self._widths) <= MOST_UNITS else "tiles"

    @classmethod
    def from_network(
        cls,
        network: Network,
        *,
        input_names: Sequence[str] | None = None,
        output_names: Sequence[str] | None = None,
        ax: "Axes | None" = None,
    ) -> Self:
        """Draw a `Network`."""
        names: Any = {"input_names": input_names, "output_names": output_names}
        return cls(spec=network.spec, params=network.params, **names).plot(ax)

    @classmethod
    def from_estimator(cls, estimator: object, *, ax: "Axes | None" = None) -> Self:
        """Draw the first network of a fitted `MLPRegressor` or `MLPClassifier`.

        Raises
        ------
        InvalidParameter
            If it has no ``network_``.
        """
        network = getattr(estimator, "network_", None)
        if not isinstance(network, Network):
            raise InvalidParameter(
                "estimator must be a fitted MLPRegressor or MLPClassifier of gradus; "
                f"got {type(estimator).__name__}."
            )
        names = getattr(estimator, "feature_names_in_", None)
        if names is not None and len(names) != network.spec.widths[0]:
            names = None
        return cls.from_network(network, input_names=names, ax=ax)

    def plot(self, ax: "Axes | None" = None) -> Self:
        """Draw into `ax`, or into a new figure where it is None."""
        tall = int(np.clip(26 * max(self._widths), 170, 480)) + 40
        height = WHOLE[1] if self.shown_as == "tiles" else tall
        self.figure_, self.ax_ = axes_of(ax, (WHOLE[0], height))
        self.ax_.axis("off")
        if self.shown_as == "units":
            self._draw_units()
        else:
            self._draw_tiles()
        return self

    def _draw_units(self) -> None:
        from matplotlib.collections import LineCollection

        places = [_spread(width) for width in self._widths]
        for k, weight in enumerate(self.weights):
            # The weakest first, so that the strongest lie on top.
            order = np.argsort(np.abs(weight), axis=None, kind="stable")
            ends = np.unravel_index(order, weight.shape)
            pairs = zip(*ends, strict=True)
            lines = [((k, places[k][i]), (k + 1, places[k + 1][j])) for i, j in pairs]
            sizes = weight[ends]
            self.ax_.add_collection(
                LineCollection(
                    lines,
                    colors=[diverging(size, self.limit_) for size in sizes],
                    linewidths=0.5 + _WIDEST_LINE * np.minimum(1, np.abs(sizes) / self.limit_)
                    if self.limit_
                    else 0.5,
                )
            )
        for k, place in enumerate(places):
            bias = None if k == 0 else self.biases[k - 1]
            fills = [
                diverging(one, self.limit_)
                for one in (np.zeros(len(place)) if bias is None else bias)
            ]
            self.ax_.scatter(
                np.full(len(place), k), place, s=130, c=fills, edgecolors=INK2, linewidths=1.0,
                zorder=3,
            )  # fmt: skip
            what = "inputs" if k == 0 else self.activations[k - 1]
            self._say(k, 1.06, what, ha="center", va="bottom", color=INK3)
        for name, y in zip(self.input_names, places[0], strict=True):
            self._say(-0.07, y, name, ha="right", va="center")
        for name, y in zip(self.output_names, places[-1], strict=True):
            self._say(len(places) - 1 + 0.07, y, name, ha="left", va="center")
        self.ax_.set_xlim(-0.45, len(places) - 1 + 0.45)
        self.ax_.set_ylim(-0.05, 1.16)

    def _draw_tiles(self) -> None:
        widths = [float(np.clip(weight.shape[1] / 64, 0.12, 1.5)) for weight in self.weights]
        gap, left = 0.22, 0.0
        for k, (weight, width) in enumerate(zip(self.weights, widths, strict=True), 1):
            height = float(np.clip(weight.shape[0] / 64, 0.12, 1.0))
            # Rows from the top, as the matrix is written.
            extent = (left, left + width, 1 - height, 1.0)
            image = _shaded(_pooled(weight), self.limit_)
            self.ax_.imshow(image, extent=extent, aspect="auto", interpolation="none", zorder=2)
            x, y = (extent[0], extent[1]), (extent[2], extent[3])
            self.ax_.plot(
                [x[0], x[1], x[1], x[0], x[0]], [y[0], y[0], y[1], y[1], y[0]],
                color=LINE, linewidth=0.8, zorder=1,
            )  # fmt: skip
            shape = f"{weight.shape[0]:,} × {weight.shape[1]:,}"
            middle = left + width / 2
            self._say(middle, 1.03, f"layer {k}", ha="center", va="bottom", color=INK)
            self._say(middle, y[0] - 0.03, shape, ha="center", va="top", color=INK2)
            self._say(
                middle, y[0] - 0.11, self.activations[k - 1], ha="center", va="top", color=INK3
            )
            left += width + gap
        self.ax_.set_xlim(-0.1, left - gap + 0.1)
        self.ax_.set_ylim(-0.2, 1.14)

    def _say(self, x: float, y: float, text: str, **look: Any) -> None:  # noqa: ANN401 matplotlib's
        """Write a text as it is."""
        size = SMALL_FONT if "va" in look and look["va"] == "center" else FONT
        options = {"color": INK2, "fontsize": size, "parse_math": False, **look}
        self.ax_.text(x, y, short(text), **options)

    def scale_text(self) -> str:
        """Say in words what the colors mean."""
        return (
            f"Orange is below 0, gray 0, blue above; the full color is reached at "
            f"±{number_text(self.limit_)}."
        )


def _names(names: Sequence[str] | None, n: int, what: str) -> list[str]:
    """Return the names of inputs or outputs."""
    if names is None:
        return [f"{what} {place}" for place in range(n)]
    if len(names) != n:
        raise InvalidParameter(f"{what}_names must hold {n} names; got {len(names)}.")
    return [str(name) for name in names]


def _spread(n: int) -> Float64Array:
    """Return heights for n units, the first at the top, around the middle."""
    step = min(1 / max(n - 1, 1), 0.25)
    return np.asarray(0.5 + step * ((n - 1) / 2 - np.arange(n)), dtype=np.float64)


def _pooled(weight: Float64Array) -> Float64Array:
    """Return a matrix of at most 128 rows and columns: of each block the farthest from 0."""
    for axis in (0, 1):
        n = weight.shape[axis]
        if n > _MOST_CELLS:
            starts = np.arange(_MOST_CELLS) * n // _MOST_CELLS
            high = np.maximum.reduceat(weight, starts, axis)
            low = np.minimum.reduceat(weight, starts, axis)
            weight = np.where(high >= -low, high, low)
    return weight


def _shaded(weight: Float64Array, limit: float) -> Float64Array:
    """Return orange and blue, clear at 0, so that one image lies well on white and on black."""
    part = np.clip(weight / limit, -1, 1) if limit else np.zeros(weight.shape)
    image = np.empty((*weight.shape, 4))
    image[..., :3] = np.where(part[..., np.newaxis] < 0, rgb(NEGATIVE), rgb(POSITIVE))
    image[..., 3] = np.round(np.abs(part) * _N_SHADES) / _N_SHADES
    return image
