"""The command `gradus curvature`: how the loss bends around a model's network.

It knows nothing that `workflow.curvature` does not know.
"""

from typing import Annotated

import typer

from gradus.cli.loading import load_for
from gradus.cli.options import AsJson, Digits, ModelPlace, TablePlace, WhichNetwork
from gradus.cli.told import tell
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
    network: WhichNetwork = 1,
    learning_rate: Annotated[
        float | None,
        typer.Option(metavar="RATE", help="Of the step told beforehand; half the largest stable."),
    ] = None,
    digits: Digits = 6,
    as_json: AsJson = False,
) -> None:
    """Open the second derivatives of a loss. Also: the largest stable rate, tried on both sides."""
    voice: Voice = context.obj
    learned = load_for(voice, model, table)
    from gradus.workflow.curvature import bending

    found = bending(
        learned,
        table,
        parameters=tuple(parameter or ()),
        network=network,
        learning_rate=learning_rate,
    )
    tell(voice, found, digits, as_json=as_json)
