"""The command `gradus runs`: the list of runs that are kept.

It knows nothing that `records.find` does not know.
"""

from typing import Annotated

import typer

from gradus.cli.options import AsJson, is_typed
from gradus.cli.output import put_json, put_text
from gradus.cli.voice import Voice
from gradus.errors import InvalidParameter


def runs(
    context: typer.Context,
    most: Annotated[int, typer.Option(min=1, metavar="N", help="So many, the newest.")] = 20,
    remove: Annotated[
        str | None, typer.Option(metavar="RUN", help="Remove this one from the record.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the runs of train and fill. Newest first."""
    if remove is not None and (as_json or is_typed(context, "most")):
        raise InvalidParameter("--remove must come without --most and --json; it lists nothing.")
    from gradus.records.find import remove_run
    from gradus.records.find import runs as kept_runs
    from gradus.records.summary import as_table

    voice: Voice = context.obj
    if remove is not None:
        voice("written", f"Removed run {remove_run(remove)}.")
        return
    found = kept_runs()
    if as_json:
        put_json({"runs": [one.describe() for one in found[:most]], "kept": len(found)})
    elif found:
        put_text(as_table(found[:most]))
        if len(found) > most:
            n_older = len(found) - most
            said = "run is" if n_older == 1 else "runs are"
            voice("note", f"{n_older:,} older {said} kept; --most shows more.")
    else:
        voice("note", "No run is kept yet; gradus train and gradus fill keep them.")
