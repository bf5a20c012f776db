"""The command `gradus compare`: two runs side by side.

It knows nothing that `records.compare` does not know.
"""

from typing import Annotated

import typer

from gradus.cli.options import AsJson
from gradus.cli.output import put

_HELP = "An id or its beginning, last, previous, or a model's file."


def compare(
    first: Annotated[str, typer.Argument(metavar="RUN_A", help=_HELP)],
    second: Annotated[str, typer.Argument(metavar="RUN_B", help="Another one.")],
    as_json: AsJson = False,
) -> None:
    """Compare two runs: what was chosen otherwise. Also: when they part, and what came of it."""
    from gradus.records.compare import compare as compare_runs

    found = compare_runs(first, second)
    put(found.text(), found.describe(), as_json=as_json)
