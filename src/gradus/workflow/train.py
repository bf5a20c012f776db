"""Train a model of one column of a table: read, prepare, learn.

What is shown on a screen and where the model is saved must not be known here.
"""

import os
from collections.abc import Callable
from typing import Any

from gradus.models.model import Model
from gradus.training.control import Progress
from gradus.workflow.prepare import Notify, prepare
from gradus.workflow.recording import Recording


def train(
    table: str | os.PathLike[str] | object,
    target: str,
    *,
    callback: Callable[[Progress], None] | None = None,
    notify: Notify | None = None,
    record: bool = True,
    start: str | None = None,
    **options: Any,  # noqa: ANN401 each option has a type of its own
) -> Model:
    """Learn one column of a table from the others.

    Five networks learn from four fifths of the rows each, beside them a linear model and the mean.
    The rows each has not seen tell who answers, and how far to trust the answers.

    Parameters
    ----------
    table
        A file (delimited text, Parquet, JSON, Excel; also compressed with gzip), "-" for standard
        input, or a data frame of pandas, polars, pyarrow or DuckDB.
    target
        The column to learn. Rows where it is blank are not learned from.
    callback
        Called now and then with a `Progress`.
    notify
        Called with the kind of a sentence ("note", "warning", "verdict", "detail", "stop" or
        "doctor") and the sentence, as soon as it is known.
    record
        Whether the run is kept, for `gradus.runs`; see `find_run`.
    start
        "RUN@EPOCH", or "RUN" for the weights its networks ended with: a run that was kept, whose
        weights these networks begin with. Table, target and seed must be its own; options left out
        are as they were there.
    **options
        See `Options`.

    Raises
    ------
    DataError
        If the table cannot be read or nothing can be learned from it. The sentence says what to
        change.
    InvalidParameter
        If an option has a value outside its range or names no column.
    Diverged
        If `hidden` asks for a network whose training diverges; otherwise a simple model answers
        and the verdict says so.
    KeyboardInterrupt
        If the person stops it.
    """
    recording = Recording("train", options, start, is_on=record)
    read = recording.read(table)
    prepared = prepare(read, target, recording.options, notify, needs_blank=False)
    model, contest = recording.learn(prepared, callback, notify)
    recording.keep(prepared, model, contest, notify)
    return model
