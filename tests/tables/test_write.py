"""The person's bytes stay; answers, bounds and their names go between them, in one whole file."""

import os
import re
import signal
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradus.errors import DataError
from gradus.tables.columns import pose_question
from gradus.tables.read import read_table
from gradus.tables.write import (
    answer_decimals,
    check_output,
    default_output,
    filled_bytes,
    spell,
    write_filled,
)

NAN = float("nan")


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def fill(tmp_path):
    """Fill the blanks of a text's target with 12.5 (10 to 15), or with what is given."""

    def fill(data, target=None, answers=12.5, low=10.0, high=15.0):
        path = tmp_path / "t.csv"
        path.write_bytes(data)
        table = read_table(path)
        question = pose_question(table, target)
        columns = [np.broadcast_to(each, question.asked.shape) for each in (answers, low, high)]
        return filled_bytes(
            table, question.target, question.asked, columns[0], (columns[1], columns[2])
        )

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


def test_mixed_line_ends_and_empty_lines_are_kept(fill):
    data = b"\n\r\na,y\n1,2\r\n\n3,\r5,6\n\n"
    assert fill(data) == (b"\n\r\na,y,y_low,y_high\n1,2,,\r\n\n3,12.5,10,15\r5,6,,\n\n")


def test_quotation_marks_are_kept_and_followed(fill):
    data = b'"a","y"\n"1","2"\n"2",""\n3,\n"4",5\n'
    assert fill(data) == (
        b'"a","y","y_low","y_high"\n"1","2","",""\n"2","12.5","10","15"\n3,12.5,10,15\n"4",5,,\n'
    )


def test_a_name_with_commas_marks_and_spaces(fill):
    data = b'a, "y"\n'.replace(b" ", b"") + b"1,2\n2,\n3,4\n"
    assert fill(data).startswith(b'a,"y","y_low","y_high"\n')
    data = b'a,"y, in ""m"""\n1,2\n2,\n3,4\n'
    assert fill(data).startswith(b'a,"y, in ""m""","y, in ""m""_low","y, in ""m""_high"\n')
    assert fill(b"a, y \n1,2\n2,\n3,4\n").startswith(b"a, y ,y_low,y_high\n")


def test_a_target_without_a_name(fill):
    assert fill(b"a,\n1,2\n2,\n3,4\n").startswith(b"a,,column 2_low,column 2_high\n")


def test_rows_without_any_value_only_get_wider(fill):
    assert fill(b"a,y\n1,2\n,\n2,\n3,4\n") == (
        b"a,y,y_low,y_high\n1,2,,\n,,,\n2,12.5,10,15\n3,4,,\n"
    )


def test_bounds_that_are_not_known_stay_empty(fill):
    assert fill(b"a,y\n1,2\n2,\n3,4\n", low=NAN, high=NAN) == (
        b"a,y,y_low,y_high\n1,2,,\n2,12.5,,\n3,4,,\n"
    )


def test_blanks_of_other_columns_stay_blank(fill):
    assert fill(b"a,b,y\n,1,2\n2,,\n3,5,4\n", "y") == (
        b"a,b,y,y_low,y_high\n,1,2,,\n2,,12.5,10,15\n3,5,4,,\n"
    )


@pytest.mark.parametrize("name", ["y_low", "y_high"])
def test_a_bound_never_doubles_a_column(fill, tmp_path, name):
    with pytest.raises(DataError) as caught:
        fill(f"a,{name},y\n1,2,3\n2,3,\n3,4,5\n".encode())
    assert str(caught.value) == (
        f"{tmp_path / 't.csv'} must have no column '{name}', which is where a bound of the answers "
        "goes. Rename it."
    )


def strip_additions(data, table, rows):
    """Take our additions out again, by the rule that they are at known places."""
    lines = re.split(rb"(\r\n|\r|\n)", data)
    kept, row = [], -1
    for line in lines:
        if line in {b"", b"\n", b"\r", b"\r\n"}:
            kept.append(line)
            continue
        cells = line.split(b",")[:-2]
        if row in rows:
            cells[1] = table.cell(row, 1)
        kept.append(b",".join(cells))
        row += 1
    return b"".join(kept)


