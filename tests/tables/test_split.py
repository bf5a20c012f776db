"""Folds are even, keep copies together, and follow time or groups where they must."""

import numpy as np
import pytest

from gradus.errors import DataError, InvalidParameter
from gradus.tables.checks import groups_of_copies
from gradus.tables.kinds import describe
from gradus.tables.leaks import value_codes
from gradus.tables.question import pose_question
from gradus.tables.split import choose_split
from tests.tables.columns import date, number, table, word
from tests.tables.shared import shared_table


def split(*columns, target="y", **options):
    return split_of(table(*columns), target, **options)


def split_of(given, target, *args, copies=None, **options):
    described = describe(given)
    question = pose_question(given, described, target, needs_blank=False)
    if copies is None:
        inputs = [value_codes(described[j].column.take(question.complete)) for j in question.inputs]
        copies = groups_of_copies(np.column_stack(inputs))
    return choose_split(given, described, question, np.asarray(copies), *args, **options)


def noise(rng, n, name="y"):
    return number(name, *rng.normal(size=n))


def walk(rng, n, name="y"):
    return number(name, *np.cumsum(rng.normal(size=n)))


def test_rows_are_shared_out_evenly_at_random(rng):
    given = table(noise(rng, 103, "a"), noise(rng, 103))
    found = split_of(given, "y")
    assert (found.kind, found.groups, found.order, found.notes) == ("random", None, None, ())
    assert sorted(np.bincount(found.folds)) == [20, 20, 21, 21, 21]
    assert np.array_equal(found.folds, split_of(given, "y").folds)
    assert not np.array_equal(found.folds, split_of(given, "y", seed=1).folds)
    assert np.bincount(split_of(given, "y", n_folds=3).folds).tolist() == [35, 34, 34]


def test_few_rows_are_left_out_one_at_a_time(rng):
    found = split(noise(rng, 29, "a"), noise(rng, 29))
    assert sorted(found.folds) == list(range(29))
    assert len(set(split(noise(rng, 30, "a"), noise(rng, 30)).folds)) == 5
    assert len(set(split(noise(rng, 29, "a"), noise(rng, 29), n_folds=4).folds)) == 4


def test_a_fifth_of_many_rows_judges(rng):
    n = 50_001
    found = split(noise(rng, n, "a"), noise(rng, n))
    assert np.bincount(found.folds + 1).tolist() == [40_000, 10_001]
    assert found.notes == ("One fifth of the rows judges (10,001 rows); the others train.",)


def test_classes_are_in_every_fold_in_their_shares(rng):
    y = rng.permutation(["a"] * 70 + ["b"] * 25 + ["c"] * 6)
    found = split(noise(rng, 101, "a"), word("y", *y))
    for name, fewest in (("a", 14), ("b", 5), ("c", 1)):
        counts = np.bincount(found.folds[y == name], minlength=5)
        assert counts.min() == fewest
        assert counts.max() - counts.min() <= 1
    assert sorted(np.bincount(found.folds)) == [20, 20, 20, 20, 21]


def test_copies_of_a_row_stay_together(rng):
    copies = np.append(np.arange(60), [0, 0, 7, 59])
    found = split(noise(rng, 64, "a"), noise(rng, 64), copies=copies)
    assert np.array_equal(found.groups, copies)
    for group in (0, 7, 59):
        assert len(set(found.folds[copies == group])) == 1
    assert sorted(np.bincount(found.folds)) == [12, 13, 13, 13, 13]


def test_few_different_inputs_are_no_copies(rng):
    copies = np.arange(100) % 10
    found = split(noise(rng, 100, "a"), noise(rng, 100), copies=copies)
    assert found.groups is None
    assert found.notes == (
        "100 rows share 10 different inputs: rows that are equal are split apart.",
    )


# Groups ------------------------------------------------------------------------------------------


def test_whole_groups(rng):
    town = rng.choice(list("abcdefg"), size=70)
    found = split(word("town", *town), noise(rng, 70), said="group:town")
    assert found.kind == "group"
    assert found.notes == ("The 7 groups of 'town' stay whole in 5 folds.",)
    for group in set(found.groups):
        assert len(set(found.folds[found.groups == group])) == 1
        assert len(set(town[found.groups == group])) == 1
    assert len(set(found.folds)) == 5
    assert len(set(split(word("town", *town), noise(rng, 70), said="group:town",
                         n_folds=9).folds)) == 7  # fmt: skip


