"""Words become one column each, or one level number; yes and no become a sign."""

import numpy as np
import pytest

from gradus.tables.features.category import CategoryEncoding, YesNoEncoding
from tests.tables.columns import word


def fitted(*words):
    return CategoryEncoding.fit(word("town", *words))


def features(encoding, *words):
    return encoding.transform(word("town", *words)).tolist()


def test_frequent_words_have_a_column_each():
    encoding = fitted("b", "a", "b", "a", "b")
    assert encoding.features == ("town=b", "town=a")
    assert features(encoding, "a", "b", "new", None) == [[0, 1], [1, 0], [0, 0], [0, 0]]


def test_rare_words_share_a_column_with_words_never_seen():
    encoding = fitted(*"aabbc")
    assert encoding.features == ("town=a", "town=b", "town other")
    assert features(encoding, "c", "new", "a", None) == [[0, 0, 1], [0, 0, 1], [1, 0, 0], [0, 0, 1]]


def test_blank_is_a_level_of_its_own():
    encoding = fitted(*"aabb", None)
    assert encoding.features == ("town=a", "town=b", "town missing")
    assert features(encoding, None, "new") == [[0, 0, 1], [0, 0, 0]]
    assert features(fitted(*"aabbc", None), None, "c") == [[0, 0, 0, 1], [0, 0, 1, 0]]


@pytest.mark.parametrize(("n", "fewest"), [(29, 2), (30, 3), (600, 3), (601, 4), (9000, 20)])
def test_how_many_rows_a_word_needs(n, fewest):
    enough, one_less = ["x"] * fewest, ["y"] * (fewest - 1)
    rest = ["a"] * (n - len(enough) - len(one_less))
    assert fitted(*rest, *enough, *one_less).levels == ("a", "x")


def test_many_words_become_one_level_number():
    words = [f"w{j:02}" for j in range(33)]
    encoding = fitted(*words * 3, "rare", None)
    assert encoding.features == ("town level",)
    assert encoding.n_levels == 35
    assert features(encoding, "rare", "new", "w00", "w32", None) == [[0], [0], [1], [33], [34]]
    assert features(fitted(*words * 3), None) == [[0]]


def test_as_many_levels_as_columns_go_are_no_level_number():
    words = [f"w{j}" for j in range(31)]
    assert fitted(*words * 3, None).n_levels == 0
    assert fitted(*words * 3, "rare", None).n_levels == 33  # 0 is there already


def test_a_word_not_seen_is_strange_where_new_words_are_rare():
    encoding = fitted(*"ab" * 50, "c")
    assert encoding.strange(word("town", "a", "c", "d", None)).tolist() == [
        "", "", "town 'd' was not seen", "town is blank, which it never was"
    ]  # fmt: skip
    names = fitted(*(str(j) for j in range(50)), *"a" * 50)
    assert names.strange(word("town", "new")).tolist() == [""]


def test_one_rare_word_alone():
    encoding = fitted("a", None)
    assert encoding.features == ("town other", "town missing")


@pytest.mark.parametrize(
    ("words", "yes"), [("yn", "y"), (("No", "YES"), "yes"), (("ja", "nein"), "ja"), ("ab", "b")]
)
def test_yes_is_1_and_no_is_minus_1(words, yes):
    encoding = YesNoEncoding.fit(word("garden", *words))
    assert encoding.features == (f"garden={yes}",)
    found = encoding.transform(word("garden", *words, None, "new"))[:, 0]
    expected = [1 if given.casefold() == yes else -1 for given in words]
    assert found.tolist() == [*expected, 0, 0]


def test_yes_no_with_blanks():
    encoding = YesNoEncoding.fit(word("garden", "yes", "no", None))
    assert encoding.transform(word("garden", None, "Yes ")).tolist() == [[0, 1], [1, 0]]
    assert encoding.strange(word("garden", "maybe", None)).tolist() == [
        "garden 'maybe' was not seen", ""
    ]  # fmt: skip


def test_yes_alone():
    encoding = YesNoEncoding.fit(word("garden", "yes", None))
    assert encoding.transform(word("garden", "yes", None, "no")).tolist() == [
        [1, 0],
        [0, 1],
        [0, 0],
    ]
    assert encoding.unseen(word("garden", "no")).tolist() == [True]


def test_no_rows():
    assert fitted("a", "b").transform(word("town")).shape == (0, 1)
    assert np.array_equal(fitted(*"aabb").transform(word("town")), np.zeros((0, 2)))
