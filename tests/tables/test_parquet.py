"""Parquet is read by its types, and written back with them."""

import datetime as dt
import io
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gradus.errors import DataError
from gradus.tables.parquet import filled_parquet, read_parquet
from gradus.tables.raw import RawFile
from gradus.tables.table import Column, Filling
from gradus.tables.write import check_added_names

NAN = float("nan")
NOON = dt.datetime(1970, 1, 2, 12)  # noqa: DTZ001 - of the wall


def packed(table, **options):
    held = io.BytesIO()
    pq.write_table(pa.table(table) if isinstance(table, dict) else table, held, **options)
    return held.getvalue()


def read(table, **options):
    return read_parquet(RawFile("t.parquet", None, packed(table, **options)))


def refusal(data):
    with pytest.raises(DataError) as caught:
        read_parquet(RawFile("t.parquet", None, data))
    return str(caught.value)


def numbers(name, *values):
    return Column(name, "number", np.array(values, dtype=float))


def words(name, *values):
    return Column(name, "word", np.array(values, dtype=object))


def fill(table, *, rows, answers=None, added=()):
    filled = filled_parquet(table, Filling(np.array(rows), answers, tuple(added)))
    return pq.read_table(io.BytesIO(filled))


@pytest.mark.parametrize(
    ("values", "kind", "found"),
    [
        (pa.array([1, None], pa.int8()), "number", [1, NAN]),
        (pa.array([1, 2**53], pa.uint64()), "number", [1, 2**53]),
        (pa.array([1.5, NAN], pa.float32()), "number", [1.5, NAN]),
        (pa.array([Decimal("1.25"), None]), "number", [1.25, NAN]),
        (pa.array([dt.date(1970, 1, 3), None]), "date", [2, NAN]),
        (pa.array([NOON, None], pa.timestamp("ms")), "date", [1.5, NAN]),
        (pa.array([NOON, None], pa.timestamp("ns")), "date", [1.5, NAN]),
        (pa.array([NOON, None], pa.timestamp("us", "Asia/Tokyo")), "date",
         [1.5, NAN]),
        (pa.array([dt.time(6), None], pa.time64("us")), "date", [0.25, NAN]),
        (pa.array([True, None]), "word", ["true", None]),
        (pa.array([" a ", " "]), "word", ["a", None]),
        (pa.array(["a", None]).dictionary_encode(), "word", ["a", None]),
        (pa.array([1, 2**53 + 1]), "word", ["1", "9007199254740993"]),
        (pa.array(["2020-01-02", None]), "date", [18263, NAN]),
        (pa.nulls(2), "word", [None, None]),
    ],
)  # fmt: skip
def test_types(values, kind, found):
    column = read({"x": values}).columns[0]
    assert (column.name, column.type) == ("x", kind)
    if kind == "word":
        assert column.values.tolist() == found
    else:
        assert np.array_equal(column.values, found, equal_nan=True)


def test_what_is_left_out_or_read_otherwise_is_said():
    table = read({"a": [1], "l": [[1]], "s": [{"x": 1}], "b": [b"x"], "big": [2**60]})
    assert table.names == ("a", "big")
    assert table.notes == (
        "Left out, as they hold bytes, lists or records: 'l', 's', 'b'.",
        "Read as words, as their numbers go beyond 2^53: 'big'.",
    )


def test_decimals_are_those_of_the_numbers():
    table = read({"i": [1, 2], "x": [0.25, 1.5], "d": [Decimal("1.250"), None]})
    assert [column.spelling.decimals for column in table.columns] == [0, 2, 2]


def test_names_of_every_kind_and_rows_in_order():
    n = 20_000
    table = read({'a "b"': np.arange(n), "select": [str(i) for i in range(n)]}, row_group_size=999)
    assert table.names == ('a "b"', "select")
    assert np.array_equal(table.columns[0].values, np.arange(n))
    filled = fill(table, rows=[n - 1], answers=numbers('a "b"', 7), added=[numbers("x; y", 1.5)])
    assert filled.column_names == ['a "b"', "select", "x; y"]
    assert filled['a "b"'].to_pylist() == [*range(n - 1), 7]
    assert filled["x; y"].to_pylist() == [None] * (n - 1) + [1.5]


def test_schema_values_and_metadata_are_kept():
    whole = pa.table({
        "i": pa.array([1, None, 3], pa.int16()),
        "d": pa.array([Decimal("1.25"), None, Decimal("3.00")]),
        "t": pa.array([NOON, None, None], pa.timestamp("us", "UTC")),
        "l": pa.array([[1], None, []], pa.list_(pa.int32())),
        "b": pa.array([b"\x00", None, b""]),
        "s": pa.array(["", None, " x "]),
        "y": pa.array([1.5, None, NAN]),
    }).replace_schema_metadata({"who": "it's me", "raw": b"\x00\xff"})  # fmt: skip
    filled = fill(
        read(whole), rows=[1, 2], answers=numbers("y", 2.5, 3.5),
        added=[numbers("y_low", 1, NAN), words("y_flag", "far", None)],
    )  # fmt: skip
    assert filled.column_names == [*whole.column_names, "y_low", "y_flag"]
    for name in ("i", "d", "t", "b", "s"):
        assert filled.schema.field(name).type == whole.schema.field(name).type
        assert filled[name].to_pylist() == whole[name].to_pylist()
    assert filled["l"].to_pylist() == [[1], None, []]
    assert filled["y"].to_pylist() == [1.5, 2.5, 3.5]
    assert filled["y_low"].to_pylist() == [None, 1, None]
    assert filled["y_flag"].to_pylist() == [None, "far", None]
    assert filled.schema.metadata == whole.schema.metadata


