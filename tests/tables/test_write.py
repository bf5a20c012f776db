"""Where a filled table may go, how its answers are spelled, and that it is there whole or not."""

import gzip
import io
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gradus.errors import DataError
from gradus.tables.read import read_table
from gradus.tables.table import Column, Filling, Spelling
from gradus.tables.write import (
    answer_spelling,
    check_added_names,
    check_format,
    check_output,
    default_output,
    filled_bytes,
    write_filled,
)

NAN = float("nan")


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def numbers(name, *values):
    return Column(name, "number", np.array(values, dtype=float))


@pytest.mark.parametrize(
    ("cells", "decimals"),
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
        ("7,7", 15),
    ],
)
def test_decimals_of_a_column(tmp_path, cells, decimals):
    path = tmp_path / "t.csv"
    path.write_text("a,y\n" + "".join(f"1,{number}\n" for number in cells.split(",")))
    assert answer_spelling(read_table(path).columns[1]).decimals == decimals


def test_a_unit_is_repeated_and_words_have_none():
    column = Column("y", "number", np.array([10.0, 20.5, NAN]), Spelling(1, "€ ", " p", ","))
    assert answer_spelling(column) == Spelling(3, "€ ", " p", ",")
    assert answer_spelling(Column("w", "word", np.array(["a"], dtype=object))) == Spelling()


@pytest.mark.parametrize("name", ["y_low", "y_high"])
def test_an_added_column_never_doubles_one(tmp_path, name):
    path = tmp_path / "t.csv"
    path.write_text(f"a,{name},y\n1,2,3\n2,3,\n3,4,5\n")
    with pytest.raises(DataError) as caught:
        check_added_names(read_table(path), [name])
    assert str(caught.value) == (
        f"{path} must have no column '{name}', which is where a column beside the answers goes. "
        "Rename it."
    )


def test_a_frame_becomes_csv_where_bytes_are_wanted():
    table = read_table(pd.DataFrame({"a": [1, 2], "y": [1.5, None]}))
    filling = Filling(np.array([1]), numbers("y", 7.25), (numbers("y_low", 7.0),))
    assert filled_bytes(table, filling) == b"a,y,y_low\n1,1.5,\n2,7.25,7.0\n"


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
    assert default_output(tmp_path / "h.csv.gz") == tmp_path / "h.filled.csv.gz"
    assert default_output(tmp_path / "h.gz") == tmp_path / "h.filled.gz"
    assert default_output(tmp_path / "h.XLSX") == tmp_path / "h.filled.csv"
    assert default_output(tmp_path / "h.parquet") == tmp_path / "h.filled.parquet"
    assert default_output(tmp_path / "h.csv", "predicted") == tmp_path / "h.predicted.csv"


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


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("out.xlsx", "must not be named like a workbook; {} is written back as delimited text."),
        ("out.Parquet", "must not be named like Parquet; {} is written back as delimited text."),
        ("out.jsonl", "must not be named like JSON; {} is written back as delimited text."),
        ("out.csv.gz", "must not end with .gz; {} is not packed with gzip."),
    ],
)
def test_no_name_of_another_format(table_path, output, sentence):
    with pytest.raises(DataError) as caught:
        check_format(read_table(table_path), Path(output))
    assert str(caught.value) == f"The output {output} {sentence.format(table_path)}"


def test_names_that_suit_the_format(tmp_path, table_path):
    table = read_table(table_path)
    for output in (None, Path("out"), Path("out.csv"), Path("out.txt"), Path("a.parquet.tsv")):
        check_format(table, output)
    packed = tmp_path / "t.csv.gz"
    packed.write_bytes(gzip.compress(table_path.read_bytes()))
    check_format(read_table(packed), Path("out.csv.gz"))
    with pytest.raises(DataError, match=r"must end with \.gz; .* is packed with gzip\.$"):
        check_format(read_table(packed), Path("out.csv"))
    # Who calls text a workbook may call it so again.
    misnamed = tmp_path / "t.json"
    misnamed.write_bytes(table_path.read_bytes())
    check_format(read_table(misnamed), Path("t.filled.json"))


def test_parquet_json_and_frames_have_their_own_names(tmp_path):
    frame = pd.DataFrame({"a": [1, 2, 3], "y": [1.5, None, 2]})
    parquet, packed, json = tmp_path / "t.parquet", tmp_path / "t.parquet.gz", tmp_path / "t.json"
    frame.to_parquet(parquet)
    frame.to_json(json, orient="records")
    packed.write_bytes(gzip.compress(parquet.read_bytes()))
    for place, fit, unfit in (
        (parquet, "o.parquet", "o.csv"),
        (packed, "o.parquet.gz", "o.parquet"),
        (json, "o.json", "o.csv"),
        (frame, "o.csv", "o.parquet"),
    ):
        table = read_table(place)
        check_format(table, Path(fit))
        with pytest.raises(DataError):
            check_format(table, Path(unfit))


def test_a_workbook_does_not_become_one(tmp_path):
    path = tmp_path / "t.xlsx"
    pd.DataFrame({"a": [1, 2, 3], "y": [1.5, None, 2]}).to_excel(path, index=False)
    check_format(read_table(path), Path("o.csv"))
    with pytest.raises(DataError) as caught:
        check_format(read_table(path), Path("o.xlsx"))
    assert str(caught.value) == (
        f"The output o.xlsx must not be named like a workbook; {path} is written back as delimited "
        "text."
    )


def test_packed_parquet_is_packed_again(tmp_path):
    path = tmp_path / "t.parquet.gz"
    pd.DataFrame({"a": [1, 2], "y": [1.5, None]}).to_parquet(path.with_suffix(""))
    path.write_bytes(gzip.compress(path.with_suffix("").read_bytes()))
    data = filled_bytes(read_table(path), Filling(np.array([1]), numbers("y", 7.25), ()))
    assert pd.read_parquet(io.BytesIO(gzip.decompress(data)))["y"].tolist() == [1.5, 7.25]


@pytest.mark.parametrize("name", ["x" * 300, "a\0b", "loop"])
def test_names_that_no_system_takes(table_path, tmp_path, name):
    (tmp_path / "loop").symlink_to("loop")
    output = tmp_path / name
    expected = {
        "a": f"The name of a file cannot be {str(output)!r}.",
        "l": f"{output} already exists. Use --force to replace it.",
        "x": f"{output} cannot be written: File name too long.",
    }
    assert refusal(table_path, output) == expected[name[0]]


def test_a_link_into_nowhere(table_path, tmp_path):
    output = tmp_path / "link.csv"
    output.symlink_to(tmp_path / "none" / "o.csv")
    assert refusal(table_path, output, force=True) == (
        f"The output {output} must lie in a folder that exists; {tmp_path / 'none'} is none."
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
    beside = (numbers("y_low", 11.5), numbers("y_high", 13.5))
    write_filled(output, read_table(path), Filling(np.array([1]), numbers("y", 12.5), beside))


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
from gradus.tables.table import Column, Filling
from gradus.tables.write import write_filled
Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
table = read_table(Path(sys.argv[1]))
answers = Column("y", "number", np.array([12.5]))
write_filled(Path(sys.argv[2]), table, Filling(np.array([1]), answers, ()))
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
