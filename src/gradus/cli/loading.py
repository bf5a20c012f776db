"""The model a command is given, read from its file or from the record of a run.

What is done with it must not be known here.
"""

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from gradus.cli.voice import Voice
from gradus.errors import InvalidParameter, ModelFileError

if TYPE_CHECKING:
    from gradus.models.model import Model


def load_model(place: str) -> "Model":
    """Read a model of a table, from a file or from the record of a run.

    Raises
    ------
    ModelFileError
        If there is none in the file, or kept of the run; a network without a table is none.
    """
    from gradus.models.model import Model
    from gradus.models.model_file import load

    if not os.path.exists(place):  # noqa: PTH110 a text with a zero byte is no error there
        from gradus.records.find import find_run

        # What no run is called is a file that is not there.
        with contextlib.suppress(InvalidParameter):
            return find_run(place).model
    try:
        model = load(place)
    except ModelFileError as cause:
        if _is_of_another_kind(place):
            raise ModelFileError(
                f"{place} must be a model, as gradus train writes it; it is another kind of file. "
                "The model comes before the table."
            ) from cause
        raise
    if not isinstance(model, Model):
        raise ModelFileError(
            f"{place} must hold a model of a table, as gradus train writes it; it holds a network "
            "without columns."
        )
    return model


def load_for(voice: Voice, model: str, table: str) -> "Model":
    """Read a model that is to look at a table, and say what is being read, the table last."""
    voice.reading(model)
    learned = load_model(model)
    voice.reading(table)
    return learned


def _is_of_another_kind(place: str) -> bool:
    """Tell whether a file lacks what every model begins with: the size of its JSON, and that."""
    try:
        with Path(place).open("rb") as file:
            return file.read(9)[8:] != b"{"
    except OSError:
        return False
