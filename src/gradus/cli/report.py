"""The command `gradus report`: it calls `report.page` and says where the page is.

It knows nothing that the Python call does not know.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gradus._names import STANDARD
from gradus.cli.loading import load_for
from gradus.cli.options import Force, ModelPlace, Quiet, TablePlace
from gradus.cli.places import check_keeps_model, check_place, default_place
from gradus.cli.voice import Voice

if TYPE_CHECKING:
    from gradus.models.model import Model

#: The option of `gradus fill` and `gradus train`.
ReportPlace = Annotated[
    str | None,
    typer.Option("--report", metavar="FILE", help="Write an HTML report of the training, too."),
]


def report(
    context: typer.Context,
    model: ModelPlace,
    table: TablePlace,
    output: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Where to write; NAME.report.html if left out."
        ),
    ] = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Write a page about a model. It is best given the table that was learned from."""
    voice: Voice = context.obj
    voice.is_quiet = quiet
    place = default_place(model, ".report.html") if output is None else Path(output)
    check_keeps_model(model, str(place))
    check_place("report", table, place, force=force)
    learned = load_for(voice, model, table)
    put_report(voice, learned, table, place, force=force)


def put_report(voice: Voice, model: "Model", table: object, place: Path, *, force: bool) -> None:
    """Write a report and say where it is."""
    from gradus.report.page import write_report

    voice("reading", "Drawing the report.")
    write_report(model, table, place, force=force, notify=voice)
    voice("written", f"Wrote {place}: the report, to be opened in a browser.")


def read_once(table: str, options: dict[str, Any]) -> Any:  # noqa: ANN401 a path or a table
    """Read standard input, which a report would need a second time; leave a file as it is."""
    if table != STANDARD:
        return table
    from gradus.workflow.options import Options
    from gradus.workflow.prepare import read_as

    return read_as(table, Options(kinds=options["kinds"]))
