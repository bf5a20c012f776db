"""Cells are found at their very bytes, and what is no table of commas is refused in a sentence."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradus.errors import DataError
from gradus.tables.scan import line_number, scan


def cells(data):
    layout = scan(data, "t.csv")
    return [
        [data[start:stop] for start, stop in zip(*line, strict=True)]
        for line in zip(layout.starts.tolist(), layout.stops.tolist(), strict=True)
    ]


def refusal(data):
    with pytest.raises(DataError) as caught:
        scan(data, "t.csv")
    return str(caught.value)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_cells_of_every_kind_of_line_end(end, last, mark):
    data = mark + end.join([b"a,b", b"1,2", b",4"]) + (end if last else b"")
    assert cells(data) == [[b"a", b"b"], [b"1", b"2"], [b"", b"4"]]


def test_line_ends_may_be_mixed_and_empty_lines_are_no_rows():
    data = b"\n\r\na,b\n\n1,2\r\r\n3,4\r\n\n"
    assert cells(data) == [[b"a", b"b"], [b"1", b"2"], [b"3", b"4"]]


def test_an_empty_last_cell_before_the_end_of_the_file():
    assert cells(b"a,b\n1,") == [[b"a", b"b"], [b"1", b""]]


def test_quotation_marks_hide_commas_line_ends_and_doubled_marks():
    data = b'"a,\r\nb","c ""d"""\n"1",""\n'
    assert cells(data) == [[b'"a,\r\nb"', b'"c ""d"""'], [b'"1"', b'""']]


def test_counts():
    layout = scan(b"a,b,c\n1,2,3\n4,5,6\n", "t.csv")
    assert (layout.n_rows, layout.n_columns) == (2, 3)
    assert scan(b"a,b,c\n", "t.csv").n_rows == 0


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\n\n \r\n"])
def test_nothing(data):
    assert refusal(data) == "t.csv is empty."


def test_ragged_lines_are_listed_by_number():
    assert refusal(b"a,b\n1,2\n3\n\n4,5,6\n7,8\n") == (
        "t.csv must have 2 cells on every line, as its header has; line 3 has 1, line 5 has 3."
    )


def test_a_quoted_line_end_counts_as_a_line():
    assert refusal(b'a,"b\nc"\n1\n') == (
        "t.csv must have 2 cells on every line, as its header has; line 3 has 1."
    )


def test_a_short_line_between_two_kinds_of_line_ends():
    assert refusal(b"a,b\r1\n2,3\r\n").endswith("as its header has; line 2 has 1.")


def test_many_ragged_lines_are_counted():
    assert refusal(b"a,b\n" + b"1\n" * 1_205).endswith(
        "line 2 has 1, line 3 has 1, line 4 has 1, line 5 has 1, line 6 has 1 and 1,200 more."
    )


@pytest.mark.parametrize(
    ("data", "word"),
    [(b"a;b\n1;2\n", "semicolons"), (b"a\tb\n1\t2\n", "tabs"), (b"a|b\n1|2", "vertical bars")],
)
def test_another_delimiter_is_never_one_text_column(data, word):
    assert refusal(data) == f"t.csv must be delimited by commas; its header is delimited by {word}."


def test_semicolons_with_decimal_commas():
    # The lines have more cells than the header; the cause is said, not the symptom.
    assert "semicolons" in refusal(b"a;b\n1,5;2,5\n")


def test_one_column():
    assert refusal(b"price\n1\n2\n") == (
        "t.csv must have at least two columns; its header has one: 'price'."
    )


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_utf_16(mark):
    assert refusal(mark + b"a\x00,\x00") == (
        "t.csv must be UTF-8 text; it is UTF-16. Save it as UTF-8."
    )


def test_latin_1():
    assert refusal(b"a,b\n1,2\nM\xfcller,3\n") == (
        "t.csv must be UTF-8 text; line 3 holds the byte 0xfc. Save it as UTF-8."
    )


def test_zero_bytes():
    assert refusal(b"a,b\r\n1,\x002\r\n") == "t.csv must be text; line 2 holds a zero byte."


def test_an_open_quotation_mark():
    assert refusal(b'a,b\n1,2\n3,"4\n5,6\n') == (
        "t.csv has a quotation mark that is opened on line 3 and never closed."
    )


@pytest.mark.parametrize("line", [b'1,5"6"', b'1,"5"6', b'1, "56"', b'1,"5" '])
def test_a_quotation_mark_inside_a_cell(line):
    assert refusal(b"a,b\n" + line + b"\n") == (
        "t.csv has a quotation mark in the middle of a cell on line 2. Put the whole cell in "
        "quotation marks and double the one inside."
    )


def test_line_numbers_of_every_kind_of_line_end():
    data = b"a\r\nb\rc\nd"
    assert [line_number(data, data.index(letter)) for letter in (b"a", b"b", b"c", b"d")] == [
        1,
        2,
        3,
        4,
    ]


def spelled(cell, *, is_quoted):
    if is_quoted or set(cell) & set(',"\r\n'):
        return '"' + cell.replace('"', '""') + '"'
    return cell


TEXT = st.text(st.sampled_from('ab1 ,"\n\ré'), max_size=5)


@settings(deadline=None)
@given(
    st.integers(2, 4).flatmap(
        lambda width: st.lists(st.lists(TEXT, min_size=width, max_size=width), min_size=1)
    ),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
)
def test_what_rfc_4180_writes_is_found_again(rows, end, is_quoted):
    text = end.join(",".join(spelled(c, is_quoted=is_quoted) for c in row) for row in rows)
    data = text.encode()
    said = [
        [
            cell[1:-1].replace(b'""', b'"').decode() if cell[:1] == b'"' else cell.decode()
            for cell in line
        ]
        for line in cells(data)
    ]
    assert said == rows


@settings(deadline=None)
@given(st.binary(max_size=60) | st.text(st.sampled_from('1,"\n\r;a'), max_size=40).map(str.encode))
def test_any_bytes_give_cells_in_order_or_a_sentence(data):
    try:
        layout = scan(data, "t.csv")
    except DataError as error:
        said = str(error)
    else:
        said = ""
    if said:
        assert said.startswith("t.csv ")
        assert said.endswith(".")
        return
    ends = np.stack((layout.starts.ravel(), layout.stops.ravel()), axis=1).ravel()
    assert (np.diff(ends) >= 0).all()
    assert 0 <= ends[0] <= ends[-1] <= len(data)
