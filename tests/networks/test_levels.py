"""Level numbers that fit pass; others are named by row, column and embedding."""

import numpy as np
import pytest

from gradus.errors import DataError
from gradus.networks.levels import check_levels
from gradus.networks.spec import Dense, Embedding, NetworkSpec

SPEC = NetworkSpec(3, (Dense(1),), embeddings=(Embedding(4, 2), Embedding(1, 1)))


def test_levels_that_fit():
    check_levels("X", np.array([[0.5, 0, 0], [-7, 3, 0]]), SPEC)
    check_levels("X", np.zeros((0, 3)), SPEC)
    check_levels("X", np.array([[np.nan]]), NetworkSpec(1, (Dense(1),)))


@pytest.mark.parametrize(
    ("X", "sentence"),
    [
        (
            [[1, 3, 0], [1, 4, 0], [1, 9, 0]],
            (
                "Z must hold whole numbers from 0 to 3 in column 1, the levels of embedding 1; "
                "got 4 in row 1."
            ),
        ),
        (
            [[1, 3, 0], [1, 3, 0], [1, 3, 0.25]],
            (
                "Z must hold whole numbers from 0 to 0 in column 2, the levels of embedding 2; "
                "got 0.25 in row 2."
            ),
        ),
    ],
    ids=["too large", "not whole"],
)
def test_levels_that_do_not_fit(X, sentence):
    with pytest.raises(DataError) as caught:
        check_levels("Z", np.array(X, dtype=float), SPEC)
    assert str(caught.value) == sentence
