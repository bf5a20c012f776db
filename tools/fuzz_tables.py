"""Reads thousands of made and mutilated delimited texts, and holds each against its truth.

``python tools/fuzz_tables.py 20000`` makes so many files; a file is what its number and the seed
say. A whole file must give the very table it was made from. A mutilated one must give a table or
an error of ours; a table must have every cell that Python's own csv module finds. Each may take
2 s (one that hangs ends the process and says where), and all together 512 MB. ``--seed`` makes
other files, ``--first`` begins with another number. What failed is printed with its number, and the
exit code is 1 then. Must never look into the reader's own layout to judge it.
"""

import argparse
import codecs
import csv
import faulthandler
import io
import math
import random
import re
import resource
import subprocess
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

from gradus.errors import GradusError
from gradus.tables.delimited import DelimitedText, read_delimited
from gradus.tables.raw import RawFile
from gradus.tables.table import Table

SECONDS = 2.0
MEGABYTES = 512
FILES_PER_PROCESS = 5000
WORDS = (
    "Leeds",
    "York",
    "São Paulo",
    "Zürich",
    "a b",
    "x,y",
    "p;q",
    'say "hi"',
    "two\nlines",
    "-x",
)
PLAIN = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
LEFT_OUT = re.compile(r"Lines? (?:1 to )?(\d+) above the header")
ENCODINGS = ("utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252")


@dataclass(frozen=True)
class Truth:
    """A table, and the bytes it was written as."""

    names: list[str]
    columns: list[list[float | str | None]]
    data: bytes


def make(draw: random.Random) -> Truth:
    """Make a table and write it in some dialect."""
    delimiter, end = draw.choice(",;\t|"), draw.choice(("\n", "\r\n", "\r"))
    decimal = draw.choice(".,") if delimiter != "," else "."
    n_rows, n_columns = draw.randint(1, 30), draw.randint(2, 6)
    kinds = ["number", *draw.choices(("number", "whole", "word"), k=n_columns - 1)]
    columns = [column(draw, kind, n_rows) for kind in kinds]
    is_quoted = draw.random() < 0.3
    has_header = draw.random() < 0.8
    rows = [[spelled(value, decimal) for value in row] for row in zip(*columns, strict=True)]
    names = [f"{draw.choice(('size', 'wert', 'größe'))} {j}" for j in range(n_columns)]
    lines = [names, *rows] if has_header else rows
    text = end.join(
        delimiter.join(enclosed(c, delimiter, is_quoted=is_quoted) for c in line) for line in lines
    )
    if draw.random() < 0.2 and has_header:
        text = f"Made for a test{end}{end}{text}"
    text += end * draw.randint(0, 2)
    names = names if has_header else [f"column {j}" for j in range(1, n_columns + 1)]
    return Truth(names, columns, text.encode(draw.choice(ENCODINGS)))


def column(draw: random.Random, kind: str, n_rows: int) -> list[float | str | None]:
    """Make the values of a column; the first is never blank.

    Numbers have more than three decimals, because nobody can tell 24,333 from 24 thousands.
    """
    make_one = {
        "number": lambda: round(draw.uniform(-1e4, 1e4), 2) + 0.0001 * (1 + draw.randrange(8)),
        "whole": lambda: float(draw.randrange(-50, 1000)),
        "word": lambda: draw.choice(WORDS),
    }[kind]
    share = draw.choice((0, 0, 0.3))
    return [None if i and draw.random() < share else make_one() for i in range(n_rows)]


def spelled(value: float | str | None, decimal: str) -> str:
    """Write a value as a person of one country would."""
    if value is None or isinstance(value, str):
        return value or ""
    return (str(int(value)) if value == int(value) else repr(value)).replace(".", decimal)


def enclosed(cell: str, delimiter: str, *, is_quoted: bool) -> str:
    """Put a cell into quotation marks where it needs them."""
    if is_quoted or any(mark in cell for mark in (delimiter, '"', "\r", "\n")):
        return '"' + cell.replace('"', '""') + '"'
    return cell


def mutilate(draw: random.Random, data: bytes) -> bytes:
    """Do to the bytes what transport, editors and people do."""
    for _ in range(draw.randint(1, 3)):
        at = draw.randrange(len(data) + 1)
        piece = draw.choice(
            (b"\0", b'"', b"'", b",", b";", b"\n", b"\r", b"\t", b"\xff", b" ", b"9")
        )
        kind = draw.randrange(9)
        if kind == 0:
            data = data[:at] + piece + data[at:]
        elif kind == 1:
            data = data[:at] + piece + data[at + 1 :]
        elif kind == 2:
            data = data[:at]
        elif kind == 3:
            data = data[:at] + data[at + draw.randint(1, 8) :]
        elif kind == 4:
            data = draw.choice((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, b"\n", b"a,b;c\n")) + data
        elif kind == 5:
            data = data.replace(*draw.choice(((b",", b";"), (b'"', b""), (b"\n", b"\r\n"))))
        elif kind == 6:
            data = data[:at] + draw.randbytes(draw.randint(1, 8)) + data[at:]
        elif kind == 7:
            lines = data.split(b"\n")
            draw.shuffle(lines)
            data = b"\n".join(lines)
        else:
            data = data + data[at:]
    return data


