"""Which rows judge which networks: at random, in whole groups, or later rows by earlier ones.

What is trained on them must not be known here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from gradus._typing import Int64Array
from gradus.tables.kinds import Described
from gradus.tables.question import Question
from gradus.tables.table import Table


@dataclass(frozen=True, eq=False)
class Split:
    """Folds over the complete rows; element i of each array belongs to ``question.complete[i]``.

    Attributes
    ----------
    kind
        "random", "time" or "group".
    folds
        int64 of shape (n_complete,): the fold in which a row is judged, -1 where in none.
    groups
        int64 of shape (n_complete,): rows with the same number stay on one side of every split,
        also of the rows held out to stop by. None where every row stands alone.
    order
        int64 of shape (n_complete,): rank in time, 0 the earliest, equal times in table order. None unless split by
        time.
    notes
        One sentence for each thing decided.
    """

    kind: Literal["random", "time", "group"]
    folds: Int64Array = field(repr=False)
    groups: Int64Array | None = field(repr=False)
    order: Int64Array | None = field(repr=False)
    notes: tuple[str, ...] = ()


def choose_split(
    table: Table,
    described: Sequence[Described],
    question: Question,
    copies: Int64Array,
    said: str | None = None,
    n_folds: int = 5,
    seed: int = 0,
) -> Split:
    """Give each complete row the fold in which it judges."""
    raise NotImplementedError
