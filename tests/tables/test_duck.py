"""DuckDB may touch the files named and do nothing else; Ctrl-C is heard while it works."""

import os
import signal
import sys
import tempfile
import threading

import duckdb
import numpy as np
import pytest

from gradus.errors import DataError
from gradus.tables import duck
from gradus.tables.duck import fetch, locked_connection, pattern, private_file, quoted

READ = "SELECT * FROM read_csv({}, header = true)"


@pytest.mark.parametrize("has_open_files", [True, False])
def test_a_private_file_is_read_and_gone(tmp_path, monkeypatch, has_open_files):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    if not has_open_files:
        monkeypatch.setattr(duck, "_OPEN_FILES", tmp_path / "none")
    with (
        private_file([b"a,b\n", memoryview(b"1,2\n")], "t") as path,
        locked_connection(path, name="t") as connection,
    ):
        found = fetch(connection, READ.format(quoted(pattern(path))))
        assert {name: cells.tolist() for name, cells in found.items()} == {"a": [1], "b": [2]}
        # Without a name, a kill leaves nothing behind.
        assert len(list(tmp_path.iterdir())) == (0 if has_open_files else 1)
    assert list(tmp_path.iterdir()) == []


def test_the_named_file_and_no_other(tmp_path):
    mine, other = tmp_path / "mine [1]*.csv", tmp_path / "other.csv"
    mine.write_text("a,b\n1,2\n")
    other.write_text("a,b\n9,9\n")
    with locked_connection(mine, name="t") as connection:
        found = fetch(connection, READ.format(quoted(pattern(mine))))
        assert {name: cells.tolist() for name, cells in found.items()} == {"a": [1], "b": [2]}
        with pytest.raises(duckdb.PermissionException):
            connection.execute(READ.format(quoted(str(other))))
        with pytest.raises(duckdb.PermissionException):
            connection.execute(f"COPY (SELECT 1) TO {quoted(str(tmp_path / 'new.csv'))}")
        with pytest.raises(duckdb.InvalidInputException, match="locked"):
            connection.execute("SET enable_external_access = true")
        settings = ("temp_directory", "enable_external_access", "lock_configuration")
        asked = ", ".join(f"current_setting('{name}')" for name in settings)
        assert connection.execute(f"SELECT {asked}").fetchone() == ("", False, True)
    with pytest.raises(duckdb.ConnectionException):
        connection.execute("SELECT 1")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine [1]*.csv", "other.csv"]


def test_what_duckdb_refuses_is_one_sentence_about_the_persons_file(tmp_path):
    copy = tmp_path / "copy.parquet"
    copy.write_bytes(b"PAR1")
    with (
        pytest.raises(DataError) as caught,
        locked_connection(copy, name="houses.parquet") as connection,
    ):
        fetch(connection, f"DESCRIBE FROM read_parquet({quoted(pattern(copy))})")
    said = str(caught.value)
    assert said.startswith("houses.parquet cannot be read: ")
    assert str(tmp_path) not in said
    assert "\n" not in said


def test_nulls_are_masked():
    with locked_connection(name="t") as connection:
        found = fetch(connection, "SELECT unnest([1.5, NULL]) AS x, unnest(['a', NULL]) AS w")
    assert np.ma.getmaskarray(found["x"]).tolist() == [False, True]
    assert found["w"].tolist() == ["a", None]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no such signal")
def test_ctrl_c_is_heard_at_once():
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt), locked_connection(name="t") as connection:
        fetch(connection, "SELECT sum(a.range * b.range) FROM range(1000000) a, range(1000000) b")
