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
#: What the end of a name promises, in small letters; other ends promise nothing.
_PROMISED = {
    **dict.fromkeys((".csv", ".tsv", ".tab"), "delimited text"),
    **dict.fromkeys((".json", ".jsonl", ".ndjson"), "JSON"),
    **dict.fromkeys(_WORKBOOKS, "a workbook"),
    ".parquet": "Parquet",
}


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
    try:
        reason = _why_not(path, output, force=force)
    except OSError as cause:
        reason = f"{output} cannot be written: {cause.strerror}."
    except ValueError:
        reason = f"The name of a file cannot be {str(output)!r}."
    if reason:
        raise DataError(reason)


def _why_not(path: Path | None, output: Path, *, force: bool) -> str:
    """Say why `output` must not or cannot be written; "" if it can."""
    if path is not None and output.exists() and path.exists() and output.samefile(path):
        return f"The output must not be the table itself; {output} and {path} are one file."
    if output.exists() and not output.is_file():
        return f"The output {output} must be a file; it is something else."
    if not force and (output.exists() or output.is_symlink()):
        return f"{output} already exists. Use --force to replace it."
    # A link is followed, so what is written lies in the folder of the file behind it.
    for folder in (output.parent, Path(os.path.realpath(output)).parent):
        if not folder.is_dir():
            return f"The output {output} must lie in a folder that exists; {folder} is none."
    return "" if os.access(folder, os.W_OK) else f"{output} cannot be written: Permission denied."


def check_format(table: Table, output: Path | None) -> None:
    """Refuse a name for the filled table that promises another format than it will have.

    Parameters
    ----------
    table
        As read.
    output
        Where it is to go, or None.

    Raises
    ------
    DataError
        If so: a table is written back as it came in, a workbook or a data frame as delimited text.
    """
    source = table.source
    if output is None:
        return
    suffix, is_named_packed = _end(output)
    if source.path is not None and _end(source.path) == _end(output) and suffix not in _WORKBOOKS:
        return
    kind, is_packed = "delimited text", False
    if isinstance(source, DelimitedText):
        is_packed = source.raw.compression == "gzip"
    elif isinstance(source, ParquetFile):
        kind, is_packed = "Parquet", source.is_packed
    elif isinstance(source, JsonFile):
        kind, is_packed = "JSON", source.is_packed
    if is_named_packed != is_packed:
        must, which = ("end with .gz", "is") if is_packed else ("not end with .gz", "is not")
        raise DataError(f"The output {output} must {must}; {table.name} {which} packed with gzip.")
    promised = _PROMISED.get(suffix, kind)
    if promised != kind:
        raise DataError(
            f"The output {output} must not be named like {promised}; {table.name} is written back "
            f"as {kind}."
        )


def _end(path: Path) -> tuple[str, bool]:
    """Return the end of a name in small letters without .gz, and whether there was one."""
    name = path.name.lower()
    return Path(name.removesuffix(".gz")).suffix, name.endswith(".gz")


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
