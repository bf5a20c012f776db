"""What one more of each number does to an answer: by the chain rule and by changing the cell."""

import json

import numpy as np
import pytest

from gradus import train
from gradus.errors import DataError, InvalidParameter
from gradus.workflow.answer_slopes import answer_slopes
from tests.models.cases import model_of, table


@pytest.mark.parametrize(
    "kind",
    ["a number", "logarithms", "counts", "an embedded category", "two classes", "five classes"],
)
def test_slopes_agree_with_changed_cells(kind):
    model = model_of(kind)
    rows = table(160, 40) if "embedded" in kind else table()
    for row in range(1, 21):
        found = answer_slopes(model, rows, row)
        assert {one.column for one in found.slopes} == {"a", "b", "day"}
        for one in found.slopes:
            if np.isnan(one.cell):
                assert one.slope == 0
            elif not one.is_date and not one.check.is_kink:
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
    assert any(line.split()[1] == "2020-02-06:" for line in lines if "a day later" in line)
    told = found.describe()
    assert told["row"] == 4
    assert len(told["slopes"]) == 3
    assert [one["cell"] for one in told["slopes"] if one["column"] == "a"] == [None]
    json.dumps(told, allow_nan=False)


def test_a_day_later_is_the_change_of_a_table_a_day_later():
    model, rows = model_of("dates alone"), table()
    (one,) = answer_slopes(model, rows, 20).slopes
    sides = []
    for days in (1, -1):
        moved = rows.copy()
        moved["day"] = moved["day"] + np.timedelta64(days, "D")
        sides.append(answer_slopes(model, moved, 20).answer)
    assert one.check.central == pytest.approx((sides[0] - sides[1]) / 2, rel=1e-9)


def test_of_classes_it_is_the_probability():
    model, rows = model_of("five classes"), table()
    predicted = model.predict(rows)
    for row in (1, 17):
        found = answer_slopes(model, rows, row)
        assert found.label == predicted.values[row - 1]
        assert found.answer == pytest.approx(predicted.probabilities[row - 1].max(), rel=1e-4)
        assert found.text().startswith(f"five of row {row}: {found.label}, with probability ")


def test_refusals():
    with pytest.raises(InvalidParameter, match=r"^row must be a whole number from 1 to 60; got 0"):
        answer_slopes(model_of("a number"), table(), 0)
    with pytest.raises(DataError, match=r"^the model must have learned from a column of numbers"):
        answer_slopes(
            train(table()[["town", "number"]], "number", hidden=(2,), epochs=1), table(), 1
        )