def check_truth(table: Table, truth: Truth) -> None:
    """Hold a table against the one it was made from."""
    assert list(table.names) == truth.names, table.names
    for found, expected in zip(table.columns, truth.columns, strict=True):
        assert len(found.values) == len(expected), len(found.values)
        for value, wanted in zip(found.values, expected, strict=True):
            is_blank = value is None or (isinstance(value, float) and math.isnan(value))
            same = is_blank if wanted is None else value == wanted
            assert same, (found.name, value, wanted)


def check_cells(table: Table) -> None:
    """Hold a table against the cells that Python's csv module finds in the same text."""
    source = table.source
    assert isinstance(source, DelimitedText)
    text = source.text.decode("utf-8")
    assert text.encode(source.encoding) == source.raw.data, "the bytes do not come back"
    text = text.removeprefix("\ufeff")
    found = [LEFT_OUT.match(note) for note in table.notes]
    skipped = max((int(one[1]) for one in found if one), default=0)
    # Only these three end a line; str.splitlines knows more.
    lines = re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$", text)
    quoting = csv.QUOTE_MINIMAL if source.quote else csv.QUOTE_NONE
    reader = csv.reader(
        io.StringIO("".join(lines[skipped:]), newline=""),
        delimiter=source.delimiter.decode(),
        quotechar=(source.quote or b'"').decode(),
        quoting=quoting,
        strict=bool(source.quote),
    )
    rows = [row for row in reader if row]
    rows = rows[source.has_header :]
    assert len(rows) == table.n_rows, f"{len(rows)} rows became {table.n_rows}"
    for i, row in enumerate(rows):
        assert len(row) == len(table.columns), f"{len(row)} cells became {len(table.columns)}"
        for cell, one in zip(row, table.columns, strict=True):
            check_cell(cell.strip(), one.values[i], one.type)


def check_cell(cell: str, value: float | str | None, kind: str) -> None:
    """Hold one value against its cell."""
    if kind == "word":
        assert value == cell or (value is None and len(cell) < 5), (cell, value)
    elif not cell:
        assert isinstance(value, float)
        assert math.isnan(value), (cell, value)
    elif kind == "number" and PLAIN.fullmatch(cell):
        near = float(cell.replace(".", "")) if value != float(cell) else value
        assert value == near, (cell, value)


def try_one(seed: int, number: int) -> str:
    """Make and read one file; return how it went, or raise."""
    draw = random.Random(f"{seed} {number}")  # noqa: S311 - files to read, no secrets
    truth = make(draw)
    is_whole = number % 3 == 0
    data = truth.data if is_whole else mutilate(draw, truth.data)
    begin = time.perf_counter()
    try:
        table = read_delimited(RawFile("t.csv", None, data))
    except GradusError:
        if is_whole:
            raise
        return "refused"
    finally:
        seconds = time.perf_counter() - begin
        assert seconds < SECONDS, f"{seconds:.1f} s"
    if is_whole:
        check_truth(table, truth)
    check_cells(table)
    return "read"


def run(seed: int, first: int, last: int) -> int:
    """Try the files of these numbers; print what fails and return how often."""
    counts = {"read": 0, "refused": 0, "failed": 0}
    for number in range(first, last):
        faulthandler.dump_traceback_later(10 * SECONDS, exit=True, file=sys.__stderr__)
        try:
            how = try_one(seed, number)
        except Exception:  # noqa: BLE001 - whatever it is, it is what is looked for
            how = "failed"
            print(f"file {number} of seed {seed}:\n{traceback.format_exc(limit=-3)}")
        counts[how] += 1
    faulthandler.cancel_dump_traceback_later()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if peak > MEGABYTES:
        print(f"{peak:.0f} MB were taken")
        counts["failed"] += 1
    print(", ".join(f"{n} {how}" for how, n in counts.items()), f"({peak:.0f} MB at most)")
    return counts["failed"]


def main() -> None:
    """Try the files in processes of their own, so that one that dies says so."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("n_files", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--here", action="store_true", help="in this process")
    said = parser.parse_args()
    last = said.first + said.n_files
    if said.here:
        raise SystemExit(run(said.seed, said.first, last) > 0)
    is_bad = False
    for first in range(said.first, last, FILES_PER_PROCESS):
        n_files = min(FILES_PER_PROCESS, last - first)
        options = ["--seed", str(said.seed), "--first", str(first), "--here"]
        command = [sys.executable, str(Path(__file__)), str(n_files), *options]
        code = subprocess.run(command, check=False).returncode
        if code:
            print(f"Files {first} to {first + n_files} ended with {code}.")
            is_bad = True
    raise SystemExit(is_bad)


if __name__ == "__main__":
    main()
