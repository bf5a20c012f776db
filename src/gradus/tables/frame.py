"""Data frames of any library, through narwhals: read as a table, and given back filled.

What a column is good for must not be known here.
"""

import datetime as dt
import numbers
import textwrap
from collections.abc import Callable
from dataclasses import field
from typing import TYPE_CHECKING, Any

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array
from gradus.errors import DataError
from gradus.tables.raw import check_size
from gradus.tables.table import Column, Filling, Source, Table, listed
from gradus.tables.typed import (
    LARGEST_EXACT,
    check_finite,
    column_of_numbers,
    column_of_texts,
    named,
)

if TYPE_CHECKING:
    import narwhals as nw

_NAME = "the table"
_LONGEST_REASON = 300
_DAY = dt.timedelta(days=1)
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - tables hold times of the wall


@dataclass(frozen=True, eq=False)
class FrameSource(Source):
    """A data frame.

    Attributes
    ----------
    frame
        All its rows, under names that are texts.
    labels
        The columns' names as they are in the person's frame.
    give_back
        Turns a frame in memory into the person's kind.
    """

    frame: "nw.DataFrame[Any]" = field(repr=False)
    labels: tuple[Any, ...]
    give_back: "Callable[[nw.DataFrame[Any]], Any]" = field(repr=False)


def read_frame(frame: Any) -> Table:  # noqa: ANN401 - of any library
    """Read a data frame: pandas, polars, pyarrow, DuckDB, or another that narwhals knows.

    Raises
    ------
    DataError
        If it is no data frame, has no rows, no column of numbers, dates or words, two columns of
        one name, or an infinite number.
    """
    source = _source(frame)
    names = named([str(label) for label in source.labels], _NAME)
    n_rows = len(source.frame)
    if not n_rows:
        raise DataError(f"{_NAME} has columns but no rows.")
    columns, left = [], []
    for place, name in enumerate(names):
        column = _column(name, source.frame[:, place])
        if column is None:
            left.append(name)
            continue
        check_finite(_NAME, column)
        columns.append(column)
    if not columns:
        raise DataError(f"{_NAME} must have a column of numbers, dates or words.")
    notes = (f"Left out, as they hold bytes, lists or records: {listed(left)}.",) if left else ()
    return Table(_NAME, tuple(columns), source, notes)


def _source(frame: Any) -> FrameSource:  # noqa: ANN401 - of any library
    """Take hold of a frame, and of all its rows where it is lazy."""
    import narwhals as nw

    labels: tuple[Any, ...] = ()
    if type(frame).__module__.startswith("pandas") and hasattr(frame, "columns"):
        # Names that are numbers or pairs become texts, and their doubles are told here.
        labels = tuple(frame.columns)
        frame = frame.set_axis(named([str(label) for label in labels], _NAME), axis=1)
    try:
        known = nw.from_native(frame)
        if isinstance(known, nw.LazyFrame):
            backend = known.implementation
            n_rows = int(known.select(nw.len()).collect().item())
            check_size(_NAME, n_rows, len(known.collect_schema()))
            whole = known.collect()
            return FrameSource(
                None, whole, tuple(whole.columns), lambda filled: _lazy(filled, backend)
            )
        check_size(_NAME, len(known), len(known.columns))
    except TypeError as cause:
        kind = type(frame)
        raise DataError(
            f"{_NAME} must be a path, '-' or a data frame with named columns; got "
            f"{kind.__module__}.{kind.__qualname__}. Make it one with pandas.DataFrame(...)."
        ) from cause
    except (DataError, MemoryError):
        raise
    except Exception as cause:
        # A lazy frame does its work only now, and every library has errors of its own.
        reason = textwrap.shorten(str(cause), _LONGEST_REASON, placeholder=" ...").rstrip(".")
        raise DataError(f"{_NAME} cannot be read: {reason}.") from cause
    return FrameSource(
        None, known, labels or tuple(known.columns), lambda filled: filled.to_native()
    )


def _lazy(frame: "nw.DataFrame[Any]", backend: Any) -> Any:  # noqa: ANN401 - of any library
    return frame.lazy(backend=backend).to_native()


def _column(name: str, series: "nw.Series[Any]") -> Column | None:
    """Turn a series into a column; None where it holds lists, records or bytes."""
    import narwhals as nw

    kind = series.dtype
    if kind.is_nested() or kind == nw.Binary:
        return None
    is_large = kind.is_integer() and _is_large(series)
    if is_large or kind in {nw.Categorical, nw.Enum}:
        return column_of_texts(name, _texts(series))
    if kind.is_numeric():
        return column_of_numbers(name, _floats(series))
    if kind in {nw.Date, nw.Datetime}:
        return Column(
            name, "date", _floats(series.dt.timestamp("us")) / (_DAY.total_seconds() * 1e6)
        )
    if kind == nw.Duration:
        days = _floats(series.dt.total_microseconds()) / (_DAY.total_seconds() * 1e6)
        return column_of_numbers(name, days)
    return _column_of_objects(name, series.to_list())


def _texts(series: "nw.Series[Any]") -> list[str | None]:
    """Spell all cells as words."""
    return [_text(cell) for cell in series.to_list()]


def _floats(series: "nw.Series[Any]") -> Float64Array:
    """Return numbers as float64, nan where blank."""
    import narwhals as nw

    return np.array(series.cast(nw.Float64).to_numpy(), dtype=np.float64)


