"""The command `gradus check`: whether a gradient is right.

It knows nothing that `check_gradient` and `check_formula` do not know.
"""

from dataclasses import asdict
from typing import Annotated

import typer

from gradus.cli.loading import load_for
from gradus.cli.options import AsJson, WhichNetwork, is_typed
from gradus.cli.output import put
from gradus.cli.parse import values_of_names
from gradus.cli.voice import Voice
from gradus.errors import InvalidParameter


def check(
    context: typer.Context,
    model: Annotated[
        str | None, typer.Argument(metavar="MODEL", help="Whose gradient to check, on TABLE.")
    ] = None,
    table: Annotated[
        str | None, typer.Argument(metavar="TABLE", help="A table with known answers.")
    ] = None,
    formula: Annotated[
        str | None,
        typer.Option(metavar="F", help='A function in place of a model, such as "(1 - y)**2".'),
    ] = None,
    derivative: Annotated[
        str | None, typer.Option(metavar="D", help="What is believed to be its derivative.")
    ] = None,
    by: Annotated[str | None, typer.Option(metavar="NAME", help="By which variable.")] = None,
    at: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Hold it there; repeatable.")
    ] = None,
    network: WhichNetwork = 1,
    most: Annotated[int, typer.Option(metavar="N", help="So many parameters are looked at.")] = 200,
    as_json: AsJson = False,
) -> None:
    """Check a gradient by differences. Of a model on a table, or of a formula you typed."""
    if formula is not None:
        if model is not None or derivative is None or by is None:
            raise InvalidParameter(
                "--formula must come with --derivative and --by, and without a model."
            )
        for name in ("network", "most"):
            if is_typed(context, name):
                raise InvalidParameter(f"--{name} must come with MODEL and TABLE, not --formula.")
        from gradus.calculus.formula_check import check_formula

        found = check_formula(formula, derivative, by, values_of_names(at or ()))
        _told(found.text(), asdict(found), is_right=found.is_right, as_json=as_json)
        return
    if model is None or table is None or derivative or by or at:
        raise InvalidParameter(
            "gradus check must be given MODEL and TABLE, or --formula, --derivative and --by."
        )
    voice: Voice = context.obj
    learned = load_for(voice, model, table)
    from gradus.workflow.explain import check_model

    tested = check_model(learned, table, network=network, most=most)
    told = {**asdict(tested), "is_right": tested.is_right}
    _told(tested.text(), told, is_right=tested.is_right, as_json=as_json)


def _told(text: str, names: dict[str, object], *, is_right: bool, as_json: bool) -> None:
    """Print what was found; end with 2 where it is wrong."""
    put(text, names, as_json=as_json)
    if not is_right:
        raise typer.Exit(2)
