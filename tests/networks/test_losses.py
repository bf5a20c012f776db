import re

import numpy as np
import pytest

from gradus._typing import LOSS_NAMES
from gradus.errors import DataError
from gradus.networks.losses import LOSSES, check_targets, row_shares, weighted_mean
from tests.golden.load import golden

TABLE = golden("losses")
each_loss = pytest.mark.parametrize("name", LOSS_NAMES)


def draw(name, rng, n=40):
    """Outputs and targets of every size a loss meets."""
    if name == "squared_error":
        return rng.normal(size=(n, 3)), rng.normal(size=(n, 3))
    if name == "binary_cross_entropy":
        return rng.normal(scale=3, size=(n, 1)), rng.uniform(size=(n, 1))
    return rng.normal(scale=3, size=(n, 4)), rng.integers(4, size=(n, 1)).astype(float)


def test_the_table_is_complete():
    assert tuple(LOSSES) == LOSS_NAMES
    assert all(entry.name == name for name, entry in LOSSES.items())


@each_loss
def test_four_ulp_of_the_exact_loss(name):
    for outputs, y, exact, _ in TABLE[name]:
        loss = LOSSES[name].row_losses(np.array([outputs]), np.reshape(y, (1, -1)))
        assert loss.shape == (1,)
        assert abs(loss[0] - exact) <= 4 * np.spacing(exact), (outputs, y)


@each_loss
def test_exact_gradient_far_out(name):
    for outputs, y, _, exact in TABLE[name]:
        gradient = LOSSES[name].output_gradient(np.array([outputs]), np.reshape(y, (1, -1)))[0]
        np.testing.assert_allclose(gradient, exact, rtol=1e-14, atol=0, err_msg=str((outputs, y)))


@each_loss
def test_derivatives_against_central_differences(name, rng):
    loss = LOSSES[name]
    outputs, y = draw(name, rng)
    gradient, curvature = loss.output_gradient(outputs, y), loss.output_curvature(outputs, y)
    for column in range(outputs.shape[1]):
        h = np.finfo(float).eps ** (1 / 3) * np.maximum(1, np.abs(outputs[:, column]))
        up, down = outputs.copy(), outputs.copy()
        up[:, column] += h
        down[:, column] -= h
        width = up[:, column] - down[:, column]
        numeric = (loss.row_losses(up, y) - loss.row_losses(down, y)) / width
        scale = np.maximum(np.abs(gradient), 1e-3 * loss.row_losses(outputs, y)[:, None])
        assert np.max(np.abs(numeric - gradient[:, column]) / scale[:, column]) < 1e-6
        bent = loss.output_gradient(up, y) - loss.output_gradient(down, y)
        assert np.max(np.abs(bent[:, column] / width - curvature[:, column])) < 1e-8


@each_loss
def test_type_and_shape_are_kept(name, rng):
    outputs, y = draw(name, rng)
    loss = LOSSES[name]
    for dtype in (np.float64, np.float32):
        narrow = outputs.astype(dtype), y.astype(dtype)
        for array in narrow:
            array.flags.writeable = False
        for function in (loss.row_losses, loss.row_measure):
            assert function(*narrow).dtype == dtype
            assert function(*narrow).shape == (40,)
            assert function(narrow[0][:0], narrow[1][:0]).shape == (0,)
        for function in (loss.output_gradient, loss.output_curvature):
            assert function(*narrow).dtype == dtype
            assert function(*narrow).shape == outputs.shape
        assert loss.link(narrow[0]).dtype == dtype


def test_no_loss_and_no_gradient_at_a_perfect_fit(rng):
    y = rng.normal(size=(5, 2))
    assert LOSSES["squared_error"].row_losses(y, y).tolist() == [0.0] * 5
    assert not LOSSES["squared_error"].output_gradient(y, y).any()
    # A cross-entropy has its minimum, the entropy of y, where the prediction is y.
    z = rng.normal(size=(50, 1))
    eps = np.finfo(float).eps
    p = LOSSES["binary_cross_entropy"].link(z)
    np.testing.assert_allclose(LOSSES["binary_cross_entropy"].output_gradient(z, p), 0, atol=eps)
    least = LOSSES["binary_cross_entropy"].row_losses(z, p)
    moved = LOSSES["binary_cross_entropy"].row_losses(z + rng.normal(size=z.shape), p)
    assert (moved >= least * (1 - 4 * eps)).all()


@each_loss
def test_no_loss_below_zero(name, rng):
    outputs, y = draw(name, rng, 500)
    assert LOSSES[name].row_losses(outputs, y).min() >= 0


def test_shifted_logits_have_the_same_loss(rng):
    outputs, y = draw("cross_entropy", rng)
    loss = LOSSES["cross_entropy"]
    for shift in (1.0, -700.0, 1e4):
        np.testing.assert_allclose(
            loss.row_losses(outputs + shift, y), loss.row_losses(outputs, y), atol=1e-11
        )


