"""Fill the blank answers of a table: the order of the main job from table to filled table.

Each step is one call to the floor that knows how. What is shown on a screen must not be known
here.
"""

import os
from collections.abc import Callable
from dataclasses import field
from pathlib import Path
from typing import Any

from gradus._dataclasses import dataclass
from gradus._names import STANDARD
from gradus._typing import Int64Array
from gradus.models.model import Model
from gradus.models.predictions import Predictions
from gradus.tables.frame import FrameSource, filled_frame
from gradus.tables.raw import file_of, named_path
from gradus.tables.table import Filling, Table
from gradus.tables.write import (
    check_added_names,
    check_format,
    check_output,
    default_output,
    filled_bytes,
)
from gradus.tables.write import write_filled as write_file
from gradus.training.control import Progress
from gradus.workflow.filling import make_filling, names_beside
from gradus.workflow.prepare import Notify, prepare
from gradus.workflow.recording import Recording


@dataclass(frozen=True, eq=False)
class FillResult:
    """What `fill` has done.

    Attributes
    ----------
    output
        The file written, or None.
    data
        The bytes for standard output where that was asked for, else None.
    frame
        The filled frame, of the library the table came from, where that was a frame; else None.
    target
        Name of the column that was filled.
    rows
        int64 array of shape (n_answers,): the answered rows, 0 for the first below the header.
    predictions
        One for each of these rows.
    model
        That answered.
    """

    output: Path | None
    data: bytes | None = field(repr=False)
    frame: object = field(repr=False)
    target: str
    rows: Int64Array = field(repr=False)
    predictions: Predictions
    model: Model


def fill(
    table: str | os.PathLike[str] | object,
    target: str | None = None,
    output: str | os.PathLike[str] | None = None,
    *,
    force: bool = False,
    callback: Callable[[Progress], None] | None = None,
    notify: Notify | None = None,
    record: bool = True,
    start: str | None = None,
    **options: Any,  # noqa: ANN401 each option has a type of its own
) -> FillResult:
    """Answer the blank cells of one column and write the table, filled, beside the original.

    Networks learn from the rows whose answer is known, a linear model beside them; the rows each
    has not seen tell whom to trust. Its answers go into the blank cells; new columns hold the
    bounds of each, or the probability of every class, and say where a row is unlike all others.
    Of delimited text every other byte stays as it is.

    Parameters
    ----------
    table
        A file (delimited text, Parquet, JSON, Excel; also compressed with gzip), "-" for standard
        input, or a data frame of pandas, polars, pyarrow or DuckDB. It is only read.
    target
        The column to fill; None finds the one that has blanks.
    output
        Where to write; None writes NAME.filled.EXT beside the table, "-" returns the bytes, as
        standard input and frames do without being asked.
    force
        Replace `output` if it exists.
    callback
        Called now and then with a `Progress`.
    notify
        Called with the kind of a sentence ("note", "warning", "verdict", "detail", "stop",
        "doctor" or "written") and the sentence, as soon as it is known.
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
        If the table cannot be read, asks nothing, cannot be learned from, or the output cannot be
        written. The sentence says what to change.
    InvalidParameter
        If an option has a value outside its range or names no column.
    Diverged
        If `hidden` asks for a network whose training diverges; otherwise a simple model answers
        and the verdict says so.
    KeyboardInterrupt
        If the person stops it. Nothing is written then.
    """
    recording = Recording("fill", options, start, is_on=record)
    place = output_place(table, output, "filled", force=force)
    read = recording.read(table)
    check_format(read, place)
    prepared = prepare(read, target, recording.options, notify, needs_blank=True)
    # Before minutes of training are spent on answers that cannot be written.
    check_added_names(read, names_beside(prepared.target.name, prepared.labels))
    model, contest = recording.learn(prepared, callback, notify)
    rows = prepared.question.asked
    predictions = model.answer(prepared.inputs(rows), n_threads=recording.options.n_threads)
    filling = make_filling(model, rows, predictions, model.target, is_new=False)
    data, frame = put_out(read, filling, place)
    recording.keep(prepared, model, contest, notify)
    return FillResult(place, data, frame, model.target, rows, predictions, model)


def output_place(
    table: object, output: str | os.PathLike[str] | None, word: str, *, force: bool
) -> Path | None:
    """Decide where to write before any work is done; None for standard output and frames.

    Parameters
    ----------
    table, output, force
        See `fill`.
    word
        What is put into the default name.

    Raises
    ------
    DataError
        If that place cannot or must not be written.
    """
    path = file_of(table)
    if output is not None and os.fspath(output) == STANDARD:
        return None
    if output is None:
        if path is None:
            return None
        place = default_output(path, word)
        if not os.path.exists(path):  # noqa: PTH110 a text with a zero byte is no error there
            # What the reader will say of it says more.
            return place
    else:
        place = named_path(output)
    check_output(path, place, force=force)
    return place


def put_out(table: Table, filling: Filling, place: Path | None) -> tuple[bytes | None, object]:
    """Write a filled table to its place, or return its bytes or its frame where it has none."""
    check_added_names(table, [column.name for column in filling.added])
    if place is not None:
        write_file(place, table, filling)
        return None, None
    if isinstance(table.source, FrameSource):
        return None, filled_frame(table, filling)
    return filled_bytes(table, filling), None
