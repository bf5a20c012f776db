"""The command `gradus show`: what a model file says of itself.

It knows nothing that `Model.summary` does not know.
"""

from gradus.cli.loading import load_model
from gradus.cli.options import AsJson, ModelPlace
from gradus.cli.output import put_json, put_text


def show(
    model: ModelPlace,
    as_json: AsJson = False,  # noqa: FBT002 an option of the command line, always named there
) -> None:
    """Show how good a model is. Also: what it learned from, which columns, and how."""
    learned = load_model(model)
    if as_json:
        put_json(learned.describe())
    else:
        put_text(learned.summary())