CELL = st.sampled_from(["1", " 2.50", "-3e2", '"4"', "+5 ", "0.1"])
BLANK = st.sampled_from(["", " ", '""', '" "'])
END = st.sampled_from(["\n", "\r\n", "\r", "\n\n"])


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60
)
@given(st.lists(st.tuples(CELL, CELL | BLANK, CELL, END), min_size=1, max_size=12), st.booleans())
def test_without_the_additions_every_byte_is_the_persons(tmp_path, rows, has_last_end):
    lines = ["x,y,z\n", "1,2,3\n", "2,3,4\n"]
    lines += [f"{a},{b},{c}{end}" for a, b, c, end in rows]
    data = "".join(lines).encode()
    data = data if has_last_end else data.rstrip(b"\r\n")
    path = tmp_path / "t.csv"
    path.write_bytes(data)
    table = read_table(path)
    asked = np.flatnonzero(np.isnan(table.values[:, 1]))
    ones = np.ones(len(asked))
    filled = filled_bytes(table, 1, asked, 12.5 * ones, (10 * ones, 15 * ones))
    assert strip_additions(filled, table, set(asked.tolist())) == data
    path.write_bytes(filled)
    again = read_table(path)
    assert again.names == ("x", "y", "z", "y_low", "y_high")
    assert (again.values[asked, 1] == 12.5).all()
    assert np.array_equal(again.values[:, [0, 2]], table.values[:, [0, 2]])


# Spelling ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "decimals", "text"),
    [
        (12.5, 3, "12.5"),
        (12.499999999999993, 3, "12.5"),
        (12.0, 3, "12"),
        (-0.0001, 2, "0"),
        (0.0, 4, "0"),
        (451_234.4, 0, "451234"),
        (100.0, 0, "100"),
        (-7.25, 1, "-7.2"),
        (1e15, 2, "1e+15"),
        (-1.23456789e200, 0, "-1.23457e+200"),
        (1.5e-20, 15, "1.5e-20"),
        (1.5e-10, 15, "0.00000000015"),
        (NAN, 3, ""),
    ],
)
def test_spelling(number, decimals, text):
    assert spell(number, decimals) == text


@pytest.mark.parametrize(
    ("numbers", "decimals"),
    [
        ("13.5,15.6,27.4,15.6", 3),  # spread 5.5: four digits are three decimals
        ("180000,250000,95000", 0),  # prices in whole units
        ("1,2,5,3", 3),  # ratings
        ("79.99,61.89,40.27,5.25", 2),  # as the column spells them
        ("0.30000000000000004,10,200", 4),  # one number does not set the manner
        ("1.5e-3,2.5e-3,9e-3", 6),
        ("1.2345e2,1.5e2,2e2", 2),  # 123.45 has two
        ("1e-30,2e-30,5e-30", 15),
        ("1e100,2e100", 0),
    ],
)
def test_decimals_of_a_column(tmp_path, numbers, decimals):
    path = tmp_path / "t.csv"
    path.write_text("a,y\n" + "".join(f"1,{number}\n" for number in numbers.split(",")))
    assert answer_decimals(read_table(path), 1) == decimals


# Where to -----------------------------------------------------------------------------------


def refusal(path, output, *, force=False):
    with pytest.raises(DataError) as caught:
        check_output(path, output, force=force)
    return str(caught.value)


@pytest.fixture
def table_path(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b"a,y\n1,2\n2,\n3,4\n")
    return path


def test_the_usual_place(tmp_path):
    assert default_output(tmp_path / "houses.csv") == tmp_path / "houses.filled.csv"
    assert default_output(tmp_path / "a.b.csv") == tmp_path / "a.b.filled.csv"
    assert default_output(tmp_path / "houses") == tmp_path / "houses.filled"


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("kind", ["itself", "dots", "symbolic link", "hard link", "linked folder"])
def test_never_over_the_table(table_path, tmp_path, force, kind):
    output = tmp_path / "out.csv"
    if kind == "itself":
        output = table_path
    elif kind == "dots":
        (tmp_path / "sub").mkdir()
        output = tmp_path / "sub" / ".." / "t.csv"
    elif kind == "symbolic link":
        output.symlink_to(table_path)
    elif kind == "hard link":
        output.hardlink_to(table_path)
    else:
        (tmp_path / "sub").symlink_to(tmp_path)
        output = tmp_path / "sub" / "t.csv"
    assert refusal(table_path, output, force=force) == (
        f"The output must not be the table itself; {output} and {table_path} are one file."
    )


