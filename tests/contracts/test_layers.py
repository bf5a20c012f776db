"""Dropout, norms, residuals, L1 and max-norm of every engine, against formulas and differences."""

import numpy as np
import pytest

from gradus.engines import reference
from gradus.engines.base import TrainState
from gradus.engines.dropout import dropout_masks
from gradus.engines.registry import engine as make_engine
from gradus.networks.layers import Dense, Dropout, LayerNorm, Residual
from gradus.networks.params import views, weight_mask
from gradus.networks.spec import NetworkSpec
from gradus.optimizers.rules import GradientDescent
from tests.contracts.cases import (
    ENGINES,
    ONE_PASS,
    RULES,
    assert_layers_close,
    batches_of,
    bits,
    draw_params,
    draw_rows,
    run,
)
from tests.contracts.test_one_pass import compare, numeric_gradient

each_type = pytest.mark.parametrize("dtype", ONE_PASS, ids=lambda dtype: dtype.__name__)

# Each as a function of the number of columns that feed it.
LAYERS = {
    "norm": lambda _: (Dense(5, "tanh"), LayerNorm(), Dense(2)),
    "norm first": lambda _: (LayerNorm(0.1), Dense(4, "gelu"), Dense(2)),
    "residual": lambda _: (
        Dense(6, "gelu"),
        Residual((LayerNorm(), Dense(9, "tanh"), Dense(6, "sigmoid", bias=False))),
        Dense(2, "tanh"),
    ),
    "residuals in a row": lambda width: (
        Residual((Dense(width, "tanh"),)),
        Residual((Dense(3, "softplus"), LayerNorm(), Dense(width))),
        LayerNorm(),
        LayerNorm(0.5),
        Dense(2),
    ),
    "dropout everywhere": lambda width: (
        Dropout(0.2),
        Residual((Dropout(0.5),)),
        Residual((Dropout(0.1), Dense(width, "gelu"), Dropout(0.3))),
        Dense(7, "tanh"),
        Dropout(0.4),
        Dropout(0.25),
        LayerNorm(),
        Dropout(0.5),
        Dense(2),
    ),
}


@pytest.fixture(params=LAYERS.values(), ids=list(LAYERS))
def layered(request, embeddings):
    """A network of three plain columns, without and with embeddings."""
    width = 3 + sum(embedding.width for embedding in embeddings)
    return NetworkSpec(
        3 + len(embeddings), request.param(width), l2=0.3, embeddings=embeddings, l1=0.05
    )


@each_type
def test_against_the_formulas(engine, layered, dtype, rng):
    params = draw_params(layered, rng, dtype)
    for n_rows in (1, 2, 63, 64, 65, 300):
        X, y = draw_rows(layered, rng, n_rows, dtype)
        compare(engine, layered, params, X, y, rng.uniform(0.1, 2, n_rows).astype(dtype))


@pytest.mark.parametrize("width", [1, 7, 8, 9, 16, 17, 130])
@each_type
def test_norms_and_residuals_of_all_widths(engine, width, dtype, rng):
    layers = (Dense(width, "tanh"), LayerNorm(0.1), Residual((Dense(width, "gelu"),)), Dense(2))
    spec = NetworkSpec(4, layers)
    compare(engine, spec, draw_params(spec, rng, dtype), *draw_rows(spec, rng, 40, dtype))


@each_type
def test_more_rows_than_a_chunk(engine, dtype, rng):
    layers = (Dense(20, "gelu"), Residual((LayerNorm(), Dense(20, "tanh"))), Dense(3))
    spec = NetworkSpec(7, layers, "cross_entropy")
    compare(engine, spec, draw_params(spec, rng, dtype), *draw_rows(spec, rng, 2500, dtype))


def test_gradient_against_central_differences(engine, layered, rng):
    params, (X, y) = draw_params(layered, rng), draw_rows(layered, rng, 6)
    params += 0.01 * np.sign(params)  # no weight within a step of the kink of its absolute value
    weights, is_weight = rng.uniform(0.1, 2, 6), weight_mask(layered)

    def penalty(p):
        return 0.15 * np.sum(p[is_weight] ** 2) + 0.05 * np.sum(np.abs(p[is_weight]))

    loss, grads = engine.gradient(layered, params, X, y, weights)
    numeric, _ = numeric_gradient(engine, layered, params, X, y, weights, penalty)
    scale = np.maximum(np.abs(grads), 1e-3 * abs(loss + penalty(params)))
    assert (np.abs(numeric - grads) / scale).max() < 1e-6


@each_type
def test_one_row_is_the_same_alone_or_in_a_batch(engine, layered, dtype, rng):
    params, (X, _) = draw_params(layered, rng, dtype), draw_rows(layered, rng, 70, dtype)
    batch = engine.outputs(layered, params, X)
    alone = np.concatenate([engine.outputs(layered, params, X[i : i + 1]) for i in range(70)])
    if engine.name == "reference":  # waived: BLAS picks its path by the number of rows
        np.testing.assert_allclose(alone, batch, rtol=0, atol=10 * ONE_PASS[dtype])
    else:
        assert alone.tobytes() == batch.tobytes()


