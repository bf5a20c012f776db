"""A response is what the model says when a cell is really changed in every row."""

import numpy as np
import pandas as pd
import pytest

from gradus.tables.read import read_table
from gradus.workflow.responses import grid_of, responses, sampled
from gradus.workflow.review import review
from tests.models.cases import model_of
from tests.report.pages import frame_of


def curves(name, most=9):
    found = review(model_of(name), frame_of(name))
    return {one.column: one for one in responses(model_of(name), found.columns, most)}


@pytest.mark.parametrize("name", ["a number", "logarithms", "five classes"])
@pytest.mark.parametrize("column", ["b", "town", "day", "garden"])
def test_curves_are_answers_to_changed_tables(name, column):
    one = curves(name)[column]
    frame = frame_of(name)
    assert one.answers.shape[:2] == (len(one.grid), 60)
    for place in (0, len(one.grid) - 1):
        value = one.grid[place]
        frame[column] = np.datetime64(one.words[place]) if column == "day" else value
        given = model_of(name).predict(frame)
        means = given.values.mean() if name != "five classes" else given.probabilities.mean(axis=0)
        assert one.mean[place] == pytest.approx(np.atleast_1d(means))


def test_the_largest_come_first():
    found = list(curves("a number").values())
    sizes = [np.ptp(one.mean, axis=0).max() for one in found]
    assert sizes == sorted(sizes, reverse=True)
    assert list(curves("a number", most=2)) == [one.column for one in found[:2]]


def test_of_two_classes_the_second_has_a_curve():
    assert {one.lines for one in curves("two classes").values()} == {("more",)}


def test_grids():
    frame = pd.DataFrame(
        {
            "few": [3.0, 1, 1, None] * 10,
            "many": np.arange(40.0),
            "word": ["b", "a", "a", "b"] * 9 + ["c"] * 4,
        }
    )
    few, many, word = read_table(frame).columns
    assert grid_of(few) == (1.0, 3.0)
    assert len(grid_of(many)) == 21
    assert grid_of(many)[0] == 1.0
    assert grid_of(word) == ("a", "b", "c")


def test_rows_are_drawn_without_order_and_always_the_same():
    rows = sampled(1000, 200)
    assert len(set(rows.tolist())) == 200
    assert rows.tolist() == sampled(1000, 200).tolist()
    assert not np.array_equal(rows, np.sort(rows))
    assert rows.max() > 900
