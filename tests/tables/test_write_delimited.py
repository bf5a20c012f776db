"""The person's bytes stay; answers and new columns go between them."""

import gzip
import random

import numpy as np
import pytest

from gradus.errors import DataError
from gradus.tables.read import read_table
from gradus.tables.table import Column, Filling, Spelling
from gradus.tables.write import answer_spelling, filled_bytes

NAN = float("nan")


def number(name, values, spelling=None):
    return Column(name, "number", np.array(values, dtype=float), spelling or Spelling(3))


def word(name, values):
    return Column(name, "word", np.array(values, dtype=object))


@pytest.fixture
def fill(tmp_path):
    """Fill the blanks of a column with 12.5 (10 to 15), or with what is given."""

    def fill(data, target="y", answer=12.5, low=10.0, high=15.0, name="t.csv", flag=None):
        path = tmp_path / name
        path.write_bytes(data)
        table = read_table(path)
        column = table.columns[table.names.index(target)]
        rows = np.flatnonzero(column.is_missing)
        spelling = answer_spelling(column)
        if isinstance(answer, str):
            answers, added = word(target, [answer] * len(rows)), []
        else:
            answers = number(target, [answer] * len(rows), spelling)
            added = [
                number(target + end, [bound] * len(rows), spelling)
                for end, bound in (("_low", low), ("_high", high))
            ]
        if flag is not None:
            added.append(word(f"{target}_flag", [flag] * len(rows)))
        return filled_bytes(table, Filling(rows, answers, tuple(added)))

    return fill


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_the_mark_and_the_end_of_the_file_are_kept(fill, end, last, mark):
    tail = end if last else b""
    data = mark + end.join([b"a,y", b"1,2.0", b"2,", b"3,4"]) + tail
    expected = [b"a,y,y_low,y_high", b"1,2.0,,", b"2,12.5,10,15", b"3,4,,"]
    assert fill(data) == mark + end.join(expected) + tail


def test_spelling_of_the_persons_numbers_is_kept(fill):
    data = b"y,a\n+1.50,007\n , 1e3\n3, 5 \n"
    assert fill(data) == b"y,a,y_low,y_high\n+1.50,007,,\n12.5, 1e3,10,15\n3, 5 ,,\n"


def test_quotation_marks_are_kept_and_followed(fill):
    data = b'"a","y"\n"1","2"\n"2",""\n3,\n"4",5\n'
    assert fill(data) == (
        b'"a","y","y_low","y_high"\n"1","2","",""\n"2","12.5","10","15"\n3,12.5,10,15\n"4",5,,\n'
    )


def test_a_name_with_commas_and_marks(fill):
    data = b'a,"y, in ""m"""\n1,2\n2,\n3,4\n'
    assert fill(data, 'y, in "m"').startswith(
        b'a,"y, in ""m""","y, in ""m""_low","y, in ""m""_high"\n'
    )


def test_bounds_that_are_not_known_stay_empty(fill):
    assert fill(b"a,y\n1,2\n2,\n3,4\n", low=NAN, high=NAN) == (
        b"a,y,y_low,y_high\n1,2,,\n2,12.5,,\n3,4,,\n"
    )


def test_lines_above_the_table_are_kept(fill):
    data = b"Prices of 2024\n\na;y\n1;2,5\n2;\n3;4,5\n"
    assert fill(data) == (b"Prices of 2024\n\na;y;y_low;y_high\n1;2,5;;\n2;12,5;10;15\n3;4,5;;\n")


def test_a_file_without_a_header_gets_no_names(fill):
    data = b"1,2.5\n2,\n3,4\n4,4.5\n"
    assert fill(data, "column 2") == b"1,2.5,,\n2,12.5,10,15\n3,4,,\n4,4.5,,\n"


def test_the_decimal_mark_never_splits_a_cell(fill):
    data = b'a,y\n1,"2,5"\n2,\n3,"4,5"\n4,"7,25"\n'
    assert fill(data) == (
        b'a,y,y_low,y_high\n1,"2,5","",""\n2,"12,5",10,15\n3,"4,5","",""\n4,"7,25","",""\n'
    )


def test_units_and_thousands_are_repeated(fill):
    data = "a;y\n1;€ 1.200,50\n2;\n3;€ 3.400,75\n".encode()
    assert (
        fill(data, answer=1234567.8).decode().splitlines()[2] == "2;€ 1.234.567,80;€ 10,00;€ 15,00"
    )


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252", "latin-1", "utf-8-sig"])
def test_the_encoding_is_kept(fill, encoding):
    text = "ä,y\nStraße,2\nCafé,\nÖl,4\n"
    kept = text.replace("ä,y", "ä,y,y_low,y_high").replace("ße,2", "ße,2,,")
    kept = kept.replace("Café,", "Café,12.5,10,15").replace("Öl,4", "Öl,4,,")
    assert fill(text.encode(encoding)).decode(encoding) == kept


def test_a_word_that_the_encoding_cannot_hold(fill, tmp_path):
    with pytest.raises(DataError) as caught:
        fill("a,y\nStraße,x\nb,\nc,x\n".encode("latin-1"), answer="č")
    assert str(caught.value) in {
        f"{tmp_path / 't.csv'} is {name} text, which has no 'č'. Save it as UTF-8."
        for name in ("cp1252", "latin-1")
    }


