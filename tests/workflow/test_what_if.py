"""An answer with other cells is the answer of a table that has them."""

import json

import numpy as np
import pytest

from gradus.errors import DataError, InvalidParameter
from gradus.workflow.what_if import what_if
from tests.models.cases import model_of, table

CHANGES = {"a": "1.25", "town": "town 2", "garden": "no", "day": "2021-03-04"}


@pytest.mark.parametrize("kind", ["a number", "five classes", "too few rows to judge"])
def test_it_is_predict_on_a_changed_table(kind):
    model, rows = model_of(kind), table()
    found = what_if(model, rows, 4, CHANGES)
    changed = rows.astype({"day": str})
    for name, cell in CHANGES.items():
        changed[name] = changed[name].astype(object)
        changed.loc[3, name] = cell
    for frame, answer in ((rows, found.before), (changed, found.after)):
        predicted = model.predict(frame)
        assert answer.value == predicted.values[3]
        assert answer.flag == predicted.flags[3]
        if model.task == "classes":
            assert answer.probability == predicted.probabilities[3].max()
        else:
            bounds = predicted.low[3], predicted.high[3]
            assert (answer.low, answer.high) == tuple(None if np.isnan(x) else x for x in bounds)
    assert [name for name, _, _ in found.changes] == ["a", "town", "garden", "day"]
    json.dumps(found.describe(), allow_nan=False)


def test_difference_and_text():
    found = what_if(model_of("a number"), table(), 2, {"b": 1})
    assert found.difference == found.after.value - found.before.value
    lines = found.text(4).splitlines()
    assert lines[0].startswith("number of row 2: ")
    assert lines[1].startswith("with b 1 instead of ")
    assert lines[2] == f"difference: {found.difference:+.4g}"
    of_class = what_if(model_of("two classes"), table(), 2, {"b": 3})
    assert of_class.text().splitlines()[2].startswith(f"difference of {of_class.before.value}: ")
    assert -1 <= of_class.difference <= 1


def test_blanks_and_what_was_never_seen():
    model, rows = model_of("a number"), table()
    for blank in ("", None, np.nan):
        found = what_if(model, rows, 1, {"b": blank})
        assert found.changes[0][2] == "blank"
        assert found.after.flag == "b is blank, which it never was"
    assert "town 'nowhere' was not seen" in what_if(model, rows, 1, {"town": "nowhere"}).text()


def test_refusals():
    model, rows, names = model_of("a number"), table(), "a, b, town, garden, day"
    for changes, kind, sentence in (
        ({}, InvalidParameter, "what_if must name a column and its new cell; got none."),
        (
            {"number": 3},
            InvalidParameter,
            f"what_if must name columns the model learned from ({names}); got 'number'.",
        ),
        ({"a": "two"}, DataError, "Column 'a' must hold numbers; 'two' is no number."),
        ({"day": "soon"}, DataError, "Column 'day' must hold dates; 'soon' is no date."),
    ):
        with pytest.raises(kind) as raised:
            what_if(model, rows, 1, changes)
        assert str(raised.value) == sentence
