import re

import numpy as np
import pytest

from gradus.errors import InvalidParameter
from gradus.networks.losses import loss_of
from gradus.networks.number_losses import Huber, Quantile, increasing


def test_huber_is_half_the_square_or_the_absolute_error(rng):
    outputs, y = rng.normal(size=(9, 2)), rng.normal(size=(9, 2))
    squared, absolute = (loss_of(name) for name in ("squared_error", "absolute_error"))
    wide, narrow = loss_of(Huber(1e6)), loss_of(Huber(1e-9))
    np.testing.assert_allclose(2 * wide.row_losses(outputs, y), squared.row_losses(outputs, y))
    np.testing.assert_allclose(1e9 * narrow.row_losses(outputs, y), absolute.row_losses(outputs, y))


def test_slopes_at_kinks_are_0():
    for loss in ("absolute_error", Huber(), Quantile((0.25,))):
        same = np.array([[1.5]])
        assert loss_of(loss).output_gradient(same, same).tolist() == [[0.0]]
        assert loss_of(loss).row_losses(same, same).tolist() == [0.0]


def test_poisson_has_no_loss_at_a_perfect_fit():
    loss, y = loss_of("poisson"), np.array([[1.0], [7.0], [0.5]])
    z = np.log(y)
    # The exponential of a rounded logarithm is the count to one part in 1e16.
    np.testing.assert_allclose(loss.row_losses(z, y), 0, atol=1e-15)
    np.testing.assert_allclose(loss.output_gradient(z, y), 0, atol=1e-15)
    np.testing.assert_allclose(loss.link(z), y)


@pytest.mark.oracle
def test_sklearn_has_the_same_poisson_and_labels(rng):
    base = pytest.importorskip("sklearn.neural_network._base")
    z, counts = rng.normal(size=(20, 3)), rng.poisson(2, size=(20, 3)).astype(float)
    weights = rng.uniform(size=20)
    ours = np.average(loss_of("poisson").row_losses(z, counts), weights=weights)
    assert ours == pytest.approx(base.poisson_loss(counts, np.exp(z), weights), rel=1e-13)
    labels = rng.integers(2, size=(20, 3)).astype(float)
    binary = loss_of("binary_cross_entropy")
    ours = np.average(binary.row_losses(z, labels), weights=weights)
    assert ours == pytest.approx(base.binary_log_loss(labels, binary.link(z), weights), rel=1e-13)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 40.0, 1e4])
def test_quantiles_never_cross(scale, dtype, rng):
    levels = Quantile(tuple(np.linspace(0.01, 0.99, 12).tolist()))
    outputs = (scale * rng.normal(size=(2000, 12))).astype(dtype)
    quantiles = loss_of(levels).link(outputs)
    assert quantiles.dtype == dtype
    assert (np.diff(quantiles, axis=1) >= 0).all()


def test_quantiles_begin_with_the_first_output(rng):
    outputs = rng.normal(size=(5, 3))
    quantiles = increasing(outputs)
    np.testing.assert_array_equal(quantiles[:, 0], outputs[:, 0])
    np.testing.assert_allclose(np.diff(quantiles, axis=1), np.log1p(np.exp(outputs[:, 1:])))


def test_the_best_constants_are_the_quantiles(rng):
    """Where no slope is left, a share t of the targets lies below the quantile of level t."""
    levels, y = (0.1, 0.5, 0.9), rng.exponential(size=(1000, 1))
    best = np.quantile(y, levels, method="inverted_cdf")
    z = np.array([best[0], *np.log(np.expm1(np.diff(best)))])
    loss = loss_of(Quantile(levels))

    def mean(outputs):
        return loss.row_losses(np.tile(outputs, (1000, 1)), y).mean()

    for column in range(3):
        for step in (-1e-2, 1e-2):
            moved = z.copy()
            moved[column] += step
            assert mean(moved) > mean(z)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Huber(0), "delta must be a finite number greater than 0; got 0."),
        (lambda: Quantile("0.5"), "levels must be a tuple of numbers; got '0.5'."),
        (lambda: Quantile(()), "levels must hold from 1 to 99 numbers; got 0."),
        (
            lambda: Quantile((0.5, 1)),
            "levels must be a finite number greater than 0 and less than 1; got 1.",
        ),
        (lambda: Quantile((0.5, 0.5)), "levels must be in ascending order; got (0.5, 0.5)."),
    ],
)
def test_refusals(make, sentence):
    with pytest.raises(InvalidParameter, match=f"^{re.escape(sentence)}$"):
        make()


def test_levels_of_a_list_are_kept_as_a_tuple():
    assert Quantile([0.25, 0.75]) == Quantile((0.25, 0.75))
    assert hash(Quantile([0.25, 0.75])) == hash(Quantile((0.25, 0.75)))
