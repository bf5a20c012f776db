"""With ``preprocess="auto"``: frames, gaps, weights, rows that judge, and good manners."""

import pickle
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError

from gradus.errors import DataError, InvalidParameter, ModelFileError
from gradus.estimators.classifier import MLPClassifier
from gradus.estimators.regressor import MLPRegressor
from gradus.models.network import Network
from gradus.networks.spec import Dense
from gradus.optimizers.rules import Adam, GradientDescent

QUICK = {"hidden_layer_sizes": (6,), "max_iter": 5, "random_state": 0}
BOTH = pytest.mark.parametrize("kind", [MLPRegressor, MLPClassifier])


@pytest.fixture(autouse=True)
def _is_short():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def mixed(rng, n=90):
    """Numbers, words, dates, truth values, with gaps in most; and what follows from them."""
    frame = pd.DataFrame(
        {
            "area": np.round(rng.normal(80, 20, n), 1),
            "town": rng.choice(["Leeds", "York", "Hull"], n),
            "built": pd.Timestamp("1990-01-01") + pd.to_timedelta(rng.integers(0, 9999, n), "D"),
            "garden": rng.choice(["yes", "no"], n),
            "sold": rng.choice([True, False], n),
        }
    )
    price = 1000 + 7.3 * frame["area"] + 90 * (frame["town"] == "York") + 50 * frame["sold"]
    for column in ("area", "town", "garden"):
        frame.loc[rng.choice(n, 5, replace=False), column] = None
    return frame, price.round(2).rename("price")


# ---- the network within --------------------------------------------------------------------------


@pytest.mark.parametrize("n_outputs", [1, 2])
def test_it_is_the_training_of_a_network(rng, n_outputs):
    """One full batch: `Network.train` with the options that scikit-learn's mean has the bits."""
    X, y = rng.normal(size=(60, 3)), rng.normal(size=(60, n_outputs)).squeeze()
    est = MLPRegressor(
        hidden_layer_sizes=(8,), activation="tanh", solver="sgd", alpha=0.3, max_iter=25,
        learning_rate_init=0.05, tol=0, preprocess=None, random_state=0,
    )  # fmt: skip
    first = clone(est).set_params(learning_rate_init=1e-300, max_iter=1).fit(X, y)
    # Half the squared error summed over outputs is n_outputs / 2 of a network's loss.
    half = n_outputs / 2
    layers = [Dense(8, "tanh"), Dense(n_outputs)]
    network = Network(3, layers, l2=0.3 / (half * 60))
    network.params = first.network_.params
    rule = GradientDescent(0.05 * half, momentum=0.9, nesterov=True)
    network.train(X, y, rule, epochs=25)
    np.testing.assert_array_equal(est.fit(X, y).network_.params, network.params)
    np.testing.assert_array_equal(est.predict(X).reshape(60, -1), network.predict(X))


def test_adam_is_ours_where_epsilon_does_not_count(rng):
    X, y = rng.normal(size=(60, 3)), rng.normal(size=60)
    est = MLPRegressor(hidden_layer_sizes=(8,), activation="tanh", alpha=0, max_iter=25, tol=0,
                       preprocess=None, random_state=0, epsilon=1e-300)  # fmt: skip
    first = clone(est).set_params(learning_rate_init=1e-300, max_iter=1).fit(X, y)
    network = Network(3, [Dense(8, "tanh"), Dense(1)])
    network.params = first.network_.params
    network.train(X, y, Adam(1e-3, epsilon=1e-300), epochs=25)
    np.testing.assert_allclose(est.fit(X, y).network_.params, network.params, rtol=1e-9)


def test_weights_that_a_person_sets_answer(rng):
    X, y = rng.normal(size=(30, 2)), rng.normal(size=30)
    est = MLPRegressor(**QUICK).fit(X, y)
    before = est.predict(X)
    est.intercepts_[-1] = est.intercepts_[-1] + 1
    np.testing.assert_allclose(est.predict(X) - before, y.std(), rtol=1e-12)


# ---- what comes in -------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("library", [lambda frame: frame, pl.from_pandas], ids=["pandas", "polars"])
def test_frames_with_words_dates_and_gaps(rng, kind, library):
    frame, price = mixed(rng)
    y = price if kind is MLPRegressor else np.where(price > price.median(), "dear", "cheap")
    est = kind(max_iter=300, random_state=0, solver="lbfgs").fit(library(frame), y)
    assert est.score(library(frame), y) > 0.9
    assert est.feature_names_in_.tolist() == list(frame.columns)
    assert est.n_features_in_ == 5
    # Words never seen and gaps where there were none are answered too.
    strange = frame.assign(town="Paris", built=pd.NaT)
    assert not pd.isna(est.predict(library(strange))).any()


