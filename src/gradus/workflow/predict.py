"""Answer every row of another table with a model, and write the answers beside its columns.

How the model came about must not be known here.
"""

import os
from dataclasses import field
from pathlib import Path

import numpy as np

from gradus._dataclasses import dataclass
from gradus.models.model import Model
from gradus.models.predictions import Predictions
from gradus.tables.write import check_format
from gradus.workflow.fill import output_place, put_out
from gradus.workflow.filling import make_filling
from gradus.workflow.prepare import Notify


@dataclass(frozen=True, eq=False)
class PredictResult:
    """What `predict_table` has done.

    Attributes
    ----------
    output, data, frame
        As in `FillResult`.
    column
        Name of the column of answers.
    predictions
        One for each row of the table.
    """

    output: Path | None
    data: bytes | None = field(repr=False)
    frame: object = field(repr=False)
    column: str
    predictions: Predictions


def predict_table(
    model: Model,
    table: str | os.PathLike[str] | object,
    output: str | os.PathLike[str] | None = None,
    *,
    force: bool = False,
    n_threads: int | None = None,
    notify: Notify | None = None,
) -> PredictResult:
    """Answer every row and write the table with columns for the answers after its last.

    Parameters
    ----------
    model
        Of the column C. The answers stand in a new column C, or C_predicted where the table has
        a C already, with bounds or probabilities and flags beside them as `fill` writes them.
    table
        As in `fill`; its columns are found by name.
    output
        Where to write; None writes NAME.predicted.EXT beside the table.
    force
        Replace `output` if it exists.
    n_threads
        From 1 to 1024; None takes what the system grants. No bit depends on it.
    notify
        Told each note, as in `fill`.

    Raises
    ------
    DataError
        If the table cannot be read, lacks an input or holds words where numbers were learned
        from, or if the output cannot be written.
    """
    place = output_place(table, output, "predicted", force=force)
    read = model.read(table)
    check_format(read, place)
    predictions = model.predict(read, n_threads=n_threads)
    for note in predictions.notes:
        if notify:
            notify("note", note)
    column = f"{model.target}_predicted" if model.target in read.names else model.target
    rows = np.arange(read.n_rows, dtype=np.int64)
    filling = make_filling(model, rows, predictions, column, is_new=True)
    data, frame = put_out(read, filling, place)
    return PredictResult(place, data, frame, column, predictions)
