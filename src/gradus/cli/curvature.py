"""The command `gradus curvature`: how the loss bends around a model's network.

It knows nothing that `workflow.curvature` does not know.
"""

from typing import Annotated

import typer

from gradus.cli.loading import load_model
from gradus.cli.options import AsJson, ModelPlace, TablePlace
from gradus.cli.output import put_json, put_text
from gradus.cli.voice import Voice


def curvature(
    context: typer.Context,
    model: ModelPlace,
    table: TablePlace,
    parameter: Annotated[
        list[str] | None,
        typer.Option(
            "--parameter",
            "-p",
            metavar="NAME",
            help="Given twice: their second partials, pure and mixed.",
        ),
    ] = None,
    network: Annotated[
        int, typer.Option(metavar="N", help="Which of the networks that answer together.")
    ] = 1,
    learning_rate: Annotated[
        float | None,
        typer.Option(metavar="RATE", help="Of the step told beforehand; half the largest stable."),
    ] = None,
    digits: Annotated[
        int, typer.Option(min=1, max=17, metavar="N", help="Significant digits of a number.")
    ] = 6,
    as_json: AsJson = False,  # noqa: FBT002 an option of the command line, always named there
) -> None:
    """Open the second derivatives of a loss. Also: the largest stable rate, tried on both sides."""
    voice: Voice = context.obj
    voice.reading(model)
    learned = load_model(model)
    voice.reading(table)
    from gradus.workflow.curvature import bending

    found = bending(
        learned,
        table,
        parameters=tuple(parameter or ()),
        network=network,
        learning_rate=learning_rate,
    )
    for note in found.notes:
        voice("note", note)
    if as_json:
        put_json(found.describe())
    else:
        put_text(found.text(digits))