def test_an_array_of_objects_holds_words_and_gaps(rng):
    town = rng.choice(np.array(["Leeds", "York", None], dtype=object), 60)
    X = np.column_stack([town, rng.normal(size=60).astype(object)])
    y = np.where(town == "York", 5.0, 1.0)
    est = MLPRegressor(solver="lbfgs", random_state=0).fit(X, y)
    assert est.score(X, y) > 0.99
    with pytest.raises(ValueError, match="could not convert string to float"):
        MLPRegressor(preprocess=None).fit(X, y)


def test_a_category_of_many_levels_is_embedded(rng):
    words = np.array([f"w{j}" for j in range(60)])
    frame = pd.DataFrame({"word": rng.choice(words, 1500), "x": rng.normal(size=1500)})
    y = frame["word"].str[1:].astype(float) % 7 + frame["x"]
    est = MLPRegressor(max_iter=60, random_state=0, early_stopping=False).fit(frame, y)
    assert [table.shape for table in est.embeddings_] == [(61, 7)]
    assert est.score(frame, y) > 0.9
    again = pickle.loads(pickle.dumps(est))  # noqa: S301
    np.testing.assert_array_equal(again.predict(frame), est.predict(frame))


@BOTH
def test_gaps_are_learned_from_and_infinity_is_refused(rng, kind):
    X = rng.normal(size=(200, 2))
    is_missing = rng.random(200) < 0.3
    X[is_missing, 0] = np.nan
    est = kind(solver="lbfgs", random_state=0).fit(X, is_missing)
    assert est.score(X, is_missing) > 0.99
    X[3, 1] = np.inf
    with pytest.raises(ValueError, match="Input X contains infinity"):
        est.fit(X, is_missing)
    with pytest.raises(ValueError, match="Input X contains NaN"):
        kind(preprocess=None).fit(np.array([[np.nan], [1.0]]), [0, 1])


@BOTH
def test_units_do_not_matter(rng, kind):
    X = rng.normal(size=(80, 3))
    y = X[:, 0] - X[:, 1] if kind is MLPRegressor else (X[:, 0] > X[:, 1])
    plain = kind(**QUICK).fit(X, y).predict(X)
    scaled = kind(**QUICK).fit(X * [1e-6, 1e3, 1e9] + [5, -2e4, 0], y)
    answers = scaled.predict(X * [1e-6, 1e3, 1e9] + [5, -2e4, 0])
    if kind is MLPRegressor:
        np.testing.assert_allclose(answers, plain, rtol=1e-6)
    else:
        assert (answers == plain).all()


def test_the_target_s_unit_does_not_matter(rng):
    X, y = rng.normal(size=(80, 3)), rng.normal(size=80)
    plain = MLPRegressor(**QUICK).fit(X, y).predict(X)
    far = MLPRegressor(**QUICK).fit(X, 1e7 * y - 1e9).predict(X)
    np.testing.assert_allclose((far + 1e9) / 1e7, plain, rtol=1e-6)


@BOTH
@pytest.mark.parametrize("make", [sp.csr_matrix, sp.csr_array, sp.csc_array])
def test_sparse_rows_are_rows(rng, kind, make):
    X = rng.normal(size=(60, 4)) * (rng.random((60, 4)) < 0.3)
    y = X[:, 0] > 0
    np.testing.assert_array_equal(
        kind(**QUICK).fit(make(X), y).predict(make(X)), kind(**QUICK).fit(X, y).predict(X)
    )


# ---- weights -------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("solver", ["lbfgs", "adam", "sgd"])
def test_weight_0_is_a_row_absent_and_2_a_row_twice(rng, kind, solver):
    X = rng.normal(size=(120, 3))
    X[rng.random((120, 3)) < 0.1] = np.nan
    y = np.nan_to_num(X[:, 0]) + 0.3 * rng.normal(size=120)
    y = y if kind is MLPRegressor else np.digitize(y, [-0.5, 0.5])
    weights = rng.integers(0, 4, 120)
    options = {**QUICK, "solver": solver, "batch_size": 1000}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Got `batch_size`", UserWarning)
        weighted = kind(**options).fit(X, y, sample_weight=weights)
        repeated = kind(**options).fit(np.repeat(X, weights, axis=0), np.repeat(y, weights))
    for own, other in zip(weighted.coefs_, repeated.coefs_, strict=True):
        np.testing.assert_allclose(own, other, rtol=1e-7, atol=1e-9)
    assert weighted.loss_ == pytest.approx(repeated.loss_, rel=1e-9)


