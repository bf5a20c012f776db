"""The first line is a header if its cells could be names, and the person is told otherwise."""

import pytest

from gradus.errors import DataError
from gradus.tables.heading import find_heading


def heading(*lines):
    return find_heading(lambda i, j: lines[i][j], len(lines), len(lines[0]), "t.csv")


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        ([("a", "b"), ("1", "2")], ("a", "b")),
        ([("", "a"), ("0", "2")], ("column 1", "a")),
        ([("", "0", "1"), ("0", "5", "6")], ("column 1", "0", "1")),
        ([("town", "2019", "2020"), ("Leeds", "1", "2")], ("town", "2019", "2020")),
        ([("a", "b"), ("x", "y")], ("a", "b")),
        ([("2nd floor", "b"), ("1", "2")], ("2nd floor", "b")),
    ],
)
def test_names(lines, names):
    assert heading(*lines)[:2] == (True, names)


@pytest.mark.parametrize(
    "lines",
    [
        [("1", "2"), ("3", "4")],
        [("x", "2.5"), ("y", "4")],
        [("x", "2024-01-31"), ("y", "2024-02-01")],
        [("x", "2019"), ("y", "2020")],
        [("x", "2020", "2019"), ("y", "3", "4")],
        [("yes", "yes"), ("no", "yes")],
        [("", ""), ("x", "y")],
        [("5", "6")],
    ],
)
def test_no_names(lines):
    has_header, names, notes = heading(*lines)
    assert not has_header
    assert names == tuple(f"column {j}" for j in range(1, 1 + len(lines[0])))
    assert len(notes) == 1


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([("a", "b")], "t.csv has a header line but no rows."),
        (
            [("a", "b", "a"), ("1", "2", "3")],
            "t.csv must have columns of different names; columns 1 and 3 are both called 'a'.",
        ),
        (
            [("", "column 1"), ("1", "2")],
            "t.csv must have columns of different names; columns 1 and 2 are both called "
            + repr("column 1")
            + ".",
        ),
    ],
)
def test_refusals(lines, sentence):
    with pytest.raises(DataError) as caught:
        heading(*lines)
    assert str(caught.value) == sentence
