"""A plan accepts what it can carry out and answers everything else with a sentence."""

import dataclasses

import pytest

from gradus.errors import InvalidParameter
from gradus.optimizers.rules import Adam, GradientDescent
from gradus.optimizers.second_order.lbfgs import LBFGS
from gradus.training.plan import EarlyStopping, Plan

RULE = GradientDescent(0.1)


def test_the_defaults():
    plan = Plan(RULE)
    assert dataclasses.asdict(plan) == {
        "rule": dataclasses.asdict(RULE),
        "epochs": 200,
        "batch_size": None,
        "early_stopping": None,
        "max_grad_norm": None,
        "time_limit": None,
        "seed": 0,
        "dtype": "float64",
        "engine": "native",
        "n_threads": None,
        "matmul_precision": None,
    }
    assert EarlyStopping() == EarlyStopping(fraction=0.1, patience=20, min_delta=0.0)


def test_a_plan_is_frozen_and_hashable():
    plan = Plan(Adam(), epochs=3)
    with pytest.raises(dataclasses.FrozenInstanceError):
        plan.epochs = 4
    assert hash(plan) == hash(Plan(Adam(), epochs=3))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"rule": "adam"},
            "rule must be an update rule, a full-batch method or Automatic; got 'adam'.",
        ),
        ({"epochs": 0}, "epochs must be a whole number, 1 or greater; got 0."),
        ({"epochs": 1.0}, "epochs must be a whole number, 1 or greater; got 1.0."),
        ({"batch_size": 0}, "batch_size must be a whole number, 1 or greater; got 0."),
        ({"early_stopping": True}, "early_stopping must be EarlyStopping or None; got True."),
        (
            {"max_grad_norm": 0},
            "max_grad_norm must be a finite number greater than 0; got 0.",
        ),
        (
            {"time_limit": float("inf")},
            "time_limit must be a finite number greater than 0; got inf.",
        ),
        ({"seed": -1}, "seed must be a whole number, 0 or greater; got -1."),
        (
            {"dtype": "float16"},
            "dtype must be 'float64' or 'float32'; got 'float16'. Did you mean 'float64'?",
        ),
        (
            {"engine": "nativ"},
            "engine must be 'native' or 'reference'; got 'nativ'. Did you mean 'native'?",
        ),
        ({"n_threads": 0}, "n_threads must be a whole number from 1 to 1024; got 0."),
        ({"n_threads": 1025}, "n_threads must be a whole number from 1 to 1024; got 1025."),
        (
            {"matmul_precision": "float16"},
            "matmul_precision must be 'bfloat16' or None; got 'float16'.",
        ),
        (
            {"matmul_precision": "bfloat16"},
            "matmul_precision='bfloat16' needs dtype='float32'; got 'float64'.",
        ),
        (
            {"matmul_precision": "bfloat16", "dtype": "float32", "rule": LBFGS()},
            "matmul_precision must be None with LBFGS, which needs exact products; got 'bfloat16'.",
        ),
    ],
)
def test_every_option_is_checked(options, sentence):
    with pytest.raises(InvalidParameter) as caught:
        Plan(**{"rule": RULE, **options})
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"fraction": 0.0},
            "fraction must be a finite number greater than 0 and less than 1; got 0.0.",
        ),
        (
            {"fraction": 1},
            "fraction must be a finite number greater than 0 and less than 1; got 1.",
        ),
        ({"patience": 0}, "patience must be a whole number, 1 or greater; got 0."),
        ({"min_delta": -1e-3}, "min_delta must be a finite number at least 0; got -0.001."),
    ],
)
def test_early_stopping_is_checked(options, sentence):
    with pytest.raises(InvalidParameter) as caught:
        EarlyStopping(**options)
    assert str(caught.value) == sentence
