"""A CSV of plain numbers is read exactly; anything else is one sentence."""

import os
import signal
import sys
import threading

import duckdb
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradus.errors import DataError
from gradus.tables.read import read_table

NAN = float("nan")


@pytest.fixture
def write(tmp_path):
    def write(data, name="t.csv"):
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write


def values(path):
    return read_table(path).values


def refusal(path):
    with pytest.raises(DataError) as caught:
        read_table(path)
    return str(caught.value)


def same(found, expected):
    return np.array_equal(found, np.array(expected, dtype=float), equal_nan=True)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_names_and_numbers(write, end, mark):
    data = mark + end.join([b"x,y z", b"1,2.5", b"-3e2,"])
    table = read_table(write(data))
    assert table.names == ("x", "y z")
    assert same(table.values, [[1, 2.5], [-300, NAN]])
    assert table.data == data
    assert table.cell(1, 0) == b"-3e2"


def test_mixed_line_ends_and_empty_lines(write):
    path = write(b"\n\r\na,b\n1,2\r\n\n3,4\r5,6\n\n")
    assert same(values(path), [[1, 2], [3, 4], [5, 6]])


def test_every_spelling_of_a_plain_number(write):
    path = write(b'a,b\n+5,.5\n5.,1e5\n-0,1E-3\n 7 ,"8"\n"9"," 10 "\n')
    found = values(path)
    assert same(found, [[5, 0.5], [5, 1e5], [0, 1e-3], [7, 8], [9, 10]])
    assert np.signbit(found[2, 0])


def test_every_spelling_of_a_blank(write):
    path = write(b'a,b\n,1\n"",1\n  ,1\n" ",1\n\t,1\n')
    assert np.isnan(values(path)[:, 0]).all()


def test_rows_without_any_value_are_rows(write):
    assert values(write(b"a,b\n,\n1,2\n,\n")).shape == (3, 2)


def test_quoted_names(write):
    assert read_table(write(b'"a, ""b""\nc", d \n1,2\n')).names == ('a, "b"\nc', "d")


def test_a_column_without_a_name_is_called_by_its_place(write):
    # What pandas writes for the index of a frame.
    assert read_table(write(b",a\n0,1\n")).names == ("column 1", "a")


@pytest.mark.parametrize(
    "name", ["it's.csv", "x[1].csv", "a*b?.csv", "tab.csv.gz", "no suffix", "ü €.csv", "-.csv"]
)
def test_names_of_files_are_no_patterns(write, name):
    write(b"a,b\n9,9\n", "x1.csv")
    write(b"a,b\n9,9\n", "azb1.csv")
    assert same(values(write(b"a,b\n1,2\n", name)), [[1, 2]])


class Watched:
    """A connection that is asked, right before it reads the table, what it would let happen."""

    def __init__(self, connection, other):
        self.connection, self.other, self.told = connection, other, None

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.connection.close()

    def execute(self, query, *parameters):
        if "read_csv" in query:
            names = ("temp_directory", "enable_external_access", "lock_configuration")
            asked = ", ".join(f"current_setting('{name}')" for name in names)
            self.told = self.connection.execute(f"SELECT {asked}").fetchone()
            with pytest.raises(duckdb.PermissionException):
                self.connection.execute("SELECT * FROM read_csv(?)", [str(self.other)])
        return self.connection.execute(query, *parameters)


def test_duckdb_may_read_this_file_and_do_nothing_else(write, monkeypatch):
    connect, made = duckdb.connect, []

    def watched(*arguments, **options):
        made.append(Watched(connect(*arguments, **options), other))
        return made[-1]

    other, path = write(b"a,b\n9,9\n", "other.csv"), write(b"a,b\n1,2\n")
    monkeypatch.setattr(duckdb, "connect", watched)
    assert same(values(path), [[1, 2]])
    assert [one.told for one in made] == [("", False, True)]
    with pytest.raises(duckdb.ConnectionException):
        made[0].connection.execute("SELECT 1")


class Slow(Watched):
    """A connection whose reading takes long, and a person who presses Ctrl-C meanwhile."""

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
def test_ctrl_c_while_reading_is_heard_at_once(write, monkeypatch):
    connect = duckdb.connect
    monkeypatch.setattr(duckdb, "connect", lambda *a, **options: Slow(connect(*a, **options), None))
    with pytest.raises(KeyboardInterrupt):
        read_table(write(b"a,b\n1,2\n"))


def test_nothing_is_left_beside_the_table(write, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    read_table(write(b"a,b\n" + b"1,2\n" * 1000))
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25
)
@given(
    st.lists(
        st.lists(st.none() | st.floats(-1e150, 1e150, allow_nan=False), min_size=3, max_size=3),
        min_size=1,
        max_size=20,
    ),
    st.sampled_from(["\n", "\r\n"]),
)
def test_numbers_come_back_to_the_bit(write, rows, end):
    lines = ["a,b,c", *(",".join("" if x is None else repr(x) for x in row) for row in rows)]
    found = values(write(end.join(lines).encode()))
    assert same(found, [[NAN if x is None else x for x in row] for row in rows])


