"""The inner sequence of every engine: order, updates, sums, and where it may be cut."""

import itertools
import time

import numpy as np
import pytest

from gradus._random import permutation
from gradus.engines import reference
from gradus.engines.base import RunStatus, TrainState
from gradus.engines.registry import engine as make_engine
from gradus.networks.initializers import initial_params
from gradus.networks.params import weight_mask
from gradus.networks.spec import Dense, Initializer, NetworkSpec
from gradus.optimizers.clipping import clip, gradient_norm
from gradus.optimizers.rules import GradientDescent
from gradus.optimizers.schedules import Cosine, rates
from tests.contracts.cases import (
    ENGINES,
    LOSSES,
    RULES,
    assert_layers_close,
    batches_of,
    bits,
    copy_state,
    draw_params,
    draw_rows,
    run,
)
from tests.golden.load import golden

each_rule = pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
each_type = pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])


def by_the_formulas(spec, rule, batches, params, step_rates, max_grad_norm=None):
    """The same run written down plainly: parameters, log rows and gradient norms."""
    rows = np.arange(len(batches.X)) if batches.rows is None else batches.rows
    slots = np.zeros((rule.n_slots, params.size), dtype=params.dtype)
    log, norms, sums = [], [], np.zeros(3)
    for t, rate in enumerate(step_rates):
        epoch, step = divmod(t, batches.steps_per_epoch)
        order = rows
        if batches.batch_size < len(rows):
            order = rows[permutation(batches.shuffle_key, epoch, len(rows))]
        picked = order[step * batches.batch_size : (step + 1) * batches.batch_size]
        X, y = batches.X[picked], batches.y[picked]
        w = np.ones(len(X), X.dtype) if batches.weights is None else batches.weights[picked]
        trace, grads = reference.gradient(spec, params, X, y, w)
        means = [
            mean(spec, trace.a[-1], y, w) for mean in (reference.mean_loss, reference.mean_measure)
        ]
        sums += w.sum() * np.array([*means, 1.0])
        norms.append(gradient_norm(grads))
        grads = clip(grads, norms[-1], max_grad_norm)
        params, slots = rule.update(params, grads, slots, rate, t + 1, weight_mask(spec))
        if step == batches.steps_per_epoch - 1:
            log.append([*(sums[:2] / sums[2]), norms[-1]])
            sums[:] = 0
    return params, np.array(log).reshape(-1, 3), norms


@each_rule
@each_type
def test_ten_steps_in_batches(engine, network, rule, dtype, rng):
    spec = network("tanh", "squared_error", l2=0.05)
    tolerance = {np.float64: 1e-9, np.float32: 1e-4}[dtype]
    params, (X, y) = draw_params(spec, rng, dtype), draw_rows(spec, rng, 11, dtype)
    batches = batches_of(X, y, rng.uniform(0.5, 2, 11).astype(dtype), batch_size=4, seed=3)
    state = TrainState.start(params, rule.n_slots)
    step_rates = rates(Cosine(0.05), 0, 10, 10)
    status, log = run(engine, spec, rule, batches, state, step_rates, 0.5)
    exact, rows, norms = by_the_formulas(spec, rule, batches, params, step_rates, 0.5)
    assert status == RunStatus.DONE
    assert state.params.dtype == dtype
    assert_layers_close(spec, state.params, exact, tolerance)
    assert log.rows.shape == (3, 3)
    np.testing.assert_allclose(log.rows, rows, rtol=10 * tolerance)
    np.testing.assert_allclose(state.grad_norm, norms[:-3:-1], rtol=10 * tolerance)
    assert state.cursor.tolist() == [3, 1, 10]


@pytest.mark.parametrize("loss", LOSSES.values(), ids=list(LOSSES))
@pytest.mark.parametrize("batch_size", [1, 3, 10, 50])
def test_rows_are_picked_in_the_order_of_the_epoch(engine, network, loss, batch_size, rng):
    spec = network("relu", loss)
    params, (X, y) = draw_params(spec, rng), draw_rows(spec, rng, 20)
    rows = rng.permutation(20)[:10].astype(np.int64)
    batches = batches_of(X, y, rows=rows, batch_size=batch_size, seed=9)
    state, rule = TrainState.start(params, 0), GradientDescent()
    _, log = run(engine, spec, rule, batches, state, [0.1] * 25)
    exact, expected_log, _ = by_the_formulas(spec, rule, batches, params, [0.1] * 25)
    assert_layers_close(spec, state.params, exact, 1e-9)
    np.testing.assert_allclose(log.rows, expected_log, rtol=1e-9, atol=1e-12)


