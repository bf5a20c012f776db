"""Each column is what its values show, or what the person says."""

import numpy as np
import pytest

from gradus.errors import DataError, InvalidParameter
from gradus.tables.kinds import describe
from tests.tables.columns import date, number, table, word
from tests.tables.shared import shared_table


def only(column, **said):
    (found,) = describe(table(column), **said)
    return found


def counting(n, start=1):
    return np.arange(start, start + n, dtype=np.float64)


@pytest.mark.parametrize(
    ("column", "kind", "reason"),
    [
        (
            number("a", 1.5, 12, None),
            "number",
            "a number: 2 different values from 1.5 to 12 in 2 rows",
        ),
        (number("a", 7, 7), "constant", "constant: 7 in all 2 rows"),
        (word("a", "x", "x"), "constant", "constant: 'x' in all 2 rows"),
        (date("a", 0, 0), "constant", "constant: 1970-01-01 in all 2 rows"),
        (number("a", 7, None), "number", "a number: 1 different value from 7 to 7 in 1 row"),
        (word("a", None, None), "empty", "empty: blank in every row"),
        (word("a", "x", "y", "x"), "category", "a category: 2 different words in 3 rows"),
        (word("a", "Yes", "no", "yes "), "yes/no", "yes/no: 'no', 'Yes', 'yes ' in 3 rows"),
        (word("a", "J", "N", None), "yes/no", "yes/no: 'J', 'N' in 2 rows"),
        (date("a", 0, 1, None), "date", "a date: from 1970-01-01 to 1970-01-02"),
        (word("a", "x", "y", "z"), "id", "an id: 3 different words in 3 rows"),
        (
            word("a", "x", "y", "z", None),
            "category",
            "a category: 3 different words in 3 rows, and blank in 1 row, which may tell",
        ),
        (
            word("a", "a b c d", "e f g h", "i j k l m n"),
            "text",
            "text: 3 different cells in 3 rows, 4.7 words each on average",
        ),
    ],
)
def test_what_a_column_is_and_why(column, kind, reason):
    found = only(column)
    assert (found.kind, found.reason) == (kind, f"'a' is {reason}.")
    assert not found.is_said


def test_many_numbers_that_are_all_different_are_no_id(rng):
    assert only(number("price", *rng.random(500))).kind == "number"
    assert only(number("area", *rng.permutation(500))).kind == "number"


def test_whole_numbers_that_count_the_rows_are_an_id():
    assert (
        only(number("a", *counting(20))).reason == "'a' is an id: it counts the rows from 1 to 20."
    )
    assert only(number("a", *counting(20, start=0))).kind == "id"
    assert only(number("a", *counting(19))).kind == "number"  # a table of a few measured steps
    assert only(number("a", *counting(30, start=1990))).kind == "number"
    assert only(number("week", *counting(30))).kind == "number"
    assert only(number("a", *counting(30), None)).kind == "number"


@pytest.mark.parametrize("name", ["id", "PassengerId", "PID", "order no", "row_index", "order-nr"])
def test_different_whole_numbers_named_like_an_id_are_one(name):
    found = only(number(name, 71, 13, 40))
    assert found.reason == f"{name!r} is an id: 3 different whole numbers in 3 rows."
    assert only(number(name, 71, 13, 13)).kind == "number"
    assert only(number(name, 71, 13, 0.5)).kind == "number"


@pytest.mark.parametrize("name", ["paid", "humid", "grid", "volcano"])
def test_names_that_only_end_like_an_id(name):
    assert only(number(name, 71, 13, 40)).kind == "number"


def test_words_repeated_in_most_rows_are_a_category():
    words = [f"w{j}" for j in range(10)]
    assert only(word("a", *words, *words)).kind == "category"
    assert only(word("a", *words, *words[:9])).kind == "id"  # 10 different in 19 rows
    assert only(word("a", *words[:9], "w0")).kind == "category"  # few different words


