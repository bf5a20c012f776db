"""The command `gradus preflight`: what can be known before training.

It knows nothing that `workflow.preflight` does not know.
"""

from typing import Annotated, Any

import typer

from gradus.cli.options import AsJson, Quiet, TablePlace, learning_options, with_options
from gradus.cli.output import put
from gradus.cli.voice import Voice


@with_options(learning_options)
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

    found = preflight_table(table, target, **options)
    for warning in found.warnings:
        voice("warning", warning)
    put(found.text, found.describe(), as_json=as_json)
