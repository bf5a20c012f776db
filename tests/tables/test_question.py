"""Which column is asked for, what it is learned from, and what is said where neither is clear."""

import pytest

from gradus.errors import DataError, InvalidParameter
from gradus.tables.kinds import describe
from gradus.tables.question import pose_question
from tests.tables.columns import date, number, table, word
from tests.tables.shared import shared_table


def pose(given, target=None, said=None, ignored=(), **options):
    return pose_question(given, describe(given, said, ignored), target, **options)


def refusal(given, target=None, kind=DataError, **options):
    with pytest.raises(kind) as caught:
        pose(given, target, **options)
    return str(caught.value)


A, B = number("a", 1, 2, 3, 4, 5), number("b", 5, 1, 4, 2, 3)
AT_LEAST_0 = "numbers of at least 0 to weigh rows"
LAST = number("y", 2, None, 6, None, 10)
FIRST = number("y", None, None, 6, 8, 10)


# The guess ---------------------------------------------------------------------------------------


def test_the_last_column_is_asked_for():
    question = pose(table(A, B, LAST))
    assert question.target == 2
    assert question.inputs == (0, 1)
    assert question.complete.tolist() == [0, 2, 4]
    assert question.asked.tolist() == [1, 3]
    assert question.notes == ("The blanks of 'y' (2 of 5 rows) are the question.",)


def test_a_block_of_blanks_at_either_end_is_a_question():
    assert pose(table(FIRST, A)).target == 0
    assert pose(table(A, number("y", 1, 2, 3, 4, None), B)).target == 1


def test_scattered_blanks_in_another_column_are_missing_inputs():
    assert refusal(table(A, LAST, B)) == (
        "The blanks of 'y' (2 rows) of t.csv are scattered in a column that is not the last, so "
        "they look like missing inputs. Name the column to fill with --target."
    )


def test_the_runner_up_is_named():
    few = number("c", 1, None, 3, 4, 5)
    assert pose(table(few, A, LAST)).notes[0] == (
        "The blanks of 'y' (2 of 5 rows) are the question; 'c' (1 row) has blanks too."
    )
    two = number("d", None, 1, None, 4, 5)
    assert pose(table(few, two, LAST)).notes[0] == (
        "The blanks of 'y' (2 of 5 rows) are the question; 'd' (2 rows), 'c' (1 row) have blanks "
        "too."
    )


def test_the_last_column_is_no_guess_if_another_has_more_blanks():
    more = number("c", 1, None, None, None, 5)
    assert refusal(table(more, A, LAST)) == (
        "t.csv has blanks in 2 columns: 'c' (3 rows), 'y' (2 rows). Name the one to fill with "
        "--target."
    )


def test_two_columns_whose_blanks_look_like_a_question():
    assert refusal(table(FIRST, A, number("z", None, 2, None, 4, 5))) == (
        "t.csv has blanks in 2 columns: 'y' (2 rows), 'z' (2 rows). Name the one to fill with "
        "--target."
    )


def test_a_single_blank_at_the_end_is_no_question_beside_the_last_column():
    assert pose(table(number("a", 1, 2, 3, 4, None), LAST)).target == 1


def test_ignored_columns_and_weights_are_not_asked_for():
    assert pose(table(A, LAST, B), ignored=["b"]).target == 1
    weight = number("w", 1, None, 1, None, 1)
    assert pose(table(A, LAST, weight), weight="w").target == 1


def test_no_blanks():
    assert refusal(table(A, B)) == (
        "t.csv has no blank cell to fill. Leave the cells to be answered empty."
    )
    assert refusal(table(A, B), "b") == "Column 'b' of t.csv has no blank cell to fill."


def test_blanks_only_in_a_wholly_blank_column():
    empty = [number(name, None, None, None, None, None) for name in "yz"]
    assert refusal(table(A, empty[0])) == (
        "t.csv has blanks only in 'y', which is empty in every row, so there is nothing to learn "
        "from."
    )
    assert refusal(table(A, *empty)) == (
        "t.csv has blanks only in 'y', 'z', which are empty in every row, so there is nothing to "
        "learn from."
    )


# The named target --------------------------------------------------------------------------------


def test_a_named_target_among_several_with_blanks():
    given = table(number("a", 1, 2, None, 4, 5), B, number("y", 3, 1, 5, 2, None))
    question = pose(given, "a")
    assert (question.target, question.inputs) == (0, (1, 2))
    assert question.complete.tolist() == [0, 1, 3, 4]
    assert question.notes == (
        "The column's median stands in where an input is blank: 'y' (1 row).",
    )


def test_a_target_that_does_not_exist():
    assert refusal(table(A, LAST), "z", InvalidParameter) == (
        "target must be a column of t.csv; got 'z'. Its columns are 'a', 'y'."
    )


