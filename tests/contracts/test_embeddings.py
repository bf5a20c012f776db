"""Embeddings of every engine: what they stand for, what they refuse, what acts on them."""

import re

import numpy as np
import pytest

from gradus.engines.base import TrainState
from gradus.errors import DataError
from gradus.networks.params import views, weight_mask
from gradus.networks.spec import Dense, Embedding, NetworkSpec
from gradus.optimizers.rules import AdamW, GradientDescent
from tests.contracts.cases import ONE_PASS, batches_of, bits, draw_params, draw_rows, run

SPEC = NetworkSpec(
    3, (Dense(4, "tanh"), Dense(1)), l2=0.3, embeddings=(Embedding(5, 2), Embedding(3, 1))
)
each_type = pytest.mark.parametrize("dtype", ONE_PASS, ids=lambda dtype: dtype.__name__)


def one_hot(spec, X):
    """The plain columns, then a column of 0 and 1 for each level."""
    codes = X[:, spec.n_plain :].T
    tables = zip(codes, spec.embeddings, strict=True)
    wide = [np.eye(table.n_levels)[column.astype(int)] for column, table in tables]
    return np.concatenate([X[:, : spec.n_plain], *wide], axis=1)


def test_an_embedding_is_a_layer_on_one_hot_columns(engine, rng):
    """``one_hot @ (E @ W)`` for each embedding E and the rows W of layer 1 that it feeds."""
    params, (X, y) = draw_params(SPEC, rng), draw_rows(SPEC, rng, 40)
    named = views(SPEC, params)
    plain, first, second = np.split(named["layer 1 weight"], [1, 3])
    wide = np.concatenate(
        [plain, named["embedding 1 weight"] @ first, named["embedding 2 weight"] @ second]
    )
    rest = params[named["embedding 1 weight"].size + 3 + named["layer 1 weight"].size :]
    same = NetworkSpec(9, SPEC.layers)
    fed, params_fed = one_hot(SPEC, X), np.concatenate([wide.ravel(), rest])
    np.testing.assert_allclose(
        engine.outputs(SPEC, params, X), engine.outputs(same, params_fed, fed), rtol=1e-12
    )
    # Behind layer 1's bias everything is the same, so are the derivatives.
    ours = engine.gradient(SPEC, params, X, y)[1] - SPEC.l2 * params * weight_mask(SPEC)
    theirs = views(same, engine.gradient(same, params_fed, fed, y)[1])
    named_ours = views(SPEC, ours)
    for name in ("layer 1 bias", "layer 2 weight", "layer 2 bias"):
        np.testing.assert_allclose(named_ours[name], theirs[name], rtol=1e-11, atol=1e-14)
    d_first, d_second = np.split(theirs["layer 1 weight"], [1, 6])[1:]
    for name, expected in (
        ("embedding 1 weight", d_first @ first.T),
        ("embedding 2 weight", d_second @ second.T),
    ):
        np.testing.assert_allclose(named_ours[name], expected, rtol=1e-11, atol=1e-14)


def test_the_case_worked_by_hand(engine):
    """The numbers of docs/derivations/embedding.md."""
    spec = NetworkSpec(1, (Dense(1, bias=False),), embeddings=(Embedding(3, 1),))
    params = np.array([1, -1, 2, 0.5])
    X, y = np.array([[2.0], [0], [2]]), np.array([[2.0], [0], [1]])
    assert engine.outputs(spec, params, X).ravel().tolist() == [1, 0.5, 1]
    loss, grads = engine.gradient(spec, params, X, y)
    assert loss == pytest.approx(5 / 12, rel=1e-15)
    np.testing.assert_allclose(grads, [1 / 6, 0, -1 / 3, -1], rtol=1e-15)


