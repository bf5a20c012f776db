"""Write a table back, filled, in the format that it came in, to a place where that does no harm.

Where the answers come from, and what a format looks like inside, must not be known here.
"""

import math
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gradus._files import write_atomically
from gradus.errors import DataError
from gradus.tables.delimited import DelimitedText
from gradus.tables.frame import FrameSource, filled_frame
from gradus.tables.json_file import JsonFile, filled_json
from gradus.tables.numerals import MOST_DECIMALS
from gradus.tables.parquet import ParquetFile, filled_parquet
from gradus.tables.table import Column, Filling, Spelling, Table
from gradus.tables.write_delimited import filled_text

_SPREAD_DIGITS = 4
_WORKBOOKS = frozenset((".xlsx", ".xlsm", ".xls"))


def default_output(path: Path, word: str = "filled") -> Path:
    """Return NAME.filled.EXT beside the table; .csv.gz stays, a workbook becomes .csv."""
    suffix = path.suffix
    if suffix.lower() in _WORKBOOKS:
        suffix, path = ".csv", path.with_suffix(".csv")
    elif suffix.lower() == ".gz":
        suffix = "".join(path.suffixes[-2:])
    return path.with_name(f"{path.name.removesuffix(suffix)}.{word}{suffix}")


def check_output(path: Path | None, output: Path, *, force: bool) -> None:
    """Refuse a place that must not or cannot be written, before any work is done for it.

    Parameters
    ----------
    path
        The table, which is never written to, by whatever name or link `output` reaches it; None
        for standard input and frames.
    output
        Where the filled table is to go.
    force
        Whether a file there may be replaced.

    Raises
    ------
    DataError
        If `output` is the table, a folder, something else that is no file, or an existing file
        without `force`; or if its folder is missing or cannot be written to.
    """
    folder = output.parent
    if output.exists():
        if path is not None and path.exists() and output.samefile(path):
            raise DataError(
                f"The output must not be the table itself; {output} and {path} are one file."
            )
        if not output.is_file():
            raise DataError(f"The output {output} must be a file; it is something else.")
        if not force:
            raise DataError(f"{output} already exists. Use --force to replace it.")
    if not folder.is_dir():
        raise DataError(f"The output {output} must lie in a folder that exists; {folder} is none.")
    if not os.access(folder, os.W_OK):
        raise DataError(f"{output} cannot be written: Permission denied.")


def check_added_names(table: Table, added: Sequence[str]) -> None:
    """Refuse a table that already has a column of the name of one that is to be added.

    Parameters
    ----------
    table
        As read.
    added
        Names of the columns to be added.

    Raises
    ------
    DataError
        If so. In Parquet, names that differ in capitals only are one name.
    """
    is_parquet = isinstance(table.source, ParquetFile)
    names = table.names
    if isinstance(table.source, ParquetFile):
        names = tuple(table.source.types)
    elif isinstance(table.source, JsonFile):
        names = tuple(dict.fromkeys(key for record in table.source.records for key in record))
    elif isinstance(table.source, FrameSource):
        names = tuple(map(str, table.source.labels))
    taken = {name.casefold() if is_parquet else name for name in names}
    for name in added:
        if (name.casefold() if is_parquet else name) in taken:
            raise DataError(
                f"{table.name} must have no column {name!r}, which is where a column beside "
                "the answers goes. Rename it."
            )


def filled_bytes(table: Table, filling: Filling) -> bytes:
    """Return the bytes of the filled table, in the format it came in; of a data frame CSV.

    Raises
    ------
    DataError
        If the table has a column of an added name, or its format cannot hold an answer.
    """
    check_added_names(table, [column.name for column in filling.added])
    if isinstance(table.source, DelimitedText):
        return filled_text(table, filling)
    if isinstance(table.source, ParquetFile):
        return filled_parquet(table, filling)
    if isinstance(table.source, JsonFile):
        return filled_json(table, filling)
    import narwhals as nw

    frame = nw.from_native(filled_frame(table, filling))
    frame = frame.collect() if isinstance(frame, nw.LazyFrame) else frame
    return frame.write_csv().encode("utf-8")


def write_filled(output: Path, table: Table, filling: Filling) -> None:
    """Write the filled table: beside `output`, synced and renamed.

    At any moment there is either the whole new file or what was there before.

    Raises
    ------
    DataError
        As `filled_bytes`, and if the system refuses to write.
    """
    data = filled_bytes(table, filling)
    try:
        write_atomically(output, data)
    except OSError as cause:
        raise DataError(f"{output} cannot be written: {cause.strerror}.") from cause


def answer_spelling(column: Column) -> Spelling:
    """Return how the answers of a column are spelled: as its own numbers, with enough decimals.

    As many decimals as its own numbers have at most, but enough for four significant digits of
    their standard deviation, and no more than two beyond that. So prices in whole units stay whole,
    ratings from 1 to 5 get decimals, and 0.30000000000000004 does not set the manner.
    """
    if column.type != "number":
        return column.spelling
    known = column.values[~column.is_missing]
    spread = float(known.std()) if len(known) else 0.0
    if spread == 0:
        return replace(column.spelling, decimals=MOST_DECIMALS)
    needed = max(0, _SPREAD_DIGITS - 1 - math.floor(math.log10(spread)))
    own = column.spelling.decimals
    return replace(column.spelling, decimals=min(max(needed, min(own, needed + 2)), MOST_DECIMALS))
