"""A folder of one's own for runs, and a small table to make some."""

import numpy as np
import pytest

from gradus.workflow.train import train

QUICK = {"hidden": (4,), "epochs": 12}


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty folder of runs."""
    monkeypatch.setenv("GRADUS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def table(tmp_path, rng):
    """A file of 45 rows with a target of numbers and one of words."""
    a, b = rng.normal(size=(2, 45)).round(3)
    lines = [f"{x},{y},{x * y:.3f},{'up' if x > y else 'down'}" for x, y in zip(a, b, strict=True)]
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["a,b,y,way", *lines]) + "\n")
    return path


@pytest.fixture
def made(place, table):
    """Train a model of y and keep its run."""

    def run(**options):
        return train(table, options.pop("target", "y"), **{**QUICK, **options})

    return run


def bits_of(model):
    """Return everything a model consists of, but the seconds it took."""
    from gradus.models.model_archive import arrays_of, describe_model

    arrays = {name: np.array(array) for name, array in arrays_of(model).items()}
    for name, array in arrays.items():
        if name.startswith("history"):
            array[:, 6] = 0
    return describe_model(model), {name: array.tobytes() for name, array in arrays.items()}
