"""Data frames of every library come in as they are and go back as what they were."""

import datetime as dt
from decimal import Decimal

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from gradus.errors import DataError
from gradus.tables.frame import filled_frame, read_frame
from gradus.tables.table import Column, Filling

NAN = float("nan")
LIBRARIES = {
    "pandas": pd.DataFrame,
    "polars": pl.DataFrame,
    "lazy polars": lambda columns: pl.DataFrame(columns).lazy(),
    "pyarrow": pa.table,
    "duckdb": lambda columns: duckdb.from_arrow(pa.table(columns)),
}


def numbers(name, *values):
    return Column(name, "number", np.array(values, dtype=float))


def words(name, *values):
    return Column(name, "word", np.array(values, dtype=object))


def fill(frame, *, rows=(1,), answers=None, added=()):
    return filled_frame(read_frame(frame), Filling(np.array(rows), answers, tuple(added)))


def refusal(frame):
    with pytest.raises(DataError) as caught:
        read_frame(frame)
    return str(caught.value)


def as_rows(frame):
    """Return names and rows of a frame of any library."""
    if isinstance(frame, pd.DataFrame):
        frame = frame.astype(object).where(frame.notna(), None)
        return list(frame.columns), [tuple(row) for row in frame.itertuples(index=False)]
    if isinstance(frame, duckdb.DuckDBPyRelation):
        return frame.columns, frame.fetchall()
    frame = frame.collect() if isinstance(frame, pl.LazyFrame) else frame
    frame = pl.from_arrow(frame) if isinstance(frame, pa.Table) else frame
    return frame.columns, frame.rows()


@pytest.mark.parametrize("library", LIBRARIES)
def test_every_library_there_and_back(library):
    make = LIBRARIES[library]
    columns = {"a": [1, 2, 3], "w": ["x", None, " z "], "y": [1.5, None, 3.0]}
    frame = make(columns)
    table = read_frame(frame)
    assert (table.name, table.names, table.source.path) == ("the table", ("a", "w", "y"), None)
    assert table.columns[0].values.tolist() == [1, 2, 3]
    assert table.columns[1].values.tolist() == ["x", None, "z"]
    assert np.array_equal(table.columns[2].values, [1.5, NAN, 3], equal_nan=True)
    before = as_rows(frame)
    filled = fill(
        frame, answers=numbers("y", 7.25), added=[numbers("y_low", 6), words("y_flag", "far")]
    )
    assert type(filled) is type(frame)
    names, rows = as_rows(filled)
    assert names == ["a", "w", "y", "y_low", "y_flag"]
    assert rows == [
        (1, "x", 1.5, None, None),
        (2, None, 7.25, 6.0, "far"),
        (3, " z ", 3.0, None, None),
    ]
    assert as_rows(frame) == before


@pytest.mark.parametrize(
    ("cells", "kind", "found"),
    [
        (pd.Categorical(["b", None, "a"]), "word", ["b", None, "a"]),
        (pd.Categorical([2, None, 1]), "word", ["2", None, "1"]),
        ([True, False, True], "word", ["true", "false", "true"]),
        (pd.array([True, None, False], dtype="boolean"), "word", ["true", None, "false"]),
        (pd.array([1, None, 3], dtype="Int8"), "number", [1, NAN, 3]),
        (np.array([1, 2.5, NAN], np.float32), "number", [1, 2.5, NAN]),
        (pd.array(["a", pd.NA, ""], dtype="string"), "word", ["a", None, None]),
        (np.array([1, Decimal("2.5"), None], object), "number", [1, 2.5, NAN]),
        (np.array([1, "x", NAN], object), "word", ["1", "x", None]),
        (np.array([True, None, pd.NA], object), "word", ["true", None, None]),
        (np.array([2**60, None, 1], object), "word", ["1152921504606846976", None, "1"]),
        ([2**60, 2, 1], "word", ["1152921504606846976", "2", "1"]),
        (np.array([dt.date(1970, 1, 3), pd.NaT, None], object), "date", [2, NAN, NAN]),
        (np.array([dt.time(6), None, dt.time(18)], object), "date", [0.25, NAN, 0.75]),
        (pd.to_datetime(["1970-01-02 12:00", None, "1970-01-01 00:00"]), "date", [1.5, NAN, 0]),
        (pd.to_datetime(["1970-01-02 01:00"] * 3).tz_localize("Europe/Berlin"), "date", [1] * 3),
        (pd.to_timedelta([1.5, None, 2], unit="D"), "number", [1.5, NAN, 2]),
        (["2020-01-02", None, "2020-01-03"], "date", [18263, NAN, 18264]),
        ([None, None, None], "word", [None] * 3),
    ],
)
def test_types_of_pandas(cells, kind, found):
    column = read_frame(pd.DataFrame({"x": cells})).columns[0]
    assert column.type == kind
    if kind == "word":
        assert column.values.tolist() == found
    else:
        assert np.array_equal(column.values, found, equal_nan=True)


def test_types_of_polars():
    table = read_frame(
        pl.DataFrame(
            {
                "e": pl.Series(["p", None], dtype=pl.Enum(["p", "q"])),
                "c": pl.Series(["p", None], dtype=pl.Categorical),
                "d": [dt.date(1970, 1, 2), None],
                "t": [dt.time(12), None],
                "n": [Decimal("1.25"), None],
                "l": [[1], None],
                "b": [b"x", None],
            }
        )
    )
    assert [column.type for column in table.columns] == ["word", "word", "date", "date", "number"]
    assert [column.values[0] for column in table.columns] == ["p", "p", 1, 0.5, 1.25]
    assert all(column.is_missing.tolist() == [False, True] for column in table.columns)
    assert table.notes == ("Left out, as they hold bytes, lists or records: 'l', 'b'.",)


