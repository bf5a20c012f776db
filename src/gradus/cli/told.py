"""What was found out about a model, and how it is told: notes first, then lines or JSON.

How it was found must not be known here.
"""

from typing import Any, Protocol

from gradus.cli.output import put
from gradus.cli.voice import Voice


class Told(Protocol):
    """What every explanation can do."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What was said while the table was read."""

    def text(self, digits: int = 6) -> str:
        """Write it as lines."""

    def describe(self) -> dict[str, Any]:
        """Say it as names and values that JSON can carry."""


def tell(voice: Voice, found: Told, digits: int, *, as_json: bool) -> None:
    """Say the notes, and print what was found."""
    for note in found.notes:
        voice("note", note)
    put(found.text(digits), found.describe(), as_json=as_json)
