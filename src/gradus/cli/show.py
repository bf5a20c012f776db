"""The command `gradus show`: what a model file says of itself.

It knows nothing that `Model.summary` does not know.
"""

from gradus.cli.loading import load_model
from gradus.cli.options import AsJson, ModelPlace
from gradus.cli.output import put


def show(
    model: ModelPlace,
    as_json: AsJson = False,
) -> None:
    """Show how good a model is. Also: what it learned from, which columns, and how."""
    learned = load_model(model)
    put(learned.summary(), learned.describe(), as_json=as_json)
