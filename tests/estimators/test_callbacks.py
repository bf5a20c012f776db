"""scikit-learn's callbacks hear of a fit and of each epoch, and may end it."""

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from gradus.estimators.classifier import MLPClassifier
from gradus.estimators.regressor import MLPRegressor

callback = pytest.importorskip("sklearn.callback")
BOTH = pytest.mark.parametrize("kind", [MLPRegressor, MLPClassifier])
OPTIONS = {"solver": "adam", "hidden_layer_sizes": (5,), "max_iter": 8, "random_state": 0}


@pytest.fixture(autouse=True)
def _is_short():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


class Listener:
    """Writes down what it hears, and ends training after some epochs."""

    def __init__(self, n_epochs=10**9):
        self.heard, self.scores, self.n_epochs = [], [], n_epochs

    def setup(self, estimator, context):  # noqa: ARG002 the protocol's names
        self.heard.append("setup")

    def teardown(self, estimator, context):  # noqa: ARG002
        self.heard.append("teardown")

    def on_fit_task_begin(self, estimator, context, *, X=None):  # noqa: ARG002
        self.heard.append(f"{context.task_name} begins")

    def on_fit_task_end(
        self,
        estimator,  # noqa: ARG002
        context,
        *,
        X=None,
        y=None,
        fitted_estimator=None,
    ):
        self.heard.append(f"{context.task_name} ends")
        self.scores.append(fitted_estimator.score(X, y))
        return context.task_name == "epoch" and context.task_id + 1 >= self.n_epochs


def rows(rng):
    X = rng.normal(size=(60, 2))
    return X, X[:, 0] > 0


@BOTH
def test_each_epoch_is_told(rng, kind):
    X, y = rows(rng)
    listener = Listener()
    est = kind(**OPTIONS).set_callbacks(listener).fit(X, y)
    epochs = ["epoch begins", "epoch ends"] * 8
    assert listener.heard == ["setup", "fit begins", *epochs, "fit ends", "teardown"]
    # The last epoch's estimator is the fitted one.
    assert listener.scores[-1] == listener.scores[-2] == est.score(X, y)
    np.testing.assert_array_equal(est.coefs_[0], kind(**OPTIONS).fit(X, y).coefs_[0])


@BOTH
def test_a_callback_ends_training(rng, kind):
    X, y = rows(rng)
    est = kind(**OPTIONS).set_callbacks(Listener(n_epochs=3)).fit(X, y)
    assert est.n_iter_ == 3
    shorter = kind(**{**OPTIONS, "max_iter": 3}).fit(X, y)
    np.testing.assert_array_equal(est.coefs_[0], shorter.coefs_[0])


@pytest.mark.parametrize(
    "options", [{"solver": "lbfgs"}, {"solver": "auto"}, {"n_starts": 2}, {"cv": 3}], ids=str
)
@BOTH
def test_without_epochs_the_fit_alone_is_told(rng, kind, options):
    X, y = rows(rng)
    listener = Listener()
    est = clone(kind(**{**OPTIONS, **options})).set_callbacks(listener).fit(X, y)
    assert listener.heard == ["setup", "fit begins", "fit ends", "teardown"]
    assert not hasattr(est, "_callback_fit_ctx")


def test_scikit_learn_s_own(rng, capsys):
    X, y = rows(rng)
    monitor = callback.ScoringMonitor(scoring="accuracy")
    MLPClassifier(**OPTIONS).set_callbacks(monitor, callback.ProgressBar()).fit(X, y)
    logs = monitor.get_logs()
    assert len((logs[0] if isinstance(logs, list) else logs).data) == 9
