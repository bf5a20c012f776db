"""The command `gradus doctor`: what went wrong in a training, and what cures it, tried.

It knows nothing that `workflow.doctor` does not know.
"""

from typing import Annotated

import typer

from gradus.cli.options import AsJson, Quiet
from gradus.cli.output import put_json, put_text
from gradus.cli.voice import Voice


def doctor(
    context: typer.Context,
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN", help="A run, as gradus runs lists it; last; or a model's file."
        ),
    ],
    table: Annotated[
        str | None, typer.Argument(metavar="[TABLE]", help="Where its table is, if not there.")
    ] = None,
    quiet: Quiet = False,  # noqa: FBT002 an option of the command line, always named there
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Say what went wrong in a training. The one remedy is tried, from the same weights."""
    voice: Voice = context.obj
    voice.is_quiet = quiet
    from gradus.workflow.doctor import doctor as examined

    found = examined(run, table, notify=voice)
    if as_json:
        put_json(found.describe())
    else:
        put_text(found.text)
