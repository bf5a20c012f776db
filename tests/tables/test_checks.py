"""Each warning comes with its evidence, and none comes without cause."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gradus.tables import checks
from gradus.tables.checks import groups_of_copies, warnings_of
from gradus.tables.kinds import describe
from gradus.tables.question import pose_question
from tests.tables.columns import number, table, word
from tests.tables.shared import shared_table

WHY = "If that is known only together with the answer, leave it out with --ignore."


def warnings(*columns, target="y"):
    given = table(*columns)
    return warned(given, target)


def warned(given, target):
    described = describe(given)
    question = pose_question(given, described, target, needs_blank=False)
    return list(warnings_of(described, question))


@pytest.fixture
def noise(rng):
    """Numbers of 40 rows that nothing is known about."""

    def noise(name, n=40):
        return number(name, *rng.normal(size=n))

    return noise


def test_rows_of_noise_give_no_warning(noise):
    assert warnings(noise("a"), noise("b"), noise("y")) == []


def test_few_rows(noise):
    assert warnings(noise("a", 29), noise("y", 29)) == [
        "Only 29 rows have a 'y': take every judgment on them as rough."
    ]


def test_an_input_that_repeats_the_target(noise):
    y = noise("y")
    assert warnings(noise("a"), number("b", *y.values), y) == [
        f"'b' repeats 'y': equal in 40 of 40 rows. {WHY}"
    ]
    assert warnings(noise("a"), number("b", *(3 - 2 * y.values)), y) == [
        f"'b' repeats 'y' but for shift and scale: correlation 1.000000 in 40 rows. {WHY}"
    ]
    assert warnings(noise("a"), number("b", *y.values[:20], *[None] * 20), y)[0].startswith(
        "'b' repeats 'y': equal in 20 of 20 rows."
    )


def test_an_input_like_the_target_but_no_copy(noise):
    y = noise("y")
    near = number("b", *(y.values + 0.05 * noise("c").values))  # correlation .999
    assert warnings(near, y) == []


def test_a_sum_that_is_the_target(noise):
    a, b = noise("a"), noise("b")
    assert warnings(a, b, noise("c"), number("y", *(a.values + b.values))) == [
        f"'y' is the sum 'a' + 'b' in all 40 rows. {WHY}"
    ]
    assert warnings(a, b, noise("c"), number("y", *(a.values - 2 * b.values + 5))) == [
        f"'y' is an exact sum of 'a', 'b' with fixed weights in all 40 rows. {WHY}"
    ]
    nearly = number("y", *(a.values + b.values + 1e-4 * noise("c").values))
    assert warnings(a, b, nearly) == []


def test_no_sum_is_found_in_few_rows(noise):
    a, b = noise("a", 29), noise("b", 29)
    assert len(warnings(a, b, number("y", *(a.values + b.values)))) == 1


def test_an_input_that_decides_the_target(noise):
    codes = [j % 8 for j in range(40)]
    decided = word("y", *("even" if code % 2 == 0 else "odd" for code in codes))
    assert warnings(word("c", *(f"c{code}" for code in codes)), noise("a"), decided) == [
        f"'c' decides 'y': the 8 different values leave one answer each in all of the rows. {WHY}"
    ]
    # Five rows of another answer may be luck.
    lucky = word("y", *("odd" if code == 3 else "even" for code in codes))
    told = warnings(word("c", *(f"c{code}" for code in codes)), noise("a"), lucky)
    assert [sentence for sentence in told if "decides" in sentence] == []


def test_an_input_of_one_value_per_row_decides_nothing(noise):
    assert warnings(noise("a"), word("y", *"ab" * 20)) == []


def test_nearly_always_blank_inputs(noise):
    given = number("b", 1, 2, *[None] * 58)
    assert warnings(noise("a", 60), given, noise("y", 60)) == ["'b' is blank in 97 % of the rows."]
    assert warnings(noise("a"), number("b", 1, 2, *[None] * 38), noise("y")) == []


def test_copies_and_contradictions():
    values = np.arange(40.0) ** 2 % 41
    a = number("a", *values, values[0], values[1])
    y = number("y", *np.sqrt(values + 1), np.sqrt(values[0] + 1), 9.0)
    told = warnings(a, number("b", *range(3, 43), 3, 4), y)
    assert told[0] == (
        "1 row is a copy of another in all that is learned from, such as row 41 of row 1; copies "
        "are never split apart."
    )
    # Two rows of values 9 and sqrt(2) lie half their distance from their mean.
    spread = (9 - np.sqrt(2)) / 2 * np.sqrt(2 / 42)
    assert told[1] == (
        "2 rows have the same inputs as others but another 'y', such as rows 2 and 42: no typical "
        f"error below {spread:.3g} is to be had on these rows."
    )
    assert len(told) == 2


def test_contradicting_classes():
    a = number("a", *range(3, 43), 3, 3, 4)
    told = warnings(a, word("y", *"uv" * 20, "v", "v", "v"))
    assert told[0].startswith("2 rows are copies")
    assert told[1] == (
        "3 rows have the same inputs as others but another 'y', such as rows 1 and 41: the best "
        "answers are wrong in 1 of 43 rows."
    )


def test_rare_classes(noise):
    (told,) = warnings(noise("a", 50), word("y", *"x" * 38, *"yyyzzzzzz", *"www"))
    assert told.startswith("3 classes have fewer than 10 rows, hardly enough to learn or to judge:")
    assert told.endswith(": 'w' (3), 'y' (3), 'z' (6).")


# Copies ------------------------------------------------------------------------------------------


def test_equal_rows_share_a_number():
    X = np.array([[1.0, 0.0], [2.0, np.nan], [1.0, -0.0], [0.0, 1.0], [2.0, np.nan]])
    assert groups_of_copies(X).tolist() == [0, 1, 0, 2, 1]


@settings(deadline=None)
@given(hnp.arrays(np.float64, st.tuples(st.integers(1, 30), st.integers(1, 3)),
                  elements=st.sampled_from([0.0, -0.0, 1.0, -1.0, 1e-300])))  # fmt: skip
def test_groups_are_those_of_equal_rows(X):
    groups = groups_of_copies(X)
    equal = (X[:, np.newaxis, :] == X[np.newaxis, :, :]).all(axis=2)
    assert np.array_equal(groups[:, np.newaxis] == groups, equal)
    assert np.array_equal(np.unique(groups), np.arange(groups.max() + 1))


def test_rows_that_share_a_hash_are_told_apart(monkeypatch, rng):
    X = rng.integers(0, 3, size=(40, 4)).astype(float)
    expected = groups_of_copies(X)
    monkeypatch.setattr(checks, "_hashes", lambda bits: bits[:, 0] & np.uint64(0))
    assert np.array_equal(groups_of_copies(X), expected)


def test_no_rows_have_no_copies():
    assert groups_of_copies(np.zeros((0, 3))).tolist() == []


# Real tables -------------------------------------------------------------------------------------


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "target", "beginnings"),
    [
        ("bike_sharing_hour.csv", "cnt", ["'cnt' is the sum 'casual' + 'registered'"]),
        ("sp500_daily.csv", "Close", ["'Open' repeats", "'High' repeats", "'Low' repeats",
                                      "'Adj.Close' repeats 'Close': equal in 17,346"]),
        ("california_housing.csv", "median_house_value", []),
        ("uci_energy.csv", "heating_load", []),
        ("uci_concrete.csv", "strength", ["25 rows are copies", "24 rows have the same inputs"]),
        ("titanic.csv", "Survived", ["107 rows are copies", "43 rows have the same inputs"]),
        ("covertype_20k.parquet", "Cover_Type", []),
    ],
)  # fmt: skip
def test_warnings_of_real_tables(name, target, beginnings):
    told = warned(shared_table(name), target)
    assert len(told) == len(beginnings)
    for sentence, beginning in zip(told, beginnings, strict=True):
        assert sentence.startswith(beginning)
