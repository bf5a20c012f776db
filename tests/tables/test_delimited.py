"""A table of delimited text comes back to the bit; the person's word overrules what is found."""

import os
import signal
import subprocess
import sys
import tempfile
import threading

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradus.errors import DataError
from gradus.tables import delimited, parsed
from gradus.tables.delimited import read_delimited
from gradus.tables.raw import RawFile
from tools import fuzz_tables

NAN = float("nan")


def read(data, **said):
    return read_delimited(RawFile("t.csv", None, data), **said)


def refusal(data, **said):
    with pytest.raises(DataError) as caught:
        read(data, **said)
    return str(caught.value)


@settings(deadline=None, max_examples=25)
@given(
    st.lists(
        st.lists(st.none() | st.floats(-1e150, 1e150, allow_nan=False), min_size=3, max_size=3),
        min_size=1,
        max_size=20,
    ),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_numbers_come_back_to_the_bit(rows, end):
    # Said to be numbers, because 1e+22 alone would be told from a code only by its exponent.
    lines = ["a,b,c", *(",".join("" if x is None else repr(x) for x in row) for row in rows)]
    table = read(end.join(lines).encode(), numbers=["a", "b", "c"])
    found = np.stack([column.values for column in table.columns], axis=1)
    expected = np.array([[NAN if x is None else x for x in row] for row in rows])
    assert np.array_equal(found, expected, equal_nan=True)
    assert np.array_equal(np.signbit(found[expected == 0]), np.signbit(expected[expected == 0]))


def test_rows_keep_their_order():
    n = 60_000
    table = read(b"i,x,w\n" + b"".join(b"%d,%d,w%d\n" % (i, i % 7, i) for i in range(n)))
    assert np.array_equal(table.columns[0].values, np.arange(n))
    assert table.columns[2].values.tolist() == [f"w{i}" for i in range(n)]


def test_a_late_word_is_found():
    data = b"a,b\n" + b"1,2\n" * 50_000 + b"1,x\n"
    assert refusal(data).startswith("Column 'b' must hold numbers; line 50002 holds 'x'. ")


def test_a_column_said_to_be_words_is_words():
    data = b"a,b,c\n1,2,x\n3,5,\n"
    table = read(data, words=["a", "none of them"])
    assert [column.type for column in table.columns] == ["word", "number", "word"]
    assert table.columns[0].values.tolist() == ["1", "3"]
    assert table.columns[2].values.tolist() == ["x", None]


def test_a_column_said_to_be_numbers_is_numbers():
    table = read(b"a,b\n01,x\n02,y\n", numbers=["a"])
    assert table.columns[0].values.tolist() == [1, 2]
    assert refusal(b"a,b\n1,x\nu,y\nv,z\n", numbers=["a"]) == (
        "Column 'a' must hold numbers; line 3 holds 'u', line 4 holds 'v'. Mend or empty these "
        "cells, or take the column as words with --as a=category."
    )


@pytest.mark.parametrize("last", ["21", "3.5"])
@pytest.mark.parametrize("title", ["Total", "Summe:", "AVERAGE", "somme"])
def test_a_line_of_totals_is_refused(last, title):
    rows = "".join(f"p{i},{i}\n" for i in range(1, 7))
    data = f"item,price\n{rows}{title},".encode()
    assert refusal(data + last.encode()) == (
        f"t.csv must hold no line of totals; line 8, the last, begins with {title!r}, and its "
        "'price' is the sum or the mean of the lines above. Delete it."
    )
    # Where nothing adds up it is a row, and said.
    (note,) = read(data + b"22").notes
    assert note == (
        f"Line 8, the last, begins with {title!r} and is read as a row. Delete it if it sums up "
        "the others."
    )


def test_what_a_model_does_not_need_may_be_odd():
    data = b"a,b,c\n" + b"1,2,3\n" * 20 + b"1,2,oops\n"
    assert read(data, needed=["a", "b"]).columns[2].values.tolist() == [*"3" * 20, "oops"]
    assert read(data.replace(b"oops", b"1e400"), needed=["a"]).columns[2].values[-1] == "1e400"
    # A model's columns are what they are, so there is nothing to take them as.
    assert refusal(data, needed=["c"]) == (
        "Column 'c' must hold numbers; line 22 holds 'oops'. Mend or empty this cell."
    )


def test_what_is_to_be_typed_can_be_typed():
    assert refusal(b"unit price,b\n1,x\n2,y\n3,z\n4,z\nu,z\n").endswith(
        " or take the column as words with --as 'unit price=category'."
    )


def test_what_is_known_already_is_said_first():
    table = read_delimited(RawFile("t.csv", None, b"a;b\n1;2\n"), ("From a sheet.",))
    assert table.notes[0] == "From a sheet."


def test_the_source_tells_where_each_cell_stands():
    data = "\ufeffTitle\r\n\r\nname;größe\r\nZoë;'1,5'\r\n".encode("utf-16-le")
    table = read(data)
    source = table.source
    assert (source.delimiter, source.quote, source.decimal) == (b";", b"'", ",")
    assert source.has_header
    assert source.encoding == "utf-16-le"
    place = source.layout.starts[1, 1], source.layout.stops[1, 1]
    assert source.text[place[0] : place[1]] == b"'1,5'"
    assert table.columns[1].values.tolist() == [1.5]


def test_spelling_of_plain_numbers():
    table = read(b'a,b\n1.5 ,"2"\n-12.25,"3"\n')
    assert [column.spelling.decimals for column in table.columns] == [2, 0]


def test_nothing_is_left_in_the_temporary_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    read(b'"a",b\n1,2\n')
    refusal(b'"a",b\n1,2\n3,inf\n')
    assert list(tmp_path.iterdir()) == []


def test_a_temporary_folder_that_cannot_be_written(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    assert refusal(b'"a",b\n1,2\n') == (
        "t.csv cannot be read: no temporary file can be written, No such file or directory."
    )


def test_lines_that_duckdb_reads_otherwise(monkeypatch):
    # The two readers are held against each other; one of them is given a line less, then a
    # letter less.
    monkeypatch.setattr(parsed, "_lines", lambda _text, _layout: [b"a,b\n1,2\n"])
    assert refusal(b'"a",b\n1,2\n3,4\n') == (
        "t.csv can be read in two ways: 2 lines or 3. Check its quotation marks and line ends."
    )
    monkeypatch.setattr(parsed, "_lines", lambda _text, _layout: [b"a,b\n1,2\n3,4\n"])
    assert refusal(b'"a",b\n1,2\n33,4\n') == (
        "t.csv can be read in two ways: column 1 of line 3 has two lengths. Check its quotation "
        "marks and line ends."
    )


class Slow:
    """A connection whose reading takes long, and a person who presses Ctrl-C meanwhile."""

    def __init__(self, connection):
        self.connection = connection

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.connection.close()

    def execute(self, query, *parameters):
        if "read_csv" not in query:
            return self.connection.execute(query, *parameters)
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        return self.connection.execute(
            "SELECT sum(a.range * b.range) FROM range(1000000) a, range(1000000) b"
        )

    def interrupt(self):
        self.connection.interrupt()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no such signal")
def test_ctrl_c_while_reading_is_heard_at_once(monkeypatch):
    connect = duckdb.connect
    monkeypatch.setattr(duckdb, "connect", lambda *a, **options: Slow(connect(*a, **options)))
    with pytest.raises(KeyboardInterrupt):
        read(b'"a",b\n1,2\n')


def test_five_hundred_made_and_mutilated_files():
    # In a process of its own, whose memory is only what the files took.
    done = subprocess.run(
        [sys.executable, fuzz_tables.__file__, "500"], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_fuzzer_sees_a_lost_row_and_a_changed_cell(monkeypatch):
    data = b"a,b\n1,2\n3,4\n"
    table = read(data)
    with pytest.raises(AssertionError):
        fuzz_tables.check_cell("5", 6.0, "number")
    truth = fuzz_tables.Truth(["a", "b"], [[1.0, 3.0], [2.0, 5.0]], data)
    with pytest.raises(AssertionError):
        fuzz_tables.check_truth(table, truth)
    short = delimited.replace(table, columns=tuple(c.take(np.arange(1)) for c in table.columns))
    with pytest.raises(AssertionError, match="2 rows became 1"):
        fuzz_tables.check_cells(short)


@pytest.mark.parametrize(
    ("cells", "keeps_zeros"),
    [
        (("1.50", "2.25", ""), True),
        (("1.55", "2.25", ""), False),
        (("1.5", "2.20", ""), False),
        (("3", "2.20", ""), False),
        (("30", "20", ""), False),
    ],
)
def test_zeros_at_the_end_of_plain_numbers_are_noticed(cells, keeps_zeros):
    table = read(b"a,y\n" + "".join(f"{i},{cell}\n" for i, cell in enumerate(cells)).encode())
    assert table.columns[1].spelling.keeps_zeros is keeps_zeros


@pytest.mark.parametrize(
    "rows",
    [
        # A word of totals that other rows hold, too, and a column that never changes.
        ["alta,2024", "media,2024", "baja,2024"] * 4 + ["media,2024"],
        ["a,7", "b,7", "c,7", "d,7", "e,7", "f,7", "total,7"],
    ],
)
def test_a_last_line_that_only_sounds_like_totals_is_read(rows):
    table = read(("level,y\n" + "\n".join(rows) + "\n").encode())
    assert table.n_rows == len(rows)
