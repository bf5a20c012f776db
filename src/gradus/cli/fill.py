"""The command `gradus fill`: it calls `workflow.fill` and says what was written.

It knows nothing that the Python call does not know.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gradus.cli.options import (
    AsJson,
    Force,
    Quiet,
    TablePlace,
    keeping_options,
    learning_options,
    with_options,
)
from gradus.cli.outcome import answers_as_json, filled_sentences
from gradus.cli.output import put_bytes, put_json
from gradus.cli.places import check_one_on_standard_output, check_place
from gradus.cli.progress import LiveProgress
from gradus.cli.report import ReportPlace, put_report, read_once
from gradus.cli.voice import Voice

if TYPE_CHECKING:
    from gradus.workflow.fill import FillResult


@with_options(learning_options, keeping_options)
def fill(
    context: typer.Context,
    table: TablePlace,
    target: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="The column to fill; guessed if left out."),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT",
            help="Where to write; NAME.filled.EXT if left out, - is standard output.",
        ),
    ] = None,
    force: Force = False,
    model: Annotated[
        str | None, typer.Option(metavar="FILE", help="Where to keep the model for gradus predict.")
    ] = None,
    report: ReportPlace = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
    *,
    options: dict[str, Any],
) -> None:
    """Fill the blank cells of one column. The filled table is written beside the original."""
    voice: Voice = context.obj
    voice.is_quiet = quiet
    check_one_on_standard_output(table, output, as_json=as_json)
    voice.reading(table)
    from gradus.workflow.fill import fill as fill_table
    from gradus.workflow.fill import output_place

    place = output_place(table, output, "filled", force=force)
    kept = None if model is None else Path(model)
    if kept is not None:
        check_place("model", table, kept, [place], force=force)
    if report is not None:
        check_place("report", table, Path(report), [place, kept], force=force)
    source = table if report is None else read_once(table, options)
    with LiveProgress(is_quiet=quiet) as progress:
        result = fill_table(
            source,
            target,
            output,
            force=force,
            callback=progress,
            notify=progress.before(voice),
            **options,
        )
    if result.data is None:
        _say_filled(voice, result)
    if kept is not None:
        result.model.save(kept)
        voice("written", f"Wrote {model}: the model, for gradus predict and gradus show.")
    if report is not None:
        put_report(voice, result.model, source, Path(report), force=force)
    if result.data is not None:
        # Last, because its reader may leave, as head does.
        put_bytes(result.data)
        _say_filled(voice, result)
    if as_json:
        answers = answers_as_json(result.rows, result.predictions)
        put_json(
            {
                "output": str(result.output),
                "target": result.target,
                "answers": answers,
                "model": result.model.describe(),
            }
        )


def _say_filled(voice: Voice, result: "FillResult") -> None:
    """Say where the filled table is."""
    for sentence in filled_sentences(result):
        voice("written", sentence)