def test_class_weights_are_weights_of_rows(rng):
    X = rng.normal(size=(120, 2))
    y = np.where(X[:, 0] + rng.normal(size=120) > 1.2, "rare", "common")
    options = {**QUICK, "solver": "lbfgs"}
    by_class = MLPClassifier(**options, class_weight={"rare": 3.0}).fit(X, y)
    by_row = MLPClassifier(**options).fit(X, y, sample_weight=np.where(y == "rare", 3.0, 1.0))
    np.testing.assert_array_equal(by_class.predict_proba(X), by_row.predict_proba(X))
    balanced = MLPClassifier(**options, class_weight="balanced").fit(X, y)
    factors = len(y) / (2 * np.where(y == "rare", (y == "rare").sum(), (y == "common").sum()))
    by_row.fit(X, y, sample_weight=factors)
    np.testing.assert_array_equal(balanced.predict_proba(X), by_row.predict_proba(X))
    with pytest.raises(InvalidParameter) as caught:
        MLPClassifier(class_weight="balanced").partial_fit(X, y, classes=["common", "rare"])
    assert str(caught.value) == (
        "class_weight must not be 'balanced' in partial_fit, which sees a part of the rows only; "
        "got 'balanced'. Give a mapping of labels to factors."
    )


def test_weights_that_are_none(rng):
    X, y = rng.normal(size=(10, 2)), rng.normal(size=10)
    with pytest.raises(ValueError, match="Sample weights must contain at least one non-zero"):
        MLPRegressor().fit(X, y, sample_weight=np.zeros(10))
    with pytest.raises(DataError) as caught:
        MLPClassifier(class_weight={0: 0, 1: 0}).fit(X, y > 0)
    assert str(caught.value) == "At least one row must have a weight greater than 0; none has."


# ---- rows that judge -----------------------------------------------------------------------------


@BOTH
def test_rows_of_one_s_own_judge(rng, kind):
    X = rng.normal(size=(300, 3))
    y = X[:, 0] * X[:, 1] + 0.5 * rng.normal(size=300)
    y = y if kind is MLPRegressor else y > 0
    est = kind(max_iter=400, learning_rate_init=0.01, random_state=0)
    est.fit(X[:200], y[:200], X_val=X[200:], y_val=y[200:])
    assert len(est.validation_loss_curve_) == len(est.loss_curve_) == est.n_iter_ < 400
    assert est.best_validation_score_ == max(est.validation_scores_)
    # The weights kept are those of the smallest validation loss.
    at_best = est.validation_scores_[int(np.argmin(est.validation_loss_curve_))]
    assert est.score(X[200:], y[200:]) == pytest.approx(at_best, rel=1e-9)
    watched = kind(solver="adam", max_iter=30, early_stopping=False, random_state=0)
    watched.fit(X[:200], y[:200], X_val=X[200:], y_val=y[200:])
    plain = clone(watched).fit(X[:200], y[:200])
    np.testing.assert_array_equal(watched.coefs_[0], plain.coefs_[0])
    assert len(watched.validation_loss_curve_) == 30


def test_rows_that_judge_come_with_their_targets(rng):
    X, y = rng.normal(size=(30, 2)), rng.normal(size=30)
    with pytest.raises(InvalidParameter) as caught:
        MLPRegressor(**QUICK).fit(X, y, X_val=X)
    assert str(caught.value) == "X_val and y_val must be given together; got only one of them."


@BOTH
@pytest.mark.parametrize(("n", "holds_out"), [(499, False), (500, True)])
def test_few_rows_are_all_trained_on(rng, kind, n, holds_out):
    X = rng.normal(size=(n, 2))
    est = kind(**QUICK, solver="adam").fit(X, X[:, 0] > 0)
    assert (est.validation_scores_ is not None) == holds_out
    assert est.t_ == est.n_iter_ * (450 if holds_out else n)
    assert kind(**QUICK, preprocess=None).fit(X, X[:, 0] > 0).validation_scores_ is None


def test_copies_of_a_row_stay_together(rng):
    X = np.repeat(rng.normal(size=(100, 2)), 6, axis=0)
    est = MLPRegressor(**QUICK)
    seen = {}

    def hold_out(rows, Y, original=est._hold_out):
        seen["rows"], seen["sides"] = rows, original(rows, Y)
        return seen["sides"]

    est._hold_out = hold_out
    est.fit(X, rng.normal(size=600))
    training, held = ({tuple(row) for row in seen["rows"].X[side]} for side in seen["sides"])
    assert held
    assert not training & held


