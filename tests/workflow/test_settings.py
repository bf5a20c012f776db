"""What is trained follows from the number of rows and from what the person asks."""

import numpy as np
import pytest

from gradus.errors import InvalidParameter
from gradus.networks.spec import Dense
from gradus.workflow.settings import Asked, choose_settings


@pytest.mark.parametrize(
    ("n", "n_networks", "batch_size", "epochs", "patience"),
    [
        (2, 2, None, 200, None),
        (29, 29, None, 200, None),
        (30, 5, 16, 200, 50),
        (1_000, 5, 16, 200, 50),
        (4_000, 5, 64, 100, 25),
        (50_000, 5, 256, 40, 10),
        (50_001, 1, 256, 40, 10),
    ],
)
def test_by_the_number_of_rows(n, n_networks, batch_size, epochs, patience):
    chosen = choose_settings(n, 7, Asked())
    assert chosen.folds.shape == (n,)
    assert chosen.folds.max() + 1 == n_networks
    assert (chosen.folds.min() == -1) == (n > 50_000)
    assert chosen.plan.batch_size == batch_size
    assert chosen.plan.epochs == epochs
    stopping = chosen.plan.early_stopping
    assert (stopping and stopping.patience) == patience
    assert stopping is None or stopping.fraction == 0.1
    assert (chosen.plan.dtype, chosen.plan.engine) == ("float32", "native")
    assert chosen.spec.widths == (7, 64, 64, 1)


def test_a_fifth_of_a_large_table_is_held_out():
    folds = choose_settings(60_000, 1, Asked()).folds
    assert (folds == 0).sum() == 12_000
    assert (folds == -1).sum() == 48_000


def test_what_the_person_asks_for():
    asked = Asked(epochs=3, hidden=[5, 4], seed=9, n_threads=2, engine="reference")
    chosen = choose_settings(100, 2, asked)
    plan = chosen.plan
    assert (plan.epochs, plan.seed, plan.n_threads, plan.engine) == (3, 9, 2, "reference")
    assert chosen.spec.layers == (Dense(5, "gelu"), Dense(4, "gelu"), Dense(1))
    assert plan.early_stopping.patience == 1
    assert not np.array_equal(chosen.folds, choose_settings(100, 2, Asked()).folds)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"epochs": 0}, "epochs must be a whole number, 1 or greater; got 0."),
        ({"epochs": 2.0}, "epochs must be a whole number, 1 or greater; got 2.0."),
        ({"hidden": (64, 0)}, "each width in hidden must be a whole number, 1 or greater; got 0."),
        (
            {"hidden": ()},
            "hidden must be a list or tuple of widths such as (64, 64); got ().",
        ),
        (
            {"hidden": "64,64"},
            "hidden must be a list or tuple of widths such as (64, 64); got '64,64'.",
        ),
        ({"hidden": 64}, "hidden must be a list or tuple of widths such as (64, 64); got 64."),
        ({"seed": -1}, "seed must be a whole number, 0 or greater; got -1."),
        ({"n_threads": 0}, "n_threads must be a whole number from 1 to 1024; got 0."),
        ({"n_threads": 1025}, "n_threads must be a whole number from 1 to 1024; got 1025."),
        (
            {"engine": "nativ"},
            "engine must be 'native' or 'reference'; got 'nativ'. Did you mean 'native'?",
        ),
    ],
)
def test_values_out_of_range(asked, sentence):
    with pytest.raises(InvalidParameter) as caught:
        Asked(**asked)
    assert str(caught.value) == sentence
