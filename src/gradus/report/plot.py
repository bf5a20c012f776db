"""Each figure of the report by itself.

What the figures show stands in the displays; here is only which one is asked for.
"""

import os
from typing import TYPE_CHECKING, Any

from gradus._validate import check_choice
from gradus.errors import DataError, InvalidParameter
from gradus.models.model import Model
from gradus.models.network import Network
from gradus.models.run import Run
from gradus.report.judged import calibration_display, confusion_display, rows_of
from gradus.report.loss_curves import LossCurveDisplay
from gradus.report.network_picture import NetworkDisplay
from gradus.report.opened import network_display
from gradus.report.residuals import ResidualsDisplay
from gradus.report.response_curves import ResponseDisplay
from gradus.workflow.responses import responses
from gradus.workflow.review import review

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_OF_TRAINING = ("loss", "network")
_OF_TABLE = ("response", "answers", "errors", "confusion", "calibration")


def plot(
    model: object,
    kind: str = "loss",
    *,
    table: str | os.PathLike[str] | object = None,
    column: str | None = None,
) -> "Figure":
    """Draw one figure of a model as matplotlib's `Figure`.

    Parameters
    ----------
    model
        A model of a table, a `Network`, what its training returned (a `Run`), or a fitted
        `MLPRegressor` or `MLPClassifier`.
    kind
        "loss": the losses over the epochs. "network": the weights of the (first) network. Of a
        model of a table, with `table`: "response", how answers change with a column; "answers" and
        "errors" of numbers, "confusion" of classes; "calibration", whether bounds or probabilities
        hold.
    table
        As in `write_report`.
    column
        Of a response; None takes the one that answers depend on most.

    Raises
    ------
    InvalidParameter
        If there is no such kind for this model, `table` is missing, or no such column.
    DataError
        If the table cannot be read or has no known answer.

    Examples
    --------
    >>> from gradus import Dense, Network
    >>> figure = plot(Network(inputs=2, layers=[Dense(1)]), "network")
    >>> figure.savefig("weights.png")  # doctest: +SKIP
    """
    if isinstance(model, Model):
        check_choice("kind", kind, (*_OF_TRAINING, *_OF_TABLE))
        if kind in _OF_TRAINING:
            display = _of_model(model, kind)
        elif table is None:
            raise InvalidParameter(f"kind {kind!r} needs table, the rows to ask; got none.")
        else:
            display = _of_table(model, kind, table, column)
    else:
        display = _of_another(model, kind)
    figure: Figure = display.figure_
    return figure


def _of_model(model: Model, kind: str) -> Any:  # noqa: ANN401 a display
    """Draw what needs no table."""
    if kind == "network":
        return network_display(model)
    histories = [one for one in model.history if len(one)]
    if not histories:
        raise InvalidParameter("kind 'loss' needs a network that was trained; the model has none.")
    return LossCurveDisplay.from_history(histories)


def _of_table(model: Model, kind: str, table: object, column: str | None) -> Any:  # noqa: ANN401
    """Draw what the model says to a table."""
    found = review(model, table)
    if kind == "response":
        curves = {one.column: one for one in responses(model, found.columns, len(found.columns))}
        if not curves or (column is not None and column not in curves):
            raise InvalidParameter(
                f"column must be one that was learned from and has a value; got {column!r}."
            )
        chosen = next(iter(curves.values())) if column is None else curves[column]
        return ResponseDisplay(response=chosen, name=model.target).plot()
    rows = rows_of(found)
    is_classes = model.task == "classes"
    if (kind == "confusion") != is_classes and kind != "calibration":
        what = "classes" if is_classes else "numbers"
        raise InvalidParameter(f"kind {kind!r} does not fit a model that answers with {what}.")
    if kind == "confusion":
        return confusion_display(model, rows)
    if kind == "calibration":
        display = calibration_display(model, rows)
        if display is None:
            raise DataError("There must be 10 judged rows for bounds; there are fewer.")
        return display
    given: Any = {"kind": kind}
    return ResidualsDisplay.from_predictions(rows.known, rows.answers, **given)


def _of_another(model: object, kind: str) -> Any:  # noqa: ANN401 a display
    """Draw a network, a run or an estimator."""
    check_choice("kind", kind, _OF_TRAINING)
    if isinstance(model, Network | Run):
        fits = "network" if isinstance(model, Network) else "loss"
        if kind != fits:
            raise InvalidParameter(f"kind must be {fits!r} for a {type(model).__name__}.")
        if isinstance(model, Network):
            return NetworkDisplay.from_network(model)
        return LossCurveDisplay.from_history(model)
    display = LossCurveDisplay if kind == "loss" else NetworkDisplay
    return display.from_estimator(model)
