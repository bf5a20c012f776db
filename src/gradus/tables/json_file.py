"""JSON of three shapes: a list of records, one record after the other, or lists under names.

A record is an object of names and values. Every value is kept as it is spelled, so what is
written back has the person's numbers to the last digit. What a column is good for must not be
known here.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import field
from typing import Any, Literal

import numpy as np

from gradus._dataclasses import dataclass
from gradus.errors import DataError
from gradus.tables.numerals import pack, spell
from gradus.tables.raw import RawFile, check_size
from gradus.tables.table import Column, Filling, Source, Spelling, Table, listed
from gradus.tables.typed import (
    LARGEST_EXACT,
    check_finite,
    column_of_numbers,
    column_of_texts,
    named,
)

Shape = Literal["list", "lines", "columns"]
#: Bytes at most; each takes about ten in memory.
_MOST_BYTES = 256 << 20
_SPACE = re.compile(r"[ \t\r\n]*")
# What stands before the first record and before its first name, and after a colon.
_OPENING = re.compile(r"\ufeff?\s*[\[{](\s*)\{?(\s*)")
_COLON = re.compile(r'":(\s*)')


class _Number(str):
    """A number as it is spelled."""

    __slots__ = ()


@dataclass(frozen=True)
class JsonFile(Source):
    """A JSON file.

    Attributes
    ----------
    shape
        "list" for a list of records, "lines" for one record after the other, "columns" for an
        object of lists.
    records
        For each row the JSON text of each value under its name.
    encoding
        Of the file.
    is_packed
        Whether the file is gzip.
    begin
        Its first characters, from which the writer takes its manners.
    end
        The blanks at its end.
    """

    shape: Shape
    records: list[dict[str, str]] = field(repr=False)
    encoding: str
    is_packed: bool
    begin: str = field(repr=False)
    end: str


def read_json(raw: RawFile) -> Table:
    """Read a JSON file.

    Raises
    ------
    DataError
        If it is no JSON, nested too deeply, of another shape, has a name twice in a record, no
        records or an infinite number.
    """
    if len(raw.data) > _MOST_BYTES:
        raise DataError(
            f"{raw.name} must hold at most {_MOST_BYTES >> 20} MiB of JSON. Save it as Parquet."
        )
    encoding = json.detect_encoding(raw.data)
    try:
        text = raw.data.decode(encoding)
        shape, rows = _rows(text.removeprefix("\ufeff"), raw.name)
        write = _writer(text)
        check_size(raw.name, len(rows), len({key for row in rows for key in row}))
        records = [{key: write(value) for key, value in row.items()} for row in rows]
    except UnicodeDecodeError as cause:
        raise DataError(f"{raw.name} must be {encoding.upper()} text.") from cause
    except json.JSONDecodeError as cause:
        raise DataError(
            f"{raw.name} must be JSON; at line {cause.lineno}, column {cause.colno}: "
            f"{cause.msg[0].lower()}{cause.msg[1:]}."
        ) from cause
    except UnicodeEncodeError as cause:
        raise DataError(f"{raw.name} must be text; it holds half of a character.") from cause
    except RecursionError as cause:
        raise DataError(f"{raw.name} must not have lists within lists so deeply.") from cause
    source = JsonFile(
        raw.path,
        shape,
        records,
        encoding,
        raw.compression == "gzip",
        text[:10_000],
        text[len(text.rstrip()) :],
    )
    columns, notes = _columns(rows, raw.name)
    return Table(raw.name, columns, source, notes)


def _rows(text: str, name: str) -> tuple[Shape, list[dict[str, Any]]]:
    """Return the shape and the records."""

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        record = dict(found)
        if len(record) < len(found):
            keys = [key for key, _ in found]
            double = next(key for key in keys if keys.count(key) > 1)
            raise DataError(
                f"{name} must have different names in each record; one has {double!r} twice."
            )
        return record

    decoder = json.JSONDecoder(
        object_pairs_hook=pairs, parse_float=_Number, parse_int=_Number, parse_constant=_Number
    )
    values = list(_values(text, decoder))
    shape: Shape = "lines"
    if len(values) == 1 and isinstance(values[0], list):
        shape, values = "list", values[0]
    elif len(values) == 1 and _is_columns(values[0]):
        lists = values[0]
        shape = "columns"
        values = [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]
    is_records = all(isinstance(value, dict) for value in values)
    if not is_records or (shape == "lines" and len(values) == 1 and _has_list(values[0])):
        raise _other_shape(name)
    if not any(values):
        raise DataError(f"{name} has no records.")
    return shape, values


def _other_shape(name: str) -> DataError:
    return DataError(
        f"{name} must hold a list of records, one record on each line, or lists of equal length "
        'under names, such as [{"area": 52, "price": 180}, ...].'
    )


def _values(text: str, decoder: json.JSONDecoder) -> Iterator[Any]:
    """Yield one value after the other to the end of the text."""
    place = _SPACE.match(text, 0).end()  # type: ignore[union-attr]  # blanks, or nothing, match
    while place < len(text):
        value, place = decoder.raw_decode(text, place)
        yield value
        place = _SPACE.match(text, place).end()  # type: ignore[union-attr]


def _is_columns(value: Any) -> bool:  # noqa: ANN401 - whatever JSON can say
    """Whether this is an object of lists of equal length."""
    return (
        isinstance(value, dict)
        and bool(value)
        and all(isinstance(cells, list) for cells in value.values())
        and len({len(cells) for cells in value.values()}) == 1
    )


def _has_list(record: dict[str, Any]) -> bool:
    return any(isinstance(value, list) for value in record.values())


def _writer(text: str) -> Callable[[Any], str]:
    """Return what spells a value as JSON; characters are escaped where the file escapes them."""
    is_ascii = text.isascii()

    def write(value: Any) -> str:  # noqa: ANN401 - whatever JSON can say
        if isinstance(value, _Number):
            return str(value)
        if isinstance(value, dict):
            inside = (f"{write(key)}: {write(each)}" for key, each in value.items())
            return "{" + ", ".join(inside) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(map(write, value)) + "]"
        if isinstance(value, str):
            value.encode()
        return json.dumps(value, ensure_ascii=is_ascii)

    return write


def _columns(rows: list[dict[str, Any]], name: str) -> tuple[tuple[Column, ...], tuple[str, ...]]:
    """Return the columns in the order in which their names come, and notes."""
    keys = list(dict.fromkeys(key for row in rows for key in row))
    columns, left = [], []
    if named(keys, name) != keys:
        raise DataError(f"{name} must have a name for every value; one is blank.")
    for key in keys:
        values = [row.get(key) for row in rows]
        if any(isinstance(value, list | dict) for value in values):
            left.append(key)
            continue
        columns.append(_column(key, values))
        check_finite(name, columns[-1])
    if not columns:
        raise DataError(f"{name} must have a column of numbers or words.")
    notes = (f"Left out, as they hold lists or records: {listed(left)}.",) if left else ()
    return tuple(columns), notes


def _column(name: str, values: list[Any]) -> Column:
    """Return numbers where there is nothing else and float64 can hold them, words otherwise."""
    known = [value for value in values if value is not None]
    is_number = bool(known) and all(isinstance(value, _Number) for value in known)
    if is_number and not any(_is_large(value) for value in known):
        numbers = np.array([np.nan if value is None else float(value) for value in values])
        return column_of_numbers(name, numbers)
    texts = (str(value).lower() if isinstance(value, bool) else value for value in values)
    return column_of_texts(name, texts)


def _is_large(value: str) -> bool:
    """Whether this is a whole number that float64 cannot hold."""
    digits = value.lstrip("-")
    return digits.isdigit() and (len(digits) > 16 or int(digits) > LARGEST_EXACT)


def filled_json(table: Table, filling: Filling) -> bytes:
    """Return the file with answers put in and added values after the last of each record.

    Where nothing is added stands null. An answer that the column holds already is spelled as it
    is there: true and 1 stay without quotation marks. Gzip is packed again.
    """
    source = table.source
    assert isinstance(source, JsonFile)
    write = _writer(source.begin)
    spelled = {column.name: _texts(column, write) for column in filling.added}
    blank = dict.fromkeys(spelled, "null")
    new = list(spelled.items())
    if filling.answers is not None:
        new.insert(0, (filling.answers.name, _answers(table, filling.answers, source, write)))
    place_of = {int(row): place for place, row in enumerate(filling.rows)}
    records = []
    for row, record in enumerate(source.records):
        place = place_of.get(row)
        records.append(
            record | (blank if place is None else {key: texts[place] for key, texts in new})
        )
    data = _laid_out(source, records, write).encode(source.encoding)
    return pack(data) if source.is_packed else data


def _texts(column: Column, write: Callable[[Any], str]) -> list[str]:
    """Spell the values of a column as JSON."""
    if column.type == "word":
        return [write(value) for value in column.values]
    spelling = Spelling(column.spelling.decimals)  # a unit would make it a word
    return [spell(float(value), spelling) or "null" for value in column.values]


def _answers(
    table: Table, answers: Column, source: JsonFile, write: Callable[[Any], str]
) -> list[str]:
    """Spell the answers; a word as the column spells it, be it a text, true or a number."""
    if answers.type != "word":
        return _texts(answers, write)
    known = table.columns[table.names.index(answers.name)].values
    texts = {
        word: record[answers.name]
        for word, record in zip(known, source.records, strict=True)
        if word is not None
    }
    return [texts.get(word) or write(word) for word in answers.values]


def _laid_out(source: JsonFile, records: list[dict[str, str]], write: Callable[[Any], str]) -> str:
    """Lay records out as the file does: on one line, one on each line, or indented."""
    mark = "\ufeff" if source.begin.startswith("\ufeff") else ""
    after_colon = _COLON.search(source.begin)
    blank = after_colon[1] if after_colon else ""
    opening = _OPENING.match(source.begin)
    assert opening is not None, "it was read as a list or an object"
    outer, inner = opening[1], opening[2]

    def pairs(texts: dict[str, str], before: str, after: str) -> str:
        inside = (f"{write(key)}:{blank}{text}" for key, text in texts.items())
        return "{" + _enclosed(inside, before, after, blank) + "}"

    if source.shape == "lines":
        text = "\n".join(pairs(record, "", "") for record in records)
    elif source.shape == "columns":
        comma = "," + blank
        lists = {key: f"[{comma.join(record[key] for record in records)}]" for key in records[0]}
        text = pairs(lists, outer, "\n")
    else:
        inside = (pairs(record, inner, outer) for record in records)
        text = "[" + _enclosed(inside, outer, "\n", blank) + "]"
    return mark + text + source.end


def _enclosed(parts: Iterable[str], before: str, after: str, blank: str) -> str:
    """Join parts with commas; each on a line of its own if the blanks before hold a line end."""
    if "\n" in before:
        return before + ("," + before).join(parts) + after
    return ("," + blank).join(parts)
