"""What one more of each number does to an answer: by the chain rule and by changing the cell."""

import numpy as np
import pytest

from gradus.errors import DataError, InvalidParameter
from gradus.workflow.answer_slopes import answer_slopes
from tests.models.cases import model_of, table


@pytest.mark.parametrize("kind", ["a number", "logarithms", "counts", "an embedded category"])
def test_slopes_agree_with_changed_cells(kind):
    model = model_of(kind)
    rows = table(160, 40) if "embedded" in kind else table()
    for row in range(1, 21):
        found = answer_slopes(model, rows, row)
        assert {one.column for one in found.slopes} == {"a", "b"}
        for one in found.slopes:
            if np.isnan(one.cell):
                assert one.slope == 0
            elif not one.check.is_kink:
                assert one.slope * one.unit == pytest.approx(one.check.central, rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("kind", ["a number", "logarithms"])
def test_the_answer_is_that_of_predict(kind):
    model, rows = model_of(kind), table()
    answers = model.predict(rows).values
    for row in (1, 30, 60):
        assert answer_slopes(model, rows, row).answer == pytest.approx(answers[row - 1], rel=1e-4)


def test_a_small_change_of_the_cell_moves_the_answer_so():
    model, rows = model_of("a number"), table()
    found = answer_slopes(model, rows, 7)
    slope = next(one.slope for one in found.slopes if one.column == "b")
    moved = rows.copy()
    moved.loc[6, "b"] += 0.01
    change = answer_slopes(model, moved, 7).answer - found.answer
    assert change == pytest.approx(0.01 * slope, rel=0.05, abs=1e-6)


def test_text_and_names():
    found = answer_slopes(model_of("a number"), table(), 5)  # its a is blank
    lines = found.text(4).splitlines()
    assert lines[0].startswith("number of row 5: ")
    assert any(line.split() == ["a", "blank"] for line in lines)
    assert any("one more changes it by" in line for line in lines)
    told = found.describe()
    assert told["row"] == 4
    assert len(told["slopes"]) == 2


def test_refusals():
    with pytest.raises(DataError, match=r"^'pair' must be a number to have slopes; the model"):
        answer_slopes(model_of("two classes"), table(), 1)
    with pytest.raises(InvalidParameter, match=r"^row must be a whole number from 1 to 60; got 0"):
        answer_slopes(model_of("a number"), table(), 0)
    with pytest.raises(DataError, match=r"^the model must have learned from a column of numbers"):
        answer_slopes(model_of("dates alone"), table(), 1)
