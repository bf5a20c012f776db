"""The largest stable rate of each rule, seen in runs just below and just above it."""

import numpy as np
import pytest

from gradus import Adagrad, Adam, AdamW, Cosine, GradientDescent, RMSprop
from gradus.diagnosis.stability import stability_of

GRADS = np.array([[3.0, -0.2], [5.0, 0.4]])


def ends_near_0(step, ratio, n=4000):
    """Follow a rule with a fixed divisor on v/2 w**2, at a ratio of its largest stable rate v."""
    w, memory = 1.0, 0.0
    for _ in range(n):
        w, memory = step(w, memory, ratio * w)
    return abs(w) < 1e-3


def descent(beta, nesterov):
    def step(w, m, g):
        m = beta * m + g
        return w - (g + beta * m if nesterov else m), m

    return step


def averaged(beta):
    def step(w, m, g):
        m = beta * m + (1 - beta) * g
        return w - m, m

    return step


@pytest.mark.parametrize(
    ("rule", "step"),
    [
        (GradientDescent(0.1), descent(0.0, nesterov=False)),
        (GradientDescent(0.1, momentum=0.9), descent(0.9, nesterov=False)),
        (GradientDescent(0.1, momentum=0.9, nesterov=True), descent(0.9, nesterov=True)),
        (Adam(0.1, beta_1=0.8), averaged(0.8)),
        (AdamW(0.1), averaged(0.9)),
        (RMSprop(0.1), descent(0.0, nesterov=False)),
        (RMSprop(0.1, momentum=0.5), descent(0.5, nesterov=False)),
        (Adagrad(0.1), descent(0.0, nesterov=False)),
    ],
    ids=[
        "plain",
        "momentum",
        "nesterov",
        "adam",
        "adamw",
        "rmsprop",
        "rmsprop momentum",
        "adagrad",
    ],
)
def test_just_below_settles_and_just_above_does_not(rule, step):
    limit = stability_of(rule, GRADS, 10).limit
    assert ends_near_0(step, 0.99 * limit)
    with np.errstate(over="ignore", invalid="ignore"):
        assert not ends_near_0(step, 1.01 * limit)


def test_the_divisor_is_the_size_of_a_batchs_gradient():
    size = np.sqrt([17.0, 0.1])
    np.testing.assert_allclose(stability_of(Adam(0.1, epsilon=1e-3), GRADS, 9).divisor, size + 1e-3)
    np.testing.assert_array_equal(stability_of(GradientDescent(0.1), GRADS, 9).divisor, [1, 1])
    grown = np.sqrt(0.5 + 9 * size**2)
    rule = Adagrad(0.1, initial_accumulator=0.5, epsilon=1e-12)
    np.testing.assert_allclose(stability_of(rule, GRADS, 9).divisor, grown)


def test_rates_of_a_schedule():
    found = stability_of(Adam(Cosine(0.1)), GRADS, 1000)
    assert found.largest_rate == 0.1
    assert 0 < found.last_rate < 1e-3
