"""Every loss through training, prediction, files, checkpoints and pickle."""

import pickle
import re

import numpy as np
import pytest

from gradus._archive import pack, unpack
from gradus.errors import InvalidParameter, ModelFileError
from gradus.models.model_file import load, save
from gradus.models.network import Network
from gradus.networks.layers import Dense
from gradus.networks.losses import loss_of
from gradus.networks.number_losses import Huber, Quantile
from gradus.networks.own_losses import ExpressionLoss
from gradus.optimizers.rules import Adam
from gradus.optimizers.schedules import Cosine
from gradus.training.plan import EarlyStopping
from tests.contracts import cases

SAVED = {label: loss for label, loss in cases.LOSSES.items() if label != "functions"}
each_loss = pytest.mark.parametrize("loss", cases.LOSSES.values(), ids=list(cases.LOSSES))
each_saved_loss = pytest.mark.parametrize("loss", SAVED.values(), ids=list(SAVED))


def made(loss, rng, n=80, **options):
    """A small network of a loss, and rows for it."""
    spec = cases.network("tanh", loss)
    X, y = cases.draw_rows(spec, rng, n)
    return Network(spec.n_inputs, spec.layers, loss, seed=5, **options), X, y


@each_loss
def test_training_lowers_the_loss(loss, rng):
    net, X, y = made(loss, rng)
    before = net.loss(X, y)
    run = net.train(X, y, Adam(0.01), epochs=30, early_stopping=EarlyStopping())
    assert net.loss(X, y) < before
    assert run.history.measure_name == loss_of(loss).measure
    assert np.isfinite(run.history.measure).all()
    assert np.isfinite(net.predict(X)).all()
    assert net.loss(X, y) == pytest.approx(net.loss(X, y, engine="reference"), rel=1e-12)


@each_saved_loss
def test_files_keep_the_loss(loss, rng, tmp_path):
    net, X, _ = made(loss, rng, dtype="float32")
    save(net, tmp_path / "net.gradus")
    again = load(tmp_path / "net.gradus")
    assert again.spec == net.spec
    assert np.array_equal(again.predict(X), net.predict(X))


@each_saved_loss
def test_pickle_keeps_the_loss(loss, rng):
    net, X, _ = made(loss, rng)
    again = pickle.loads(pickle.dumps(net))  # noqa: S301 our own bytes
    assert again.spec == net.spec
    assert np.array_equal(again.predict(X), net.predict(X))


@each_saved_loss
def test_a_checkpoint_goes_on_to_the_same_bits(loss, rng, tmp_path):
    net, X, y = made(loss, rng)
    net.train(X, y, Adam(), epochs=6, batch_size=9)
    stopped, file = made(loss, rng)[0], tmp_path / "run.gradus"
    options = {"epochs": 6, "batch_size": 9, "checkpoint": file, "checkpoint_interval": 0}

    def stop(progress):
        if progress.epoch >= 2:
            raise KeyboardInterrupt

    stopped.train(X, y, Adam(), callback=stop, **options)
    stopped.train(X, y, Adam(), **options)
    assert np.array_equal(stopped.params, net.params)


def test_functions_are_in_no_file(rng, tmp_path):
    net, X, y = made(cases.LOSSES["functions"], rng)
    message = "A loss of Python functions cannot be written into a file. Write it as an "
    with pytest.raises(InvalidParameter, match=re.escape(message)):
        save(net, tmp_path / "net.gradus")
    with pytest.raises(InvalidParameter, match=re.escape(message)):
        net.train(X, y, Adam(), epochs=1, checkpoint=tmp_path / "run.gradus")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        (None, "it has None where a loss must stand."),
        (3, "it has 3 where a loss must stand."),
        (["squared_error"], "it has ['squared_error'] where a loss must stand."),
        ({"kind": "FunctionLoss"}, "it has {'kind': 'FunctionLoss'} where a loss must stand."),
        ({"kind": []}, "it has {'kind': []} where a loss must stand."),
        ({"kind": "Huber"}, "Huber must have the entries delta."),
        (
            {"kind": "Huber", "delta": -1},
            "delta must be a finite number greater than 0; got -1.",
        ),
        (
            {"kind": "Quantile", "levels": [0.5, 0.1]},
            "levels must be in ascending order; got (0.5, 0.1).",
        ),
        (
            {"kind": "Quantile", "levels": {}},
            "levels must be a tuple of numbers; got {}.",
        ),
        (
            {"kind": "Quantile", "levels": [0.1, 0.5]},
            (
                "the last layer must have width 2 with loss=Quantile(levels=(0.1, 0.5)), one "
                "neuron for each level; got 1."
            ),
        ),
        (
            {"kind": "CrossEntropy", "label_smoothing": 2},
            "label_smoothing must be a finite number at least 0 and less than 1; got 2.",
        ),
        (
            {"kind": "ExpressionLoss", "expression": {}},
            "expression must be a text of at most 1000 characters; got {}.",
        ),
        (
            {"kind": "ExpressionLoss", "expression": "__import__('os').system('ls')"},
            "expression must not hold \"__import__('os').system('ls')\". Write it with output, ",
        ),
    ],
)
def test_a_loss_made_by_hand_is_refused(entry, sentence, tmp_path):
    path = tmp_path / "net.gradus"
    save(Network(2, [Dense(1)]), path)
    description, arrays = unpack(path.read_bytes(), "", "network")
    description["network"]["loss"] = entry
    path.write_bytes(pack("network", description, arrays))
    with pytest.raises(ModelFileError, match=re.escape(f"describes no network: {sentence}")):
        load(path)


def test_quantiles_cover_their_share(rng):
    """On new rows whose spread grows with x; by chance alone a share is off by 0.009."""
    levels = (0.05, 0.25, 0.5, 0.9)
    X, X_new = rng.uniform(-1, 1, size=(6000, 1)), rng.uniform(-1, 1, size=(6000, 1))
    y, y_new = (x + np.exp(x) * rng.normal(size=x.shape) for x in (X, X_new))
    net = Network(1, [Dense(12, "tanh"), Dense(4)], Quantile(levels), seed=1)
    net.train(X, y, Adam(Cosine(0.01)), epochs=40, batch_size=100)
    quantiles = net.predict(X_new)
    assert quantiles.shape == (6000, 4)
    assert (np.diff(quantiles, axis=1) > 0).all()
    assert np.abs((y_new <= quantiles).mean(axis=0) - levels).max() < 0.036
    narrow, wide = (np.ptp(net.predict([[x]])) for x in (-0.9, 0.9))
    assert wide > 3 * narrow


def test_a_formula_trains_like_the_loss_it_writes_out():
    formula = ExpressionLoss(
        "where(abs(output - target) <= 0.5, (output - target) ** 2 / 2, "
        "0.5 * (abs(output - target) - 0.25))"
    )
    nets = []
    for loss in (formula, Huber(0.5)):
        net = Network(3, [Dense(4, "tanh"), Dense(2)], loss, seed=2)
        X, y = np.random.default_rng(1).normal(size=(2, 50, 3))
        net.train(X, y[:, :2], Adam(), epochs=20, batch_size=10)
        nets.append(net)
    np.testing.assert_allclose(nets[0].params, nets[1].params, rtol=1e-9, atol=1e-12)