def test_training_needs_a_target_and_no_blank():
    assert refusal(table(A, LAST), None, InvalidParameter, needs_blank=False) == (
        "target must name the column of t.csv to learn; none was given."
    )
    question = pose(table(A, B), "b", needs_blank=False)
    assert question.complete.tolist() == [0, 1, 2, 3, 4]
    assert question.asked.tolist() == []


@pytest.mark.parametrize(("known", "told"), [([], "no row"), ([5], "one row only")])
def test_too_few_known_targets(known, told):
    given = table(A, number("y", *known, *[None] * (5 - len(known))))
    assert refusal(given, "y") == (
        f"Column 'y' must be known in at least two rows to learn from; it is known in {told}."
    )


@pytest.mark.parametrize(
    ("column", "value"),
    [(number("y", 5, 5, None, 5, 5), "5"), (word("y", *"xx", None, *"xx"), "'x'")],
)
def test_a_target_of_one_value(column, value):
    assert refusal(table(A, column), "y") == (
        f"Column 'y' must hold different values to learn from; it is {value} in all 4 rows that "
        "have one."
    )


def test_targets_that_cannot_be_learned():
    days = table(date("d", 1, 2, 3, 4, None), A)
    assert refusal(days, "d") == (
        "Column 'd' must hold numbers or words to be learned; it is a date."
    )
    names = table(word("n", *"vwxyz"), A)
    assert refusal(names, "n", needs_blank=False) == (
        "Column 'n' must repeat its values to be learned. 'n' is an id: 5 different words in 5 "
        "rows. Say --as n=category if it is none."
    )
    assert refusal(table(A, B), "a", ignored=["a"], needs_blank=False) == (
        "Column 'a' must not be ignored to be the target."
    )


def test_words_that_come_once_each_are_no_classes():
    words = [f"w{j}" for j in range(15)]
    given = table(number("a", *range(16)), word("y", *words, "w0"))
    assert refusal(given, "y", said={"y": "category"}, needs_blank=False) == (
        "Column 'y' must hold at most 1,000 different words, most of them more than once, to be "
        "learned; it holds 15, 14 of them once. It looks like text or an id."
    )


# The task ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "task"),
    [
        ([0, 1, 1, 0], "classes"),
        ([-1, 1, 1, 1], "classes"),
        ([2, 4, 2, 4], "regression"),
        ([2, 4] * 20, "classes"),
        ([2, 4] * 19 + [2], "regression"),
        (list(range(10)) * 20, "classes"),
        (list(range(1, 11)) * 20, "classes"),
        (list(range(11)) * 20, "regression"),
        (list(range(2, 6)) * 20, "regression"),
        ([0, 1, 3] * 20, "regression"),
        ([0, 1, 2] * 19 + [0, 1], "regression"),
        ([0.5, 1.5, 2.5] * 20, "regression"),
    ],
)
def test_numbers_that_are_classes(values, task):
    given = table(number("a", *range(5, len(values) + 5)), number("y", *values))
    question = pose(given, "y", needs_blank=False)
    assert question.task == task
    assert pose(given, "y", {"y": "number"}, needs_blank=False).task == "regression"
    assert pose(given, "y", {"y": "category"}, needs_blank=False).task == "classes"


def test_numbers_that_are_classes_are_said():
    given = table(A, number("y", 0, 1, None, 1, 0))
    assert pose(given, "y").notes == (
        "'y' is learned as classes: 2 values, 0 and 1, in 4 rows; --as y=number overrules.",
    )


def test_words_are_classes():
    question = pose(table(A, word("y", "m", "f", None, "f", "m")), "y")
    assert question.task == "classes"
    assert question.notes == ()


# Inputs ------------------------------------------------------------------------------------------


def test_what_is_left_out_is_said():
    given = table(
        A, number("id", 71, 13, 40, 12, 9), number("c", 7, 7, 7, 7, 8), number("e", *[None] * 5),
        word("n", *"vwxyz"), B, LAST,
    )  # fmt: skip
    question = pose(given, "y", ignored=["b"])
    # c differs only in the last row; without it nothing was learned from.
    assert question.inputs == (0, 2)
    assert question.notes == (
        "'id' is an id: 5 different whole numbers in 5 rows; it is left out.",
        "'n' is an id: 5 different words in 5 rows; it is left out.",
        "'e' is left out: blank in every row learned from.",
        "'b' is left out: not to be learned from.",
    )


def test_columns_of_one_value_over_the_rows_learned_from_are_left_out():
    given = table(A, number("b", 7, 8, 7, 8, 7), word("c", *"xyxyx"), LAST)
    question = pose(given)
    assert question.inputs == (0,)
    assert question.notes[1:] == ("'b', 'c' are left out: one value in every row learned from.",)