@each_rule
@each_type
def test_where_a_run_is_cut_changes_no_bit(engine, network, rule, dtype, rng):
    spec = network("gelu", "cross_entropy", l2=0.01)
    params, (X, y) = draw_params(spec, rng, dtype), draw_rows(spec, rng, 23, dtype)
    batches = batches_of(X, y, batch_size=5)
    step_rates = rates(Cosine(0.05), 0, 30, 30)
    whole = TrainState.start(params, rule.n_slots)
    _, log = run(engine, spec, rule, batches, whole, step_rates)
    for cuts in ([0, 1, 2, 30], [0, 7, 7, 19, 30], range(31)):
        state, logs = TrainState.start(params, rule.n_slots), []
        for start, stop in itertools.pairwise(cuts):
            _, part = run(engine, spec, rule, batches, state, step_rates[start:stop])
            logs.append(part.rows)
        assert bits(state) == bits(whole)
        assert np.concatenate(logs).tobytes() == log.rows.tobytes()


def test_a_time_limit_cuts_between_steps_and_makes_one_at_least(engine, network, rng):
    spec, rule = network("tanh", "squared_error"), GradientDescent(momentum=0.5)
    params, (X, y) = draw_params(spec, rng), draw_rows(spec, rng, 50)
    batches = batches_of(X, y, batch_size=7)
    state, made = TrainState.start(params, 1), 0
    while made < 40:
        status, _ = run(engine, spec, rule, batches, state, [0.01] * (40 - made), max_seconds=0.0)
        assert state.cursor[2] > made
        made = int(state.cursor[2])
        assert status == (RunStatus.DONE if made == 40 else RunStatus.CUT)
    whole = TrainState.start(params, 1)
    run(engine, spec, rule, batches, whole, [0.01] * 40)
    assert bits(state) == bits(whole)
    started = time.monotonic()
    status, _ = run(engine, spec, rule, batches, state, np.full(10**7, 1e-9), max_seconds=0.05)
    assert status == RunStatus.CUT
    assert time.monotonic() - started < 5  # a thousandth of what all steps would take


def test_a_raised_flag_cancels_before_the_next_step(engine, network, rng):
    spec = network("tanh", "squared_error")
    params, (X, y) = draw_params(spec, rng), draw_rows(spec, rng, 5)
    state = TrainState.start(params, 0)
    before = bits(state)
    raised = np.ones(1, dtype=np.uint8)
    status, log = run(
        engine, spec, GradientDescent(), batches_of(X, y), state, [0.1] * 5, cancel=raised
    )
    assert status == RunStatus.CANCELLED
    assert bits(state) == before
    assert log.rows.shape == (0, 3)


def test_no_step_asked_for(engine, network, rng):
    spec = network("tanh", "squared_error")
    params, (X, y) = draw_params(spec, rng), draw_rows(spec, rng, 5)
    state = TrainState.start(params, 0)
    before = bits(state)
    status, log = run(engine, spec, GradientDescent(), batches_of(X, y), state, [])
    assert status == RunStatus.DONE
    assert bits(state) == before
    assert log.rows.shape == (0, 3)
    assert log.update_ratio.shape == (0, 3)


@each_type
@pytest.mark.parametrize("batch_size", [2, 5])
def test_it_stops_before_a_step_that_is_not_finite(engine, dtype, batch_size, rng):
    spec, rule = NetworkSpec(3, (Dense(1, bias=False),)), GradientDescent(momentum=0.5)
    X, y = draw_rows(spec, rng, 5, dtype)
    batches = batches_of(X, y, batch_size=batch_size)
    state = TrainState.start(initial_params(spec, 0).astype(dtype), 1)
    status, _ = run(engine, spec, rule, batches, state, [50.0] * 2000)
    assert status == RunStatus.DIVERGED
    for array in (state.params, state.slots, state.totals, state.grad_norm):
        assert np.isfinite(array).all()
    # It stands where a run that was asked for just these steps stands.
    n_made = int(state.cursor[2])
    assert 0 < n_made < 2000
    again = TrainState.start(initial_params(spec, 0).astype(dtype), 1)
    assert run(engine, spec, rule, batches, again, [50.0] * n_made)[0] == RunStatus.DONE
    assert bits(again) == bits(state)
    assert run(engine, spec, rule, batches, again, [50.0])[0] == RunStatus.DIVERGED
    assert bits(again) == bits(state)


