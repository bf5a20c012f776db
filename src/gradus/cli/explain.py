"""The command `gradus explain`: the chain rule with the numbers of a person's own row.

It knows nothing that `workflow` does not know.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gradus.cli.loading import load_for
from gradus.cli.options import AsJson, Digits, ModelPlace, TablePlace, WhichNetwork, is_typed
from gradus.cli.output import put_text
from gradus.cli.parse import cells_of_columns
from gradus.cli.told import Told, tell
from gradus.cli.voice import Voice
from gradus.errors import InvalidParameter

if TYPE_CHECKING:
    from gradus.models.model import Model


# What an option must come with, and why.
_BESIDE = {
    "formula": (["--parameter"], "nothing else has one"),
    "learning_rate": (["--parameter"], "nothing else is moved"),
    "depth": (["--parameter"], "nothing else has layers of blame"),
    "terms": (["--parameter", "--rows-behind"], "nothing else is shortened"),
    "network": (["--parameter", "--rows-behind"], "all of them answer a row"),
    "baseline": (["--why"], "nothing else is compared"),
}


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
    answer: Annotated[
        bool,
        typer.Option("--answer", help="What one more of each number does to the row's answer."),
    ] = False,
    why: Annotated[
        bool, typer.Option("--why", help="How much of the row's answer each column made.")
    ] = False,
    shapley: Annotated[
        bool, typer.Option("--shapley", help="The same by Shapley values, up to 12 columns.")
    ] = False,
    baseline: Annotated[
        int | None,
        typer.Option(metavar="N", help="The row it is compared with; else the usual cells."),
    ] = None,
    what_if: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN=CELL", help="Answer the row with another cell; repeatable."),
    ] = None,
    rows_behind: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Which rows a parameter owes its value to."),
    ] = None,
    row: Annotated[
        int | None,
        typer.Option(metavar="N", help="From 1 below the head; the mean of all if left out."),
    ] = None,
    network: WhichNetwork = 1,
    depth: Annotated[
        int, typer.Option(metavar="N", help="How many layers of blame are opened.")
    ] = 1,
    terms: Annotated[
        int, typer.Option(metavar="N", help="So many terms of a sum, or rows, are written out.")
    ] = 8,
    digits: Digits = 6,
    learning_rate: Annotated[
        float | None,
        typer.Option(metavar="RATE", help="Write out an update of the parameter, too."),
    ] = None,
    rule: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Whose first step that is; gradient_descent if left out."
        ),
    ] = None,
    formula: Annotated[
        str | None, typer.Option(metavar="FORM", help="Write latex or mathml instead of text.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Open a derivative: of the loss by one weight. Or a row's answer: its slopes, its parts."""
    _check_formula(formula, as_json=as_json)
    of_row = {"--answer": answer, "--why": why or shapley, "--what-if": what_if}
    of_parameter = {"--parameter": parameter, "--rows-behind": rows_behind}
    asked = [name for name, given in {**of_row, **of_parameter}.items() if given]
    if len(asked) != 1 or (asked[0] in of_row and row is None):
        raise InvalidParameter(
            "gradus explain must be given --parameter or --rows-behind, or one of --answer, --why "
            "and --what-if with --row."
        )
    _check_beside(context, asked[0])
    if rule is not None and learning_rate is None:
        raise InvalidParameter("--rule must come with --learning-rate, which it steps with.")
    if rows_behind is not None and row is not None:
        raise InvalidParameter("--rows-behind must come without --row; it ranks all rows.")
    voice: Voice = context.obj
    learned = load_for(voice, model, table)
    found: Told
    if parameter is not None:
        from gradus.workflow.explain import explain_parameter

        options: dict[str, Any] = {"depth": depth, "most_terms": terms, "network": network}
        options |= {"learning_rate": learning_rate, "rule": rule or "gradient_descent"}
        explained = explain_parameter(learned, table, parameter, row=row, **options)
        if formula:
            put_text(getattr(explained.derivative, formula)(digits))
            return
        found = explained
    elif rows_behind is not None:
        from gradus.workflow.rows_behind import rows_behind as ranked

        found = ranked(learned, table, rows_behind, network=network, most_rows=terms)
    else:
        assert row is not None, "looked at above"
        method = "shapley" if shapley else "integrated_gradients"
        found = _of_answer(learned, table, row, asked[0], method, baseline, what_if or (), digits)
    tell(voice, found, digits, as_json=as_json)


def _check_beside(context: typer.Context, asked: str) -> None:
    """Refuse an option that what is asked for does not look at."""
    for name, (others, reason) in _BESIDE.items():
        if asked not in others and is_typed(context, name):
            option = f"--{name.replace('_', '-')}"
            raise InvalidParameter(f"{option} must come with {' or '.join(others)}; {reason}.")


def _check_formula(formula: str | None, *, as_json: bool) -> None:
    """Refuse a form there is none of, or two forms at once."""
    if formula not in (None, "latex", "mathml"):
        raise InvalidParameter(f"formula must be latex or mathml; got {formula!r}.")
    if formula and as_json:
        raise InvalidParameter("--formula and --json must not be given together; choose one.")


def _of_answer(
    model: "Model",
    table: str,
    row: int,
    asked: str,
    method: str,
    baseline: int | None,
    changes: Sequence[str],
    digits: int,
) -> Told:
    """Explain the answer of a row as asked."""
    if asked == "--why":
        from gradus.workflow.why import why

        return why(model, table, row, method=method, baseline=baseline, digits=digits)
    if asked == "--what-if":
        from gradus.workflow.what_if import what_if

        return what_if(model, table, row, cells_of_columns(changes), digits=digits)
    from gradus.workflow.answer_slopes import answer_slopes

    return answer_slopes(model, table, row)
