"""The first sheet of a workbook is read as delimited text, and only what fits into memory."""

import datetime as dt
import io
import sys
import zipfile

import numpy as np
import openpyxl
import pytest

from gradus.errors import DataError, EngineUnavailable
from gradus.tables import sheet
from gradus.tables.raw import RawFile
from gradus.tables.sheet import is_sheet, read_sheet
from gradus.tables.table import Column, Filling
from gradus.tables.write import filled_bytes

CSV_NOTE = "The filled table of a workbook is CSV."


def saved(*rows, more=()):
    book, held = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    for name in more:
        book.create_sheet(name)
    book.save(held)
    return RawFile("t.xlsx", None, held.getvalue())


def refusal(raw):
    with pytest.raises(DataError) as caught:
        read_sheet(raw)
    return str(caught.value)


def changed(raw, part, change):
    """Return the workbook with one part's bytes changed."""
    held = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(raw.data)) as old,
        zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, change(data) if name == part else data)
    return RawFile("t.xlsx", None, held.getvalue())


def test_every_type_of_cell():
    table = read_sheet(
        saved(
            ["area", "town", "sold", "ok", "y"],
            [1, "Leeds, N", dt.date(2020, 1, 1), True, 0.1],
            [2.5, None, dt.date(2020, 1, 2), False, None],
        )
    )
    assert table.names == ("area", "town", "sold", "ok", "y")
    assert table.columns[0].values.tolist() == [1, 2.5]
    assert table.columns[1].values.tolist() == ["Leeds, N", None]
    assert table.columns[2].type == "date"
    assert table.columns[2].values.tolist() == [18262, 18263]
    assert table.columns[3].values.tolist() == ["true", "false"]
    assert np.array_equal(table.columns[4].values, [0.1, np.nan], equal_nan=True)
    assert table.notes[0] == CSV_NOTE


def test_titles_empty_rows_and_columns_are_left_out_and_other_sheets_named():
    rows = (["Houses of 2024"], [], [None, "a", "b", "y"], [None, 1, 2, 3], [], [None, 4, 5, None])
    table = read_sheet(saved(*rows, more=["old", "notes"]))
    assert table.names == ("a", "b", "y")
    assert table.n_rows == 2
    assert table.notes[:3] == (
        "The sheet 'Sheet' is read, not 'old', 'notes'.",
        "The table begins on row 3; what stands above is left out.",
        CSV_NOTE,
    )


def test_it_is_written_as_csv():
    table = read_sheet(saved(["a, b", "y"], [1, 2.5], ['x "q"', None]))
    filling = Filling(np.array([1]), Column("y", "number", np.array([3.5])), ())
    assert filled_bytes(table, filling) == b'"a, b",y\n1,2.5\n"x ""q""",3.5\n'


def test_words_are_kept_as_words():
    table = read_sheet(saved(["id", "y"], [7, 1], [8, 2]), words=("id",))
    assert table.columns[0].values.tolist() == ["7", "8"]


def test_what_is_a_sheet():
    raw = saved(["a", "y"], [1, 2])
    assert is_sheet(raw)
    assert is_sheet(RawFile("t.xls", None, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"))
    assert is_sheet(RawFile("t.xlsx", None, raw.data[:200]))
    assert not is_sheet(RawFile("t.doc", None, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"))
    assert not is_sheet(RawFile("t.zip", None, raw.data[:200]))
    assert not is_sheet(RawFile("t.csv", None, b"a,y\n"))


def test_sheets_without_a_table():
    assert refusal(saved()) == "t.xlsx must have a first sheet with a table; it is empty."
    assert refusal(saved(["only"], ["one"], ["column"])) == (
        "t.xlsx must have a first sheet with a table of two columns."
    )


def test_one_cell_in_the_last_corner():
    book, held = openpyxl.Workbook(), io.BytesIO()
    book.active["XFD1048576"] = 1
    book.save(held)
    assert refusal(RawFile("t.xlsx", None, held.getvalue())) == (
        "t.xlsx must have at most 50,000,000 cells; it has 1,048,576 rows of 16,384. "
        "Take a part of its rows or columns."
    )


def test_a_workbook_that_inflates_too_far(monkeypatch):
    monkeypatch.setattr(sheet, "_MOST_BYTES", 1 << 20)
    raw = changed(saved(["a", "y"], [1, 2]), "docProps/app.xml", lambda data: data + bytes(2 << 20))
    assert len(raw.data) < 20_000
    assert refusal(raw) == "t.xlsx must hold at most 1 MiB, inflated. Save the sheet as CSV."


DAMAGED = "t.xlsx cannot be read: it is damaged or locked with a password. Save the sheet as CSV."


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("xl/workbook.xml", lambda data: b'<!DOCTYPE x [<!ENTITY y "z">]>' + data),
        ("xl/workbook.xml", lambda _data: b"<workbook/>"),
        ("xl/workbook.xml", lambda data: data[:50]),
        ("xl/_rels/workbook.xml.rels", lambda _data: b"<x/>"),
        ("xl/worksheets/sheet1.xml", lambda data: data.replace(b"<sheetData>", b"<c <<")),
    ],
    ids=["entities", "no sheet", "cut", "no relation", "broken sheet"],
)
def test_parts_that_are_damaged(part, change):
    assert refusal(changed(saved(["a", "y"], [1, 2]), part, change)) == DAMAGED


def test_bytes_that_are_damaged():
    raw = saved(["a", "y"], *([i, i * i] for i in range(50)))
    assert refusal(RawFile("t.xlsx", None, raw.data[: len(raw.data) // 2])) == DAMAGED
    xls = RawFile("t.xls", None, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    assert refusal(xls) == DAMAGED.replace("xlsx", "xls")
    rng = np.random.default_rng(3)
    for _ in range(60):
        data = bytearray(raw.data)
        for place in rng.integers(4, len(data), 4):
            data[place] = rng.integers(256)
        said = ""
        try:
            assert read_sheet(RawFile("t.xlsx", None, bytes(data))).n_rows > 0
        except DataError as error:
            said = str(error)
        assert "\n" not in said


def test_without_fastexcel(monkeypatch):
    monkeypatch.setitem(sys.modules, "fastexcel", None)
    with pytest.raises(EngineUnavailable) as caught:
        read_sheet(saved(["a", "y"], [1, 2]))
    assert str(caught.value) == (
        "t.xlsx is a workbook, which needs the package fastexcel. "
        "Install it with pip install 'gradus[excel]', or save the sheet as CSV."
    )
