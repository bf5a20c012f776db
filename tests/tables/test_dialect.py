"""The separator, the quotation marks and the first line of a table are found by their evidence."""

import pytest

from gradus.errors import DataError
from gradus.tables.dialect import find_dialect, is_heading, is_typed


def cells(data):
    dialect = find_dialect(data, "t.csv")
    starts, stops = dialect.layout.starts.tolist(), dialect.layout.stops.tolist()
    return [
        [data[a:b].decode() for a, b in zip(*line, strict=True)]
        for line in zip(starts, stops, strict=True)
    ]


@pytest.mark.parametrize(
    "mark", [b",", b";", b"\t", b"|", b"~", b"^", b"\x1f", b"\x01", b":", b" "]
)
def test_separators(mark):
    data = b"a,b\n1,2\n3,4\n".replace(b",", mark)
    assert find_dialect(data, "t.csv").delimiter == mark
    assert cells(data) == [["a", "b"], ["1", "2"], ["3", "4"]]


@pytest.mark.parametrize(
    ("data", "delimiter"),
    [
        (b"1,5;2,5\n3,5;4,5\n", b";"),
        (b"name;town, land\nAnn;Leeds, UK\n", b";"),
        (b"time,x\n10:30,1\n11:45,2\n", b","),
        (b"a b,c d\n1 2,3 4\n", b","),
        (b"tags,x\na;b,1\nc;d,2\n", b","),
        (b'a;b\n"x,y";1\n"z,w";2\n', b";"),
        (b"a\tb\nx, y\t1\nz, w\t2\n", b"\t"),
        (b'7343,2204|"say ""hi"""|S\xc3\xa3o Paulo\n', b"|"),
        (b'size,x\n5",1\n7",2\n', b","),
    ],
)
def test_two_marks_that_could_separate(data, delimiter):
    assert find_dialect(data, "t.csv").delimiter == delimiter


def test_a_long_text_is_told_by_its_beginning():
    data = b"a;b\n" + b"1,5;2,5\n" * 50_000
    dialect = find_dialect(data, "t.csv")
    assert (dialect.delimiter, dialect.layout.starts.shape) == (b";", (50_001, 2))


def test_a_late_bad_line_of_a_long_text_is_found():
    with pytest.raises(DataError) as caught:
        find_dialect(b"a;b\n" + b"1,5;2,5\n" * 50_000 + b"1\n", "t.csv")
    assert str(caught.value) == (
        "t.csv must have 2 cells on every line, as its first line has; line 50002 has 1."
    )


def test_a_title_needs_a_heading_below():
    # The first line may as well be a header with too few names.
    with pytest.raises(DataError, match="as most lines have; line 1 has 1"):
        find_dialect(b"Measured\n1,2\n3,4\n", "t.csv")
    assert cells(b"Measured\nx,y\n1,2\n3,4\n")[0] == ["x", "y"]


@pytest.mark.parametrize("text", ["1", "1,5", "$5", "12 %", "2024-01-31", "10:30", "(5)"])
def test_typed_cells(text):
    assert is_typed(text)


@pytest.mark.parametrize("text", ["", "x", "5 kg", "x1", "1st of all", "1" * 61])
def test_cells_that_could_be_names(text):
    assert not is_typed(text)


def test_a_heading_is_different_words():
    assert is_heading(["", "a", "b"])
    assert not is_heading(["a", "a"])
    assert not is_heading(["a", "1"])
    assert not is_heading(["", ""])
