"""Prepared tables and what is trained on them, for tests that look inside the main job."""

from gradus.tables.read import read_table
from gradus.tables.target import Classes
from gradus.workflow.contest import hold_contest
from gradus.workflow.options import Options
from gradus.workflow.prepare import prepare
from gradus.workflow.settings import choose_settings
from tests.models.cases import table

QUICK = {"hidden": (4,), "epochs": 3}
INPUTS = ["a", "b", "town", "garden", "day"]


def prepared(target="number", n=60, **options):
    """Prepare some rows of the table of tests/models."""
    kept = [*INPUTS, target, *([options["weight_column"]] if "weight_column" in options else [])]
    options = Options(**QUICK, **options)
    return prepare(read_table(table(n)[kept]), target, options, needs_blank=False)


def settings_for(found, **options):
    """Choose what to train on a prepared table."""
    n, n_features = found.X.shape
    is_classes = isinstance(found.labels, Classes)
    return choose_settings(
        n,
        n_features,
        "cross_entropy" if is_classes else "squared_error",
        len(found.labels.names) if is_classes else 1,
        found.encoder.embedded,
        Options(**{**QUICK, **options}),
    )


def contest(found, callback=None, **options):
    """Let all candidates learn from a prepared table."""
    options = {**QUICK, **options}
    settings = settings_for(found, **options)
    return hold_contest(found, [settings], found.weights, Options(**options), callback)
