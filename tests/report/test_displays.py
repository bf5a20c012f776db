"""Displays take what scikit-learn's take, keep `figure_` and `ax_`, and draw what came."""

import sys
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from matplotlib.figure import Figure
from sklearn.neural_network import MLPRegressor as Theirs

from gradus import (
    Dense,
    EarlyStopping,
    GradientDescent,
    LossCurveDisplay,
    MLPClassifier,
    MLPRegressor,
    Network,
    NetworkDisplay,
    ResidualsDisplay,
    ResponseDisplay,
    plot,
)
from gradus.errors import InvalidParameter, ShapeMismatch
from gradus.report.class_pictures import ConfusionDisplay, HeldDisplay, wilson
from gradus.report.palette import diverging
from tests.models.cases import model_of
from tests.report.pages import frame_of

X = np.random.default_rng(0).normal(size=(60, 3))
Y = X[:, 0] - 2 * X[:, 2]


def axes():
    return Figure().add_subplot()


@pytest.fixture(scope="module")
def regressor():
    return MLPRegressor(hidden_layer_sizes=(4,), max_iter=3, random_state=0).fit(X, Y)


@pytest.fixture(scope="module")
def classifier():
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    found = MLPClassifier(hidden_layer_sizes=(4,), max_iter=3, random_state=0, solver="adam")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return found.fit(frame, np.where(Y > 1, "up", np.where(Y < -1, "down", "flat")))


def test_losses_of_runs_and_their_best_epochs():
    network = Network(inputs=3, layers=[Dense(2, "tanh"), Dense(1)])
    rule, stopping = GradientDescent(0.01), EarlyStopping(patience=9)
    runs = [network.train(X, Y, rule, epochs=5, early_stopping=stopping) for _ in "ab"]
    into = axes()
    display = LossCurveDisplay.from_history(runs, ax=into)
    assert display.ax_ is into
    assert display.figure_ is into.figure
    training, held, best = into.lines[:3]
    assert training.get_ydata().tolist() == runs[0].history.loss.tolist()
    assert held.get_ydata().tolist() == runs[0].history.validation_loss.tolist()
    assert best.get_xdata().tolist() == [runs[0].best_epoch]
    assert len(into.lines) == 6


def test_losses_of_estimators(regressor):
    display = LossCurveDisplay.from_estimator(regressor)
    assert display.ax_.lines[0].get_ydata().tolist() == regressor.loss_curve_
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = Theirs(max_iter=2).fit(X, Y)
    assert LossCurveDisplay.from_estimator(theirs).losses[0].tolist() == theirs.loss_curve_
    with pytest.raises(InvalidParameter, match="must be fitted and have a loss_curve_"):
        LossCurveDisplay.from_estimator(MLPRegressor())
    with pytest.raises(InvalidParameter, match="got none"):
        LossCurveDisplay.from_history([])


def test_lines_of_a_network_have_the_colors_of_its_weights(regressor):
    network = regressor.network_
    display = NetworkDisplay.from_network(network, input_names=["a", "b", "$c"])
    drawn = display.ax_.collections[0]
    weight = network.views()["layer 1 weight"]
    order = np.argsort(np.abs(weight), axis=None, kind="stable")
    strongest = weight.ravel()[order[-1]]
    color = tuple(int(diverging(strongest, display.limit_)[i : i + 2], 16) / 255 for i in (1, 3, 5))
    assert tuple(drawn.get_colors()[-1][:3]) == pytest.approx(color)
    assert {text.get_text() for text in display.ax_.texts} >= {"a", "b", "$c", "output 0"}
    assert NetworkDisplay.from_estimator(regressor).shown_as == "units"


def test_wide_layers_are_tiles():
    network = Network(inputs=300, layers=[Dense(25, "relu"), Dense(1)])
    display = NetworkDisplay.from_network(network)
    assert display.shown_as == "tiles"
    first, second = display.ax_.images
    assert first.get_array().shape == (128, 25, 4)
    weight = network.views()["layer 2 weight"]
    strongest = int(np.abs(weight).argmax())
    image = second.get_array()
    assert image[strongest, 0, 3] == image[..., 3].max() == 1
    assert (image[strongest, 0, 2] > image[strongest, 0, 0]) == (weight[strongest, 0] > 0)
    with pytest.raises(InvalidParameter, match="input_names must hold 300 names; got 1"):
        NetworkDisplay.from_network(network, input_names=["a"])


