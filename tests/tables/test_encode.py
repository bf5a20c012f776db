"""What is fitted on some rows is applied to others unchanged, also to other tables by name."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradus.errors import DataError
from gradus.tables.encode import Encoder
from gradus.tables.kinds import describe
from tests.tables.columns import date, number, table, word
from tests.tables.shared import shared_table

MANY = [f"t{j}" for j in range(40)]


def fit(*columns, said=None):
    return Encoder.fit(describe(table(*columns), said))


def mixed(n=120):
    """A table with all four encodings; the category of 40 words is embedded."""
    return (
        number("area", *range(n)),
        word("town", *(MANY[j % 40] for j in range(n))),
        word("garden", *("yes" if j % 3 else "no" for j in range(n))),
        date("sold", *(10.0 * j for j in range(n - 1)), None),
        word("side", *("left" if j % 2 else "right" for j in range(n))),
    )


def test_features_come_in_the_order_of_the_columns_and_level_numbers_last():
    encoder = fit(*mixed())
    assert encoder.names == ("area", "town", "garden", "sold", "side")
    assert encoder.features == (
        "area", "garden=yes", "sold", "sold in the year, sine", "sold in the year, cosine",
        "sold in the week, sine", "sold in the week, cosine", "sold missing", "side=left",
        "side=right", "town level",
    )  # fmt: skip
    assert encoder.column_of_feature == (0, 2, 3, 3, 3, 3, 3, 3, 4, 4, 1)
    assert encoder.embedded == (41,)
    assert encoder.word_columns == ("town", "garden", "side")
    X = encoder.transform(mixed())
    assert X.shape == (120, 11)
    assert X.flags.c_contiguous
    assert sorted(set(X[:, -1])) == list(range(1, 41))


def test_a_description_comes_back_exactly_through_json():
    encoder = fit(*mixed())
    again = Encoder.from_description(json.loads(json.dumps(encoder.describe())))
    assert again == encoder
    assert np.array_equal(again.transform(mixed()), encoder.transform(mixed()))


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.one_of(st.none(), st.floats(-1e150, 1e150)), min_size=1, max_size=60).filter(
        lambda values: any(value is not None for value in values)
    )
)
def test_any_numbers_come_back_exactly_and_are_finite(values):
    encoder = fit(number("a", *values), said={"a": "number"})
    assert Encoder.from_description(json.loads(json.dumps(encoder.describe()))) == encoder
    assert np.isfinite(encoder.transform([number("a", *values)])).all()


def changed(description, path, value):
    for key in path[:-1]:
        description = description[key]
    description[path[-1]] = value


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["kind"], "Decoder"), (["encodings"], []), (["encodings"], {}), (["encodings"], [3]),
        (["more"], 1), (["encodings", 0, "kind"], "eval"), (["encodings", 0, "median"], "3"),
        (["encodings", 0, "median"], float("nan")), (["encodings", 0, "median"], 3),
        (["encodings", 0, "line", "scale"], 0.0), (["encodings", 0, "line", "scale"], -1.0),
        (["encodings", 0, "name"], "town"), (["encodings", 0, "has_blanks"], 1),
        (["encodings", 0, "bend"], {"kind": "Bend", "center": 0.0, "spread": 1.0}),
        (["encodings", 0, "interval", "low"], 1e9), (["encodings", 1, "levels", 0], "t1"),
        (["encodings", 1, "levels"], []), (["encodings", 1, "levels"], "abc"),
        (["encodings", 3, "cycles"], ["minute"]), (["encodings", 4], None),
    ],
)  # fmt: skip
def test_any_other_description_is_refused(path, value):
    description = fit(*mixed()).describe()
    changed(description, path, value)
    with pytest.raises(ValueError, match=r"."):
        Encoder.from_description(description)


@pytest.mark.parametrize("description", [None, [], {}, {"kind": []}, {"kind": "Encoder"}])
def test_no_description_at_all_is_refused(description):
    with pytest.raises(ValueError, match=r"."):
        Encoder.from_description(description)


# Other tables ------------------------------------------------------------------------------------


def test_columns_are_found_by_name():
    encoder = fit(number("a", 1, 2), word("b", "x", "y"))
    given = table(word("b", "y"), number("z", 1), number("a", 5))
    columns, notes = encoder.match(given)
    assert [column.name for column in columns] == ["a", "b"]
    assert notes == ("Not learned from and not used: 'z'.",)


def test_missing_columns_are_all_named():
    encoder = fit(number("area", 1, 2), number("year", 1, 2), number("b", 1, 2))
    with pytest.raises(DataError) as caught:
        encoder.match(table(number("Area ", 1), number("b", 1)))
    assert str(caught.value) == (
        "t.csv must have the 3 columns learned from; 'area', 'year' are missing. Is 'Area ' the "
        "column 'area'?"
    )


def test_cells_are_turned_into_the_type_learned_from():
    encoder = fit(
        number("n", 1, 2, 3, 4), word("w", "3", "x", "3", "x"), date("d", 0, 1, 2, 3),
        number("e", 1, 2, 3, 4),
    )  # fmt: skip
    given = table(word("n", "7", None), number("w", 3, 4), word("d", "1970-01-02", None),
                  word("e", None, None))  # fmt: skip
    columns, notes = encoder.match(given)
    assert [column.type for column in columns] == ["number", "word", "date", "number"]
    assert columns[0].values[0] == 7
    assert columns[1].values.tolist() == ["3", "4"]
    assert columns[2].values[0] == 1
    assert notes == (
        "'w' has a word not seen in training ('4') in 1 row; such words count as other.",
    )
    assert encoder.transform(columns).shape == (2, len(encoder.features))


def test_cells_that_cannot_be_turned_are_named():
    encoder = fit(number("n", 1, 2))
    with pytest.raises(DataError, match=r"^Column 'n' must hold numbers; 'x' \(row 2\) is no"):
        encoder.match(table(word("n", "7", "x")))
    with pytest.raises(DataError, match=r"^Column 'n' must hold numbers, as in training; it hol"):
        encoder.match(table(date("n", 7)))


def test_words_not_seen_are_counted():
    encoder = fit(word("town", *MANY[:5] * 3))
    _, notes = encoder.match(table(word("town", *"abcad", "t1")))
    (note,) = notes
    assert note.startswith(
        "'town' has 4 words not seen in training ('a', 'b', 'c', ...) in 5 rows;"
    )


def test_rows_are_strange_in_at_most_three_named_columns():
    encoder = fit(*(number(name, 0, 1, 2) for name in "abcd"), word("w", *"xxyy"[:3]))
    columns = [number(name, 1, 9, 9) for name in "ab"]
    columns += [number("c", 1, 9, 1), number("d", None, 9, 1), word("w", "x", "x", "z")]
    said = encoder.strange(columns).tolist()
    assert said[0] == "d is blank, which it never was"
    assert said[1] == (
        "a 9 is above all rows learned from (0 to 2); b 9 is above all rows learned from (0 to "
        "2); c 9 is above all rows learned from (0 to 2); 1 more"
    )
    assert encoder.strange([column.take(np.array([0])) for column in columns[:3]] + [
        number("d", 1), word("w", "x")]).tolist() == [""]  # fmt: skip


@pytest.mark.data
def test_rows_like_those_learned_from_are_hardly_ever_strange(rng):
    described = describe(shared_table("california_housing.csv"))
    rows = rng.permutation(20_640)
    encoder = Encoder.fit([given.take(rows[:5000]) for given in described])
    said = encoder.strange([given.column.take(rows[5000:]) for given in described])
    assert (said != "").mean() < 0.005