@pytest.mark.parametrize(
    ("values", "answers", "kind", "found"),
    [
        (pa.array([1, None], pa.int8()), numbers("y", 7.6), pa.int8(), [1, 8]),
        (pa.array([1, None], pa.int8()), numbers("y", 300.5), pa.float64(), [1, 300.5]),
        (pa.array([1, None], pa.uint8()), numbers("y", -3), pa.float64(), [1, -3]),
        (pa.array([1.5, None], pa.float32()), numbers("y", 2.5), pa.float32(), [1.5, 2.5]),
        (pa.array([Decimal("1.25"), None]), numbers("y", 2.346), pa.decimal128(3, 2),
         [Decimal("1.25"), Decimal("2.35")]),
        (pa.array([True, None]), words("y", "false"), pa.bool_(), [True, False]),
        (pa.array([2**60, None]), words("y", "5"), pa.int64(), [2**60, 5]),
        (pa.array(["a", None]), words("y", "b"), pa.string(), ["a", "b"]),
    ],
)  # fmt: skip
def test_an_answered_column_keeps_its_type_where_it_can(values, answers, kind, found):
    filled = fill(read({"y": values}), rows=[1], answers=answers)
    assert filled.schema.field("y").type == kind
    assert filled["y"].to_pylist() == found


def test_without_answers_only_columns_are_added():
    filled = fill(read({"a": [1, 2]}), rows=[0, 1], added=[numbers("p", 0.5, 0.25)])
    assert filled.to_pydict() == {"a": [1, 2], "p": [0.5, 0.25]}


def test_equal_input_gives_equal_bytes():
    table = read({"a": list(range(5000)), "y": [1.5, None] * 2500})
    filling = Filling(np.array([1]), numbers("y", 2), ())
    assert filled_parquet(table, filling) == filled_parquet(table, filling)


def test_names_that_differ_in_capitals_are_one_name():
    assert refusal(packed({"a": [1], "A": [2]})) == (
        "t.parquet must have columns whose names differ in more than capitals; 'A' is one of two."
    )
    with pytest.raises(DataError, match="must have no column 'Y_low'"):
        check_added_names(read({"y_LOW": [1]}), ["Y_low"])


def test_two_columns_of_one_name_and_none():
    double = pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["a", "a"])
    assert refusal(packed(double)) == (
        "t.parquet must have columns of different names; columns 1 and 2 are both called 'a'."
    )
    assert refusal(packed({"": [1]})) == "t.parquet must have a name for every column."


def test_tables_without_anything_to_read():
    assert refusal(packed({"a": pa.array([], pa.int8())})) == ("t.parquet has columns but no rows.")
    assert refusal(packed({"a": [[1]]})) == (
        "t.parquet must have a column of numbers, dates or words."
    )


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), 1e200])
def test_numbers_that_are_not_finite(value):
    assert refusal(packed({"a": [1, NAN, value]})) == (
        "Column 'a' of t.parquet must hold numbers that are finite, between -1e150 and 1e150; "
        f"row 3 holds {value:g}."
    )


def test_a_bomb_is_refused_by_its_own_account():
    n = 60_000_000
    bomb = packed({"a": pa.array(np.zeros(n, np.int8))}, compression="zstd", row_group_size=n)
    assert len(bomb) < 250_000
    assert refusal(bomb) == (
        "t.parquet must have at most 50,000,000 cells; it has 60,000,000 rows of 1. "
        "Take a part of its rows or columns."
    )


def test_a_bomb_of_text():
    text = pa.DictionaryArray.from_arrays(np.zeros(30_000, np.int32), ["x" * 100_000])
    assert refusal(packed({"a": text})) == (
        "Column 'a' must hold at most 2 GiB of text. Leave it out."
    )


def test_damaged_bytes_are_one_sentence():
    data = packed({"a": list(range(100)), "b": [str(i) for i in range(100)]})
    rng = np.random.default_rng(5)
    for _ in range(60):
        damaged = bytearray(data)
        for place in rng.integers(4, len(data) - 4, 3):
            damaged[place] = rng.integers(256)
        said = ""
        try:
            assert read_parquet(RawFile("t.parquet", None, bytes(damaged))).n_rows > 0
        except DataError as error:
            said = str(error)
        assert "\n" not in said
        assert "/tmp" not in said  # noqa: S108 - our copy is nobody's business
    assert refusal(data[:-10]).startswith("t.parquet cannot be read: ")
