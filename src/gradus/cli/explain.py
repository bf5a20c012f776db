"""The command `gradus explain`: the chain rule with the numbers of a person's own row.

It knows nothing that `workflow.explain` does not know.
"""

from typing import Annotated

import typer

from gradus.cli.loading import load_model
from gradus.cli.options import AsJson, ModelPlace, TablePlace
from gradus.cli.output import put_json, put_text
from gradus.cli.voice import Voice
from gradus.errors import InvalidParameter


def explain(
    context: typer.Context,
    model: ModelPlace,
    table: TablePlace,
    parameter: Annotated[
        str,
        typer.Option(
            "--parameter",
            "-p",
            metavar="NAME",
            help='Such as "layer 1 weight [0, 2]", from input 0 to neuron 2.',
        ),
    ],
    row: Annotated[
        int | None,
        typer.Option(metavar="N", help="From 1 below the head; the mean of all if left out."),
    ] = None,
    network: Annotated[
        int, typer.Option(metavar="N", help="Which of the networks that answer together.")
    ] = 1,
    depth: Annotated[
        int, typer.Option(metavar="N", help="How many layers of blame are opened.")
    ] = 1,
    terms: Annotated[
        int, typer.Option(metavar="N", help="So many terms of a sum are written out.")
    ] = 8,
    digits: Annotated[
        int, typer.Option(min=1, max=17, metavar="N", help="Significant digits of a number.")
    ] = 6,
    learning_rate: Annotated[
        float | None,
        typer.Option(metavar="RATE", help="Write out the update of gradient descent, too."),
    ] = None,
    formula: Annotated[
        str | None, typer.Option(metavar="FORM", help="Write latex or mathml instead of text.")
    ] = None,
    as_json: AsJson = False,  # noqa: FBT002 an option of the command line, always named there
) -> None:
    """Open the derivative of the loss by one weight. Each factor is written with its number."""
    if formula not in (None, "latex", "mathml"):
        raise InvalidParameter(f"formula must be latex or mathml; got {formula!r}.")
    if formula and as_json:
        raise InvalidParameter("--formula and --json must not be given together; choose one.")
    voice: Voice = context.obj
    voice.reading(model)
    learned = load_model(model)
    voice.reading(table)
    from gradus.workflow.explain import explain_parameter

    found = explain_parameter(
        learned,
        table,
        parameter,
        row=row,
        network=network,
        depth=depth,
        most_terms=terms,
        learning_rate=learning_rate,
    )
    for note in found.notes:
        voice("note", note)
    if as_json:
        put_json(found.describe())
    elif formula == "latex":
        put_text(found.derivative.latex(digits))
    elif formula == "mathml":
        put_text(found.derivative.mathml(digits))
    else:
        put_text(found.text(digits))