def test_a_row_of_equal_numbers_is_normalized_to_zeros(engine):
    spec = NetworkSpec(3, (LayerNorm(), Dense(1)))
    params = np.array([2.0, 3, 4, 0.5, 0.25, 1, 1, 1, 1, 0])
    outputs = engine.outputs(spec, params, np.array([[7.0, 7, 7], [0, 0, 0]]))
    assert outputs.ravel().tolist() == [1.75, 1.75]
    assert np.isfinite(
        engine.gradient(spec, params, np.full((1, 3), 7.0), np.zeros((1, 1)))[1]
    ).all()


def test_the_case_worked_by_hand(engine):
    """The numbers of docs/derivations/layers.md."""
    spec = NetworkSpec(2, (LayerNorm(epsilon=3.0), Dense(1, bias=False)))
    # scale, shift, weight
    params, X, y = np.array([2, 1, 0, 1, 1, 3.0]), np.array([[3.0, 1]]), np.array([[1.5]])
    assert engine.outputs(spec, params, X).tolist() == [[2.5]]
    loss, grads = engine.gradient(spec, params, X, y)
    assert loss == 1
    np.testing.assert_allclose(grads, [1, -3, 2, 6, 2, 1], rtol=1e-15)


def test_nothing_is_left_out_when_it_is_asked(engine, rng):
    with_dropout = NetworkSpec(3, (Dropout(0.5), Dense(4, "tanh"), Dropout(0.9), Dense(1)))
    without = NetworkSpec(3, (Dense(4, "tanh"), Dense(1)))
    params, (X, y) = draw_params(without, rng), draw_rows(without, rng, 9)
    for method in (engine.evaluate, engine.gradient):
        ours, plain = (method(spec, params, X, y) for spec in (with_dropout, without))
        assert ours[0] == plain[0]
        assert np.array_equal(ours[1], plain[1])
    ours, plain = (engine.outputs(spec, params, X) for spec in (with_dropout, without))
    assert np.array_equal(ours, plain)


# ---- training -----------------------------------------------------------------------------------


@each_type
def test_a_step_leaves_out_what_the_masks_say(engine, layered, dtype, rng):
    """One step with rate 1 of gradient descent shows the gradient; rows picked out of more."""
    params, (X, y) = draw_params(layered, rng, dtype), draw_rows(layered, rng, 40, dtype)
    rows = rng.permutation(40)[:25]
    batches = batches_of(X, y, rows=rows, seed=4)
    state = TrainState.start(params, 0)
    for epoch in range(2):
        before = state.params.copy()
        run(engine, layered, GradientDescent(), batches, state, [1.0])
        exact = [a.astype(np.float64) for a in (before, X[rows], y[rows])]
        masks = dropout_masks(layered, batches.dropout_key, epoch, rows, np.dtype(np.float64))
        _, grads = reference.gradient(layered, *exact, masks=masks)
        tolerance = 100 * ONE_PASS[dtype]  # the difference of two vectors has lost digits
        assert_layers_close(layered, before - state.params, grads, tolerance)


def test_the_gradient_of_what_is_left_is_that_of_the_masked_loss(layered, rng):
    params, (X, y) = draw_params(layered, rng), draw_rows(layered, rng, 6)
    params += 0.01 * np.sign(params)
    masks = dropout_masks(layered, 11, 3, np.arange(6), X.dtype)
    _, grads = reference.gradient(layered, params, X, y, masks=masks)

    def objective(p):
        outputs, weights = reference.forward(layered, p, X, masks).a[-1], p[weight_mask(layered)]
        penalty = 0.15 * np.sum(weights**2) + 0.05 * np.sum(np.abs(weights))
        return float(reference.mean_loss(layered, outputs, y)) + penalty

    h = 6e-6
    for i, unit in enumerate(h * np.eye(params.size)):
        numeric = (objective(params + unit) - objective(params - unit)) / (2 * h)
        assert numeric == pytest.approx(grads[i], rel=1e-6, abs=1e-9)


@each_type
@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_all_engines_train_to_the_same(layered, rule, dtype, rng):
    params, (X, y) = draw_params(layered, rng, dtype), draw_rows(layered, rng, 23, dtype)
    weights = rng.uniform(0.5, 2, 23).astype(dtype)
    batches = batches_of(X, y, weights, batch_size=5, seed=8)
    states, logs = [TrainState.start(params, rule.n_slots) for _ in ENGINES], []
    for name, state in zip(ENGINES, states, strict=True):
        _, log = run(make_engine(name), layered, rule, batches, state, [0.003] * 10)
        logs.append(log)
        tolerance = {np.float64: 1e-9, np.float32: 1e-3}[dtype]
        assert_layers_close(layered, state.params, states[0].params.astype(np.float64), tolerance)
        np.testing.assert_allclose(log.rows, logs[0].rows, rtol=10 * tolerance)
        # In float32 a ratio of small changes has lost most digits.
        loss = {np.float64: 1e-7, np.float32: 0.05}[dtype]
        np.testing.assert_allclose(log.update_ratio, logs[0].update_ratio, rtol=loss)


