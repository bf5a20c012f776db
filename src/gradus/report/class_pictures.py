"""Classes that were answered beside those that were known, and whether probabilities hold.

Where the answers come from must not be known here.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from gradus._typing import BoolArray, Float64Array, Int64Array
from gradus.report.axes import HALF, LONGEST_TICK, SMALL_FONT, axes_of, name_axes, name_ticks, short
from gradus.report.palette import INK, INK2, NEGATIVE, POSITIVE, rgb

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# With more classes the cells hold no numbers, and with more than so many no names.
_MOST_WRITTEN, _MOST_NAMED = 12, 30
_MOST_BINS, _FEWEST_IN_BIN = 10, 10
# Two-sided 95 % of the normal distribution.
_Z = 1.96


class ConfusionDisplay:
    """Draw how many rows of each class were answered as which.

    Parameters
    ----------
    counts : int64 array of shape (n_classes, n_classes)
        Row: the known class; column: the one answered.
    class_names
        In words.

    Attributes
    ----------
    figure_, ax_
        What was drawn into.
    """

    def __init__(self, *, counts: Int64Array, class_names: Sequence[str]) -> None:
        self.counts, self.class_names = counts, tuple(class_names)

    @classmethod
    def from_predictions(
        cls,
        codes: Int64Array,
        answered: Int64Array,
        class_names: Sequence[str],
        *,
        ax: "Axes | None" = None,
    ) -> Self:
        """Count known and answered class numbers from 0, and draw them."""
        counts = np.zeros((len(class_names), len(class_names)), dtype=np.int64)
        np.add.at(counts, (codes, answered), 1)
        return cls(counts=counts, class_names=class_names).plot(ax)

    def plot(self, ax: "Axes | None" = None) -> Self:
        """Draw into `ax`, or into a new figure where it is None."""
        n = len(self.class_names)
        side = 300 if n <= 6 else 380
        self.figure_, self.ax_ = axes_of(ax, (side + 60, side))
        shares = self.counts / np.maximum(self.counts.sum(axis=1, keepdims=True), 1)
        image = np.empty((n, n, 4))
        image[...] = (*rgb(NEGATIVE), 0.0)
        image[np.arange(n), np.arange(n), :3] = rgb(POSITIVE)
        image[..., 3] = 0.85 * shares
        self.ax_.imshow(image, interpolation="none", aspect="auto")
        self.ax_.grid(visible=False)
        self.ax_.spines[["left", "bottom"]].set_visible(False)
        if n <= _MOST_WRITTEN:
            for row, column in np.ndindex(n, n):
                self.ax_.text(
                    column, row, f"{self.counts[row, column]:,}", ha="center", va="center",
                    color=INK, fontsize=SMALL_FONT,
                )  # fmt: skip
        if n <= _MOST_NAMED:
            size = SMALL_FONT if n <= 20 else 7
            name_ticks(self.ax_, range(n), self.class_names, size)
            names: Any = [short(name, LONGEST_TICK) for name in self.class_names]
            self.ax_.set_yticks(range(n), names, parse_math=False, fontsize=size)
        else:
            self.ax_.set_xticks([])
            self.ax_.set_yticks([])
        name_axes(self.ax_, "answered", "known")
        return self


class HeldDisplay:
    """Draw how often what was promised held, group by group, with 95 % intervals [Wil27].

    Parameters
    ----------
    places, shares, promised
        Shape (k,): where a group stands, the share of its rows for which the promise held, and
        what was promised.
    counts
        Shape (k,): its rows.
    x, y
        What the axes are called.

    Attributes
    ----------
    figure_, ax_
        What was drawn into.
    """

    def __init__(
        self,
        *,
        places: Float64Array,
        shares: Float64Array,
        promised: Float64Array,
        counts: Float64Array,
        x: str,
        y: str,
    ) -> None:
        self.places, self.shares, self.promised = places, shares, promised
        self.counts, self.x, self.y = counts, x, y

    @classmethod
    def of_probabilities(
        cls, p: Float64Array, happened: BoolArray, what: str, *, ax: "Axes | None" = None
    ) -> Self:
        """Draw the share of rows for which it happened over the probability told.

        Parameters
        ----------
        p, happened
            Shape (n,). Rows of similar probability make a group, up to ten of equal size.
        what
            What may have happened.
        ax
            Axes of matplotlib.
        """
        groups = _groups(p)
        told = np.array([p[rows].mean() for rows in groups])
        shares = np.array([happened[rows].mean() for rows in groups])
        counts = np.array([len(rows) for rows in groups], dtype=np.float64)
        names = {"x": f"probability told: {what}", "y": "share of rows"}
        return cls(places=told, shares=shares, promised=told, counts=counts, **names).plot(ax)

    @classmethod
    def of_bounds(
        cls, answers: Float64Array, held: BoolArray, coverage: float, *, ax: "Axes | None" = None
    ) -> Self:
        """Draw the share of rows within their bounds over the answer, in groups of equal size.

        Parameters
        ----------
        answers, held
            Shape (n,): each answer, and whether its bounds hold the known value.
        coverage
            The share that the bounds are made for.
        ax
            Axes of matplotlib.
        """
        groups = _groups(answers)
        return cls(
            places=np.array([float(np.median(answers[rows])) for rows in groups]),
            shares=np.array([held[rows].mean() for rows in groups]),
            promised=np.full(len(groups), coverage),
            counts=np.array([len(rows) for rows in groups], dtype=np.float64),
            x="answer",
            y="share within the bounds",
        ).plot(ax)

    def plot(self, ax: "Axes | None" = None) -> Self:
        """Draw into `ax`, or into a new figure where it is None."""
        self.figure_, self.ax_ = axes_of(ax, HALF)
        low, high = wilson(self.shares, self.counts)
        order = np.argsort(self.places)
        is_probability = np.array_equal(self.places, self.promised)
        ends = np.array([0.0, 1.0]) if is_probability else self.places[order]
        line = ends if is_probability else self.promised[order]
        if not is_probability and len(ends) == 1:
            ends, line = np.array([ends[0] - 0.5, ends[0] + 0.5]), np.repeat(line, 2)
        self.ax_.plot(ends, line, color=INK2, linewidth=1.0, linestyle=(0, (4, 2)))
        self.ax_.vlines(self.places, low, high, color=POSITIVE, linewidth=2, alpha=0.55)
        self.ax_.plot(self.places, self.shares, "o", color=POSITIVE, markersize=6)
        lowest = 0.0 if is_probability else max(0.0, float(low.min()) - 0.05)
        self.ax_.set_ylim(lowest - 0.03 * (1 - lowest), 1 + 0.03 * (1 - lowest))
        name_axes(self.ax_, self.x, self.y)
        return self


def wilson(shares: Float64Array, counts: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Return 95 % bounds of shares: ``(p + z²/2n ± z sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n)``.

    Parameters
    ----------
    shares, counts
        Shape (k,): p and n > 0 of each group.
    """
    z2 = _Z**2 / counts
    middle = (shares + z2 / 2) / (1 + z2)
    half = _Z * np.sqrt(shares * (1 - shares) / counts + z2 / (4 * counts)) / (1 + z2)
    return middle - half, middle + half


def _groups(values: Float64Array) -> list[Int64Array]:
    """Cut rows in the order of a value into up to ten groups of equal size."""
    n_groups = int(np.clip(len(values) // _FEWEST_IN_BIN, 1, _MOST_BINS))
    return np.array_split(np.argsort(values, kind="stable"), n_groups)
