"""The command `gradus surface`: the loss along a line or over a plane.

It knows nothing that `workflow.surface` does not know.
"""

from typing import TYPE_CHECKING, Annotated

import typer

from gradus.cli.loading import load_model
from gradus.cli.options import AsJson, Digits, ModelPlace, TablePlace, WhichNetwork
from gradus.cli.told import tell
from gradus.cli.voice import Voice
from gradus.errors import InvalidParameter

if TYPE_CHECKING:
    from gradus.models.model import Model
    from gradus.records.run import RecordedRun


def surface(
    context: typer.Context,
    model: ModelPlace,
    table: TablePlace,
    along: Annotated[
        list[str] | None,
        typer.Option(
            "--along",
            metavar="NAME",
            help="A parameter, gradient or sharpest; once for a line, twice for a plane.",
        ),
    ] = None,
    path: Annotated[
        bool, typer.Option("--path", help="Take the plane of a run's path, in place of --along.")
    ] = False,
    network: WhichNetwork = 1,
    points: Annotated[
        int, typer.Option(metavar="N", help="Points in each direction, an odd number.")
    ] = 11,
    reach: Annotated[
        float | None, typer.Option(metavar="R", help="How far to each side; 1 if left out.")
    ] = None,
    digits: Digits = 3,
    as_json: AsJson = False,
) -> None:
    """Compute the loss around a network. Along a line, over a plane, or over a training's path."""
    if path and along:
        raise InvalidParameter("--path must come without --along, in whose place it stands.")
    voice: Voice = context.obj
    voice.reading(model)
    learned: Model | RecordedRun
    if path:
        from gradus.records.find import find_run

        learned = find_run(model)
    else:
        learned = load_model(model)
    voice.reading(table)
    from gradus.workflow.surface import USUAL, surface_of

    found = surface_of(
        learned,
        table,
        tuple(along or USUAL),
        network=network,
        n=points,
        reach=reach,
        is_of_path=path,
    )
    tell(voice, found, digits, as_json=as_json)
