"""Which column is asked for, what it is learned from, and what is said where neither is clear."""

import numpy as np
import pytest

from gradus.errors import DataError, InvalidParameter
from gradus.tables.columns import pose_question
from gradus.tables.read import read_table


@pytest.fixture
def table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def table(text):
        path = tmp_path / "t.csv"
        path.write_text(text)
        return read_table(path.relative_to(tmp_path))

    return table


def refusal(kind, *arguments):
    with pytest.raises(kind) as caught:
        pose_question(*arguments)
    return str(caught.value)


def test_the_one_column_with_blanks_is_asked_for(table):
    question = pose_question(table("a,b,c\n1,2,3\n2,,4\n3,4,5\n"))
    assert question.target == 1
    assert question.inputs == (0, 2)
    assert question.complete.tolist() == [0, 2]
    assert question.asked.tolist() == [1]
    assert question.notes == ()


def test_a_named_target_among_several_with_blanks(table):
    question = pose_question(table("a,b,c\n1,2,\n2,,4\n3,4,5\n,9,7\n"), "c")
    assert question.target == 2
    assert question.complete.tolist() == [1, 2, 3]
    assert question.asked.tolist() == [0]
    assert question.notes == (
        "The column's median stands in where an input is blank: 'a' (1 row), 'b' (1 row).",
    )


def test_several_columns_with_blanks_are_named_with_counts(table):
    read = table("a,b,c\n1,2,\n2,,4\n3,,5\n")
    assert refusal(DataError, read) == (
        "t.csv has blanks in 2 columns: 'b' (2 rows), 'c' (1 row). Name the one to fill with "
        "--target."
    )


def test_no_blanks(table):
    read = table("a,b\n1,2\n3,4\n")
    assert refusal(DataError, read) == (
        "t.csv has no blank cell to fill. Leave the cells to be answered empty."
    )
    assert refusal(DataError, read, "b") == "Column 'b' of t.csv has no blank cell to fill."


def test_a_target_that_does_not_exist(table):
    read = table("price,area\n1,2\n,4\n")
    assert refusal(InvalidParameter, read, "pirce") == (
        "target must be a column of t.csv; got 'pirce'. Did you mean 'price'?"
    )
    assert refusal(InvalidParameter, read, "zzz") == (
        "target must be a column of t.csv; got 'zzz'. Its columns are 'price', 'area'."
    )


def test_a_long_list_of_columns_is_cut(table):
    names = [f"n{j}" for j in range(12)]
    read = table(",".join(names) + "\n" + ",".join("1" * 12) + "\n")
    assert refusal(InvalidParameter, read, "zzz").endswith(
        "'n0', 'n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7' and 4 more."
    )


def test_a_wholly_blank_column_is_no_question_but_left_out(table):
    question = pose_question(table("a,empty,y\n1,,2\n2,,\n3,,4\n"))
    assert question.target == 2
    assert question.inputs == (0,)
    assert question.notes == ("'empty' is left out: blank in every row learned from.",)


def test_blanks_only_in_a_wholly_blank_column(table):
    assert refusal(DataError, table("a,b,y\n1,2,\n2,3,\n")) == (
        "t.csv has blanks only in 'y', which is empty in every row, so there is nothing to learn "
        "from."
    )
    assert refusal(DataError, table("a,y,z\n1,,\n2,,\n")) == (
        "t.csv has blanks only in 'y', 'z', which are empty in every row, so there is nothing to "
        "learn from."
    )


@pytest.mark.parametrize(("known", "told"), [("", "no row"), ("5", "one row only")])
def test_too_few_known_targets(table, known, told):
    read = table(f"a,y\n1,{known}\n2,\n3,\n")
    assert refusal(DataError, read, "y") == (
        f"Column 'y' must be known in at least two rows to learn from; it is known in {told}."
    )


def test_a_constant_target(table):
    assert refusal(DataError, table("a,y\n1,5\n2,5\n3,\n4,5\n")) == (
        "Column 'y' must hold different values to learn from; it is 5 in all 3 rows that have one."
    )


def test_columns_of_one_value_are_left_out_and_said(table):
    question = pose_question(table("a,b,c,y\n1,7,0,2\n2,7,0,4\n3,8,0,\n"))
    # b differs only in the row that is asked, which nothing was learned from.
    assert question.inputs == (0,)
    assert question.notes == ("'b', 'c' are left out: one value in every row learned from.",)


def test_one_value_and_blanks_still_tell_rows_apart(table):
    question = pose_question(table("a,b,y\n1,7,2\n2,,4\n3,7,\n"), "y")
    assert question.inputs == (0, 1)


def test_nothing_left_to_learn_from(table):
    assert refusal(DataError, table("a,y\n1,2\n1,4\n2,\n")) == (
        "t.csv must have a column besides 'y' whose values differ over the rows to learn from; "
        "it has none."
    )


def test_rows_without_any_value_ask_nothing(table):
    question = pose_question(table("a,y\n1,2\n,\n2,4\n3,\n,\n"))
    assert question.asked.tolist() == [3]
    assert question.notes == ("2 rows have no value at all and stay as they are.",)
    assert pose_question(table("a,y\n1,2\n,\n2,4\n3,\n")).notes == (
        "1 row has no value at all and stays as it is.",
    )


def test_only_rows_without_any_value(table):
    # Such a row makes no column one with blanks.
    assert refusal(DataError, table("a,y\n1,2\n,\n2,4\n")) == (
        "t.csv has no blank cell to fill. Leave the cells to be answered empty."
    )


def test_a_row_of_which_only_the_target_is_known_is_learned_from(table):
    question = pose_question(table("a,y\n1,2\n,9\n2,4\n3,\n"), "y")
    assert question.complete.tolist() == [0, 1, 2]


def test_the_table_is_not_touched(table):
    read = table("a,y\n1,2\n2,3\n3,\n")
    before = read.values.copy()
    pose_question(read)
    assert np.array_equal(read.values, before, equal_nan=True)