def test_rows_keep_their_order(write):
    n = 30_000
    path = write(b"i,x\n" + b"".join(b"%d,%d\n" % (i, i % 7) for i in range(n)))
    assert np.array_equal(values(path)[:, 0], np.arange(n))


# What is refused -----------------------------------------------------------------------------


def test_a_header_and_nothing_else(write):
    path = write(b"a,b\n\n")
    assert refusal(path) == f"{path} has a header line but no rows."


def test_an_empty_file(write):
    path = write(b"")
    assert refusal(path) == f"{path} is empty."


def test_a_header_of_numbers(write):
    path = write(b"1,2\n3,4\n")
    assert refusal(path) == f"{path} must begin with a header line; line 1 holds numbers only."


def test_two_columns_of_one_name(write):
    path = write(b'a,b," a"\n1,2,3\n')
    assert refusal(path) == (
        f"{path} must have columns of different names; columns 1 and 3 are both called 'a'."
    )


@pytest.mark.parametrize(
    "text",
    ["abc", "2020-01-02", "1_000", "0x1F", "inf", "-Infinity", "1.2.3", "1 2", "--1", "e5", "12%",
     "$5", "1'000", "true", "٣"],
)  # fmt: skip
def test_what_is_no_plain_number(write, text):
    path = write(f"a,b\n1,2\n3,{text}\n5,6\n".encode())
    assert refusal(path) == f"Column 'b' must hold plain numbers; line 3 holds {text!r}."


@pytest.mark.parametrize("text", ["NA", "n/a", "NaN", "null", "None", "?", "-", "."])
def test_other_spellings_of_missing(write, text):
    path = write(f"a,b\n{text},2\n".encode())
    assert refusal(path) == (
        f"Column 'a' must hold plain numbers; line 2 holds {text!r}. Leave a missing value empty."
    )


def test_a_quoted_comma_is_no_number(write):
    path = write(b'a,b\n"1,5",2\n')
    assert refusal(path) == "Column 'a' must hold plain numbers; line 2 holds '1,5'."


@pytest.mark.parametrize("text", ["1e400", "-1e151"])
def test_numbers_too_large(write, text):
    path = write(f"a,b\n1,2\n3,{text}\n".encode())
    assert refusal(path) == (
        f"Column 'b' must hold numbers between -1e150 and 1e150; line 3 holds {text!r}."
    )


def test_a_cell_of_megabytes(write):
    path = write(b"a,b\n1," + b"2" * 5_000_000 + b"\n")
    shown = "2" * 37 + "..."
    assert refusal(path) == f"Column 'b' must hold plain numbers; line 2 holds {shown!r}."


def test_a_late_word_is_found(write):
    path = write(b"a,b\n" + b"1,2\n" * 50_000 + b"1,x\n")
    assert refusal(path) == "Column 'b' must hold plain numbers; line 50002 holds 'x'."


def test_lines_that_duckdb_reads_otherwise(write, monkeypatch):
    # The two readers are held against each other; one of them is made to see a line less.
    import gradus.tables.read as module

    path = write(b"a,b\n1,2\n3,4\n")
    layout = module.scan(path.read_bytes()[:-4], "t")
    monkeypatch.setattr(module, "scan", lambda _data, _name: layout)
    assert refusal(path) == (
        f"{path} can be read in two ways, as 3 lines and as 2. Check its quotation marks and "
        "line ends."
    )


def test_a_file_that_is_not_there(write, tmp_path):
    write(b"", "houses.csv")
    missing = tmp_path / "house.csv"
    assert refusal(missing) == f"{missing} does not exist. Did you mean 'houses.csv'?"
    missing = tmp_path / "zzz.csv"
    assert refusal(missing) == f"{missing} does not exist."
    missing = tmp_path / "none" / "zzz.csv"
    assert refusal(missing) == f"{missing} does not exist."


def test_a_folder(tmp_path):
    assert refusal(tmp_path) == f"{tmp_path} must be a file; it is a folder."


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes of this kind")
def test_a_pipe_does_not_hang(tmp_path):
    path = tmp_path / "pipe.csv"
    os.mkfifo(path)
    assert refusal(path) == f"{path} must be a regular file."


def test_a_file_that_the_system_refuses(write, monkeypatch):
    path = write(b"a,b\n1,2\n")

    def refuse(_self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "read_bytes", refuse)
    assert refusal(path) == f"{path} cannot be read: Permission denied."


def test_a_loop_of_links(tmp_path):
    path = tmp_path / "loop.csv"
    path.symlink_to(path)
    assert refusal(path) == f"{path} cannot be read: Too many levels of symbolic links."


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60
)
@given(st.text(st.sampled_from('1.,"\n\r-e a;'), max_size=40))
def test_any_text_gives_a_table_or_a_sentence(write, text):
    try:
        table = read_table(write(text.encode()))
    except DataError:
        return
    assert table.values.shape == (table.layout.n_rows, len(table.names))
