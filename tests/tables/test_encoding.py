"""Any text becomes UTF-8 and comes back byte for byte; what is no text is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradus.errors import DataError
from gradus.tables import encoding
from gradus.tables.encoding import to_utf8


@pytest.mark.parametrize(
    ("data", "codec", "n_notes"),
    [
        (b"a,b", "utf-8", 0),
        ("ü".encode(), "utf-8", 0),
        (b"\xef\xbb\xbfa", "utf-8", 0),
        ("a,ü\n".encode("utf-16"), "utf-16-le", 1),
        ("\ufeffa,ü\n".encode("utf-16-be"), "utf-16-be", 1),
        ("a,ü\n".encode("utf-16-le"), "utf-16-le", 1),
        ("a,ü\n".encode("utf-16-be"), "utf-16-be", 1),
        (b"a\xfcb", "latin-1", 1),
        (b"a\x80b", "cp1252", 1),
        (b"a\x80\x81b", "latin-1", 1),
    ],
)
def test_codecs(data, codec, n_notes):
    text, found, notes = to_utf8(data, "t.csv")
    assert (found, len(notes)) == (codec, n_notes)
    assert text.decode("utf-8") == data.decode(codec)
    assert text.decode("utf-8").encode(found) == data


@pytest.mark.parametrize("place", [0, 1, 5, 6, 7, 11])
def test_a_foreign_byte_is_found_across_blocks(monkeypatch, place):
    monkeypatch.setattr(encoding, "_BLOCK", 3)
    data = ("aü€" * 3).encode()
    begin = len(data.decode()[:place].encode())
    _, codec, notes = to_utf8(data[:begin] + b"\xff" + data[begin:], "t.csv")
    assert codec != "utf-8"
    assert notes[0].endswith("line 1 holds the byte 0xff, which is no UTF-8.")


@given(st.text(min_size=1), st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be"]))
def test_every_text_comes_back(said, codec):
    data = said.encode(codec)
    try:
        text, found, _ = to_utf8(data, "t.csv")
    except DataError:
        return
    assert text.decode("utf-8").encode(found) == data


@given(st.binary(max_size=50))
def test_every_bytes_come_back_or_are_refused(data):
    try:
        text, found, _ = to_utf8(data, "t.csv")
    except DataError:
        return
    assert text.decode("utf-8").encode(found) == data