def test_index_and_names_of_pandas_are_kept():
    frame = pd.DataFrame([[1, 1.5], [2, NAN]], columns=[3, ("y", "z")], index=["p", "q"])
    name = read_frame(frame).names[1]
    assert read_frame(frame).names == ("3", "('y', 'z')")
    filled = fill(frame, answers=numbers(name, 2.5), added=[numbers("low", 2)])
    assert list(filled.columns) == [3, ("y", "z"), "low"]
    assert list(filled.index) == ["p", "q"]
    assert filled[("y", "z")].tolist() == [1.5, 2.5]
    assert list(frame.columns) == [3, ("y", "z")]


@pytest.mark.parametrize(
    ("cells", "answer", "found"),
    [
        (pl.Series([1, None], dtype=pl.Int8), 7.6, (pl.Int8, [1, 8])),
        (pl.Series([1, None], dtype=pl.Int8), 300.5, (pl.Float64, [1, 300.5])),
        (pl.Series([Decimal("1.25"), None]), 2.5, (pl.Float64, [1.25, 2.5])),
        (pl.Series([True, None]), "true", (pl.Boolean, [True, True])),
        (pl.Series(["p", None], dtype=pl.Enum(["p", "q"])), "p", (pl.Enum(["p", "q"]), ["p"] * 2)),
        (pl.Series([2**60, None]), str(2**60), (pl.Int64, [2**60] * 2)),
        (pl.Series(["p", None]), "new", (pl.String, ["p", "new"])),
    ],
)
def test_an_answered_column_keeps_its_type_where_it_can(cells, answer, found):
    column = words("y", answer) if isinstance(answer, str) else numbers("y", answer)
    filled = fill(pl.DataFrame({"y": cells}), answers=column)["y"]
    assert (filled.dtype, filled.to_list()) == found


def test_answers_in_columns_of_pandas():
    frame = pd.DataFrame({
        "i": pd.array([1, None], dtype="Int8"),
        "c": pd.Categorical([2, None], categories=[1, 2]),
        "b": pd.array([True, None], dtype="boolean"),
    })  # fmt: skip
    assert fill(frame, answers=numbers("i", 7.6))["i"].tolist() == [1, 8]
    assert fill(frame, answers=numbers("i", 300))["i"].tolist() == [1, 300]
    filled = fill(frame, answers=words("c", "2"))["c"]
    assert (filled.tolist(), filled.dtype) == ([2, 2], frame["c"].dtype)
    assert fill(frame, answers=words("b", "true"))["b"].tolist() == [True, True]


@pytest.mark.parametrize("kind", ["float16", "float32", "Float32", "float[pyarrow]"])
def test_an_answered_column_of_short_floats_stays_one(kind):
    frame = pd.DataFrame({"y": pd.array([1.5, None], dtype=kind)}, index=[7, 7])
    filled = fill(frame, answers=numbers("y", 0.1))["y"]
    assert filled.dtype == frame["y"].dtype
    assert filled.tolist() == pytest.approx([1.5, 0.1], rel=1e-3)
    assert filled.index.tolist() == [7, 7]


def test_an_answer_too_large_for_short_floats_widens_them():
    for frame in (
        pd.DataFrame({"y": np.array([1.5, NAN], dtype=np.float32)}),
        pl.DataFrame({"y": pl.Series([1.5, None], dtype=pl.Float32)}),
    ):
        assert fill(frame, answers=numbers("y", 1e60))["y"].to_list() == [1.5, 1e60]


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (np.zeros((2, 2)),
         ("the table must be a path, '-' or a data frame with named columns; got numpy.ndarray. "
         "Make it one with pandas.DataFrame(...).")),
        (None,
         ("the table must be a path, '-' or a data frame with named columns; got "
         "builtins.NoneType. Make it one with pandas.DataFrame(...).")),
        (pl.Series([1]),
         ("the table must be a path, '-' or a data frame with named columns; got "
         "polars.series.series.Series. Make it one with pandas.DataFrame(...).")),
        (pd.Series([1]),
         ("the table must be a path, '-' or a data frame with named columns; got "
         "pandas.Series. Make it one with pandas.DataFrame(...).")),
        (pl.scan_csv("/none.csv"),
         "the table cannot be read: No such file or directory (os error 2): /none.csv."),
        (pd.DataFrame(), "the table must have at least one column."),
        (pl.DataFrame(), "the table must have at least one column."),
        (pd.DataFrame({"a": []}), "the table has columns but no rows."),
        (pl.LazyFrame({"a": []}), "the table has columns but no rows."),
        (pd.DataFrame([[1, 2, 3]], columns=["a", 1, "1"]),
         "the table must have columns of different names; columns 2 and 3 are both called '1'."),
        (pa.table({"a": [[1]]}), "the table must have a column of numbers, dates or words."),
        (pd.DataFrame({"a": [1, NAN, np.inf]}),
         ("Column 'a' of the table must hold numbers that are finite, between -1e150 and 1e150; "
         "row 3 holds inf.")),
    ],
)  # fmt: skip
def test_what_is_refused(frame, sentence):
    assert refusal(frame) == sentence


def test_two_columns_of_one_name_in_pyarrow():
    double = pa.Table.from_arrays([pa.array([1]), pa.array([1])], ["a", "a"])
    assert "a" in refusal(double)
    assert "\n" not in refusal(double)


def test_a_lazy_frame_is_counted_before_it_is_collected():
    rows = pl.LazyFrame({"a": [0]}).select(pl.int_range(60_000_000).alias("a"))
    assert refusal(rows).startswith("the table must have at most 50,000,000 cells;")