@pytest.mark.parametrize("name", ENGINES)
@each_type
def test_cuts_and_threads_change_no_bit(name, layered, dtype, rng):
    params, (X, y) = draw_params(layered, rng, dtype), draw_rows(layered, rng, 300, dtype)
    batches, rule = batches_of(X, y, batch_size=130), RULES["adamw"]
    whole = TrainState.start(params, 2)
    run(make_engine(name, 1), layered, rule, batches, whole, [0.01] * 7)
    for n_threads, pieces in ((3, (7,)), (2, (1, 3, 3)), (1, (2, 5))):
        state = TrainState.start(params, 2)
        for n_steps in pieces:
            run(make_engine(name, n_threads), layered, rule, batches, state, [0.01] * n_steps)
        assert bits(state) == bits(whole)


@each_type
def test_wide_layers_share_their_rows_among_threads(dtype, rng):
    layers = (Dropout(0.2), Dense(300, "tanh"), LayerNorm(), Residual((Dropout(0.5), Dense(300))))
    spec = NetworkSpec(120, (*layers, Dense(2)))
    params, (X, y) = draw_params(spec, rng, dtype), draw_rows(spec, rng, 600, dtype)
    states = [TrainState.start(params, 0) for _ in range(3)]
    for n_threads, state in enumerate(states, 1):
        engine = make_engine("native", n_threads)
        run(engine, spec, GradientDescent(), batches_of(X, y), state, [0.01] * 3)
        assert bits(state) == bits(states[0])


def test_a_constant_mean_keeps_its_size(engine, rng):
    """What is left is divided by what it is left with, so that outputs keep their mean."""
    spec = NetworkSpec(200, (Dropout(0.5), Dense(1, bias=False)))
    X, y = np.ones((400, 200)), np.zeros((400, 1))
    state = TrainState.start(np.full(200, 1 / 200), 0)
    _, log = run(engine, spec, GradientDescent(), batches_of(X, y), state, [0.0])
    # Outputs of mean 1 and variance 1 / 200: their mean square is 1.005, give or take 0.007.
    assert log.rows[0, 0] == pytest.approx(1.005, abs=0.03)


# ---- L1 and max-norm ----------------------------------------------------------------------------


@each_type
def test_l1_pulls_on_weights_by_their_sign_alone(engine, dtype, rng):
    layers = (Dense(3, "tanh"), LayerNorm(), Dense(1))
    plain, penalized = NetworkSpec(2, layers), NetworkSpec(2, layers, l1=0.25)
    params, (X, y) = draw_params(plain, rng, dtype), draw_rows(plain, rng, 8, dtype)
    params[:2] = 0
    difference = (
        engine.gradient(penalized, params, X, y)[1] - engine.gradient(plain, params, X, y)[1]
    )
    expected = np.where(weight_mask(plain), 0.25 * np.sign(params), 0)
    np.testing.assert_allclose(difference, expected, atol=1e-6)
    assert not difference[:2].any()  # at the kink: the loss's gradient alone


@each_type
@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_no_neuron_has_longer_weights_than_max_norm(engine, rule, dtype, rng):
    spec = NetworkSpec(6, (Dense(40, "tanh", max_norm=0.5), Dense(9, "gelu"), Dense(2, max_norm=1)))
    params, (X, y) = draw_params(spec, rng, dtype), draw_rows(spec, rng, 30, dtype)
    state, free = (TrainState.start(params, rule.n_slots) for _ in range(2))
    _, log = run(engine, spec, rule, batches_of(X, y), state, [0.01])
    unlimited = NetworkSpec(6, (Dense(40, "tanh"), Dense(9, "gelu"), Dense(2)))
    _, free_log = run(engine, unlimited, rule, batches_of(X, y), free, [0.01])
    assert log.update_ratio.tolist() == free_log.update_ratio.tolist()  # of the rule's own change
    ours, theirs = views(spec, state.params), views(spec, free.params)
    for name in theirs:
        limit = {"layer 1 weight": 0.5, "layer 3 weight": 1.0}.get(name)
        expected = theirs[name]
        if limit:
            norms = np.linalg.norm(expected.astype(np.float64), axis=0)
            assert (norms > limit).any()
            is_short = norms <= limit
            assert np.array_equal(ours[name][:, is_short], expected[:, is_short])
            expected = expected * np.minimum(1, limit / norms)
        np.testing.assert_allclose(ours[name], expected, rtol=10 * np.finfo(dtype).eps)