@each_type
def test_a_level_that_no_row_has_only_feels_the_penalty(engine, dtype, rng):
    params, (X, y) = draw_params(SPEC, rng, dtype), draw_rows(SPEC, rng, 30, dtype)
    X[:, 1] = np.where(X[:, 1] == 2, 3, X[:, 1])
    table = views(SPEC, params)["embedding 1 weight"]
    grads = views(SPEC, engine.gradient(SPEC, params, X, y)[1])["embedding 1 weight"]
    assert np.array_equal(grads[2], dtype(0.3) * table[2])
    assert (grads != dtype(0.3) * table).any(axis=1).tolist() == [True, True, False, True, True]


def test_weight_decay_shrinks_the_levels_that_no_row_has(engine, rng):
    spec = NetworkSpec(1, (Dense(1),), embeddings=(Embedding(3, 2),))
    params, X, y = draw_params(spec, rng), np.zeros((4, 1)), rng.normal(size=(4, 1))
    state, rule = TrainState.start(params, 2), AdamW(weight_decay=0.5)
    run(engine, spec, rule, batches_of(X, y), state, [0.1])
    before, after = (views(spec, p)["embedding 1 weight"] for p in (params, state.params))
    np.testing.assert_allclose(after[1:], (1 - 0.1 * 0.5) * before[1:], rtol=1e-14)
    assert (after[0] != (1 - 0.1 * 0.5) * before[0]).all()


def test_the_last_of_2_to_the_20_levels_in_float32(engine):
    spec = NetworkSpec(1, (Dense(1, bias=False),), embeddings=(Embedding(2**20, 1),))
    params = np.arange(2**20 + 1, dtype=np.float32)
    params[-1] = 1.0
    X = np.array([[2**20 - 1], [0], [2**20 - 2]], dtype=np.float32)
    assert engine.outputs(spec, params, X).ravel().tolist() == [2**20 - 1, 0, 2**20 - 2]


def test_rows_of_weight_0_leave_no_trace(engine, rng):
    params, (X, y) = draw_params(SPEC, rng), draw_rows(SPEC, rng, 12)
    weights = np.where(X[:, 1] == 4, 0.0, 1.0)
    kept = weights > 0
    assert 0 < kept.sum() < 12
    X[~kept, 0] = np.inf
    ours = engine.gradient(SPEC, params, X, y, weights)[1]
    expected = engine.gradient(SPEC, params, X[kept], y[kept])[1]
    np.testing.assert_allclose(ours, expected, rtol=1e-12, atol=1e-15)


@each_type
@pytest.mark.parametrize("weight", [None, 0.0], ids=["weight 1", "weight 0"])
@pytest.mark.parametrize(
    ("level", "column", "words"),
    [
        (5.0, 1, "0 to 4 in column 1, the levels of embedding 1; got 5 in row 6"),
        (-1.0, 1, "0 to 4 in column 1, the levels of embedding 1; got -1 in row 6"),
        (0.5, 2, "0 to 2 in column 2, the levels of embedding 2; got 0.5 in row 6"),
        (np.nan, 2, "0 to 2 in column 2, the levels of embedding 2; got nan in row 6"),
        (np.inf, 2, "0 to 2 in column 2, the levels of embedding 2; got inf in row 6"),
        (1e10, 1, "0 to 4 in column 1, the levels of embedding 1; got 1e+10 in row 6"),
    ],
)
def test_levels_that_have_no_row_are_refused(engine, dtype, weight, level, column, words, rng):
    params, (X, y) = draw_params(SPEC, rng, dtype), draw_rows(SPEC, rng, 8, dtype)
    weights = None
    if weight is not None:
        weights = np.ones(8, dtype=dtype)
        weights[6] = weight
    X[6, column] = X[7, column] = level
    state = TrainState.start(params, 0)
    before = bits(state)
    batches = batches_of(X, y, weights, batch_size=2)
    for call in (
        lambda: engine.outputs(SPEC, params, X),
        lambda: engine.evaluate(SPEC, params, X, y, weights),
        lambda: engine.gradient(SPEC, params, X, y, weights),
        lambda: run(engine, SPEC, GradientDescent(), batches, state, [0.1]),
    ):
        with pytest.raises(
            DataError, match=f"^X must hold whole numbers from {re.escape(words)}.$"
        ):
            call()
    assert bits(state) == before