def test_two_classes_are_one_logit(rng):
    z, _ = draw("binary_cross_entropy", rng)
    y = rng.integers(2, size=z.shape).astype(float)
    pair = np.hstack([np.zeros_like(z), z])
    binary, multi = LOSSES["binary_cross_entropy"], LOSSES["cross_entropy"]
    np.testing.assert_allclose(multi.row_losses(pair, y), binary.row_losses(z, y), rtol=1e-13)
    np.testing.assert_allclose(multi.link(pair)[:, 1:], binary.link(z), rtol=1e-14)
    assert multi.row_measure(pair, y).tolist() == binary.row_measure(z, y).tolist()


def test_links():
    assert LOSSES["squared_error"].link(np.array([[2.5]])).tolist() == [[2.5]]
    assert LOSSES["binary_cross_entropy"].link(np.array([[0.0], [1e4]])).tolist() == [[0.5], [1.0]]
    rows = LOSSES["cross_entropy"].link(np.array([[0.0, 0.0], [1e4, -1e4]]))
    assert rows.tolist() == [[0.5, 0.5], [1.0, 0.0]]


def test_measures():
    assert [LOSSES[name].measure for name in LOSS_NAMES] == ["rmse", "accuracy", "accuracy"]
    binary = LOSSES["binary_cross_entropy"].row_measure
    # A logit of 0 says class 0.
    z, y = np.array([[2.0], [0.0], [0.0], [-1.0]]), np.array([[1.0], [0.0], [1.0], [1.0]])
    assert binary(z, y).tolist() == [1, 1, 0, 0]
    multi = LOSSES["cross_entropy"].row_measure
    z, y = np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0]]), np.array([[0.0], [2.0]])
    assert multi(z, y).tolist() == [1, 0]
    squared = LOSSES["squared_error"]
    z, y = np.array([[3.0]]), np.array([[1.0]])
    assert squared.row_measure(z, y).tolist() == [4.0]


def test_weighted_mean(rng):
    values = rng.normal(size=6)
    weights = np.array([1, 2, 0, 1, 3, 0.0])
    repeated = np.repeat(values, weights.astype(int))
    assert weighted_mean(values, weights) == pytest.approx(repeated.mean(), rel=1e-15)
    assert weighted_mean(values) == pytest.approx(values.mean(), rel=1e-15)
    assert weighted_mean(values, 0 * weights) == 0
    assert weighted_mean(values[:0]) == 0
    np.testing.assert_allclose(row_shares(weights) @ values, weighted_mean(values, weights))
    assert row_shares(0 * weights).tolist() == [0] * 6
    values[[2, 5]] = np.inf, np.nan
    assert weighted_mean(values, weights) == pytest.approx(repeated.mean(), rel=1e-15)
    assert weighted_mean(values, 0 * weights) == 0


@pytest.mark.parametrize(
    ("name", "y", "sentence"),
    [
        (
            "binary_cross_entropy",
            [[0.5], [1.5]],
            "y must hold numbers from 0 to 1 with loss='binary_cross_entropy'; got 1.5 in row 1.",
        ),
        (
            "cross_entropy",
            [[0.0], [3.0]],
            "y must hold class ids from 0 to 2 with loss='cross_entropy'; got 3 in row 1.",
        ),
        (
            "cross_entropy",
            [[0.5]],
            "y must hold class ids from 0 to 2 with loss='cross_entropy'; got 0.5 in row 0.",
        ),
    ],
)
def test_targets_without_meaning_are_refused(name, y, sentence):
    with pytest.raises(DataError, match=re.escape(sentence)):
        check_targets(name, np.array(y), 3)
    check_targets("squared_error", np.array(y), 3)
    check_targets(name, np.array([[0.0], [1.0]]), 3)


@pytest.mark.oracle
@each_loss
def test_torch_agrees(name, rng):
    torch = pytest.importorskip("torch")
    outputs, y = draw(name, rng)
    z = torch.tensor(outputs, requires_grad=True)
    theirs = {
        "squared_error": lambda: torch.nn.functional.mse_loss(z, torch.tensor(y)),
        "binary_cross_entropy": lambda: torch.nn.functional.binary_cross_entropy_with_logits(
            z, torch.tensor(y)
        ),
        "cross_entropy": lambda: torch.nn.functional.cross_entropy(
            z, torch.tensor(y[:, 0].astype(np.int64))
        ),
    }[name]()
    theirs.backward()
    loss = LOSSES[name]
    assert weighted_mean(loss.row_losses(outputs, y)) == pytest.approx(theirs.item(), rel=1e-13)
    np.testing.assert_allclose(
        loss.output_gradient(outputs, y) / len(y), z.grad.numpy(), rtol=1e-11, atol=1e-15
    )