@each_type
def test_it_stops_before_an_update_that_leaves_the_range_of_the_type(engine, network, dtype, rng):
    spec = network("tanh", "squared_error")
    params, (X, y) = draw_params(spec, rng, dtype), draw_rows(spec, rng, 5, dtype)
    state = TrainState.start(params, 0)
    before = bits(state)
    rate = float(np.finfo(dtype).max)  # the gradient itself is an ordinary one
    y += 100
    status, _ = run(engine, spec, GradientDescent(), batches_of(X, y), state, [rate])
    assert status == RunStatus.DIVERGED
    assert bits(state) == before


@each_rule
def test_a_batch_without_weight_only_counts(engine, network, rule, rng):
    spec = network("tanh", "squared_error", l2=0.5)
    params, (X, y) = draw_params(spec, rng), draw_rows(spec, rng, 8)
    state = TrainState.start(params, rule.n_slots)
    run(engine, spec, rule, batches_of(X, y, batch_size=3), state, [0.1] * 2)
    before = copy_state(state)
    nothing = batches_of(X, y, np.zeros(8), batch_size=3)
    status, log = run(engine, spec, rule, nothing, state, [0.1])
    assert status == RunStatus.DONE
    assert state.cursor.tolist() == [1, 0, 3]
    assert log.rows.shape == (1, 3)
    state.cursor[:], state.totals[:] = before.cursor, before.totals
    assert bits(state) == bits(before)


def test_update_ratios_of_measured_steps(engine, network, rng):
    spec = network("tanh", "squared_error")
    params, (X, y) = draw_params(spec, rng), draw_rows(spec, rng, 8)
    state, batches = TrainState.start(params, 0), batches_of(X, y)
    whole = TrainState.start(params, 0)
    _, log = run(engine, spec, GradientDescent(), batches, whole, [0.1] * 6, measured=[0, 3, 4])
    exact = []
    for _ in range(6):
        before = state.params.copy()
        run(engine, spec, GradientDescent(), batches, state, [0.1])
        exact.append(reference.update_ratios(spec, before, state.params))
    assert bits(whole) == bits(state)
    np.testing.assert_allclose(log.update_ratio, [exact[0], exact[3], exact[4]], rtol=1e-9)
    assert 0 < log.seconds[0] < log.seconds[1] < log.seconds[2] < 60


def test_what_is_not_reached_is_not_measured(engine, network, rng):
    spec = network("tanh", "squared_error")
    state = TrainState.start(draw_params(spec, rng), 0)
    batches = batches_of(*draw_rows(spec, rng, 8))
    options = {"measured": [0, 4999], "max_seconds": 0.0}
    status, log = run(engine, spec, GradientDescent(), batches, state, [0.1] * 5000, **options)
    assert status is RunStatus.CUT
    assert (log.update_ratio[0] > 0).all()
    assert log.seconds[0] > 0
    assert log.update_ratio[1].tolist() == [0.0] * len(spec.dense)
    assert log.seconds[1] == 0


def test_update_ratio_of_a_layer_of_zeros(engine, rng):
    zeros = Initializer("constant", value=0)
    spec = NetworkSpec(2, (Dense(2, "identity", False, zeros), Dense(1, initializer=zeros)))
    X, y = draw_rows(spec, rng, 4)
    state = TrainState.start(initial_params(spec, 0), 0)
    _, log = run(engine, spec, GradientDescent(), batches_of(X, y), state, [0.1])
    # Behind zeros nothing reaches layer 1; layer 2 changes by its bias.
    assert log.update_ratio.tolist() == [[0.0, np.inf]]


def test_what_is_lent_to_read_stays_as_it_is(engine, network, rng):
    spec, rule = network("tanh", "binary_cross_entropy"), RULES["adam"]
    params, (X, y) = draw_params(spec, rng), draw_rows(spec, rng, 9)
    weights, rows = rng.uniform(size=9), np.arange(8)
    lent = [X, y, weights, rows]
    for array in lent:
        array.flags.writeable = False
    before = [array.tobytes() for array in lent]
    state = TrainState.start(params, rule.n_slots)
    batches = batches_of(X, y, weights, rows, 3)
    assert run(engine, spec, rule, batches, state, [0.1] * 7)[0] == RunStatus.DONE
    assert [array.tobytes() for array in lent] == before


# ---- the texts ----------------------------------------------------------------------------------

LINEAR = NetworkSpec(3, (Dense(1, bias=False),))
LINEAR_X = np.array([[3, 4, 7], [6, 2, 9], [8, 10, 12], [9, 7, 4], [7, 6, 3.0]])
LINEAR_Y = np.array([[13.5], [15.6], [27.4], [15.6], [12.5]])