def test_residuals(regressor):
    display = ResidualsDisplay.from_estimator(regressor, X, Y)
    dots = display.ax_.lines[0]
    assert dots.get_xdata().tolist() == regressor.predict(X).tolist()
    assert dots.get_ydata().tolist() == Y.tolist()
    for off in (0.5, np.linspace(-1, 2, 60)):  # The first differ by rounding alone.
        errors = ResidualsDisplay.from_predictions(Y, Y + off, kind="errors").ax_.patches[0]
        counts, edges, _ = errors.get_data()
        assert counts.sum() == 60
        assert edges[0] < 0.5 < edges[-1]
    many = ResidualsDisplay.from_predictions(np.arange(2001.0), np.arange(2001.0))
    assert len(many.ax_.lines) == 1
    assert (many.ax_.child_axes[0].images[0].get_array()[..., 3] > 0).sum() < 2001
    with pytest.raises(ShapeMismatch, match="the same shape"):
        ResidualsDisplay.from_predictions([1, 2], [1])
    with pytest.raises(InvalidParameter, match="kind must be 'answers' or 'errors'"):
        ResidualsDisplay.from_predictions([1], [1], kind="error")


@pytest.mark.parametrize("library", ["array", "pandas", "polars"])
def test_responses_of_estimators(library):
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    given = {"array": X, "pandas": frame, "polars": pl.from_pandas(frame)}[library]
    fitted = MLPRegressor(hidden_layer_sizes=(4,), max_iter=2, random_state=0).fit(given, Y)
    response = ResponseDisplay.from_estimator(fitted, given, 2).response
    changed = frame.assign(c=response.grid[3])
    own = {"array": changed.to_numpy(), "pandas": changed, "polars": pl.from_pandas(changed)}
    expected = np.sort(fitted.predict(own[library]))
    assert np.sort(response.answers[3, :, 0]) == pytest.approx(expected)
    assert response.column == ("column 2" if library == "array" else "c")


def test_responses_of_classes(classifier):
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    display = ResponseDisplay.from_estimator(classifier, frame, "c")
    assert display.response.lines == ("down", "flat", "up")
    assert display.response.mean.sum(axis=1) == pytest.approx(1)
    with pytest.raises(InvalidParameter, match="column must be one of"):
        ResponseDisplay.from_estimator(classifier, frame, "d")


def test_confusion_and_promises():
    known, answered = np.array([0, 0, 1, 2]), np.array([0, 1, 1, 2])
    display = ConfusionDisplay.from_predictions(known, answered, ["a", "b", "c"])
    assert display.counts.tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 1]]
    p = np.linspace(0, 1, 100)
    held = HeldDisplay.of_probabilities(p, p > 0.5, "yes")
    assert held.shares.tolist() == [0] * 5 + [1] * 5
    assert held.places[0] == pytest.approx(p[:10].mean())


def test_wilson():
    from scipy.stats import binomtest

    low, high = wilson(np.array([0.0, 0.3, 1.0]), np.array([10.0, 50.0, 20.0]))
    for k, (successes, n) in enumerate([(0, 10), (15, 50), (20, 20)]):
        bounds = binomtest(successes, n).proportion_ci(0.95, "wilson")
        assert (low[k], high[k]) == pytest.approx((bounds.low, bounds.high), abs=1e-4)


def test_each_kind_of_plot(regressor):
    model, frame = model_of("a number"), frame_of("a number")
    for kind in ("loss", "network", "response", "answers", "errors", "calibration"):
        assert isinstance(plot(model, kind, table=frame), Figure)
    assert plot(model, "response", table=frame, column="b").axes[0].get_xlabel() == "b"
    classes = plot(model_of("five classes"), "confusion", table=frame_of("five classes"))
    assert classes.axes[0].get_xlabel() == "answered"
    assert isinstance(plot(regressor.network_, "network"), Figure)
    assert isinstance(plot(regressor), Figure)
    assert "matplotlib.pyplot" not in sys.modules


@pytest.mark.parametrize(
    ("name", "given", "sentence"),
    [
        ("a number", {"kind": "answers"}, "kind 'answers' needs table"),
        ("a number", {"kind": "curve"}, "kind must be 'loss'"),
        ("a number", {"kind": "confusion", "table": True}, "does not fit a model that answers"),
        ("a number", {"kind": "response", "table": True, "column": "c"}, "column must be one"),
        ("too few rows to judge", {"kind": "loss"}, "needs a network that was trained"),
    ],
)
def test_what_cannot_be_drawn(name, given, sentence):
    given = {**given, "table": frame_of(name)} if "table" in given else given
    with pytest.raises(InvalidParameter, match=sentence):
        plot(model_of(name), **given)
