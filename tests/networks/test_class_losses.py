import re

import numpy as np
import pytest

from gradus.errors import InvalidParameter
from gradus.networks.class_losses import BinaryCrossEntropy, CrossEntropy
from gradus.networks.losses import loss_of


def test_smoothed_classes_are_a_mean_of_classes(rng):
    outputs, y = rng.normal(size=(6, 4)), rng.integers(4, size=(6, 1)).astype(float)
    plain, smoothed = loss_of("cross_entropy"), loss_of(CrossEntropy(0.3))
    of_each = [plain.row_losses(outputs, np.full((6, 1), float(c))) for c in range(4)]
    expected = 0.7 * plain.row_losses(outputs, y) + 0.3 * np.mean(of_each, axis=0)
    np.testing.assert_allclose(smoothed.row_losses(outputs, y), expected, rtol=1e-13)


def test_smoothing_draws_sure_answers_back():
    """Without it a gradient only ever drives the logits apart; with it there is a best distance."""
    loss = loss_of(CrossEntropy(0.1))
    best = np.log(0.95 / 0.05)
    y = np.zeros((3, 1))
    outputs = np.array([[best, 0.0], [best + 1, 0.0], [best - 1, 0.0]])
    slopes = loss.output_gradient(outputs, y)[:, 0]
    assert slopes[0] == pytest.approx(0, abs=1e-15)
    assert slopes[1] > 0 > slopes[2]


def test_several_labels_are_summed_and_must_all_be_right(rng):
    loss = loss_of("binary_cross_entropy")
    outputs, y = rng.normal(size=(8, 3)), rng.integers(2, size=(8, 3)).astype(float)
    columns = [loss.row_losses(outputs[:, [j]], y[:, [j]]) for j in range(3)]
    np.testing.assert_allclose(loss.row_losses(outputs, y), sum(columns), rtol=1e-14)
    right = [loss.row_measure(outputs[:, [j]], y[:, [j]]) for j in range(3)]
    np.testing.assert_array_equal(loss.row_measure(outputs, y), np.prod(right, axis=0))
    assert loss.classes(y) is None
    assert loss.classes(y[:, :1]).tolist() == y[:, 0].tolist()


@pytest.mark.parametrize("kind", [CrossEntropy, BinaryCrossEntropy])
@pytest.mark.parametrize("smoothing", [-0.1, 1, "0.1"])
def test_refusals(kind, smoothing):
    message = "label_smoothing must be a finite number at least 0 and less than 1; got "
    with pytest.raises(InvalidParameter, match=re.escape(f"{message}{smoothing!r}.")):
        kind(smoothing)
