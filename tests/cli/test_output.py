"""Standard output carries the table or the JSON object, whole or with a sentence on why not."""

import io
import json
import os
import sys

import pytest

from gradus.cli.output import ListenerLeft, put_bytes, put_json, put_text
from gradus.errors import DataError


def test_bytes_come_as_they_are(capfdbinary):
    print("before", flush=True)  # noqa: T201
    put_bytes(b"a;\xff\r\n\0")
    assert capfdbinary.readouterr().out == b"before\na;\xff\r\n\0"


def test_text_is_harmless(capsys):
    put_text("Zürich\x1b[1m\n  second\n")
    assert capsys.readouterr().out == "Zürich\\x1b[1m\n  second\n"


def test_text_in_an_encoding_that_lacks_letters(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, encoding="ascii"))
    put_text("Zürich")
    assert raw.getvalue() == b"Z\\xfcrich\n"


def test_json_is_one_object(capsys):
    put_json({"Zürich": [1.5, None, "\udce9"]})
    assert json.loads(capsys.readouterr().out) == {"Zürich": [1.5, None, "\udce9"]}


def test_json_holds_no_nan():
    with pytest.raises(ValueError, match="not JSON compliant"):
        put_json({"a": float("nan")})


@pytest.mark.parametrize("is_closed", [True, False])
def test_standard_output_that_is_not_there(monkeypatch, is_closed):
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr("sys.stdout", closed if is_closed else None)
    for put in (lambda: put_bytes(b"a"), lambda: put_text("a"), lambda: put_json({})):
        with pytest.raises(DataError) as caught:
            put()
        assert str(caught.value) == (
            "Standard output must be open; it is closed. Give --output FILE."
        )


def test_a_reader_who_left(monkeypatch):
    ours, theirs = os.pipe()
    os.close(ours)
    monkeypatch.setattr("sys.stdout", os.fdopen(theirs, "w"))
    with pytest.raises(ListenerLeft):
        put_bytes(b"a" * 100_000)
    sys.stdout.close()  # what is still held goes nowhere, without an error


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110
def test_a_full_disk(monkeypatch):
    with open("/dev/full", "w") as full:  # noqa: PTH123
        monkeypatch.setattr("sys.stdout", full)
        with pytest.raises(DataError) as caught:
            put_bytes(b"a")
    assert str(caught.value) == ("Standard output could not be written: No space left on device.")