def test_groups_of_different_sizes_are_shared_out_evenly(rng):
    town = rng.permutation([*"a" * 30, *"b" * 10, *"c" * 10, *"d" * 10])
    for seed in range(5):
        found = split(word("t", *town), noise(rng, 60), said="group:t", n_folds=2, seed=seed)
        assert np.bincount(found.folds).tolist() == [30, 30]


def test_one_group_cannot_be_split(rng):
    with pytest.raises(DataError) as caught:
        split(noise(rng, 9, "a"), word("g", *"x" * 9), noise(rng, 9), said="group:g")
    assert str(caught.value) == (
        "Column 'g' must have at least two different values over the rows learned from to split "
        "by it; it has one."
    )


# Time --------------------------------------------------------------------------------------------


def test_the_last_fifth_in_time_judges(rng):
    when = rng.permutation(50)
    found = split(date("d", *when), noise(rng, 50), said="time:d")
    assert found.kind == "time"
    assert np.array_equal(found.order, when)
    assert np.array_equal(found.folds, np.where(when >= 40, 0, -1))
    assert found.notes == ("The last 10 of 50 rows in the order of 'd' judge.",)


def test_rows_of_one_time_stay_together(rng):
    found = split(date("d", *np.arange(50) // 7), noise(rng, 50), said="time:d")
    # Times change at rows 35 and 42; the last fifth would begin at row 40.
    assert (found.folds == 0).tolist() == [False] * 42 + [True] * 8
    assert found.order.tolist() == list(range(50))
    one = split(noise(rng, 50, "a"), date("d", *[3] * 50), noise(rng, 50), said="time:d")
    assert (one.folds == 0).sum() == 10


@pytest.mark.parametrize(
    ("n", "sizes"), [(99, [10, 10]), (100, [10, 10]), (1_000, [25] * 8), (50_001, [10_000])]
)
def test_the_last_fifth_judges_in_steps(rng, n, sizes):
    when = rng.permutation(n)
    found = split(date("d", *when), noise(rng, n), said="time:d")
    assert np.bincount(found.folds + 1).tolist() == [n - sum(sizes), *sizes]
    assert len(found.rounds()) == len(sizes)
    for k, (folds, is_there) in enumerate(found.rounds()):
        assert np.array_equal(folds == 0, found.folds == k)
        assert folds.max() == 0
        # What is learned from is all that is earlier, and nothing else.
        first = when[folds == 0].min()
        assert np.array_equal(is_there & (folds < 0), when < first)


@pytest.mark.parametrize(("n_folds", "n_steps"), [(3, 3), (50, 20)])
def test_the_person_says_how_many_steps(rng, n_folds, n_steps):
    found = split(date("d", *range(100)), noise(rng, 100), said="time:d", n_folds=n_folds)
    assert np.unique(found.folds).tolist() == [-1, *range(n_steps)]


def test_ties_leave_no_step_empty(rng):
    found = split(date("d", *np.arange(200) // 20), noise(rng, 200), said="time:d")
    # Steps would begin at rows 160, 170, 180 and 190, times do at 160 and 180.
    assert found.folds.tolist() == [-1] * 160 + [0] * 20 + [1] * 20


@pytest.mark.parametrize(
    "sizes", [(20, 20, 20, 240), (1, 299), (30, 270), (299, 1), (120, 170, 10), (100, 200)]
)
def test_few_times_leave_half_of_the_rows_to_learn_from(rng, sizes):
    when = np.repeat(np.arange(len(sizes)), sizes)
    found = split(date("d", *when), noise(rng, 300), said="time:d")
    n_judges = int((found.folds >= 0).sum())
    assert 1 <= n_judges <= 150
    assert found.notes[0].startswith(f"The last {n_judges} of 300 rows ")
    # Where a time may begin the judging rows, it does.
    expected = {(299, 1): 1, (120, 170, 10): 10}
    assert n_judges == expected.get(sizes, 60)


def test_at_random_all_is_learned_at_once(rng):
    found = split(noise(rng, 40, "a"), noise(rng, 40))
    ((folds, is_there),) = found.rounds()
    assert folds is found.folds
    assert is_there.all()


def test_numbers_and_words_can_be_times(rng):
    years = [f"{1970 + j}" for j in range(10)]
    found = split(word("d", *years * 4), noise(rng, 40), said="time:d")
    assert (found.folds == 0).tolist() == [year in years[8:] for year in years * 4]
    assert split(number("d", *range(9, -1, -1)), noise(rng, 10), said="time:d").folds.tolist() == [
        0, 0, *[-1] * 8
    ]  # fmt: skip


def test_a_time_must_be_known(rng):
    with pytest.raises(DataError) as caught:
        split(date("d", 1, None, 3), number("y", 1, 5, 9), said="time:d")
    assert str(caught.value) == (
        "Column 'd' must be known in every row learned from to split by it; it is blank in 1."
    )


def test_a_series_is_split_by_time_unless_said(rng):
    columns = (date("Date", *range(100)), noise(rng, 100, "a"), walk(rng, 100))
    found = split(*columns)
    assert found.kind == "time"
    (note,) = found.notes
    assert note.startswith("The rows are ordered by 'Date' and 'y' follows its last value (corr")
    assert note.endswith("so the last 20 of 100 rows judge; --split random overrules.")
    assert split(*columns, said="random").kind == "random"


def test_a_series_of_classes_is_split_by_time(rng):
    y = word("y", *("up" if j // 12 % 2 else "down" for j in range(100)))
    found = split(date("Date", *range(100)), y)
    assert found.kind == "time"
    assert "(agreement 0.8" in found.notes[0]


def test_dates_that_rows_do_not_follow_or_nothing_follows(rng):
    assert split(date("d", *rng.permutation(100)), walk(rng, 100)).kind == "random"
    assert split(date("d", *range(100)), noise(rng, 100)).kind == "random"
    assert split(date("d", *range(29)), walk(rng, 29)).kind == "random"  # few rows do not tell
    assert split(date("d", *range(99, -1, -1)), walk(rng, 100)).kind == "time"
    assert split(date("d", *range(99), None), walk(rng, 100)).kind == "random"
    assert split(number("n", *range(100)), noise(rng, 100, "a"), walk(rng, 100)).kind == "random"


# What a person may say ---------------------------------------------------------------------------


@pytest.mark.parametrize("said", ["tim:d", "time", "group:", "", "Random"])
def test_splits_that_do_not_exist(rng, said):
    with pytest.raises(InvalidParameter) as caught:
        split(noise(rng, 9, "a"), noise(rng, 9), said=said)
    assert str(caught.value) == (
        f"split must be 'random', 'time:COLUMN' or 'group:COLUMN'; got {said!r}."
    )


def test_columns_that_do_not_exist_or_cannot_split(rng):
    columns = (noise(rng, 9, "date"), noise(rng, 9))
    with pytest.raises(InvalidParameter, match=r"^split must be .* got 'dat'\. Did you mean 'dat"):
        split(*columns, said="time:dat")
    with pytest.raises(InvalidParameter, match=r"^split must name another column than the target"):
        split(*columns, said="group:y")


def test_folds_out_of_range(rng):
    columns = (noise(rng, 9, "a"), noise(rng, 9))
    with pytest.raises(InvalidParameter, match=r"^folds must be a whole number, 2 or greater; got"):
        split(*columns, n_folds=1)
    with pytest.raises(InvalidParameter) as caught:
        split(*columns, n_folds=10)
    assert str(caught.value) == (
        "folds must be at most the number of different rows learned from, 9; got 10."
    )


# Real tables -------------------------------------------------------------------------------------


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "target", "kind"),
    [
        ("sp500_daily.csv", "Close", "time"),
        ("bike_sharing_hour.csv", "cnt", "time"),
        ("california_housing.csv", "median_house_value", "random"),
        ("titanic.csv", "Survived", "random"),
    ],
)
def test_real_tables(name, target, kind):
    assert split_of(shared_table(name), target).kind == kind
