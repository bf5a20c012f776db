"""Cells are found at their very bytes, whatever separates and encloses them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradus.errors import DataError
from gradus.tables import scan
from gradus.tables.scan import (
    check_lengths,
    find_lines,
    line_number,
    make_layout,
    places,
    stray_quote,
)


def cells(data, delimiter=b",", quote=b'"'):
    lines = find_lines(data, delimiter, quote, "t.csv")
    found = [
        data[start:stop]
        for start, stop in zip(lines.starts.tolist(), lines.stops.tolist(), strict=True)
    ]
    return [
        found[first : first + width]
        for first, width in zip(lines.firsts.tolist(), lines.widths.tolist(), strict=True)
    ]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("delimiter", [b",", b";", b"\t", b"|"])
def test_cells_of_every_kind_of_line_end(end, last, mark, delimiter):
    data = (
        mark + end.join([b"a,b", b"1,2", b",4"]).replace(b",", delimiter) + (end if last else b"")
    )
    assert cells(data, delimiter) == [[b"a", b"b"], [b"1", b"2"], [b"", b"4"]]


def test_line_ends_may_be_mixed_and_empty_lines_are_no_rows():
    data = b"\n\r\na,b\n\n1,2\r\r\n3,4\r\n\n"
    assert cells(data) == [[b"a", b"b"], [b"1", b"2"], [b"3", b"4"]]


def test_an_empty_last_cell_before_the_end_of_the_file():
    assert cells(b"a,b\n1,") == [[b"a", b"b"], [b"1", b""]]


def test_quotation_marks_hide_delimiters_line_ends_and_doubled_marks():
    data = b'"a,\r\nb","c ""d"""\n"1",""\n'
    assert cells(data) == [[b'"a,\r\nb"', b'"c ""d"""'], [b'"1"', b'""']]


def test_another_mark_may_enclose_cells_or_none():
    assert cells(b"'a,b',\"\n", quote=b"'") == [[b"'a,b'", b'"']]
    assert cells(b'"a,b"\n', quote=b"") == [[b'"a', b'b"']]


def test_lines_may_have_different_numbers_of_cells():
    assert cells(b"a\n1,2,3\n,\n") == [[b"a"], [b"1", b"2", b"3"], [b"", b""]]


def test_a_layout_begins_at_any_line():
    data = b"title\na,b\n1,2\n"
    lines = find_lines(data, b",", b'"', "t.csv")
    layout = make_layout(lines, 1, 2, has_header=True)
    assert (layout.n_rows, layout.n_columns) == (1, 2)
    assert data[layout.starts[1, 1] : layout.stops[1, 1]] == b"2"
    assert make_layout(lines, 1, 2, has_header=False).n_rows == 2


def test_line_numbers_of_every_kind_of_line_end():
    data = b"a\r\nb\rc\nd"
    assert [line_number(data, data.index(b"abcd"[i : i + 1])) for i in range(4)] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b'a,"b"\n"c",d', None),
        (b'"a""b",c', None),
        (b'"a"', None),
        (b'\xef\xbb\xbf"a",b', None),
        (b"a,b", None),
        (b'a,5" b\n"c",d', (3, False)),
        (b'a, "b"', (3, False)),
        (b'a,"b" ', (4, False)),
        (b'a,"b\nc', (2, True)),
    ],
)
def test_stray_quotation_marks(data, found):
    assert stray_quote(data, b",", b'"') == found


def test_places_are_found_across_blocks(monkeypatch):
    monkeypatch.setattr(scan, "_BLOCK", 3)
    assert places(b"a,b,c,,d", b",").tolist() == [1, 3, 5, 6]
    assert places(b"", b",").tolist() == []


def test_more_cells_than_memory_should_hold(monkeypatch):
    monkeypatch.setattr(scan, "MOST_CELLS", 3)
    with pytest.raises(DataError) as caught:
        find_lines(b"a,b\n" * 4, b",", b'"', "t.csv")
    assert str(caught.value) == "t.csv must have at most 3 cells; it has far more."


def test_a_line_longer_than_a_parser_should_be_given(monkeypatch):
    monkeypatch.setattr(scan, "LONGEST_LINE", 5)
    data = b"a,b\n123,456\n"
    layout = make_layout(find_lines(data, b",", b'"', "t.csv"), 0, 2, has_header=True)
    with pytest.raises(DataError) as caught:
        check_lengths(data, layout, "t.csv")
    assert str(caught.value) == "t.csv must have lines of at most 5 bytes; line 2 has 7."


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
@given(
    st.binary(min_size=1, max_size=60)
    | st.text(st.sampled_from('1,"\n\r;a'), min_size=1, max_size=40).map(str.encode)
)
def test_any_bytes_give_cells_in_order(data):
    if not data.removeprefix(b"\xef\xbb\xbf").strip(b"\r\n"):
        return
    lines = find_lines(data, b",", b'"', "t.csv")
    assert lines.widths.sum() == len(lines.starts)
    ends = np.stack((lines.starts, lines.stops), axis=1).ravel()
    assert (np.diff(ends) >= 0).all()
    assert 0 <= ends[0] <= ends[-1] <= len(data)
