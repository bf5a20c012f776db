"""The index says which runs there are, whatever happened to it or to them."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from gradus.errors import ModelFileError
from gradus.records import index
from gradus.records.find import find_run, remove_run, runs
from tests.records.write_runs import copy_of

WRITE = [sys.executable, "-m", "tests.records.write_runs"]


@pytest.fixture
def one(made, place):
    """The bytes of a run that is kept."""
    made()
    return next((place / "runs").glob("*.run")).read_bytes()


def ids():
    return [run.id for run in runs()]


def names(place):
    return {path.name for path in (place / "runs").iterdir()}


def test_there_are_none_yet(place):
    assert runs() == ()
    assert not place.exists()


def test_the_newest_comes_first(place, one):
    first = ids()
    for number, began in enumerate((5.0, 7.0, 6.0)):
        index.keep(place, f"0000000{number}", copy_of(one, f"0000000{number}", began), None)
    assert ids() == [*first, "00000001", "00000002", "00000000"]


@pytest.mark.parametrize("spoilt", [b"", b"no database at all" * 300, None])
def test_an_index_that_is_damaged_or_gone_is_made_anew(place, one, spoilt):
    before = ids()
    path = place / "index.sqlite"
    path.unlink()
    if spoilt is not None:
        path.write_bytes(spoilt)
    assert ids() == before
    index.keep(place, "0000abcd", copy_of(one, "0000abcd"), None)
    assert sorted(ids()) == sorted([*before, "0000abcd"])


def test_an_index_with_a_damaged_page_is_made_anew(place, one):
    before = ids()
    path = place / "index.sqlite"
    data = bytearray(path.read_bytes())
    data[4096:8192] = b"\xa5" * 4096
    path.write_bytes(data)
    assert ids() == before


def test_a_run_whose_file_is_gone_is_forgotten(place, one):
    (gone,) = ids()
    (place / "runs" / f"{gone}.run").unlink()
    assert ids() == []


def test_a_damaged_run_is_not_listed_and_the_others_are(place, one):
    (run_id,) = ids()
    (place / "runs" / "00000bad.run").write_bytes(one[: len(one) // 9])
    (place / "runs" / "00000bae.run").write_bytes(b"")
    assert ids() == [run_id]


def test_a_run_of_another_version_is_passed_over(place, one):
    (run_id,) = ids()
    index.keep(place, "0000abcd", copy_of(one, "0000abcd"), None)
    with contextlib.closing(sqlite3.connect(place / "index.sqlite")) as other, other:
        other.execute("UPDATE runs SET summary = '{\"kind\": \"Other\"}' WHERE id = '0000abcd'")
    assert ids() == [run_id]


def test_a_run_whose_model_cannot_be_written_is_not_kept(place, one, monkeypatch):
    before = names(place)
    really_write = index.write_atomically

    def write(path, data, **options):
        if path.suffix == ".gradus":
            raise OSError(28, "No space left on device")
        really_write(path, data, **options)

    monkeypatch.setattr(index, "write_atomically", write)
    with pytest.raises(OSError, match="No space left"):
        index.keep(place, "0000abcd", copy_of(one, "0000abcd"), b"model")
    assert names(place) == before


def test_a_run_whose_model_is_gone_keeps_the_rest(place, one):
    (run_id,) = ids()
    (place / "runs" / f"{run_id}.gradus").unlink()
    run = find_run(run_id)
    assert run.weights().shape == run.weights(0).shape
    with pytest.raises(ModelFileError, match=r"\.gradus is no file\.$"):
        _ = run.model


def test_the_oldest_go_when_there_are_too_many(place, one, monkeypatch):
    monkeypatch.setattr(index, "MOST_RUNS", 3)
    for number in range(4):
        index.keep(place, f"0000000{number}", copy_of(one, f"0000000{number}", number + 1.0), b"m")
    assert len(ids()) == 3
    assert ids()[1:] == ["00000003", "00000002"]
    assert len(names(place)) == 6


def test_the_oldest_go_when_they_take_too_much_room(place, one, monkeypatch):
    (newest,) = ids()
    used = sum(path.stat().st_size for path in (place / "runs").iterdir())
    monkeypatch.setattr(index, "MOST_BYTES", used + 3 * len(one) // 2)
    for number in range(3):
        index.keep(place, f"0000000{number}", copy_of(one, f"0000000{number}", number + 1.0), None)
    assert ids() == [newest, "00000002"]
    monkeypatch.setattr(index, "MOST_BYTES", 1)
    index.keep(place, "00000009", copy_of(one, "00000009", 1e18), None)
    assert ids() == ["00000009"]


def test_one_can_be_removed(place, one):
    index.keep(place, "0000abcd", copy_of(one, "0000abcd"), b"model")
    assert remove_run("0000a") == "0000abcd"
    assert "0000abcd" not in ids()
    assert not [name for name in names(place) if name.startswith("0000abcd")]


def test_two_processes_write_at_once(place, one, tmp_path):
    (tmp_path / "one.run").write_bytes(one)
    command = [*WRITE, str(place), str(tmp_path / "one.run"), "12"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    written = [name for process in both for name in process.communicate()[0].split()]
    assert [process.returncode for process in both] == [0, 0]
    assert len(set(written)) == 24
    assert set(ids()) >= set(written)
    assert len(ids()) == 25


def test_a_process_killed_while_writing_leaves_nothing_to_mend(place, one, tmp_path):
    (tmp_path / "one.run").write_bytes(one)
    command = [*WRITE, str(place), str(tmp_path / "one.run"), "100000"]
    for delay in (0.0, 0.004, 0.011):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        written = [process.stdout.readline().strip()]
        time.sleep(delay)
        os.kill(process.pid, signal.SIGKILL)
        written += process.communicate()[0].split()
        kept = ids()
        assert set(written) <= set(kept)
        for name in kept:
            assert find_run(name).id == name


def test_what_a_killed_process_was_writing_goes_after_a_day(place, one):
    old, new = (place / "runs" / f".{name}.run.writing" for name in ("old", "new"))
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (1.0, 1.0))
    index.keep(place, "0000abcd", copy_of(one, "0000abcd"), None)
    assert not old.exists()
    assert new.exists()
    assert len(ids()) == 2


def test_a_folder_that_cannot_be_read_is_told(place):
    place.mkdir()
    (place / "runs").mkdir()
    (place / "index.sqlite").mkdir()
    with pytest.raises(ModelFileError, match=r"^The record of runs could not be read: unable to"):
        runs()
