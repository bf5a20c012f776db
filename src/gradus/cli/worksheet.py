"""The command `gradus worksheet`: an exercise from a person's table, and its answers.

It knows nothing that `workflow.worksheet` and `report.worksheet` do not know.
"""

from pathlib import Path
from typing import Annotated

import typer

from gradus.cli.options import Force, Quiet, TablePlace
from gradus.cli.places import check_place, default_place
from gradus.cli.voice import Voice


def worksheet(
    context: typer.Context,
    table: TablePlace,
    target: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="What is learned; else the column with blanks."),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Where to write; NAME.worksheet.html if left out.",
        ),
    ] = None,
    rows: Annotated[int, typer.Option(metavar="N", help="Rows to work with, 1 to 6.")] = 3,
    hidden: Annotated[int, typer.Option(metavar="N", help="Hidden neurons, 1 to 4.")] = 2,
    inputs: Annotated[int, typer.Option(metavar="N", help="Columns of numbers, 1 to 4.")] = 2,
    seed: Annotated[
        int, typer.Option(metavar="N", help="The same seed and table give the same sheet.")
    ] = 0,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Write an exercise to be worked by hand. With rows of the table, and with its answers."""
    voice: Voice = context.obj
    voice.is_quiet = quiet
    place = default_place(table, ".worksheet.html") if output is None else Path(output)
    check_place("worksheet", table, place, force=force)
    voice.reading(table)
    from gradus.report.worksheet import write_worksheet
    from gradus.workflow.worksheet import make_worksheet

    sheet = make_worksheet(table, target, rows=rows, hidden=hidden, inputs=inputs, seed=seed)
    write_worksheet(sheet, table, place, force=force)
    voice("written", f"Wrote {place}: the exercise and its answers, to be printed from a browser.")
