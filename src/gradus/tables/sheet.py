"""A spreadsheet of Excel as delimited text, which is then read like any other.

fastexcel reads the cells; how many there are is counted before that. What the cells mean must not
be known here.
"""

import csv
import io
import re
import xml.etree.ElementTree as ET
import zipfile
import zlib
from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from gradus.errors import DataError, EngineUnavailable
from gradus.tables.delimited import read_delimited
from gradus.tables.duck import fetch, locked_connection
from gradus.tables.raw import RawFile, check_size
from gradus.tables.table import Table, listed

if TYPE_CHECKING:
    from fastexcel import ExcelReader

_ZIP_MARK, _OLE_MARK = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MOST_BYTES = 512 << 20
_CHUNK = 1 << 20
_WORKBOOK = "xl/workbook.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"
_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_PLACE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]*)(\d+)["']""")
_MIDNIGHT = re.compile(r"(\d{4}-\d\d-\d\d)[ T]00:00:00(?:\.0+)?")


def is_sheet(raw: RawFile) -> bool:
    """Whether the bytes are a workbook of Excel, new or old."""
    if raw.data.startswith(_OLE_MARK):
        return raw.name.lower().endswith(".xls")
    if not raw.data.startswith(_ZIP_MARK):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(raw.data)) as archive:
            return _WORKBOOK in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return raw.name.lower().endswith((".xlsx", ".xlsm"))


def read_sheet(
    raw: RawFile,
    *,
    words: Collection[str] = (),
    numbers: Collection[str] = (),
    needed: Collection[str] | None = None,
) -> Table:
    """Read the first sheet of a workbook.

    The first line that fills more than half of the sheet's width, and two cells, is its first
    row; titles above it are left out, and so are empty columns. The table's source is delimited
    text, so what is written is CSV.

    Parameters
    ----------
    raw
        The workbook.
    words, numbers, needed
        See `read_table`.

    Raises
    ------
    DataError
        If it is damaged, locked with a password, inflates to more than 512 MiB, has too many
        cells or none; and whatever `read_delimited` refuses.
    EngineUnavailable
        Without the package fastexcel.
    """
    if raw.data.startswith(_ZIP_MARK):
        _check_archive(raw)
    cells, notes = _cells(raw)
    check_size(raw.name, len(cells), len(cells[0]) if len(cells) else 0)
    is_filled = cells != None  # noqa: E711 - for each cell
    n_filled = is_filled.sum(axis=1)
    is_row = n_filled >= max(2, (n_filled.max(initial=0) + 1) // 2)
    if not is_row.any():
        raise DataError(f"{raw.name} must have a first sheet with a table of two columns.")
    first = int(np.argmax(is_row))
    if is_filled[:first].any():
        notes.append(f"The table begins on row {first + 1:,}; what stands above is left out.")
    kept = is_filled[first:].any(axis=0)
    text = _text(cells[:, kept], first)
    notes.append("The filled table of a workbook is CSV.")
    whole = replace(raw, data=text, compression="none")
    return read_delimited(whole, tuple(notes), words=words, numbers=numbers, needed=needed)


def _text(cells: npt.NDArray[np.object_], first: int) -> bytes:
    """Write rows as CSV; an empty line for each that is left out or blank, so numbers stay."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for number, row in enumerate(cells):
        if number < first or all(cell is None for cell in row):
            text.write("\n")
        else:
            writer.writerow(_MIDNIGHT.sub(r"\1", cell or "") for cell in row)
    return text.getvalue().encode("utf-8")


def _cells(raw: RawFile) -> tuple[npt.NDArray[np.object_], list[str]]:
    """Return the first sheet's cells as texts, None where blank, and what to know of it."""
    try:
        import fastexcel
    except ImportError as cause:
        raise EngineUnavailable(
            f"{raw.name} is a workbook, which needs the package fastexcel. "
            "Install it with pip install 'gradus[excel]', or save the sheet as CSV."
        ) from cause
    try:
        reader = fastexcel.read_excel(raw.data)
        return _first_sheet(reader, raw.name)
    except fastexcel.FastExcelError as cause:
        raise _damaged(raw.name) from cause
    except BaseException as cause:
        # What fails in the reader's own language is no Exception.
        if type(cause).__name__ == "PanicException":
            raise _damaged(raw.name) from cause
        raise


def _first_sheet(reader: "ExcelReader", name: str) -> tuple[npt.NDArray[np.object_], list[str]]:
    """Load the first sheet."""
    notes = []
    if len(reader.sheet_names) > 1:
        first, *others = reader.sheet_names
        notes.append(f"The sheet {first!r} is read, not {listed(others)}.")
    sheet: Any = reader.load_sheet(0, header_row=None, skip_rows=0, dtypes="string")
    if not sheet.width or not sheet.height:
        raise DataError(f"{name} must have a first sheet with a table; it is empty.")
    with locked_connection(name=name) as connection:
        connection.register("sheet", sheet)
        found = fetch(connection, "SELECT * FROM sheet")
    cells = np.array([column.tolist() for column in found.values()], dtype=np.object_)
    return cells.T, notes


def _damaged(name: str) -> DataError:
    return DataError(
        f"{name} cannot be read: it is damaged or locked with a password. Save the sheet as CSV."
    )


def _check_archive(raw: RawFile) -> None:
    """Refuse a workbook that would take much more memory than it should, or is damaged.

    Every part is inflated once, counted and thrown away: what the archive itself says of its
    parts' sizes may be a lie.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(raw.data)) as archive:
            n_bytes = 0
            for part in archive.infolist():
                with archive.open(part) as file:
                    while n_bytes <= _MOST_BYTES and (chunk := file.read(_CHUNK)):
                        n_bytes += len(chunk)
            if n_bytes > _MOST_BYTES:
                raise DataError(
                    f"{raw.name} must hold at most {_MOST_BYTES >> 20} MiB, inflated. "
                    "Save the sheet as CSV."
                )
            sheet = archive.read(_first_part(archive))
    except (
        zipfile.BadZipFile, zlib.error, ET.ParseError, EOFError, OSError, KeyError, RuntimeError,
        StopIteration,
        ValueError,
    ) as cause:  # fmt: skip
        if isinstance(cause, DataError):
            raise
        raise _damaged(raw.name) from cause
    # One cell in the last corner makes a sheet of 17,179,869,184.
    places = set(_PLACE.findall(sheet))
    n_columns = max((_column_number(letters) for letters, _ in places), default=0)
    n_rows = max((int(row) for _, row in places), default=0)
    check_size(raw.name, n_rows, n_columns)


def _first_part(archive: zipfile.ZipFile) -> str:
    """Return the part of the archive that holds the first sheet."""
    sheet = next(node for node in _tree(archive, _WORKBOOK).iter() if node.tag.endswith("}sheet"))
    for relation in _tree(archive, _RELATIONS):
        if relation.get("Id") == sheet.get(_ID):
            target = relation.get("Target", "")
            return target[1:] if target.startswith("/") else f"xl/{target}"
    raise KeyError("the first sheet")


def _tree(archive: zipfile.ZipFile, part: str) -> ET.Element:
    """Parse a part; one that defines entities, which may grow without end, is refused."""
    text = archive.read(part)
    if b"<!" in text:
        raise ValueError("no workbook defines anything")
    return ET.fromstring(text)  # noqa: S314 - it defines no entities


def _column_number(letters: bytes) -> int:
    """Return 1 for A, 26 for Z, 27 for AA; 0 for none, as a row has."""
    number = 0
    for letter in letters.upper():
        number = 26 * number + letter - 64
    return number