def test_one_value_and_blanks_still_tell_rows_apart():
    given = table(A, number("b", 7, None, 7, 7, 7), word("c", "x", None, "x", "x", "x"), B)
    question = pose(given, "a", needs_blank=False)
    assert question.inputs == (1, 2, 3)
    assert question.notes == (
        "The column's median stands in where an input is blank: 'b' (1 row).",
        "A blank counts as a word of its own: 'c' (1 row).",
    )


def test_nothing_left_to_learn_from():
    assert refusal(table(number("a", 1, 1, 1, 1, 1), LAST)) == (
        "t.csv must have a column besides 'y' whose values differ over the rows to learn from; it "
        "has none."
    )


def test_a_number_that_counts_the_rows_is_learned_from_if_nothing_else_is_there():
    given = table(number("n", *range(1, 31)), number("y", *range(100, 30, -3), *[None] * 6))
    question = pose(given)
    assert question.inputs == (0,)
    assert question.notes[1] == (
        "Nothing else can be learned from, so whole numbers that name the rows are."
    )


def test_rows_without_any_value_ask_nothing():
    given = table(number("a", 1, None, 2, 3, None), number("y", 2, None, 4, None, None))
    question = pose(given)
    assert question.asked.tolist() == [3]
    assert question.notes[1:] == ("2 rows have no value at all and stay as they are.",)


def test_only_rows_without_any_value():
    # Such a row makes no column one with blanks.
    assert refusal(table(number("a", 1, None, 2), number("y", 2, None, 4))) == (
        "t.csv has no blank cell to fill. Leave the cells to be answered empty."
    )


def test_a_row_of_which_only_the_target_is_known_is_learned_from():
    given = table(number("a", 1, None, 2, 3), number("y", 2, 9, 4, None))
    assert pose(given, "y").complete.tolist() == [0, 1, 2]


# Weights -----------------------------------------------------------------------------------------


def test_weights_are_no_input():
    question = pose(table(A, number("w", 1, None, 0, 2, 2), LAST), weight="w")
    assert (question.inputs, question.weight) == ((0,), 1)
    assert question.notes[1] == ("'w' says how much each row counts; nothing is learned from it.")


@pytest.mark.parametrize(
    ("column", "told"),
    [
        (word("w", *"xxyyz"), "numbers to weigh rows; it holds words or dates."),
        (number("w", 1, 1, -2, 1, 1), f"{AT_LEAST_0}; got -2 in row 3."),
        (number("w", 1, 1, 1, 1, None), f"{AT_LEAST_0}; got a blank in row 5."),
        (number("w", 0, 1, 0, 1, 0), "a weight above 0; all are 0."),
    ],
)
def test_weights_that_are_none(column, told):
    assert refusal(table(A, column, LAST), weight="w") == f"Column 'w' must hold {told}"


def test_one_row_of_a_weight_above_0_is_too_few():
    given = table(A, number("w", 0, 1, 0, 0, 2), LAST)
    assert refusal(given, "y", weight="w") == (
        "Column 'y' must be known in at least two rows of a weight above 0 in 'w' to learn from; "
        "it is known in one row only."
    )


def test_the_target_is_no_weight():
    assert refusal(table(A, LAST), "y", InvalidParameter, weight="y") == (
        "weight_column must be another column than the target, 'y'."
    )


# Real tables -------------------------------------------------------------------------------------


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("titanic.csv", "3 columns: 'Age' (177 rows), 'Cabin' (687 rows), 'Embarked' (2 rows)."),
        ("california_housing.csv", "not the last, so they look like missing inputs."),
    ],
)
def test_real_tables_that_need_a_target(name, told):
    assert told in refusal(shared_table(name))


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "target", "task", "n_inputs"),
    [
        ("titanic.csv", "Survived", "classes", 8),
        ("ames_housing.csv", "price", "regression", 79),
        ("california_housing.csv", "median_house_value", "regression", 9),
        ("bike_sharing_hour.csv", "cnt", "regression", 15),
        ("sp500_daily.csv", "Close", "regression", 6),
        ("student_mat.csv", "G3", "regression", 32),
        ("student_por.csv", "G3", "regression", 32),
        ("adult_train.parquet", "income", "classes", 14),
        ("covertype_20k.parquet", "Cover_Type", "classes", 53),
        ("zhou_gender.csv", "gender", "classes", 2),
    ],
)
def test_tasks_of_real_tables(name, target, task, n_inputs):
    question = pose(shared_table(name), target, needs_blank=False)
    assert (question.task, len(question.inputs)) == (task, n_inputs)
