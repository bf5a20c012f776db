"""What should make a person look twice before believing an answer, each with its evidence.

Nothing here changes what is learned.
"""

from collections.abc import Sequence

from gradus._typing import Float64Array, Int64Array
from gradus.tables.kinds import Described
from gradus.tables.question import Question
from gradus.tables.table import Table


def warnings_of(
    table: Table, described: Sequence[Described], question: Question
) -> tuple[str, ...]:
    """Return one sentence for each thing that should make a person look twice."""
    raise NotImplementedError


def groups_of_copies(X: Float64Array) -> Int64Array:
    """Number the different rows of `X`: equal rows share a number; int64 of shape (n,)."""
    raise NotImplementedError
