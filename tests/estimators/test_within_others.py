"""The estimators within scikit-learn's own: more than thirty combinations fit and answer."""

import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    BaggingRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_selection import RFE, SequentialFeatureSelector
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import make_scorer, r2_score
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    RandomizedSearchCV,
    TunedThresholdClassifierCV,
    cross_val_predict,
    cross_val_score,
    learning_curve,
    validation_curve,
)
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier, OutputCodeClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier, MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier

from gradus.estimators.classifier import MLPClassifier
from gradus.estimators.regressor import MLPRegressor

OPTIONS = {"hidden_layer_sizes": (6,), "solver": "lbfgs", "max_iter": 40, "random_state": 0}
R, C = MLPRegressor(**OPTIONS), MLPClassifier(**OPTIONS)
STEPPING = MLPClassifier((6,), learning_rate_init=0.02, max_iter=60, random_state=0)
CLASSIFIERS = {
    "pipeline": make_pipeline(StandardScaler(), C),
    "pipeline without preprocessing": make_pipeline(
        StandardScaler(), clone(C).set_params(preprocess=None)
    ),
    "grid search": GridSearchCV(C, {"alpha": [1e-4, 1.0]}, cv=3),
    "search in a pipeline": GridSearchCV(
        make_pipeline(StandardScaler(), C), {"mlpclassifier__activation": ["tanh", "gelu"]}, cv=2
    ),
    "bagging": BaggingClassifier(C, n_estimators=3, random_state=0),
    "boosting": AdaBoostClassifier(C, n_estimators=3, random_state=0),
    "voting": VotingClassifier([("net", C), ("line", LogisticRegression())], voting="soft"),
    "stacking": StackingClassifier([("net", C), ("line", LogisticRegression())], cv=3),
    "calibrated": CalibratedClassifierCV(C, cv=3),
    "one against the rest": OneVsRestClassifier(C),
    "one against one": OneVsOneClassifier(C),
    "output codes": OutputCodeClassifier(C, random_state=0),
    "fixed threshold": FixedThresholdClassifier(C, threshold=0.4),
    "tuned threshold": TunedThresholdClassifierCV(C, cv=2),
    "self-training": SelfTrainingClassifier(C, max_iter=2),
    "selected features": make_pipeline(SequentialFeatureSelector(C, n_features_to_select=2, cv=2),
                                       LogisticRegression()),
}  # fmt: skip
REGRESSORS = {
    "pipeline": make_pipeline(StandardScaler(), R),
    "random search": RandomizedSearchCV(R, {"alpha": [1e-4, 1e-2, 1.0]}, n_iter=2, cv=2,
                                        random_state=0),
    "bagging": BaggingRegressor(R, n_estimators=3, random_state=0),
    "boosting": AdaBoostRegressor(R, n_estimators=3, random_state=0),
    "voting": VotingRegressor([("net", R), ("line", Ridge())]),
    "stacking": StackingRegressor([("net", R), ("line", Ridge())], cv=3),
    "target in logarithms": TransformedTargetRegressor(R, func=np.arcsinh, inverse_func=np.sinh),
    "several outputs": MultiOutputRegressor(R),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _is_short():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


@pytest.fixture
def rows(rng):
    X = rng.normal(size=(120, 3))
    return X, X[:, 0] + X[:, 1] ** 2 - 0.5


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_a_classifier_within(rows, name):
    X, y = rows
    labels = np.where(y > 0.3, "high", "low")
    known = labels
    if name == "self-training":  # -1 is a label that is not known
        labels = (y > 0.3).astype(int)
        known = np.where(np.arange(len(y)) % 4 == 0, -1, labels)
    assert clone(CLASSIFIERS[name]).fit(X, known).score(X, labels) > 0.75


@pytest.mark.parametrize("name", REGRESSORS)
def test_a_regressor_within(rows, name):
    X, y = rows
    y = np.column_stack([y, -y]) if name == "several outputs" else y
    assert clone(REGRESSORS[name]).fit(X, y).score(X, y) > 0.8


def test_several_labels_within(rows):
    X, y = rows
    Y = np.column_stack([y > 0, X[:, 2] > 0]).astype(int)
    for est in (MultiOutputClassifier(C), ClassifierChain(C)):
        assert est.fit(X, Y).predict(X).shape == Y.shape


def test_folds_curves_and_searches(rows):
    X, y = rows
    assert cross_val_score(R, X, y, cv=3, scoring=make_scorer(r2_score)).min() > 0.5
    assert cross_val_predict(C, X, y > 0, cv=3, method="predict_proba").shape == (120, 2)
    sizes, _, scores = learning_curve(R, X, y, cv=2, train_sizes=[0.5, 1.0])
    assert scores.shape == (len(sizes), 2)
    _, scores = validation_curve(R, X, y, param_name="alpha", param_range=[1e-3, 10.0], cv=2)
    assert scores.shape == (2, 2)


def test_what_looks_into_answers(rows):
    X, y = rows
    est = clone(R).fit(X, y)
    found = permutation_importance(est, X, y, n_repeats=2, random_state=0).importances_mean
    assert found[1] > 5 * abs(found[2])
    grid = partial_dependence(est, X, [0], grid_resolution=5)["average"]
    assert (np.diff(grid[0]) > 0).all()


def test_features_are_picked_by_weights(rows):
    X, y = rows
    importance = lambda est: np.abs(est.coefs_[0]).sum(axis=1)  # noqa: E731
    picked = RFE(R, n_features_to_select=2, importance_getter=importance).fit(X, y)
    assert picked.support_.tolist() == [True, True, False]


def test_frames_pass_through_column_transformers(rows):
    X, y = rows
    frame = pd.DataFrame(X, columns=list("abc")).assign(d=np.where(y > 0, "u", "v"))
    encode = ColumnTransformer([("words", OneHotEncoder(), ["d"])], remainder="passthrough")
    assert make_pipeline(encode, R).fit(frame, y).score(frame, y) > 0.8
    with sklearn.config_context(transform_output="pandas"):
        piped = make_pipeline(StandardScaler(), clone(R)).fit(frame[list("abc")], y)
    assert piped[-1].feature_names_in_.tolist() == list("abc")


def test_weights_and_rows_that_judge_are_routed(rows):
    X, y = rows
    weights, scaled = np.where(y > 0, 0.0, 1.0), StandardScaler().fit_transform(X)
    with sklearn.config_context(enable_metadata_routing=True):
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        est = clone(R).set_fit_request(sample_weight=True)
        piped = make_pipeline(scaler, est).fit(X, y, sample_weight=weights)
        alone = clone(R).fit(scaled, y, sample_weight=weights)
        np.testing.assert_allclose(piped.predict(X), alone.predict(scaled))
        judged = clone(STEPPING)
        judged.set_fit_request(X_val=True, y_val=True)
        piped = make_pipeline(judged, transform_input=["X_val"])
        piped.fit(X[:80], y[:80] > 0, X_val=X[80:], y_val=y[80:] > 0)
    assert len(piped[-1].validation_loss_curve_) == piped[-1].n_iter_
