"""Which rows a parameter owes its value to, on a person's own table."""

import json

import numpy as np
import pytest

from gradus.errors import DataError, InvalidParameter
from gradus.workflow.rows_behind import rows_behind
from tests.models.cases import model_of, table

WEIGHT = "layer 1 weight [0, 1]"


@pytest.mark.parametrize("kind", ["a number", "two classes", "counts"])
def test_what_is_told_is_what_happens(kind):
    rows = table()
    found = rows_behind(model_of(kind), rows, WEIGHT, n_tried=8, most_rows=5)
    assert sorted(found.rows) == list(range(1, 61))
    assert (np.diff(np.abs(found.changes)) <= 0).all()
    assert len(found.tried) == 8
    assert found.correlation > 0.9
    told = [found.changes[np.flatnonzero(found.rows == row)[0]] for row in found.tried]
    largest = np.abs(told).max()
    assert np.abs(found.found - told).max() < 0.5 * largest
    json.dumps(found.describe(), allow_nan=False)
    lines = found.text(3).splitlines()
    assert lines[0].startswith(f"{WEIGHT} of network 1 is ")
    assert len(lines) == 9
    assert "each of 55 others by no more than" in lines[7]


def test_rows_without_an_answer_are_none():
    rows = table()
    rows.loc[[0, 5], "number"] = np.nan
    found = rows_behind(model_of("a number"), rows, WEIGHT, n_tried=0)
    assert not {1, 6} & set(found.rows.tolist())
    assert found.describe()["rank_correlation"] is None
    assert "left out" not in found.text()


def test_refusals():
    with pytest.raises(DataError, match=r"^The table must have three rows or more with a 'number'"):
        rows_behind(model_of("a number"), table()[:2], WEIGHT)
    with pytest.raises(InvalidParameter, match=r"^layer 9 weight must be one of "):
        rows_behind(model_of("a number"), table(), "layer 9 weight [0, 0]")
    with pytest.raises(InvalidParameter, match=r"^most_rows must be a whole number, 1 or gre"):
        rows_behind(model_of("a number"), table(), WEIGHT, most_rows=0)