def _is_large(series: "nw.Series[Any]") -> bool:
    """Whether there is a whole number that float64 cannot hold."""
    largest, smallest = series.max(), series.min()
    return largest is not None and bool(largest > LARGEST_EXACT or smallest < -LARGEST_EXACT)


def _column_of_objects(name: str, cells: list[Any]) -> Column | None:
    """Turn Python objects into numbers or dates where all are; else into words."""
    known = [cell for cell in cells if not _is_blank(cell)]
    if any(isinstance(cell, list | dict | tuple | set | bytes | np.ndarray) for cell in known):
        return None
    if known and all(_is_number(cell) for cell in known):
        if not any(isinstance(x, numbers.Integral) and abs(int(x)) > LARGEST_EXACT for x in known):
            values = [np.nan if _is_blank(cell) else float(cell) for cell in cells]
            return column_of_numbers(name, np.array(values))
    elif known and all(isinstance(cell, dt.date | dt.time) for cell in known):
        days = [np.nan if _is_blank(cell) else _days(cell) for cell in cells]
        return Column(name, "date", np.array(days))
    return column_of_texts(name, map(_text, cells))


def _is_blank(cell: Any) -> bool:  # noqa: ANN401 - any cell
    """Whether a cell is None, nan, NaT or pandas' NA, each of which is not equal to itself."""
    if cell is None or type(cell).__name__ in {"NAType", "NaTType"}:
        return True
    return isinstance(cell, float | np.floating) and bool(np.isnan(cell))


def _is_number(cell: Any) -> bool:  # noqa: ANN401 - any cell
    is_number = isinstance(cell, numbers.Number) or type(cell).__name__ == "Decimal"
    return is_number and not isinstance(cell, bool | np.bool_ | complex)


def _text(cell: Any) -> str | None:  # noqa: ANN401 - any cell
    """Spell a cell as a word: true and false in small letters, whole numbers without a point.

    Categories 1 and 2 with blanks among them come as 1.0 and 2.0 from some libraries.
    """
    if _is_blank(cell):
        return None
    if isinstance(cell, bool | np.bool_):
        return str(cell).lower()
    is_whole = isinstance(cell, float | np.floating) and float(cell).is_integer()
    return f"{cell:.0f}" if is_whole else str(cell)


def _days(moment: dt.date | dt.time) -> float:
    """Return days since 1970-01-01; of a time of day its fraction, of a moment the one in UTC."""
    if isinstance(moment, dt.time):
        moment = dt.datetime.combine(_EPOCH, moment)
    if not isinstance(moment, dt.datetime):
        moment = dt.datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001
    if moment.tzinfo is not None:
        moment = moment.astimezone(dt.UTC).replace(tzinfo=None)
    return (moment - _EPOCH) / _DAY


def filled_frame(table: Table, filling: Filling) -> Any:  # noqa: ANN401 - as it came
    """Return a frame of the same library with answers put in and columns added after its last.

    The person's frame is not touched; its index is kept. The answered column keeps its type, so
    in a column of whole numbers answers are rounded; where an answer does not fit, it becomes one
    of fractions or texts. A lazy frame is given back as a lazy one.
    """
    import narwhals as nw

    source = table.source
    assert isinstance(source, FrameSource)
    frame, names = source.frame, source.frame.columns
    series = []
    if filling.answers is not None:
        place = [str(name) for name in names].index(filling.answers.name)
        series.append(_answered(frame[:, place], filling, filling.answers).alias(names[place]))
    for column in filling.added:
        cells: list[Any] = [None] * len(frame)
        for row, value in zip(filling.rows, column.values.tolist(), strict=True):
            cells[row] = None if _is_blank(value) else value
        kind = nw.String if column.type == "word" else nw.Float64
        series.append(nw.new_series(column.name, cells, kind, backend=frame.implementation))
    filled = source.give_back(frame.with_columns(*series))
    if source.labels != tuple(names):
        labels = [*source.labels, *(column.name for column in filling.added)]
        filled.columns = labels
    return filled


def _answered(series: "nw.Series[Any]", filling: Filling, answers: Column) -> "nw.Series[Any]":
    """Put answers into their rows, in the column's type if it holds them."""
    import narwhals as nw

    rows = filling.rows.tolist()
    values = answers.values.tolist()
    if answers.type == "word":
        known = zip(_texts(series), series.to_list(), strict=True)
        cells = {text.strip(): cell for text, cell in known if text is not None}
        if all(value in cells for value in values):
            return series.scatter(rows, [cells[value] for value in values])
        return series.cast(nw.String).scatter(rows, values)
    if series.dtype.is_integer():
        whole = [round(value) for value in values]
        try:
            filled = series.scatter(rows, whole)
        except (TypeError, ValueError, OverflowError, ArithmeticError):
            filled = None
        # Where they do not fit, one library raises, one widens, and one puts in nothing.
        if filled is not None and filled.dtype == series.dtype and filled[rows].to_list() == whole:
            return filled
        series = series.cast(nw.Float64)
    own = nw.new_series(answers.name, values, nw.Float64, backend=series.implementation)
    if series.dtype.is_float():
        # float32 keeps its type where it holds the answers.
        with np.errstate(over="ignore"):
            own = own.cast(series.dtype)
        if np.isfinite(own.to_numpy()).all():
            return series.scatter(rows, own)
    return series.cast(nw.Float64).scatter(rows, values)
