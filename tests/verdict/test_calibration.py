"""The temperature: found where it was put, never a loss, and nothing for few rows."""

import numpy as np
import pytest

from gradus.verdict.averages import mean
from gradus.verdict.calibration import apply_temperature, fit_temperature
from gradus.verdict.class_measures import log_losses


def table(rng, n):
    p = rng.dirichlet(np.ones(3), size=n)
    return p, np.array([rng.choice(3, p=each) for each in p])


@pytest.mark.parametrize("temperature", [0.5, 1.5, 4.0])
def test_too_sure_or_too_unsure_probabilities_are_mended(rng, temperature):
    p, codes = table(rng, 8000)
    distorted = apply_temperature(p, 1 / temperature)
    # The estimate's standard error is about 2 %.
    assert fit_temperature(distorted, codes) == pytest.approx(temperature, rel=0.08)


def test_it_undoes_itself(rng):
    p, _ = table(rng, 50)
    assert apply_temperature(apply_temperature(p, 3.0), 1 / 3) == pytest.approx(p, rel=1e-9)
    assert apply_temperature(p, 1.0) is p


def test_it_never_makes_the_loss_worse(rng):
    for n in (30, 100):
        p, codes = table(rng, n)
        w = rng.gamma(1, size=n)
        before = mean(log_losses(codes, p), w)
        after = apply_temperature(p, fit_temperature(p, codes, w))
        assert mean(log_losses(codes, after), w) <= before


def test_few_rows_leave_probabilities_as_they_are(rng):
    p, codes = table(rng, 29)
    assert fit_temperature(apply_temperature(p, 0.1), codes) == 1.0


def test_a_weight_of_two_is_the_row_twice(rng):
    p, codes = table(rng, 60)
    w = rng.integers(1, 3, 60)
    twice = np.repeat(np.arange(60), w)
    found = fit_temperature(p, codes, w.astype(float))
    assert found == pytest.approx(fit_temperature(p[twice], codes[twice]), rel=1e-3)


def test_a_class_that_was_ruled_out_stays_finite():
    p = np.tile([1.0, 0.0], (40, 1))
    temperature = fit_temperature(p, np.arange(40) % 2)
    assert temperature == pytest.approx(20, rel=1e-3)
    assert np.isfinite(apply_temperature(p, temperature)).all()
