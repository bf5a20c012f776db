"""How answers change with one column: the mean as a line or dots, single rows behind it [GKBP15].

How the answers are computed for a model stands in `workflow.responses`.
"""

from typing import TYPE_CHECKING, Any, Self

import narwhals as nw
import numpy as np

from gradus._typing import Float64Array
from gradus.errors import InvalidParameter
from gradus.report.axes import HALF, SMALL_FONT, axes_of, legend, name_axes, name_ticks, short
from gradus.report.palette import DASHES, INK, INK3, LINES
from gradus.tables.table import Column
from gradus.workflow.responses import Response, grid_of, sampled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: So many rows have a line of their own.
MOST_SINGLE = 25
_MOST_ROWS = 200
_LOW, _HIGH = 0.1, 0.9


class ResponseDisplay:
    """Draw the partial dependence on a column, with single rows behind it where they have one line.

    Parameters
    ----------
    response
        What was answered for which values.
    name
        What is answered.

    Attributes
    ----------
    figure_, ax_
        What was drawn into.
    """

    def __init__(self, *, response: Response, name: str = "answer") -> None:
        self.response, self.name = response, name

    @classmethod
    def from_estimator(
        cls, estimator: object, X: object, column: int | str, *, ax: "Axes | None" = None
    ) -> Self:
        """Vary one column of X and draw what a fitted estimator answers.

        Parameters
        ----------
        estimator
            With ``predict_proba``, else with ``predict``.
        X
            An array or a data frame; at most 200 of its rows are used.
        column
            Its place, or its name in a data frame.
        ax
            Axes of matplotlib.

        Raises
        ------
        InvalidParameter
            If there is no such column, or nothing in it.
        """
        return cls(response=_response(estimator, X, column)).plot(ax)

    def plot(self, ax: "Axes | None" = None) -> Self:
        """Draw into `ax`, or into a new figure where it is None."""
        one = self.response
        self.figure_, self.ax_ = axes_of(ax, HALF)
        is_word = one.kind == "word"
        places = np.array(range(len(one.grid)) if is_word else one.grid, dtype=np.float64)
        if len(one.lines) == 1:
            self._draw_single_rows(places)
        handles: list[Any] = []
        for k in range(len(one.lines)):
            color, dashes = (INK, "-") if len(one.lines) == 1 else (LINES[k], DASHES[k])
            look: dict[str, Any] = {"color": color, "linestyle": dashes, "linewidth": 2.0}
            if is_word:
                look = {"color": color, "marker": "os^Dv"[k], "markersize": 6, "linestyle": "none"}
            elif len(places) < 13:
                look |= {"marker": "o", "markersize": 4}
            handles += self.ax_.plot(places, one.mean[:, k], zorder=3, **look)
        if is_word:
            name_ticks(self.ax_, places, one.words)
            self.ax_.grid(visible=False, axis="x")
            self.ax_.margins(x=0.5 / max(len(places), 1))
        elif one.kind == "date":
            self._mark_dates(places)
        name_axes(self.ax_, one.column, self._what())
        if len(handles) > 1:
            legend(self.ax_, handles, one.lines)
        return self

    def _what(self) -> str:
        """Name what is answered."""
        lines = self.response.lines
        if lines == ("",):
            return self.name
        return f"probability of {short(lines[0], 16)}" if len(lines) == 1 else "probability"

    def _draw_single_rows(self, places: Float64Array) -> None:
        """Draw some rows as thin lines, or the middle 80 % of all of them for words."""
        each = self.response.answers[:, :, 0]
        if self.response.kind == "word":
            low, high = np.quantile(each, [_LOW, _HIGH], axis=1)
            self.ax_.vlines(places, low, high, color=INK3, linewidth=3, alpha=0.35)
            return
        self.ax_.plot(places, each[:, :MOST_SINGLE], color=INK3, linewidth=0.7, alpha=0.35)

    def _mark_dates(self, places: Float64Array) -> None:
        """Spell the first, the middle and the last date."""
        marked = sorted({0, len(places) // 2, len(places) - 1})
        words = [self.response.words[place][:10] for place in marked]
        self.ax_.set_xticks(places[marked], words, fontsize=SMALL_FONT)


def _response(estimator: Any, X: object, column: int | str) -> Response:  # noqa: ANN401
    """Ask an estimator about rows with each value of a grid in one column."""
    frame = nw.from_native(X, eager_only=True, pass_through=True)
    is_frame = isinstance(frame, nw.DataFrame)
    array: Any = frame if is_frame else np.asarray(X)
    names = list(array.columns) if is_frame else list(range(array.shape[1]))
    is_place = isinstance(column, int) and column not in names and 0 <= column < len(names)
    place: Any = names[column] if is_place else column  # type: ignore[index]
    if place not in names:
        raise InvalidParameter(f"column must be one of {names[:8]}; got {column!r}.")
    cells = array[place].to_numpy() if is_frame else array[:, place]
    values = _as_column(str(place), cells)
    grid = grid_of(values)
    if not grid:
        raise InvalidParameter(f"column {column!r} must hold a value; it is blank everywhere.")
    rows = np.sort(sampled(len(array), _MOST_ROWS))
    asked = array[rows.tolist()] if is_frame else array[rows]
    is_class = hasattr(estimator, "predict_proba")
    answer = estimator.predict_proba if is_class else estimator.predict
    found = []
    for value in grid:
        if is_frame:
            varied: Any = asked.with_columns(nw.lit(value).alias(place)).to_native()
        else:
            varied = asked.copy()
            varied[:, place] = value
        found.append(np.asarray(answer(varied)).reshape(len(rows), -1))
    answers = np.stack(found)
    lines = _lines(estimator, answers) if is_class else [0]
    named = [str(estimator.classes_[line]) for line in lines] if is_class else [""]
    name = str(place) if is_frame else f"column {place}"
    words = tuple(map(str, grid))
    return Response(
        name, values.type, grid, words, answers[:, :, lines], tuple(named), len(array), len(array)
    )


def _as_column(name: str, cells: Any) -> Column:  # noqa: ANN401
    """Return cells as a column of numbers or words."""
    try:
        return Column(name, "number", np.asarray(cells, dtype=np.float64))
    except (TypeError, ValueError):
        words = [None if cell is None or cell != cell else cell for cell in cells]  # noqa: PLR0124
        return Column(name, "word", np.array(words, dtype=np.object_))


def _lines(estimator: Any, answers: Float64Array) -> list[int]:  # noqa: ANN401
    """Choose the classes that have a curve, as for models."""
    if len(estimator.classes_) == 2:
        return [1]
    likeliest = np.argsort(-answers.mean(axis=(0, 1)), kind="stable")[: len(LINES)]
    return sorted(likeliest.tolist())
