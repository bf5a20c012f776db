"""Parquet through DuckDB: read as a table, and written back with the same types and values.

Whole numbers, fractions and decimals become numbers; dates, times of day and moments become dates;
text, truth values and whole numbers beyond 2^53, which float64 cannot hold, become words. Columns
of bytes, lists or records are left out of the table and kept in the file. What a column is good
for must not be known here.
"""

# ruff: noqa: S608 - every name that a query holds is quoted, and values are in none
import contextlib
import re
from collections.abc import Iterator
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from gradus._dataclasses import dataclass
from gradus._typing import Int64Array
from gradus.errors import DataError
from gradus.tables.duck import fetch, locked_connection, pattern, private_file, quoted
from gradus.tables.numerals import pack
from gradus.tables.raw import MOST_BYTES, RawFile, check_size
from gradus.tables.table import Column, Filling, Source, Table, listed
from gradus.tables.typed import (
    LARGEST_EXACT,
    check_finite,
    column_of_numbers,
    column_of_texts,
    named,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_INTEGERS = frozenset(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"))
_MOMENTS = frozenset(("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"))
#: Columns in one query.
_AT_A_TIME = 64
_DAY = "86400e6"  # microseconds
#: Kept by Arrow: the schema as it was, which is not the new file's.
_STALE_KEYS = frozenset((b"ARROW:schema",))


@dataclass(frozen=True)
class ParquetFile(Source):
    """A Parquet file.

    Attributes
    ----------
    data
        Its bytes.
    types
        DuckDB's type of each column of the file, by the column's name.
    is_packed
        Whether the file was gzip.
    """

    data: bytes = field(repr=False)
    types: dict[str, str] = field(repr=False)
    is_packed: bool = False


def read_parquet(raw: RawFile) -> Table:
    """Read a Parquet file.

    Raises
    ------
    DataError
        If it is damaged, too large by its own account, without rows or columns of the types
        above, has two columns whose names differ in capitals at most, or an infinite number.
    """
    with _opened(raw.data, raw.name) as (connection, scan):
        types = _types(connection, scan, raw.name)
        used = [name for name, kind in types.items() if _family(kind) != "other"]
        if not used:
            raise DataError(f"{raw.name} must have a column of numbers, dates or words.")
        integers = [name for name in used if _family(types[name]) == "integer"]
        large = _large(connection, scan, integers)
        kinds = {name: "VARCHAR" if name in large else types[name] for name in used}
        columns = tuple(_columns(connection, scan, kinds))
    for column in columns:
        check_finite(raw.name, column)
    notes = []
    if len(used) < len(types):
        left = [name for name in types if name not in used]
        notes.append(f"Left out, as they hold bytes, lists or records: {listed(left)}.")
    if large:
        notes.append(f"Read as words, as their numbers go beyond 2^53: {listed(large)}.")
    source = ParquetFile(raw.path, raw.data, types, raw.compression == "gzip")
    return Table(raw.name, columns, source, tuple(notes))


def filled_parquet(table: Table, filling: Filling) -> bytes:
    """Return the bytes of the file with answers put in and columns added after its last.

    The answered column keeps its type, so in a column of whole numbers answers are rounded; only
    where an answer does not fit at all does the column become DOUBLE (of words: VARCHAR). Added
    columns are DOUBLE or VARCHAR. The file's own key-value metadata are kept.
    """
    import tempfile

    source = table.source
    assert isinstance(source, ParquetFile)
    given = {f"added{i}": column for i, column in enumerate(filling.added)}
    if filling.answers is not None:
        given["answer"] = filling.answers
    cells = {key: _spread(column, filling.rows, table.n_rows) for key, column in given.items()}
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder).resolve() / "filled.parquet"
        with _opened(source.data, table.name, output) as (connection, scan):
            connection.register("f", cells or {"none": np.zeros(table.n_rows)})
            selected = {name: f"t.{_identifier(name)}" for name in source.types}
            if filling.answers is not None:
                name = filling.answers.name
                selected[name] = _answered(connection, filling.answers, source.types[name])
            selected |= {column.name: _value(key, column) for key, column in given.items()
                         if key != "answer"}  # fmt: skip
            chosen = ", ".join(f"{sql} AS {_identifier(name)}" for name, sql in selected.items())
            fetch(
                connection,
                f"COPY (SELECT {chosen} FROM read_parquet({scan}) AS t POSITIONAL JOIN f) "
                f"TO {quoted(str(output))} "
                f"(FORMAT parquet, KV_METADATA {_metadata(connection, scan)})",
            )
        data = output.read_bytes()
    return pack(data) if source.is_packed else data


@contextlib.contextmanager
def _opened(data: bytes, name: str, *others: Path) -> "Iterator[tuple[DuckDBPyConnection, str]]":
    """Lend a connection and the file as an SQL literal.

    DuckDB gets a copy of its own, so that the rows written are those that were read, whatever
    happens to the person's file meanwhile.
    """
    with (
        private_file([data], name) as copy,
        locked_connection(copy, *others, name=name) as connection,
    ):
        yield connection, quoted(pattern(copy))


def _types(connection: "DuckDBPyConnection", scan: str, name: str) -> dict[str, str]:
    """Return the type of each column, after the file's own account of its size was checked."""
    n_rows = fetch(connection, f"SELECT num_rows FROM parquet_file_metadata({scan})")["num_rows"]
    schema = fetch(
        connection,
        f"SELECT name, coalesce(num_children, 0) AS n FROM parquet_schema({scan})",
    )
    check_size(name, int(n_rows[0]), int(schema["n"][0]))
    if not n_rows[0]:
        raise DataError(f"{name} has columns but no rows.")
    found = fetch(connection, f"DESCRIBE SELECT * FROM read_parquet({scan})")
    names, types = list(found["column_name"]), list(found["column_type"])
    own = _top_names(list(schema["name"]), [int(n) for n in schema["n"]])
    if named(own, name) != own:
        raise DataError(f"{name} must have a name for every column.")
    if own != names:
        renamed = next(mine for mine, its in zip(own, names, strict=True) if mine != its)
        raise DataError(
            f"{name} must have columns whose names differ in more than capitals; "
            f"{renamed!r} is one of two."
        )
    return dict(zip(names, types, strict=True))


def _top_names(names: list[str], n_children: list[int]) -> list[str]:
    """Return the columns of the schema, a tree told with each node before its branches."""
    top, place = [], 1
    for _ in range(n_children[0]):
        top.append(names[place])
        waiting = 1
        while waiting:
            waiting += n_children[place] - 1
            place += 1
    return top


def _family(kind: str) -> str:
    """Return "integer", "number", "moment", "time", "word" or "other" for DuckDB's type."""
    if kind.removeprefix("U") in _INTEGERS:
        return "integer"
    if kind in {"FLOAT", "DOUBLE"} or re.fullmatch(r"DECIMAL\(\d+,\d+\)", kind):
        return "number"
    if kind in _MOMENTS or re.fullmatch(r"TIMESTAMP_\w+", kind):
        return "moment"
    if kind == "TIME":
        return "time"
    is_word = kind in {"BOOLEAN", "VARCHAR", "UUID", '"NULL"'} or (
        kind.startswith("ENUM(") and kind.endswith(")")
    )
    return "word" if is_word else "other"


def _select(
    connection: "DuckDBPyConnection", scan: str, asked: list[str]
) -> list[npt.NDArray[Any]]:
    """Return one array for each expression asked for; a part of them at a time."""
    found: list[npt.NDArray[Any]] = []
    for first in range(0, len(asked), _AT_A_TIME):
        part = ", ".join(f"{sql} AS c{i}" for i, sql in enumerate(asked[first:][:_AT_A_TIME]))
        found += fetch(connection, f"SELECT {part} FROM read_parquet({scan})").values()
    return found


def _large(connection: "DuckDBPyConnection", scan: str, names: list[str]) -> list[str]:
    """Return the columns of whole numbers that hold one that float64 cannot."""
    asked = [
        f"coalesce(max({column}) > {LARGEST_EXACT} OR min({column}) < -{LARGEST_EXACT}, false)"
        for column in map(_identifier, names)
    ]
    found = _select(connection, scan, asked)
    return [name for name, is_large in zip(names, found, strict=True) if is_large[0]]


def _columns(
    connection: "DuckDBPyConnection", scan: str, kinds: dict[str, str]
) -> Iterator[Column]:
    """Read columns of the types given; whether their texts fit into memory is asked before."""
    texts = [name for name, kind in kinds.items() if _family(kind) == "word"]
    lengths = [f"coalesce(sum(strlen({_identifier(name)}::VARCHAR)), 0)" for name in texts]
    for name, n_bytes in zip(texts, _select(connection, scan, lengths), strict=True):
        if n_bytes[0] > MOST_BYTES:
            raise DataError(
                f"Column {name!r} must hold at most {MOST_BYTES >> 30} GiB of text. Leave it out."
            )
    found = _select(connection, scan, [_cells(name, kind) for name, kind in kinds.items()])
    for (name, kind), cells in zip(kinds.items(), found, strict=True):
        family = _family(kind)
        if family == "word":
            yield column_of_texts(name, cells.tolist())
            continue
        values = np.ma.filled(cells.astype(np.float64), np.nan)
        is_date = family in {"moment", "time"}
        yield Column(name, "date", values) if is_date else column_of_numbers(name, values)


def _cells(name: str, kind: str) -> str:
    """Return the cells of a column in SQL: numbers, days since 1970 or texts."""
    column = _identifier(name)
    return {
        "integer": f"{column}::DOUBLE",
        "number": f"{column}::DOUBLE",
        "moment": f"CASE WHEN isfinite({column}) THEN epoch_us({column}) / {_DAY} "
        f"WHEN {column} IS NOT NULL THEN 'inf'::DOUBLE END",
        "time": f"epoch_us({column}) / {_DAY}",
        "word": f"{column}::VARCHAR",
    }[_family(kind)]


def _spread(column: Column, rows: Int64Array, n_rows: int) -> npt.NDArray[Any]:
    """Return the values at their rows among blanks: nan for numbers, None for words."""
    is_word = column.type == "word"
    cells = np.full(n_rows, None if is_word else np.nan, dtype=np.object_ if is_word else None)
    cells[rows] = column.values
    return cells


def _value(key: str, column: Column) -> str:
    """Return an added cell in SQL, NULL where it is blank."""
    return f"f.{key}::VARCHAR" if column.type == "word" else f"nullif(f.{key}, 'nan'::DOUBLE)"


def _answered(connection: "DuckDBPyConnection", answers: Column, kind: str) -> str:
    """Return the answered column in SQL, of the type it has or of one that holds all answers."""
    value = _value("answer", answers)
    found = fetch(
        connection,
        f"SELECT count(*) AS n FROM f WHERE {value} IS NOT NULL "
        f"AND TRY_CAST({value} AS {kind}) IS NULL",
    )
    if found["n"][0]:
        kind = "VARCHAR" if answers.type == "word" else "DOUBLE"
    own = f"t.{_identifier(answers.name)}"
    return f"CASE WHEN {value} IS NULL THEN {own}::{kind} ELSE {value}::{kind} END"


def _metadata(connection: "DuckDBPyConnection", scan: str) -> str:
    """Return the file's key-value metadata as an SQL literal."""
    found = fetch(connection, f"SELECT key, value FROM parquet_kv_metadata({scan})")
    pairs = [
        f"{quoted(bytes(key).decode('utf-8', 'replace'))}: {_blob(bytes(value))}"
        for key, value in zip(found["key"], found["value"], strict=True)
        if bytes(key) not in _STALE_KEYS
    ]
    return "{" + ", ".join(pairs) + "}"


def _blob(data: bytes) -> str:
    return f"from_hex('{data.hex()}')"


def _identifier(name: str) -> str:
    """Return a name as SQL takes it."""
    return '"' + name.replace('"', '""') + '"'
