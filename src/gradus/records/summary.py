"""A run in one line, and many of them as a table."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from gradus._dataclasses import dataclass
from gradus._words import aligned
from gradus.verdict.words import number_text, percent_text

_HEAD = ("id", "when", "by", "table", "target", "rows", "answered by", "measure", "seconds")
_RIGHT = {"rows", "seconds"}


@dataclass(frozen=True)
class RunSummary:
    """What a list of runs says of one.

    Attributes
    ----------
    id
        Eight hexadecimal digits.
    command
        "fill" or "train".
    began
        Seconds since 1970-01-01 00:00 UTC.
    seconds
        From the reading of the table to the last network.
    table
        What the table was called, without its folder.
    target
        The column learned.
    n_rows
        Rows learned from.
    answered_by
        "network", "linear" or "mean"; empty where training diverged and there is no model.
    typical_error, accuracy
        Of the answering model on rows it had not seen; None for classes and for numbers,
        respectively, and where rows were too few to judge by.
    parent
        What it went on from, as "RUN@EPOCH"; empty where it began anew.
    model_digest
        BLAKE2b of the model's file, 32 hexadecimal digits; empty where there is none.
    """

    id: str
    command: str
    began: float
    seconds: float
    table: str
    target: str
    n_rows: int
    answered_by: str
    typical_error: float | None
    accuracy: float | None
    parent: str
    model_digest: str

    def describe(self) -> dict[str, Any]:
        """Return names and values that JSON can carry."""
        return asdict(self)

    @property
    def measure(self) -> str:
        """How good it is, in words."""
        if self.typical_error is not None:
            return f"typical error {number_text(self.typical_error)}"
        return "" if self.accuracy is None else f"accuracy {percent_text(self.accuracy)}"

    def cells(self) -> tuple[str, ...]:
        """Return what stands in a line of a table."""
        when = dt.datetime.fromtimestamp(self.began).astimezone()
        return (
            self.id,
            f"{when:%Y-%m-%d %H:%M}",
            self.command,
            self.table,
            self.target,
            f"{self.n_rows:,}",
            self.answered_by or "diverged",
            self.measure,
            f"{self.seconds:.1f}",
        )


def as_table(summaries: Sequence[RunSummary]) -> str:
    """Line up runs under a head."""
    return aligned([_HEAD, *(one.cells() for one in summaries)], right=_RIGHT)
