"""The command `gradus preflight`: what can be known before training.

It knows nothing that `workflow.preflight` does not know.
"""

from typing import Annotated, Any

import typer

from gradus.cli.options import AsJson, Quiet, TablePlace, with_learning_options
from gradus.cli.output import put
from gradus.cli.voice import Voice


@with_learning_options
def preflight(
    context: typer.Context,
    table: TablePlace,
    target: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="The column to answer; the one that has blanks."),
    ] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
    *,
    options: dict[str, Any],
) -> None:
    """Check table and network before training. Each check with its number and what to do."""
    voice: Voice = context.obj
    voice.is_quiet = quiet
    voice.reading(table)
    from gradus.workflow.preflight import preflight_table

    # Nothing is trained, so nothing is kept or gone on from.
    chosen = {name: one for name, one in options.items() if name not in {"start", "record"}}
    found = preflight_table(table, target, **chosen)
    for warning in found.warnings:
        voice("warning", warning)
    put(found.text, found.describe(), as_json=as_json)
