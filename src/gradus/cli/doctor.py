"""The command `gradus doctor`: what went wrong in a training, and what cures it, tried.

It knows nothing that `workflow.doctor` does not know.
"""

from typing import Annotated

import typer

from gradus.cli.options import AsJson, Quiet
from gradus.cli.output import put
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
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Say what went wrong in a training. The one remedy is tried, from the same weights."""
    voice: Voice = context.obj
    voice.is_quiet = quiet
    from gradus.workflow.doctor import doctor as examined

    found = examined(run, table, notify=voice)
    put(found.text, found.describe(), as_json=as_json)
