"""The command `gradus explain`: the chain rule with the numbers of a person's own row.

It knows nothing that `workflow.explain` does not know.
"""

from typing import TYPE_CHECKING, Annotated

import typer

from gradus.cli.loading import load_model
from gradus.cli.options import AsJson, ModelPlace, TablePlace
from gradus.cli.output import put_json, put_text
from gradus.cli.voice import Voice
from gradus.errors import InvalidParameter

if TYPE_CHECKING:
    from gradus.models.model import Model


def explain(
    context: typer.Context,
    model: ModelPlace,
    table: TablePlace,
    parameter: Annotated[
        str | None,
        typer.Option(
            "--parameter",
            "-p",
            metavar="NAME",
            help='Such as "layer 1 weight [0, 2]", from input 0 to neuron 2.',
        ),
    ] = None,
    answer: Annotated[  # noqa: FBT002 an option of the command line, always named there
        bool,
        typer.Option("--answer", help="What one more of each number does to the row's answer."),
    ] = False,
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
    """Open a derivative: of the loss by one weight. Or of a row's answer by each of its numbers."""
    if formula not in (None, "latex", "mathml"):
        raise InvalidParameter(f"formula must be latex or mathml; got {formula!r}.")
    if formula and as_json:
        raise InvalidParameter("--formula and --json must not be given together; choose one.")
    if (parameter is None) != answer or (answer and row is None):
        raise InvalidParameter(
            "gradus explain must be given either --parameter or --answer with --row."
        )
    voice: Voice = context.obj
    voice.reading(model)
    learned = load_model(model)
    voice.reading(table)
    if parameter is None:
        assert row is not None, "looked at above"
        _put_answer(learned, table, row, digits, voice, as_json=as_json)
        return
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


def _put_answer(
    model: "Model", table: str, row: int, digits: int, voice: Voice, *, as_json: bool
) -> None:
    """Print the slopes of a row's answer."""
    from gradus.workflow.answer_slopes import answer_slopes

    found = answer_slopes(model, table, row)
    for note in found.notes:
        voice("note", note)
    if as_json:
        put_json(found.describe())
    else:
        put_text(found.text(digits))
