"""The simple models as networks: what an engine answers with them is what was solved for."""

import numpy as np
import pytest

from gradus.engines.reference_engine import ReferenceEngine
from gradus.errors import DataError
from gradus.verdict.baselines import constant_model, linear_model

LOSSES = ["squared_error", "cross_entropy"]


def table(rng, loss, n=60):
    X = np.column_stack((rng.normal(size=(n, 3)), rng.integers(0, 4, n), rng.integers(0, 2, n)))
    y = rng.normal(size=n) if loss == "squared_error" else rng.permutation(np.arange(n) % 3) * 1.0
    return X, y, (4, 2)


def answers(fit, params, X):
    logits = ReferenceEngine().outputs(fit.spec, params, X)
    if fit.spec.loss == "squared_error":
        return logits
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("model", [linear_model, constant_model])
def test_an_engine_answers_the_left_out_rows_alike(rng, model, loss):
    X, y, embedded = table(rng, loss)
    folds = np.arange(60) % 4 - 1
    fit = model(X, y, folds, loss, embedded)
    for k in range(3):
        found = answers(fit, fit.by_fold[k], X[folds == k])
        assert found == pytest.approx(fit.out_of_fold[folds == k], rel=1e-9, abs=1e-12)
    assert np.isnan(fit.out_of_fold[folds == -1]).all()
    assert fit.by_fold.shape == (3, len(fit.params))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("model", [linear_model, constant_model])
def test_a_row_does_not_see_its_own_target(rng, model, loss):
    X, y, embedded = table(rng, loss)
    folds = np.arange(60) % 4
    changed = np.where(folds == 2, 0.0, y)
    first, second = (model(X, target, folds, loss, embedded) for target in (y, changed))
    # Logistic regression starts where all rows led it; what that leaves is its tolerance.
    assert first.out_of_fold[folds == 2] == pytest.approx(second.out_of_fold[folds == 2], abs=1e-3)
    assert not np.array_equal(first.params, second.params)


def test_the_mean_by_hand():
    y, folds = np.array([1.0, 3.0, 8.0, 0.0]), np.array([0, 0, 1, -1])
    fit = constant_model(np.ones((4, 2)), y, folds, "squared_error")
    assert fit.out_of_fold[:3, 0].tolist() == [4.0, 4.0, 4 / 3]
    assert fit.params.tolist() == [0.0, 0.0, 3.0]
    fit = constant_model(np.ones((4, 2)), y, folds, "squared_error", (), np.array([1.0, 1, 2, 0]))
    assert fit.params[-1] == 5.0


def test_the_shares_by_hand():
    y, folds = np.array([0.0, 0, 0, 1]), np.array([0, 0, 0, 1])
    fit = constant_model(np.ones((4, 1)), y, folds, "cross_entropy")
    assert fit.out_of_fold[3] == pytest.approx([1.0001 / 1.0002, 0.0001 / 1.0002])
    assert np.exp(fit.params[-2:]) == pytest.approx([0.7501 / 1.0002, 0.2501 / 1.0002])


def test_an_exact_line_is_found(rng):
    X = rng.normal(size=(20, 3))
    y = X @ [0.5, -2.0, 3.0] + 7
    fit = linear_model(X, y, np.arange(20) % 5, "squared_error")
    assert fit.params == pytest.approx([0.5, -2.0, 3.0, 7], abs=1e-12)
    assert fit.out_of_fold[:, 0] == pytest.approx(y, abs=1e-12)


@pytest.mark.parametrize("model", [linear_model, constant_model])
def test_weights_that_leave_nothing_are_refused(model):
    with pytest.raises(DataError, match=r"^weights must be greater than 0 .* outside fold 1 are"):
        model(np.ones((3, 1)), np.ones(3), np.array([0, 1, 1]), "squared_error", (), np.eye(3)[1])
