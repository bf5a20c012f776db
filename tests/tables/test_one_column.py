"""One column of delimited text: refused where a target must stand beside it, else read."""

import pytest

from gradus.errors import DataError
from gradus.tables.delimited import read_delimited
from gradus.tables.raw import RawFile


def read(data, fewest_columns):
    return read_delimited(RawFile("t.csv", None, data), fewest_columns=fewest_columns)


def test_one_column_is_read_where_it_is_enough():
    table = read(b"x\n7\n7.5\n", 1)
    assert table.names == ("x",)
    assert table.columns[0].values.tolist() == [7, 7.5]


def test_one_column_is_refused_where_two_are_needed():
    with pytest.raises(DataError, match=r"^t\.csv must have at least two columns; its header has"):
        read(b"x\n7\n7.5\n", 2)


def test_a_text_with_separators_is_never_read_as_one_column():
    with pytest.raises(DataError):
        read(b"id,name\n7\n7\n8\n", 1)


def test_a_blank_line_in_one_column_is_refused_as_nobody_knows_whether_it_is_a_row():
    sentence = (
        "t.csv has one column and a blank line, 3, which may be a row or none. "
        'Remove it, or put "" where a cell is blank.'
    )
    with pytest.raises(DataError) as caught:
        read(b"x\n7\n\n9\n\n", 1)
    assert str(caught.value) == sentence
