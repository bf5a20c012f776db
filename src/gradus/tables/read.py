"""Read a table from whatever holds one: a file of any known format, standard input, a data frame.

The content decides which reader gets it. What a format looks like inside must not be known here.
"""

import os
import re
from collections.abc import Collection
from typing import Any

from gradus.tables.delimited import read_delimited
from gradus.tables.foreign import refuse_foreign
from gradus.tables.frame import read_frame
from gradus.tables.json_file import read_json
from gradus.tables.parquet import read_parquet
from gradus.tables.raw import RawFile, read_raw
from gradus.tables.table import Table

_PARQUET_MARK = b"PAR1"
# How a workbook begins, and many other files; what reads one takes 5 ms to load.
_SHEET_MARKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_JSON_NAMES = (".json", ".jsonl", ".ndjson")
_JSON_BEGIN = re.compile(rb"\s*[\[{]")
_RECORD_BEGIN = re.compile(rb'\s*(?:\[\s*\{|\[\s*\]|\{\s*")')


def read_table(
    place: str | os.PathLike[str] | Any,  # noqa: ANN401 - a data frame of any library
    *,
    words: Collection[str] = (),
    numbers: Collection[str] = (),
    fewest_columns: int = 2,
    needed: Collection[str] | None = None,
) -> Table:
    """Read a table.

    Parameters
    ----------
    place
        A file, "-" for standard input, or a data frame.
    words
        Columns of delimited text or a spreadsheet that are to be read as words, as they are
        spelled: "007" stays "007".
    numbers
        Columns that are to be read as numbers.
    fewest_columns
        1 lets delimited text have one column, where a model has one input.
    needed
        Columns of delimited text or a spreadsheet whose few odd cells are refused; None for all.

    Raises
    ------
    DataError
        If it cannot be read; one sentence says what must hold and what came.
    """
    if not isinstance(place, str | os.PathLike):
        return read_frame(place)
    raw = read_raw(place)
    if raw.data.startswith(_PARQUET_MARK) and (
        raw.data.endswith(_PARQUET_MARK) or b"\x00" in raw.data
    ):
        return read_parquet(raw)
    if raw.data.startswith(_SHEET_MARKS):
        from gradus.tables.sheet import is_sheet, read_sheet

        if is_sheet(raw):
            return read_sheet(raw, words=words, numbers=numbers, needed=needed)
    refuse_foreign(raw)
    if _is_json(raw):
        return read_json(raw)
    return read_delimited(
        raw, words=words, numbers=numbers, fewest_columns=fewest_columns, needed=needed
    )


def _is_json(raw: RawFile) -> bool:
    """Whether the bytes begin like JSON, and like records or under a name of JSON."""
    begin = raw.data[:1000].removeprefix(b"\xef\xbb\xbf")
    name = raw.name.lower().removesuffix(".gz")
    pattern = _JSON_BEGIN if name.endswith(_JSON_NAMES) else _RECORD_BEGIN
    return pattern.match(begin) is not None
