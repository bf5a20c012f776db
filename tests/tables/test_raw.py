"""Bytes come in whole from files, gzip and standard input, or one sentence does."""

import gzip
import io
import os
import sys
import tracemalloc
from pathlib import Path
from types import SimpleNamespace

import pytest

from gradus.errors import DataError
from gradus.tables import raw
from gradus.tables.raw import check_size, read_raw


def refusal(place):
    with pytest.raises(DataError) as caught:
        read_raw(place)
    return str(caught.value)


def test_a_file(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b"a,b\n")
    found = read_raw(path)
    assert (found.name, found.path, found.data) == (str(path), path, b"a,b\n")
    assert found.compression == "none"
    assert read_raw(str(path)).data == b"a,b\n"


@pytest.mark.parametrize("place", ["", ".", "/", Path()])
def test_no_name(place):
    assert refusal(place) == f"{str(place)!r} is not the name of a file."


def test_a_name_that_is_no_text_is_spelled_in_one(tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.csv"))
    path.write_bytes(b"a,b\n")
    found = read_raw(path)
    assert (found.name, found.path) == (f"{tmp_path}/\\udcff.csv", path)


def test_a_link_to_nothing(tmp_path):
    (tmp_path / "t.csv").symlink_to("gone.csv")
    assert refusal(tmp_path / "t.csv") == (
        f"{tmp_path / 't.csv'} is a link to gone.csv, which is missing."
    )


def test_gzip_is_told_by_its_bytes_and_may_have_parts(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(gzip.compress(b"a,b\n") + gzip.compress(b"1,2\n") + bytes(3))
    assert (read_raw(path).data, read_raw(path).compression) == (b"a,b\n1,2\n", "gzip")


@pytest.mark.parametrize("data", [b"a,b\n1,2\n", gzip.compress(b"a,b\n1,2\n")])
def test_standard_input(monkeypatch, data):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))
    found = read_raw("-")
    assert (found.name, found.path, found.data) == ("standard input", None, b"a,b\n1,2\n")


def test_a_closed_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    assert refusal("-") == "standard input cannot be read: it is closed."


def test_what_a_shell_puts_in_place_of_a_command():
    read_end, write_end = os.pipe()
    os.write(write_end, b"a,b\n1,2\n")
    os.close(write_end)
    try:
        assert read_raw(f"/dev/fd/{read_end}").data == b"a,b\n1,2\n"
    finally:
        os.close(read_end)


def test_a_file_that_is_not_there(tmp_path):
    (tmp_path / "houses.csv").write_bytes(b"")
    missing = tmp_path / "house.csv"
    assert refusal(missing) == f"{missing} does not exist. Did you mean 'houses.csv'?"
    missing = tmp_path / "none" / "zzz.csv"
    assert refusal(missing) == f"{missing} does not exist."
    place = "https://example.org/houses.csv"
    assert refusal(place) == (
        f"{place} does not exist. It is an address; download the table first."
    )


def test_a_name_that_no_file_can_have():
    assert refusal("a\0b") == "The name of a file cannot be 'a\\x00b'."


def test_folders_devices_and_named_pipes(tmp_path):
    assert refusal(tmp_path) == f"{tmp_path} must be a file; it is a folder."
    assert refusal("/dev/null") == "/dev/null must be a regular file."
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert refusal(pipe) == f"{pipe} must be a regular file."


def test_what_the_system_refuses(tmp_path, monkeypatch):
    path = tmp_path / "t.csv"
    path.write_bytes(b"a,b\n")

    def refuse(_self, _mode):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert refusal(path) == f"{path} cannot be read: Permission denied."
    loop = tmp_path / "loop.csv"
    loop.symlink_to(loop)
    assert refusal(loop) == f"{loop} cannot be read: Too many levels of symbolic links."


def test_damaged_gzip(tmp_path):
    path, packed = tmp_path / "t.csv.gz", gzip.compress(b"a,b\n1,2\n" * 100)
    path.write_bytes(packed[:-9])
    assert refusal(path) == (
        f"{path} cannot be inflated, it ends too early. Pack or fetch it once more."
    )
    for damaged in (packed[:12] + b"\xff\xff" + packed[14:], packed[:-6] + b"zz" + packed[-4:],
                    packed + b"more", b"\x1f\x8b\x07" + packed[3:]):  # fmt: skip
        path.write_bytes(damaged)
        assert refusal(path) == (
            f"{path} cannot be inflated, its bytes are damaged. Pack or fetch it once more."
        )


def test_a_bomb_takes_no_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(raw, "MOST_BYTES", 32 << 20)
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(bytes(64 << 20)))
    tracemalloc.start()
    with pytest.raises(DataError, match=r"must hold at most 0 GiB, inflated\."):
        read_raw(path)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 8 << 20


def test_too_many_bytes(tmp_path, monkeypatch):
    path = tmp_path / "large.csv"
    path.touch()
    os.truncate(path, (2 << 30) + 1)
    assert refusal(path) == (f"{path} must hold at most 2 GiB, inflated. Take a part of its rows.")
    monkeypatch.setattr(raw, "MOST_BYTES", 1 << 20)
    endless = SimpleNamespace(read=bytes)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=endless))
    assert refusal("-").startswith("standard input must hold at most")


def test_limits_of_tables():
    check_size("t", 50_000, 1000)
    with pytest.raises(DataError) as caught:
        check_size("t", 50_001, 1000)
    assert str(caught.value) == (
        "t must have at most 50,000,000 cells; it has 50,001 rows of 1,000. "
        "Take a part of its rows or columns."
    )
    with pytest.raises(DataError) as caught:
        check_size("t", 1, 16_385)
    assert str(caught.value) == (
        "t must have at most 16,384 columns; it has 16,385. Leave some out."
    )
