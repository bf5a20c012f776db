import re

import numpy as np
import pytest

from gradus._names import LOSS_CODES, LOSS_NAMES
from gradus.errors import DataError, InvalidParameter
from gradus.networks.class_losses import BinaryCrossEntropy, CrossEntropy
from gradus.networks.losses import (
    LOSSES,
    Loss,
    check_targets,
    loss_of,
    row_shares,
    weighted_mean,
)
from gradus.networks.number_losses import Huber, Quantile
from tests.golden.load import golden

TABLE = golden("losses")
# By their names in the table of exact numbers.
ALL: dict[str, Loss] = LOSSES | {
    "huber 0.75": loss_of(Huber(0.75)),
    "quantile 0.125 0.5 0.875": loss_of(Quantile((0.125, 0.5, 0.875))),
    "binary_cross_entropy 0.25": loss_of(BinaryCrossEntropy(0.25)),
    "cross_entropy 0.25": loss_of(CrossEntropy(0.25)),
}
each_loss = pytest.mark.parametrize("name", ALL)


def draw(name, rng, n=40):
    """Outputs and targets of every size a loss meets."""
    match ALL[name].name:
        case "cross_entropy":
            return rng.normal(scale=3, size=(n, 4)), rng.integers(4, size=(n, 1)).astype(float)
        case "binary_cross_entropy":
            width = 3 if "0.25" in name else 1
            return rng.normal(scale=3, size=(n, width)), rng.uniform(size=(n, width))
        case "poisson":
            return rng.normal(size=(n, 3)), rng.poisson(2, size=(n, 3)).astype(float)
        case "quantile":
            return rng.normal(size=(n, 3)), rng.normal(scale=2, size=(n, 1))
    return rng.normal(size=(n, 3)), rng.normal(size=(n, 3))


def test_the_table_is_complete():
    assert tuple(LOSSES) == LOSS_NAMES
    assert all(entry.name == name for name, entry in LOSSES.items())
    assert {entry.name for entry in ALL.values()} | {"expression", "functions"} == set(LOSS_CODES)


@each_loss
def test_four_ulp_of_the_exact_loss(name):
    for outputs, y, exact, _ in TABLE[name]:
        loss = ALL[name].row_losses(np.array([outputs]), np.reshape(y, (1, -1)))
        assert loss.shape == (1,)
        assert abs(loss[0] - exact) <= 4 * np.spacing(exact), (outputs, y)


@each_loss
def test_exact_gradient_far_out(name):
    for outputs, y, _, exact in TABLE[name]:
        gradient = ALL[name].output_gradient(np.array([outputs]), np.reshape(y, (1, -1)))[0]
        np.testing.assert_allclose(gradient, exact, rtol=1e-14, atol=0, err_msg=str((outputs, y)))


@each_loss
def test_derivatives_against_central_differences(name, rng):
    loss = ALL[name]
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
    loss = ALL[name]
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
    assert ALL[name].row_losses(outputs, y).min() >= 0


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
    measures = {name: entry.measure for name, entry in LOSSES.items()}
    assert measures == {
        "squared_error": "rmse",
        "absolute_error": "mae",
        "poisson": "deviance",
        "binary_cross_entropy": "accuracy",
        "cross_entropy": "accuracy",
    }
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


@pytest.mark.parametrize("loss", ["mse", None, 3, Huber, object()])
def test_what_is_no_loss(loss):
    message = "loss must be 'squared_error', 'absolute_error', 'poisson', 'binary_cross_entropy' or"
    with pytest.raises(InvalidParameter, match=f"^{message} 'cross_entropy'; got "):
        loss_of(loss)


def test_without_a_number_they_are_the_named_ones(rng):
    for loss in (BinaryCrossEntropy(), CrossEntropy()):
        entry = loss_of(loss)
        outputs, y = draw(entry.name, rng)
        for function in ("row_losses", "output_gradient", "output_curvature"):
            pair = entry, LOSSES[entry.name]
            ours, named = (getattr(each, function)(outputs, y) for each in pair)
            assert ours.tobytes() == named.tobytes()


@pytest.mark.parametrize(
    ("name", "y", "sentence"),
    [
        (
            "poisson",
            [[0.0, 2.5], [1.0, -1.0]],
            "y must hold numbers of at least 0 with loss='poisson'; got -1 in row 1.",
        ),
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
    functional = torch.nn.functional
    outputs, y = draw(name, rng)
    z, t = torch.tensor(outputs, requires_grad=True), torch.tensor(y)

    def several(loss):
        """Torch averages over the labels too."""
        return loss * outputs.shape[1]

    def poisson():
        constant = torch.special.xlogy(t, t) - t
        return several(functional.poisson_nll_loss(z, t) + constant.mean())

    def pinball():
        gaps = torch.cat([z[:, :1], functional.softplus(z[:, 1:])], dim=1)
        missing = t - gaps.cumsum(dim=1)
        levels = torch.tensor([0.125, 0.5, 0.875], dtype=torch.float64)
        return torch.maximum(levels * missing, (levels - 1) * missing).mean()

    classes = torch.tensor(y[:, 0].astype(np.int64))
    theirs = {
        "squared_error": lambda: functional.mse_loss(z, t),
        "absolute_error": lambda: functional.l1_loss(z, t),
        "huber 0.75": lambda: functional.huber_loss(z, t, delta=0.75),
        "poisson": poisson,
        "quantile 0.125 0.5 0.875": pinball,
        "binary_cross_entropy": lambda: functional.binary_cross_entropy_with_logits(z, t),
        "binary_cross_entropy 0.25": lambda: several(
            functional.binary_cross_entropy_with_logits(z, 0.75 * t + 0.125)
        ),
        "cross_entropy": lambda: functional.cross_entropy(z, classes),
        "cross_entropy 0.25": lambda: functional.cross_entropy(z, classes, label_smoothing=0.25),
    }[name]()
    theirs.backward()
    loss = ALL[name]
    assert weighted_mean(loss.row_losses(outputs, y)) == pytest.approx(theirs.item(), rel=1e-13)
    np.testing.assert_allclose(
        loss.output_gradient(outputs, y) / len(y), z.grad.numpy(), rtol=1e-11, atol=1e-15
    )


@pytest.mark.parametrize("loss", ["poisson", Quantile((0.1, 0.9))], ids=str)
def test_a_prediction_too_large_to_be_written_is_inf(loss):
    predictions = loss_of(loss).link(np.full((1, 2), 1.7e308))
    assert predictions[0, 1] == np.inf


def test_logits_too_far_apart_to_be_subtracted_are_told_apart():
    predictions = loss_of("cross_entropy").link(np.array([[1.7e308, -1.7e308]]))
    assert predictions.tolist() == [[1, 0]]
