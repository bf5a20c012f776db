"""The command `gradus train`: it calls `workflow.train` and keeps the model in a file.

It knows nothing that the Python call does not know.
"""

from pathlib import Path
from typing import Annotated, Any

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
from gradus.cli.output import put_json
from gradus.cli.places import check_place, default_place
from gradus.cli.progress import LiveProgress
from gradus.cli.report import ReportPlace, put_report, read_once
from gradus.cli.voice import Voice


@with_options(learning_options, keeping_options)
def train(
    context: typer.Context,
    table: TablePlace,
    target: Annotated[str, typer.Option(metavar="COLUMN", help="The column to answer.")],
    output: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", metavar="MODEL", help="Where to keep it; NAME.gradus if left out."
        ),
    ] = None,
    report: ReportPlace = None,
    force: Force = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
    *,
    options: dict[str, Any],
) -> None:
    """Learn one column from the others. The model is kept in a file."""
    voice: Voice = context.obj
    voice.is_quiet = quiet
    place = default_place(table, ".gradus") if output is None else Path(output)
    voice.reading(table)
    from gradus.workflow.train import train as train_table

    check_place("model", table, place, force=force)
    if report is not None:
        check_place("report", table, Path(report), [place], force=force)
    source = table if report is None else read_once(table, options)
    with LiveProgress(is_quiet=quiet) as progress:
        model = train_table(
            source, target, callback=progress, notify=progress.before(voice), **options
        )
    model.save(place)
    voice("written", f"Wrote {place}: a model of {model.target!r}.")
    if report is not None:
        put_report(voice, model, source, Path(report), force=force)
    if as_json:
        put_json({"output": str(place), "model": model.describe()})
