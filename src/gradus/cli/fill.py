"""The command `gradus fill`: its options, and what it says when it is done.

It calls `workflow.fill` and knows nothing that the Python call does not know.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gradus.cli.progress import LiveProgress
from gradus.errors import InvalidParameter

if TYPE_CHECKING:
    from gradus.workflow.fill import FillResult

#: Up to this many answers are shown as well as written.
_MOST_SHOWN = 3


def fill(
    table: Annotated[
        Path, typer.Argument(metavar="TABLE", help="A CSV file of numbers with a header line.")
    ],
    target: Annotated[
        str | None, typer.Option(help="The column to fill; needed if several have blanks.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Where to write; NAME.filled.csv if not given."),
    ] = None,
    force: Annotated[  # noqa: FBT002 an option of the command line, always named there
        bool, typer.Option("--force", help="Replace the output if it exists.")
    ] = False,
    epochs: Annotated[int | None, typer.Option(min=1, help="Most passes over the rows.")] = None,
    hidden: Annotated[
        str | None,
        typer.Option(help="Widths of the hidden layers, such as 64,64; the network then answers."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same file.")] = 0,
    threads: Annotated[
        int | None,
        typer.Option(min=1, max=1024, help="No answer depends on it; all that are granted."),
    ] = None,
) -> None:
    """Answer the blank cells of one column of TABLE, and write it, filled, beside the original."""
    from gradus.workflow.fill import fill as fill_table

    with LiveProgress() as progress:
        result = fill_table(
            table,
            target,
            output,
            force=force,
            epochs=epochs,
            hidden=None if hidden is None else widths(hidden),
            seed=seed,
            n_threads=threads,
            callback=progress,
        )
    for sentence in sentences(result):
        print(sentence, file=sys.stderr)  # noqa: T201 this is what a command line is for


def widths(text: str) -> tuple[int, ...]:
    """Read the widths of hidden layers from a text such as ``64,64``.

    Raises
    ------
    InvalidParameter
        If it is not made of whole numbers of at least 1 with commas between them.
    """
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and int(part) for part in parts):
        raise InvalidParameter(
            f"--hidden must be whole numbers with commas between them, such as 64,64; got {text!r}."
        )
    return tuple(int(part) for part in parts)


def sentences(result: "FillResult") -> list[str]:
    """Say what was done: notes, the verdict, and what was written where."""
    from gradus.verdict.judge import number_text

    n = len(result.rows)
    shown = ", ".join(number_text(float(answer)) for answer in result.answers[:_MOST_SHOWN])
    cells = f"1 cell of {result.target!r}" if n == 1 else f"{n:,} cells of {result.target!r}"
    answers = f" ({shown})" if n <= _MOST_SHOWN else ""
    return [
        *result.notes,
        result.verdict,
        f"Wrote {result.output}: {cells} answered{answers}.",
    ]
