"""A column is numbers, dates or words by its cells; a few that are none are mistakes."""

import pytest

from gradus.tables.decide import decide


def kind(*cells, **said):
    decision = decide(list(dict.fromkeys(cells)), [cells.count(c) for c in dict.fromkeys(cells)],
                      **said)  # fmt: skip
    return decision.type, len(decision.odd)


NUMBERS = [str(i) for i in range(1, 31)]


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (["1", "2"], ("number", 0)),
        (["x", "y"], ("word", 0)),
        (["", "NA"], ("number", 0)),
        (["None"], ("word", 0)),
        (["None", "5"], ("number", 0)),
        (["None", "x"], ("word", 0)),
        (["2024-01-31", "-"], ("date", 0)),
        ([*NUMBERS, "x"], ("number", 1)),
        ([*NUMBERS, "x", "x", "y"], ("number", 2)),
        ([*NUMBERS, "x", "x", "y", "z"], ("word", 0)),
        (["1", "2", "3", "x"], ("number", 1)),
        (["1", "2", "x"], ("word", 0)),
        (NUMBERS * 10 + [f"x{i}" for i in range(20)], ("number", 20)),
        (NUMBERS * 10 + [f"x{i}" for i in range(21)], ("word", 0)),
        (["01", "2"], ("word", 0)),
        (["01", "2.5"], ("number", 0)),
        (["0", "0.5"], ("number", 0)),
        (["9007199254740992"], ("number", 0)),
        (["9007199254740993"], ("word", 0)),
        (["9" * 5000], ("word", 0)),
        (["9007199254740993", "0.5"], ("number", 0)),
        (["1Fam"] * 95 + ["Duplex"] * 5, ("word", 0)),
        (["yes", "no"], ("word", 0)),
    ],
)
def test_types(cells, found):
    assert kind(*cells) == found


def test_the_person_decides():
    assert kind("1", "2", is_word=True) == ("word", 0)
    assert kind("01", "x", "y", is_number=True) == ("number", 2)
    assert kind("2024-01-31", is_number=True) == ("number", 1)


def test_blanks():
    assert decide(["", "NA", "x", "none"], [1] * 4).values == [None, None, "x", "none"]


def test_the_decimal_mark_that_is_needed():
    assert decide(["1,5"], [1]).decimal == ","
    assert decide(["1.5"], [1]).decimal == "."
    assert decide(["15"], [1]).decimal == ""
    either = decide(["1,234"], [1])
    assert (either.decimal, either.values, either.other.values) == ("", [1234], [1.234])


@pytest.mark.parametrize(
    "cell", ["n.c.", "NC", "k.A.", "n/d", "s.d.", "#NV", "#N/D", "#WERT!", "#VALEUR!", "Unbekannt"]
)
def test_blanks_of_other_languages(cell):
    assert kind(*NUMBERS, cell) == ("number", 0)
    assert kind("1.2.2024", "13.2.2024", cell) == ("date", 0)
    # Among words it may be one of them.
    assert decide(["x", "y", cell], [3, 3, 1]).values == ["x", "y", cell]


def test_no_break_blanks_are_shown_as_blanks():
    decision = decide(["4\u202f001,78\xa0€", "12\u202f500,10\xa0€"], [1, 1])
    assert decision.spelling.thousands == "\u202f"
    assert decision.reason == (
        "holds numbers with '€' ('4 001,78 €') and has ' ' between thousands ('4 001,78 €')"
    )
