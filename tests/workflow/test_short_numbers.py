"""Cells as numbers of one decimal."""

import numpy as np
import pytest

from gradus.tables.kinds import Described
from gradus.tables.table import Column
from gradus.workflow.short_numbers import shorten

CASES = [
    ([425, 362.6, 145], "v: (v − 400) / 200, rounded to one decimal", [0.1, -0.2, -1.3]),
    ([0.5, -1.5, 2.0], "v: as it is", [0.5, -1.5, 2.0]),
    ([-3000, -5000], "v: (v + 4000) / 1000, rounded to one decimal", [1, -1]),
    ([0.00012, 0.00019], "v: (v − 0.00015) / 5e-05, rounded to one decimal", [-0.6, 0.8]),
    ([7], "v: (v − 5) / 5, rounded to one decimal", [0.4]),
    ([1e150, -1e150], "v: (v − 0) / 1e+150, rounded to one decimal", [1, -1]),
]


@pytest.mark.parametrize(("cells", "how", "values"), CASES)
def test_numbers(cells, how, values):
    found = Described(Column("v", "number", np.array(cells, dtype=np.float64)), "number", "")
    short = shorten(found, np.arange(len(cells)))
    assert short.how == how
    assert short.values.tolist() == values


def test_any_numbers_come_to_lie_within_2(rng):
    for _ in range(500):
        n = int(rng.integers(1, 7))
        cells = rng.normal(size=n) * 10 ** rng.uniform(-8, 8) + 10 ** rng.uniform(-8, 8)
        found = Described(Column("v", "number", cells), "number", "")
        values = shorten(found, np.arange(n)).values
        assert np.array_equal(np.round(values, 1), values)
        assert np.abs(values).max() <= 2.5


@pytest.mark.parametrize(
    ("words", "how"),
    [
        (["no", "yes"], "v: 1 for yes, 0 for no"),
        (["ja", "nein"], "v: 1 for ja, 0 for nein"),
        (["less", "more"], "v: 1 for more, 0 for less"),
    ],
)
def test_two_words(words, how):
    cells = np.array([words[0], words[1], None, words[1]], dtype=object)
    found = Described(Column("v", "word", cells), "yes/no", "")
    short = shorten(found, np.array([0, 1, 3]))
    assert short.how == how
    one = how.split()[3].rstrip(",")
    assert short.values.tolist() == [float(word == one) for word in (words[0], words[1], words[1])]