def test_an_existing_file_only_with_force(table_path, tmp_path):
    output = tmp_path / "out.csv"
    output.write_text("mine")
    assert refusal(table_path, output) == f"{output} already exists. Use --force to replace it."
    check_output(table_path, output, force=True)


@pytest.mark.parametrize("force", [False, True])
def test_what_is_no_file_is_never_replaced(table_path, tmp_path, force):
    assert refusal(table_path, tmp_path, force=force) == (
        f"The output {tmp_path} must be a file; it is something else."
    )


@pytest.mark.skipif(not Path(os.devnull).exists(), reason="there is no null device")
def test_a_device_is_never_replaced(table_path):
    assert refusal(table_path, Path(os.devnull), force=True) == (
        f"The output {os.devnull} must be a file; it is something else."
    )


def test_a_folder_that_is_missing(table_path, tmp_path):
    output = tmp_path / "no" / "out.csv"
    assert refusal(table_path, output) == (
        f"The output {output} must lie in a folder that exists; {output.parent} is none."
    )


def test_a_folder_that_is_read_only(table_path, tmp_path, monkeypatch):
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    # Root may write everywhere; what the system would tell others is told here.
    monkeypatch.setattr(os, "access", lambda place, mode: place != folder or mode != os.W_OK)
    output = folder / "out.csv"
    assert refusal(table_path, output) == f"{output} cannot be written: Permission denied."


# Whole or not at all ----------------------------------------------------------------------------


def write(path, output):
    table = read_table(path)
    one = np.array([12.5])
    write_filled(output, table, 1, np.array([1]), one, (one - 1, one + 1))


def test_it_is_written_and_the_table_is_not(table_path, tmp_path):
    before = table_path.read_bytes(), table_path.stat().st_mtime_ns
    write(table_path, tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_bytes() == (
        b"a,y,y_low,y_high\n1,2,,\n2,12.5,11.5,13.5\n3,4,,\n"
    )
    assert (table_path.read_bytes(), table_path.stat().st_mtime_ns) == before
    assert names_in(tmp_path) == ["out.csv", "t.csv"]


def test_it_gets_the_usual_permissions(table_path, tmp_path):
    old = os.umask(0o027)
    try:
        write(table_path, tmp_path / "out.csv")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "out.csv").stat().st_mode) == 0o640


@pytest.mark.parametrize("call", ["write", "fsync"])
def test_a_failure_leaves_what_was_there_and_no_stray_file(table_path, tmp_path, monkeypatch, call):
    output = tmp_path / "out.csv"
    output.write_text("mine")

    def fail(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(DataError) as caught:
        write(table_path, output)
    monkeypatch.undo()
    assert str(caught.value) == f"{output} cannot be written: No space left on device."
    assert output.read_text() == "mine"
    assert names_in(tmp_path) == ["out.csv", "t.csv"]


def test_a_stop_leaves_no_stray_file(table_path, tmp_path, monkeypatch):
    def stop(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", stop)
    with pytest.raises(KeyboardInterrupt):
        write(table_path, tmp_path / "out.csv")
    monkeypatch.undo()
    assert names_in(tmp_path) == ["t.csv"]


KILLED = """
import os, signal, sys
from pathlib import Path
import numpy as np
from gradus.tables.read import read_table
from gradus.tables.write import write_filled
Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
table = read_table(Path(sys.argv[1]))
one = np.array([12.5])
write_filled(Path(sys.argv[2]), table, 1, np.array([1]), one, (one, one))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_a_kill_between_write_and_rename_leaves_both_files_as_they_were(table_path, tmp_path):
    before = table_path.read_bytes()
    output = tmp_path / "out.csv"
    output.write_text("mine")
    done = subprocess.run([sys.executable, "-c", KILLED, table_path, output], check=False)
    assert done.returncode == -signal.SIGKILL
    assert table_path.read_bytes() == before
    assert output.read_text() == "mine"
    # What the killed process could not take away itself, the next write does.
    write(table_path, output)
    assert names_in(tmp_path) == ["out.csv", "t.csv"]
    assert b"12.5" in output.read_bytes()
