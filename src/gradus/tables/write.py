"""Write a table back with some cells answered, every other byte as the person left it.

Numbers are spelled and put between the person's bytes here. Where they come from must not be
known here.
"""

import math
import os
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from gradus._files import write_atomically
from gradus._typing import Float64Array, Int64Array
from gradus.errors import DataError
from gradus.tables.read import Table

_MOST_DECIMALS = 15
_SPREAD_DIGITS = 4
_NUMBER = re.compile(rb'\s*"?\s*[+-]?\d*\.?(\d*)(?:[eE]([+-]?\d+))?\s*"?\s*')


def default_output(path: Path) -> Path:
    """Return NAME.filled.EXT beside the table."""
    return path.with_name(f"{path.stem}.filled{path.suffix}")


def check_output(path: Path, output: Path, *, force: bool) -> None:
    """Refuse a place that must not or cannot be written, before any work is done for it.

    Parameters
    ----------
    path
        The table, which is never written to, by whatever name or link `output` reaches it.
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
        if path.exists() and output.samefile(path):
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


def write_filled(
    output: Path,
    table: Table,
    column: int,
    rows: Int64Array,
    answers: Float64Array,
    bounds: tuple[Float64Array, Float64Array],
) -> None:
    """Write the table with answers in one column and two columns of bounds after its last.

    The file is written beside `output`, synced and renamed: at any moment there is either the
    whole new file or what was there before.

    Parameters
    ----------
    output
        Checked by `check_output`.
    table
        As read.
    column
        Place of the answered column C; the bounds are called ``C_low`` and ``C_high``.
    rows
        Shape (n_answers,): the answered rows, ascending.
    answers
        Shape (n_answers,), finite.
    bounds
        Low and high, each of shape (n_answers,); nan leaves the cell empty.

    Raises
    ------
    DataError
        If the table has a column of the bounds' names, or the system refuses to write.
    """
    data = filled_bytes(table, column, rows, answers, bounds)
    try:
        write_atomically(output, data)
    except OSError as cause:
        raise DataError(f"{output} cannot be written: {cause.strerror}.") from cause


def check_bound_names(table: Table, column: int) -> None:
    """Refuse a table that already has a column of the name of one of the bounds.

    Raises
    ------
    DataError
        If so.
    """
    for suffix in ("_low", "_high"):
        name = table.names[column] + suffix
        if name in table.names:
            raise DataError(
                f"{table.path} must have no column {name!r}, which is where a bound of the answers "
                "goes. Rename it."
            )


def filled_bytes(
    table: Table,
    column: int,
    rows: Int64Array,
    answers: Float64Array,
    bounds: tuple[Float64Array, Float64Array],
) -> bytes:
    """Return the bytes of the filled table; see `write_filled`.

    A new cell stands in quotation marks where the row's target cell does (for the header: where
    the target's name does), so that a file keeps its own manner.
    """
    assert np.isfinite(answers).all(), "an answer is a number"
    check_bound_names(table, column)
    decimals = answer_decimals(table, column)
    spelled = {
        int(row): tuple(spell(float(number), decimals) for number in (answer, low, high))
        for row, answer, low, high in zip(rows, answers, *bounds, strict=True)
    }
    return b"".join(_pieces(table, column, spelled))


def _pieces(table: Table, column: int, spelled: dict[int, tuple[str, ...]]) -> Iterator[bytes]:
    """Yield the file in order: the person's bytes, and ours between them."""
    data, layout = table.data, table.layout
    written = 0
    for row in range(-1, layout.n_rows):
        start, stop = int(layout.starts[row + 1, column]), int(layout.stops[row + 1, column])
        mark = b'"' if data[start : start + 1] == b'"' else b""
        low = high = ""
        if row in spelled:
            answer, low, high = spelled[row]
            yield data[written:start]
            yield mark + answer.encode() + mark
            written = stop
        end = int(layout.stops[row + 1, -1])
        yield data[written:end]
        written = end
        if row < 0:
            title = data[start:stop].removeprefix(b'"').removesuffix(b'"').strip()
            title = title or table.names[column].encode()
            yield b"".join(b"," + mark + title + suffix + mark for suffix in (b"_low", b"_high"))
        else:
            yield b"".join(b"," + mark + bound.encode() + mark for bound in (low, high))
    yield data[written:]


def answer_decimals(table: Table, column: int) -> int:
    """Return how many decimals the answers of a column get.

    As many as its own numbers have at most, but enough for four significant digits of their
    standard deviation, and no more than two beyond that. So prices in whole units stay whole,
    ratings from 1 to 5 get decimals, and 0.30000000000000004 does not set the manner.
    """
    known = table.values[:, column]
    rows = np.flatnonzero(~np.isnan(known))
    spread = float(known[rows].std()) if len(rows) else 0.0
    if spread == 0:
        return _MOST_DECIMALS
    needed = max(0, _SPREAD_DIGITS - 1 - math.floor(math.log10(spread)))
    own = max(_decimals(table.cell(int(row), column)) for row in rows)
    return min(max(needed, min(own, needed + 2)), _MOST_DECIMALS)


def _decimals(cell: bytes) -> int:
    """Return how many decimals a number is spelled with; 1.5e-3 has four."""
    found = _NUMBER.fullmatch(cell)
    assert found is not None, "a known cell is spelled as a number"
    return max(0, len(found[1]) - int(found[2] or 0))


def spell(number: float, decimals: int) -> str:
    """Spell a number with at most so many decimals, without zeros at their end.

    nan is the empty text. Numbers of 1e15 and above, and those that so many decimals would leave
    with fewer than two digits, get six significant digits and an exponent where one is due.
    """
    if math.isnan(number):
        return ""
    is_lost = decimals == _MOST_DECIMALS and 0 < abs(number) < 10 ** (2 - _MOST_DECIMALS)
    if abs(number) >= 1e15 or is_lost:
        return f"{number:.6g}"
    text = f"{number:.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