def test_gzip_is_packed_again_with_equal_bytes(fill):
    packed = gzip.compress(b"a,y\n1,2\n2,\n3,4\n")
    first, second = (fill(packed, name="t.csv.gz") for _ in range(2))
    assert first == second
    assert gzip.decompress(first) == b"a,y,y_low,y_high\n1,2,,\n2,12.5,10,15\n3,4,,\n"


@pytest.mark.parametrize(
    ("flag", "cell"),
    [
        ("=1+1", b"'=1+1"),
        ("@x", b"'@x"),
        ("+a", b"'+a"),
        ("-a", b"'-a"),
        ("\ta", b"'\ta"),
        ("-1.5", b"-1.5"),
        ("area, town", b'"area, town"'),
        ('so "far"', b'"so ""far"""'),
        ("plain", b"plain"),
    ],
)
def test_no_word_of_ours_is_a_formula_or_splits_a_cell(fill, flag, cell):
    assert fill(b"a,y\n1,2\n2,\n3,4\n", flag=flag) == (
        b"a,y,y_low,y_high,y_flag\n1,2,,,\n2,12.5,10,15," + cell + b"\n3,4,,,\n"
    )


def test_words_of_the_person_stay_as_they_are(fill):
    data = b"a,y\n1,=x\n2,\n3,+y\n4,=x\n"
    assert fill(data, answer="=x") == b"a,y\n1,=x\n2,=x\n3,+y\n4,=x\n"


# The owner's bytes ------------------------------------------------------------------------------

WORDS = ("Leeds", "York", "Bath", "Ely", "Ripon")


def generated(draw):
    """Return text of some dialect, its table's lines and cells, and where the additions go."""
    delimiter = draw.choice([",", ";", "\t", "|"])
    end = draw.choice(["\n", "\r\n"])
    decimal = "," if delimiter != "," and draw.random() < 0.4 else "."
    quoted = draw.random() < 0.3
    words = (*WORDS, "Málaga", "Köln") if draw.random() < 0.5 else WORDS

    def cell(text):
        return f'"{text}"' if quoted or draw.random() < 0.1 else text

    def line(texts):
        return delimiter.join(texts)

    lines = [line([cell(name) for name in ("town", "area", "y")])]
    n = draw.randint(6, 25)
    blanks = set(draw.sample(range(n), draw.randint(1, 3)))
    for row in range(n):
        area = f"{draw.uniform(20, 90):.2f}".replace(".", decimal)
        y = "" if row in blanks else f"{draw.uniform(1, 9):.3f}".replace(".", decimal)
        pad = " " if not quoted and draw.random() < 0.05 else ""
        lines.append(line([cell(draw.choice(words)), pad + area, cell(y) if y or quoted else y]))
    text = end.join(lines) + (end if draw.random() < 0.7 else "")
    title = f"Houses of 2024{end}{end}" if draw.random() < 0.2 else ""
    return title + text, sorted(blanks)


def without_additions(table, filled, encoding):
    """Take the answers and the new columns out of the filled bytes again."""
    source = table.source
    layout, text, out, place = source.layout, source.text, [], 0
    found = filled.decode(encoding).encode() if encoding != "utf-8" else filled
    for line in range(len(layout.starts)):
        row = line - source.has_header
        start, stop = int(layout.starts[line, 2]), int(layout.stops[line, 2])
        length = start - sum(map(len, out))
        out.append(found[place : place + length])
        place += length
        mark = b'"' if text[start : start + 1] == b'"' else b""
        answer = b"12.5".replace(b".", source.decimal.encode())
        was = text[start:stop]
        is_answered = row >= 0 and was.strip(b'" ') == b""
        own = mark + answer + mark if is_answered else was
        assert found[place : place + len(own)] == own
        place += len(own)
        out.append(was)
        added = (b"y_low" if row < 0 else b"10" if is_answered else b"", b"same" if row >= 0 and
                 is_answered else b"y_flag" if row < 0 else b"")  # fmt: skip
        for new in added:
            whole = source.delimiter + mark + new + mark
            assert found[place : place + len(whole)] == whole
            place += len(whole)
    return b"".join(out) + found[place:]


@pytest.mark.slow
def test_a_thousand_files_without_the_additions_are_the_persons(tmp_path):
    path = tmp_path / "t.csv"
    kinds = set()
    for seed in range(1000):
        draw = random.Random(seed)  # noqa: S311 - no secret
        text, blanks = generated(draw)
        encoding = draw.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252"])
        data = text.encode(encoding)
        path.write_bytes(data)
        table = read_table(path)
        assert table.names == ("town", "area", "y"), seed
        rows = np.flatnonzero(table.columns[2].is_missing)
        assert rows.tolist() == blanks, seed
        n = len(rows)
        added = (number("y_low", [10.0] * n), word("y_flag", ["same"] * n))
        filled = filled_bytes(table, Filling(rows, number("y", [12.5] * n), added))
        codec = table.source.encoding
        assert without_additions(table, filled, codec).decode().encode(codec) == data, seed
        kinds.add((codec, table.source.delimiter, table.source.decimal))
    assert len(kinds) > 15
