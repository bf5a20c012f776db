import re

import numpy as np
import pytest

from gradus.errors import InvalidParameter
from gradus.optimizers.rules import Adam
from gradus.optimizers.schedules import Constant, Cosine, InverseScaling, Warmup, rates

ALL = [
    0.3,
    Constant(0.3),
    InverseScaling(0.3),
    InverseScaling(0.3, power=1),
    Cosine(0.3),
    Cosine(0.3, final=0.1),
    Warmup(3, Cosine(0.3)),
    Warmup(50, InverseScaling(0.3)),
]


def test_a_number_is_constant():
    assert rates(0.3, 2, 5, 10).tolist() == [0.3] * 3
    assert rates(Constant(0.3), 2, 5, 10).tolist() == [0.3] * 3


def test_inverse_scaling():
    np.testing.assert_allclose(rates(InverseScaling(0.6), 0, 4, 4), 0.6 / np.sqrt([1, 2, 3, 4]))
    np.testing.assert_allclose(rates(InverseScaling(0.6, 1), 0, 3, 9), [0.6, 0.3, 0.2])


def test_cosine_by_hand():
    np.testing.assert_allclose(
        rates(Cosine(0.5, 0.1), 0, 7, 6),
        0.1 + 0.4 * np.array([1, (2 + 3**0.5) / 4, 0.75, 0.5, 0.25, (2 - 3**0.5) / 4, 0]),
        rtol=1e-14,
    )
    # Past the plan it stays where it ended.
    assert rates(Cosine(0.5, 0.1), 6, 9, 6).tolist() == [0.1] * 3


def test_warm_up_then_the_schedule_within():
    warm = rates(Warmup(4, Cosine(0.8)), 0, 10, 10)
    np.testing.assert_allclose(warm[:4], [0.2, 0.4, 0.6, 0.8])
    np.testing.assert_allclose(warm[4:], rates(Cosine(0.8), 0, 6, 6))
    # A plan shorter than the rise never leaves it.
    np.testing.assert_allclose(rates(Warmup(4, Cosine(0.8)), 0, 2, 2), [0.2, 0.4])


@pytest.mark.parametrize("schedule", ALL, ids=str)
def test_cutting_changes_no_bit(schedule):
    whole = rates(schedule, 0, 40, 40)
    parts = [rates(schedule, start, start + 8, 40) for start in range(0, 40, 8)]
    assert whole.tobytes() == np.concatenate(parts).tobytes()
    assert whole.dtype == np.float64
    assert (whole > 0).all()
    assert rates(schedule, 5, 5, 40).shape == (0,)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Constant(0), "rate must be a finite number greater than 0; got 0."),
        (
            lambda: InverseScaling(1, power=-1),
            "power must be a finite number at least 0; got -1.",
        ),
        (lambda: Cosine(1, final=-0.1), "final must be a finite number at least 0; got -0.1."),
        (lambda: Warmup(0, Constant(1)), "steps must be a whole number, 1 or greater; got 0."),
        (
            lambda: Warmup(2, 0.1),
            "schedule must be a Constant, InverseScaling or Cosine schedule; got 0.1.",
        ),
        (
            lambda: Adam("fast"),
            "learning_rate must be a finite number greater than 0; got 'fast'.",
        ),
    ],
)
def test_what_is_refused(make, sentence):
    with pytest.raises(InvalidParameter, match=re.escape(sentence)):
        make()


@pytest.mark.oracle
def test_optax_agrees():
    optax = pytest.importorskip("optax")
    # Optax computes its schedules in float32.
    cosine = optax.cosine_decay_schedule(0.5, decay_steps=20, alpha=0.1)
    theirs = [float(cosine(t)) for t in range(20)]
    np.testing.assert_allclose(rates(Cosine(0.5, final=0.05), 0, 20, 20), theirs, rtol=1e-5)