# ---- manners -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "labels",
    [
        np.array([10, 9, 200]),
        np.array([True, False]),
        np.array(["b", "a", "c"]),
        np.array([1.0, 0.0]),
        np.array([-1, 1]),
    ],
    ids=str,
)
def test_labels_keep_their_type(rng, labels):
    X = rng.normal(size=(60, 2))
    y = labels[np.arange(60) % len(labels)]
    est = MLPClassifier(**QUICK).fit(X, y)
    np.testing.assert_array_equal(est.classes_, np.unique(labels))
    answers, probabilities = est.predict(X), est.predict_proba(X)
    assert answers.dtype == est.classes_.dtype
    np.testing.assert_array_equal(answers, est.classes_[probabilities.argmax(axis=1)])
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_array_equal(est.predict_log_proba(X), np.log(probabilities))


@BOTH
def test_the_seed_decides(rng, kind):
    X = rng.normal(size=(40, 2))
    y = X[:, 0] > 0
    options = {**QUICK, "batch_size": 7}
    first, again, other, free = (
        kind(**{**options, "random_state": seed}).fit(X, y).coefs_[0] for seed in (1, 1, 2, None)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert (first != free).any()


@BOTH
def test_manners_of_scikit_learn(rng, kind):
    X = rng.normal(size=(40, 2))
    y = X[:, 0] > 0
    est = kind(hidden_layer_sizes=5, max_iter=2)
    with pytest.raises(NotFittedError):
        est.predict(X)
    copy = clone(est)
    assert copy is not est
    assert copy.get_params() == est.get_params()
    assert est.set_params(max_iter=3).get_params()["max_iter"] == 3
    assert est.fit(X, y) is est
    assert len(est.predict(X[:1])) == 1


@BOTH
def test_pickles_hold_the_network_s_file(rng, kind):
    X = rng.normal(size=(40, 2))
    est = kind(**QUICK).fit(X, X[:, 0] > 0)
    again = pickle.loads(pickle.dumps(est))  # noqa: S301
    np.testing.assert_array_equal(again.predict(X), est.predict(X))
    np.testing.assert_array_equal(again.coefs_[0], est.coefs_[0])
    assert again.partial_fit(X, X[:, 0] > 0).t_ == est.t_ + 40
    state = est.__getstate__()
    assert isinstance(state["coefs_"], bytes)
    state["coefs_"] = state["coefs_"][:-1]
    with pytest.raises(ModelFileError):
        kind().__setstate__(state)
    blank = pickle.loads(pickle.dumps(kind()))  # noqa: S301
    assert not hasattr(blank, "coefs_")


@BOTH
@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            {"alpha": -1},
            "The 'alpha' parameter of {} must be a float in the range [0.0, inf) or a str among ",
        ),
        ({"solver": "adm"}, "The 'solver' parameter of {} must be a str among {{"),
        (
            {"preprocess": "scale"},
            "The 'preprocess' parameter of {} must be a str among {{'auto'}}",
        ),
    ],
)
def test_parameters_out_of_their_range(rng, kind, options, told):
    with pytest.raises(InvalidParameter) as caught:
        kind(**options).fit(np.eye(3), [0, 1, 0])
    assert str(caught.value).startswith(told.format(kind.__name__))


def test_a_network_that_goes_on_keeps_its_shape(rng):
    X, y = rng.normal(size=(30, 2)), rng.normal(size=30)
    est = MLPRegressor(**QUICK, warm_start=True).fit(X, y)
    with pytest.raises(InvalidParameter) as caught:
        est.set_params(hidden_layer_sizes=(7,)).fit(X, y)
    assert str(caught.value) == (
        "A network that goes on learning must keep its shape: coefs_ have the shapes "
        "[(2, 6), (6, 1)], hidden_layer_sizes asks for [(2, 7), (7, 1)]."
    )


def test_rows_unlike_those_of_fit(rng):
    frame, price = mixed(rng)
    est = MLPRegressor(**QUICK).fit(frame, price)
    with pytest.raises(ValueError, match="feature names should match those that were passed"):
        est.predict(frame[["area"]])
    of_array = MLPRegressor(**QUICK).fit(rng.normal(size=(40, 2)), np.arange(40))
    with pytest.raises(ValueError, match="X has 1 features, but MLPRegressor is expecting 2"):
        of_array.predict(np.ones((3, 1)))
