"""The content decides who reads a table, whatever the file is called."""

import gzip
import io
import sys
from types import SimpleNamespace

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gradus.errors import DataError
from gradus.tables.delimited import DelimitedText
from gradus.tables.frame import FrameSource
from gradus.tables.json_file import JsonFile
from gradus.tables.parquet import ParquetFile
from gradus.tables.read import read_table


def parquet():
    held = io.BytesIO()
    pq.write_table(pa.table({"a": [1, 2], "y": [2.5, None]}), held)
    return held.getvalue()


def workbook():
    held, book = io.BytesIO(), openpyxl.Workbook()
    for row in (["a", "y"], [1, 2.5], [2, None]):
        book.active.append(row)
    book.save(held)
    return held.getvalue()


FORMATS = {
    "text": (b"a,y\n1,2.5\n2,\n", DelimitedText),
    "lists": (b'[{"a": 1, "y": 2.5}, {"a": 2, "y": null}]', JsonFile),
    "lines": (b'\xef\xbb\xbf{"a": 1, "y": 2.5}\n{"a": 2}\n', JsonFile),
    "parquet": (parquet(), ParquetFile),
    "workbook": (workbook(), DelimitedText),
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("way", ["t.csv", "t", "t.dat", "-"])
@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_under_every_name(tmp_path, monkeypatch, kind, way, packed):
    data, source = FORMATS[kind]
    data = gzip.compress(data) if packed else data
    monkeypatch.chdir(tmp_path)
    if way == "-":
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))
    else:
        (tmp_path / way).write_bytes(data)
    table = read_table(way)
    assert table.names == ("a", "y")
    assert np.array_equal(table.columns[0].values, [1, 2])
    assert np.array_equal(table.columns[1].values, [2.5, np.nan], equal_nan=True)
    assert type(table.source) is source
    assert table.name == ("standard input" if way == "-" else way)
    assert (table.source.path is None) == (way == "-")


def test_a_data_frame():
    table = read_table(pd.DataFrame({"a": [1, 2]}))
    assert (table.name, type(table.source)) == ("the table", FrameSource)


@pytest.mark.parametrize(
    "data", [b"PAR1,PAR2\n1,2\n", b"[a],b\n1,2\n", b"{a},b\n1,2\n", b"PK,b\n1,2\n"]
)
def test_text_that_begins_like_something_else(tmp_path, data):
    path = tmp_path / "t.csv"
    path.write_bytes(data)
    assert isinstance(read_table(path).source, DelimitedText)


def test_the_name_decides_where_json_holds_no_records(tmp_path):
    path = tmp_path / "t.json"
    path.write_bytes(b"[1, 2]")
    with pytest.raises(DataError, match="must hold a list of records"):
        read_table(path)


def test_words_and_numbers_are_handed_on(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b"a,y\n007,1\n010,2\n")
    assert read_table(path, words=("a",)).columns[0].values.tolist() == ["007", "010"]
    assert read_table(path, numbers=("a",)).columns[0].values.tolist() == [7, 10]


def test_what_is_no_table_at_all(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b"SQLite format 3\x00" + bytes(100))
    with pytest.raises(DataError, match="is an SQLite database"):
        read_table(path)
    with pytest.raises(DataError, match=r"got numpy\.ndarray"):
        read_table(np.zeros((2, 2)))
