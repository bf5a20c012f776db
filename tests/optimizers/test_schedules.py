import re

import numpy as np
import pytest

from gradus.errors import InvalidParameter
from gradus.optimizers.rules import Adam
from gradus.optimizers.schedules import Constant, Cosine, InverseScaling, OneCycle, Warmup, rates

ALL = [
    0.3,
    Constant(0.3),
    InverseScaling(0.3),
    InverseScaling(0.3, power=1),
    Cosine(0.3),
    Cosine(0.3, final=0.1),
    Warmup(3, Cosine(0.3)),
    Warmup(50, InverseScaling(0.3)),
    OneCycle(0.3),
    OneCycle(0.3, share=0.01, div=1, final_div=1),
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


def test_one_cycle_by_hand():
    # Up to the third of eleven updates, halfway between in the second; then down in eight.
    cycle = OneCycle(0.8, share=3 / 11, div=4, final_div=2)
    found = rates(cycle, 0, 14, 11)
    np.testing.assert_allclose(found[:3], [0.2, 0.5, 0.8], rtol=1e-14)
    np.testing.assert_allclose(found[6], (0.8 + 0.1) / 2, rtol=1e-14)
    np.testing.assert_allclose(found[10:], 0.1, rtol=1e-14)  # where it ends it stays
    # A run too short to rise.
    assert rates(OneCycle(0.8), 0, 1, 1).tolist() == [0.8]
    assert rates(OneCycle(0.8), 0, 3, 3)[0] == 0.8


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
        (lambda: OneCycle(-1), "rate must be a finite number greater than 0; got -1."),
        (
            lambda: OneCycle(1, share=1),
            "share must be a finite number greater than 0 and less than 1; got 1.",
        ),
        (lambda: OneCycle(1, div=0.5), "div must be a finite number at least 1; got 0.5."),
        (lambda: OneCycle(1, final_div=0), "final_div must be a finite number at least 1; got 0."),
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


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("total", "share", "div", "final_div"),
    [(100, 0.3, 25.0, 1e4), (7, 0.5, 10.0, 100.0), (5, 0.9, 2.0, 3.0), (1001, 0.05, 25.0, 1e4)],
)
def test_torch_agrees_on_one_cycle(total, share, div, final_div):
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        max_lr=0.4,
        total_steps=total,
        pct_start=share,
        div_factor=div,
        final_div_factor=final_div,
        cycle_momentum=False,
    )
    theirs = []
    for _ in range(total):
        theirs.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if len(theirs) < total:
            scheduler.step()
    ours = rates(OneCycle(0.4, share, div, final_div), 0, total, total)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)