def test_numbers_of_two_values_stay_numbers():
    assert only(number("a", 0, 1, 0)).kind == "number"


@pytest.mark.parametrize(
    ("column", "kind", "values"),
    [
        (number("a", 3, 0.5), "category", ["3", "0.5"]),
        (number("a", 0, 1), "yes/no", ["0", "1"]),
        (word("a", "3", "0.5"), "number", [3.0, 0.5]),
        (word("a", "1970-01-03", "1970-01-01"), "date", [2.0, 0.0]),
        (number("a", 3, 4), "id", [3.0, 4.0]),
        (word("a", "x", "x"), "text", ["x", "x"]),
    ],
)
def test_what_the_person_says_overrules(column, kind, values):
    found = only(column, said={"a": kind})
    assert found.kind == kind
    assert found.is_said
    assert found.column.values.tolist() == values
    assert found.reason.endswith(", as said.")


def test_ignored_columns():
    found = describe(table(number("a", 1, 2), number("b", 1, 2)), ignored=["b"])
    assert [given.kind for given in found] == ["number", "ignored"]
    assert found[1].reason == "'b' is not to be learned from."


def test_what_cannot_be_as_said():
    with pytest.raises(DataError, match=r"^Column 'a' must hold numbers; 'x' \(row 2\) is no num"):
        only(word("a", "3", "x"), said={"a": "number"})
    with pytest.raises(DataError, match=r"^Column 'a' must hold two .* yes/no; it holds 3\.$"):
        only(word("a", "3", "x", "y"), said={"a": "yes/no"})


def test_names_that_do_not_exist():
    given = table(number("price", 1, 2))
    with pytest.raises(InvalidParameter) as caught:
        describe(given, {"pirce": "number"})
    assert str(caught.value) == (
        "--as must be a column of t.csv; got 'pirce'. Did you mean 'price'?"
    )
    with pytest.raises(InvalidParameter, match=r"got 'PRICE'\. Did you mean 'price'\?$"):
        describe(given, {"PRICE": "number"})
    with pytest.raises(InvalidParameter, match=r"^--ignore must be a column of t\.csv; got 'x'"):
        describe(given, ignored=["x"])
    with pytest.raises(InvalidParameter, match=r"got 'catgory'\. Did you mean 'category'\?$"):
        describe(given, {"price": "catgory"})


def test_some_rows_of_a_described_column():
    found = only(number("a", 1, 2, 3)).take(np.array([0, 2]))
    assert found.column.values.tolist() == [1.0, 3.0]
    assert found.kind == "number"


# Real tables -------------------------------------------------------------------------------------


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("titanic.csv", {"id": ["PassengerId", "Ticket"], "text": ["Name"],
                         "category": ["Sex", "Cabin", "Embarked"]}),
        ("california_housing.csv", {"category": ["ocean_proximity"]}),
        ("bike_sharing_hour.csv", {"id": ["instant"], "date": ["dteday"]}),
        ("sp500_daily.csv", {"date": ["Date"]}),
        ("uci_concrete.csv", {}),
        ("uci_energy.csv", {}),
        ("uci_yacht.csv", {}),
    ],
)  # fmt: skip
def test_kinds_of_real_tables(name, kinds):
    found = {}
    for given in describe(shared_table(name)):
        if given.kind != "number":
            found.setdefault(given.kind, []).append(given.column.name)
    assert found == kinds


@pytest.mark.data
def test_ids_and_constants_of_real_tables():
    ames = {given.column.name: given.kind for given in describe(shared_table("ames_housing.csv"))}
    assert [name for name, kind in ames.items() if kind == "id"] == ["Order", "PID"]
    assert ames["Central.Air"] == "yes/no"
    cover = describe(shared_table("covertype_20k.parquet"))
    assert [given.column.name for given in cover if given.kind != "number"] == ["Soil_Type15"]