def train_linear(engine, guess, rate, n_updates=2000):
    state = TrainState.start(np.array(guess, dtype=np.float64), 0)
    status, log = run(
        engine,
        LINEAR,
        GradientDescent(),
        batches_of(LINEAR_X, LINEAR_Y),
        state,
        np.full(n_updates, rate),
    )
    return status, state.params, log.rows


@pytest.mark.parametrize(
    "guess", [(0.2, 1.4, 30), (200, -14, 3456), (80000, -60000, 90000)], ids=str
)
def test_2000_updates_find_the_weights_of_the_text(engine, guess):
    status, found, _ = train_linear(engine, guess, 0.005)
    assert status == RunStatus.DONE
    np.testing.assert_allclose(found, [0.5, 0.9, 1.2], rtol=0, atol=5e-7)


def test_the_largest_rate_that_converges_from_both_sides(engine):
    """Each update multiplies the error along the steepest direction by 1 - rate * lambda_max."""
    limit = golden("linear_neuron")["rate_limit"]
    curvature = 2 / 5 * LINEAR_X.T @ LINEAR_X
    assert 2 / np.linalg.eigvalsh(curvature)[-1] == pytest.approx(limit, rel=1e-12)
    assert 0.0073 < limit < 0.00732
    _, found, rows = train_linear(engine, (0.2, 1.4, 30), 0.0073, 6000)
    np.testing.assert_allclose(found, [0.5, 0.9, 1.2], rtol=0, atol=5e-7)
    assert rows[-1, 0] < 1e-9
    for rate in (1.001 * limit, 0.00733):
        _, _, rows = train_linear(engine, (0.2, 1.4, 30), rate, 6000)
        assert rows[-1, 0] > 1e6 * rows[0, 0]


def test_alice_bob_charlie_diana(engine):
    """Weight and height shifted to girls and boys, row by row, then two new people."""
    spec = NetworkSpec(2, (Dense(2, "sigmoid"), Dense(1, "sigmoid")))
    X = np.array([[-2, -1], [25, 6], [17, 4], [-15, -6.0]])
    y = np.array([[1], [0], [0], [1.0]])
    emily_and_frank = np.array([[-7, -3], [20, 2.0]])
    seeds = range(100 if engine.name != "reference" else 3)  # the page of formulas is slow
    n_right = 0
    for seed in seeds:
        state = TrainState.start(initial_params(spec, seed), 0)
        batches = batches_of(X, y, batch_size=1, seed=seed)
        run(engine, spec, GradientDescent(), batches, state, np.full(4000, 0.1))
        assert state.cursor.tolist() == [1000, 0, 4000]
        emily, frank = engine.outputs(spec, state.params, emily_and_frank)[:, 0]
        n_right += emily > 0.9 and frank < 0.1
    assert n_right >= 0.95 * len(seeds)


# ---- engines among each other and with themselves -----------------------------------------------


def test_all_engines_shuffle_alike():
    """A table no two rows of which move the parameters alike: equal ends mean equal orders."""
    spec = NetworkSpec(1, (Dense(1),))
    X = np.arange(1.0, 8.0)[:, None]
    batches = batches_of(X, np.cos(X), batch_size=1, seed=5)
    states = [TrainState.start(np.zeros(2), 0) for _ in ENGINES]
    for name, state in zip(ENGINES, states, strict=True):
        run(make_engine(name), spec, GradientDescent(), batches, state, np.full(21, 0.01))
        np.testing.assert_allclose(state.params, states[0].params, rtol=1e-13)


@each_type
@pytest.mark.parametrize("name", ENGINES)
def test_the_number_of_threads_changes_no_bit(name, embeddings, dtype, rng):
    layers = (Dense(90, "tanh"), Dense(70, "gelu"), Dense(3))
    spec = NetworkSpec(20, layers, "cross_entropy", 0.01, embeddings)
    params, (X, y) = draw_params(spec, rng, dtype), draw_rows(spec, rng, 700, dtype)
    results = set()
    for n_threads in (1, 2, 3, 5):
        engine, state = make_engine(name, n_threads), TrainState.start(params, 2)
        run(engine, spec, RULES["adamw"], batches_of(X, y, batch_size=256), state, [0.01] * 7)
        loss, grads = engine.gradient(spec, params, X, y)
        outputs = engine.outputs(spec, params, X)
        results.add((*bits(state), loss, grads.tobytes(), outputs.tobytes()))
    assert len(results) == 1
