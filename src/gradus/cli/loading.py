"""The model a command is given, read from its file.

What is done with it must not be known here.
"""

from typing import TYPE_CHECKING

from gradus.errors import ModelFileError

if TYPE_CHECKING:
    from gradus.models.model import Model


def load_model(place: str) -> "Model":
    """Read a model of a table.

    Raises
    ------
    ModelFileError
        If there is none in the file; a network without a table is none.
    """
    from gradus.models.model import Model
    from gradus.models.model_file import load

    model = load(place)
    if not isinstance(model, Model):
        raise ModelFileError(
            f"{place} must hold a model of a table, as gradus train writes it; it holds a network "
            "without columns."
        )
    return model
