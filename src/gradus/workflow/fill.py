"""Fill the blank answers of a table: the order of the main job from file to file.

Each step is one call to the floor that knows how. What is shown on a screen must not be known
here.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gradus._typing import Float64Array, Int64Array
from gradus.tables.columns import pose_question
from gradus.tables.encode import Encoder, Target
from gradus.tables.read import read_table
from gradus.tables.write import check_bound_names, check_output, default_output, write_filled
from gradus.training.control import Progress
from gradus.workflow.answers import answer_rows
from gradus.workflow.settings import Asked


@dataclass(frozen=True, eq=False)
class FillResult:
    """What `fill` has done.

    Attributes
    ----------
    output
        The file written.
    target
        Name of the column that was filled.
    n_complete
        Rows learned from.
    rows
        int64 array of shape (n_answers,): the answered rows, 0 for the first below the header.
    answers, low, high
        Shape (n_answers,), in the target's unit and before they are rounded for the file; the
        bounds hold the true answer about nine times in ten and are nan below 10 complete rows.
    answered_by
        "network", "linear" or "mean".
    verdict
        One sentence on whether the network is worth it.
    typical_errors
        Root of the mean squared error over rows not learned from, by "network", "linear" and
        "mean", in the target's unit; empty below 10 complete rows, and without "network" where its
        training diverged.
    notes
        One sentence for each thing left out or stood in for.
    """

    output: Path
    target: str
    n_complete: int
    rows: Int64Array = field(repr=False)
    answers: Float64Array = field(repr=False)
    low: Float64Array = field(repr=False)
    high: Float64Array = field(repr=False)
    answered_by: str
    verdict: str
    typical_errors: dict[str, float]
    notes: tuple[str, ...]


def fill(
    path: str | os.PathLike[str],
    target: str | None = None,
    output: str | os.PathLike[str] | None = None,
    *,
    force: bool = False,
    epochs: int | None = None,
    hidden: Sequence[int] | None = None,
    seed: int = 0,
    n_threads: int | None = None,
    engine: str = "native",
    callback: Callable[[Progress], None] | None = None,
) -> FillResult:
    """Answer the blank cells of one column and write the table, filled, beside the original.

    Five networks learn from four fifths of the complete rows each, and a linear model from all of
    them. The rows each has not seen tell which of the two to trust; its answers go into the blank
    cells, with two new columns for the bounds that hold the true answer nine times in ten. Every
    other byte of the file stays as it is.

    Parameters
    ----------
    path
        A CSV file of plain numbers with a header line. It is only read.
    target
        The column to fill; None finds the one that has blanks.
    output
        Where to write; None writes NAME.filled.csv beside the table.
    force
        Replace `output` if it exists.
    epochs
        Most passes over the rows, 1 or greater; None chooses by the number of rows.
    hidden
        Widths of the hidden layers, such as (64, 64). Where they are given the network answers,
        whatever the verdict.
    seed
        Decides folds, first weights and the order of rows; 0 or greater. The same table, seed and
        instruction set give the same file to the bit.
    n_threads
        From 1 to 1024; None takes what the system grants. No answer depends on it.
    engine
        "native" or "reference".
    callback
        Called now and then with a `Progress`.

    Raises
    ------
    DataError
        If the table cannot be read, asks nothing, cannot be learned from, or the output cannot be
        written. The sentence says what to change.
    InvalidParameter
        If an option has a value outside its range or `target` names no column.
    Diverged
        If `hidden` asks for a network whose training diverges; otherwise a simple model answers
        and the verdict says so.
    KeyboardInterrupt
        If the person stops it. Nothing is written then.
    """
    table_path = Path(path)
    place = default_output(table_path) if output is None else Path(output)
    asked = Asked(epochs, hidden, seed, n_threads, engine)
    check_output(table_path, place, force=force)
    table = read_table(table_path)
    question = pose_question(table, target)
    check_bound_names(table, question.target)

    inputs = table.values[:, question.inputs]
    encoder = Encoder.fit(inputs[question.complete])
    known = table.values[question.complete, question.target]
    units = Target.fit(known)
    found = answer_rows(
        encoder.transform(inputs[question.complete]),
        units.standardize(known),
        encoder.transform(inputs[question.asked]),
        units.scale,
        asked,
        callback,
    )
    answers, low, high = (units.restore(z) for z in (found.answers, found.low, found.high))
    write_filled(place, table, question.target, question.asked, answers, (low, high))
    return FillResult(
        output=place,
        target=table.names[question.target],
        n_complete=len(question.complete),
        rows=question.asked,
        answers=answers,
        low=low,
        high=high,
        answered_by=found.verdict.answered_by,
        verdict=found.verdict.sentence,
        typical_errors=found.verdict.typical_errors,
        notes=question.notes,
    )
