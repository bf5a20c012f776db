"""What readers of typed formats share."""

import numpy as np
import pytest

from gradus.errors import DataError
from gradus.tables.table import Column
from gradus.tables.typed import check_finite, column_of_texts, decimals_of, named

NAN = float("nan")


def test_names():
    assert named(["a", " ", "", "A"], "t") == ["a", "column 2", "column 3", "A"]
    with pytest.raises(DataError) as caught:
        named(["a", "b", "a"], "t")
    assert str(caught.value) == (
        "t must have columns of different names; columns 1 and 3 are both called 'a'."
    )
    with pytest.raises(DataError, match="t must have at least one column"):
        named([], "t")


@pytest.mark.parametrize(
    ("numbers", "decimals"),
    [
        ([1, 2, -300], 0),
        ([0.5, 0.25, 1e15], 2),
        ([0.1, 123456.789], 3),
        ([1 / 3], 15),
        ([1e300, -1e-3], 3),
        ([1e-20], 15),
        ([NAN], 0),
        ([], 0),
    ],
)
def test_decimals(numbers, decimals):
    assert decimals_of(np.array(numbers, dtype=float)) == decimals


@pytest.mark.parametrize("kind", ["number", "date"])
def test_only_finite_numbers_and_dates(kind):
    check_finite("t", Column("x", kind, np.array([NAN, 1e150, -1e150])))
    with pytest.raises(DataError) as caught:
        check_finite("t", Column("x", kind, np.array([NAN, 1, -np.inf])))
    assert str(caught.value) == (
        f"Column 'x' of t must hold {kind}s that are finite, between -1e150 and 1e150; "
        "row 3 holds -inf."
    )


@pytest.mark.parametrize(
    ("texts", "kind", "values"),
    [
        ([" a", "", None, "  "], "word", ["a", None, None, None]),
        (["2020-01-02 06:00", None], "date", [18263.25, NAN]),
        (["2020-01-02", "later"], "word", ["2020-01-02", "later"]),
        (["2020-13-02"], "word", ["2020-13-02"]),
        (["02.01.2020"], "word", ["02.01.2020"]),
        ([], "word", []),
    ],
)
def test_texts(texts, kind, values):
    column = column_of_texts("x", texts)
    assert column.type == kind
    assert np.array_equal(column.values, np.array(values, dtype=column.values.dtype),
                          equal_nan=kind == "date")  # fmt: skip
