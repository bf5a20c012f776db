"""Whole runs of Levenberg-Marquardt within the engine are what the rule's own page makes."""

import math

import numpy as np
import pytest

from gradus.engines.base import EpochLog, RunStatus, TrainState
from gradus.engines.registry import engine as make_engine
from gradus.networks.layers import LayerNorm
from gradus.networks.own_losses import ExpressionLoss
from gradus.networks.spec import Dense, NetworkSpec
from gradus.optimizers.second_order.levenberg_marquardt import LevenbergMarquardt
from gradus.training.full_batch import RowsProblem, run_full_batch
from tests.contracts import cases

RULE = LevenbergMarquardt()
#: Where the systems are the same to the bit.
SAME_STEPS = {np.float64: 1e-10, np.float32: 1e-5}
each_type = pytest.mark.parametrize("dtype", SAME_STEPS, ids=lambda dtype: dtype.__name__)


def started(params):
    return TrainState.start(params, 0, RULE.n_scalars)


def iterate(engine, spec, rows, weights, state, n_steps, *, rule=RULE, by_page=False, **limits):
    """Make iterations in the engine's own call, or by the page with the engine's steps."""
    cancel = limits.pop("cancel", np.zeros(1, dtype=np.uint8))
    batches = cases.batches_of(*rows, weights)
    problem = RowsProblem(engine, spec, batches, lambda: bool(cancel[0]), cancel)
    if by_page:
        problem.run = lambda *_, **__: None
    log = EpochLog(np.arange(n_steps))
    limits = {"max_seconds": math.inf} | limits
    return run_full_batch(rule, problem, state, n_steps, log, **limits), log


def draw(rng, loss="squared_error", dtype=np.float64, *, n_rows=20, norm=False, **options):
    """A network, its rows with weights, and parameters; by rows where these are few."""
    layers = [Dense(9, "tanh"), Dense(6, "silu", bias=False), Dense(cases.output_width(loss))]
    if norm:
        layers.insert(1, LayerNorm())
    spec = NetworkSpec(4, tuple(layers), loss, **options)
    rows, weights = cases.draw_rows(spec, rng, n_rows, dtype), rng.uniform(0, 2, n_rows)
    weights[3], rows[0][3] = 0, np.nan
    return spec, rows, weights.astype(dtype), cases.draw_params(spec, rng, dtype)


@pytest.mark.parametrize("loss", cases.LOSSES)
@each_type
def test_row_by_row_it_is_the_page_to_the_bit(loss, dtype, rng):
    spec, *given, params = draw(rng, cases.LOSSES[loss], dtype)
    engine, whole, page = make_engine("native"), started(params), started(params)
    status, log = iterate(engine, spec, *given, whole, 5)
    other, told = iterate(engine, spec, *given, page, 5, by_page=True)
    assert status == other
    assert whole.params.tobytes() == page.params.tobytes()
    assert whole.scalars.tolist() == page.scalars.tolist()
    assert whole.cursor.tolist() == page.cursor.tolist()
    assert log.rows[:, :2].tolist() == told.rows[:, :2].tolist()
    np.testing.assert_allclose(log.rows[:, 2], told.rows[:, 2], rtol=1e-12)
    np.testing.assert_allclose(log.update_ratio, told.update_ratio, rtol=1e-12)
    np.testing.assert_allclose(whole.grad_norm, page.grad_norm, rtol=1e-12)


each_form = pytest.mark.parametrize(
    "options",
    [
        {"l2": 0.02},
        {"l1": 0.02, "l2": 0.01},
        {"n_rows": 200},
        {"n_rows": 200, "l2": 0.02, "l1": 0.01},
        {"n_rows": 30, "norm": True},
        {"n_rows": 200, "loss": "cross_entropy"},
    ],
    ids=repr,
)


@each_form
@each_type
def test_every_form_is_the_page_but_for_sums_in_double(options, dtype, rng):
    """Penalties and traces are summed in another order."""
    spec, *given, params = draw(rng, dtype=dtype, **options)
    engine, whole, page = make_engine("native"), started(params), started(params)
    status, log = iterate(engine, spec, *given, whole, 4)
    other, told = iterate(engine, spec, *given, page, 4, by_page=True)
    assert status == other == RunStatus.DONE
    tolerance = SAME_STEPS[dtype]
    np.testing.assert_allclose(whole.params, page.params, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(whole.scalars, page.scalars, rtol=tolerance)
    np.testing.assert_allclose(log.rows, told.rows, rtol=tolerance)
    np.testing.assert_allclose(log.update_ratio, told.update_ratio, rtol=tolerance)
    assert whole.cursor.tolist() == page.cursor.tolist() == [4, 0, 4]
    assert (np.diff(log.seconds) > 0).all()


@each_form
def test_every_form_follows_the_formulas(options, rng):
    spec, *given, params = draw(rng, **options)
    native, formulas = started(params), started(params)
    _, log = iterate(make_engine("native"), spec, *given, native, 4)
    _, told = iterate(make_engine("reference"), spec, *given, formulas, 4)
    np.testing.assert_allclose(native.params, formulas.params, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(log.rows, told.rows, rtol=1e-8)
    # The damping follows a gain whose numerator is a small difference.
    np.testing.assert_allclose(native.scalars, formulas.scalars, rtol=1e-6)


def test_dampings_are_refused_and_tried_again(engine, rng):
    """A first damping so small that the step goes too far."""
    spec, *given, params = draw(rng)
    rule, whole, page = LevenbergMarquardt(1e-9), started(params), started(params)
    iterate(engine, spec, *given, whole, 1, rule=rule)
    iterate(engine, spec, *given, page, 1, rule=rule, by_page=True)
    system = engine.damped_system(spec, params, *given[0], given[1], by_rows=True)
    assert whole.scalars[0] > 10 * 1e-9 * system.mean_curvature
    np.testing.assert_allclose(whole.params, page.params, rtol=1e-12)


@pytest.mark.parametrize("n_rows", [20, 200])
def test_where_a_run_is_cut_changes_no_bit(engine, n_rows, rng):
    spec, *given, params = draw(rng, n_rows=n_rows)
    whole, cut = started(params), started(params)
    iterate(engine, spec, *given, whole, 5)
    for made in range(1, 6):
        status, log = iterate(engine, spec, *given, cut, 6 - made, max_seconds=0.0)
        assert status == (RunStatus.CUT if made < 5 else RunStatus.DONE)
        assert len(log.rows) == 1
        assert cut.cursor.tolist() == [made, 0, made]
    assert cases.bits(cut) == cases.bits(whole)
    assert cut.scalars.tolist() == whole.scalars.tolist()


@pytest.mark.parametrize("n_rows", [20, 200])
def test_what_is_told_to_stop_is_dropped_whole(engine, n_rows, rng):
    spec, *given, params = draw(rng, n_rows=n_rows)
    state = started(params)
    before = cases.bits(state)
    status, log = iterate(engine, spec, *given, state, 5, cancel=np.ones(1, dtype=np.uint8))
    assert status == RunStatus.CANCELLED
    if engine.name == "native":  # elsewhere the problem is asked
        assert iterate(engine, spec, *given, state, 5, seconds_left=0.0)[0] == RunStatus.CANCELLED
    assert cases.bits(state) == before
    assert len(log.rows) == 0


@pytest.mark.parametrize("n_rows", [20, 200])
def test_threads_change_no_bit(n_rows, rng):
    spec, *given, params = draw(rng, n_rows=n_rows, l2=1e-3)
    ends = set()
    for n_threads in (1, 2, 3):
        state = started(params)
        iterate(make_engine("native", n_threads), spec, *given, state, 4)
        ends.add(b"".join(cases.bits(state)))
    assert len(ends) == 1


def test_rows_that_change_between_two_calls_are_looked_at(rng):
    """The engine keeps what other parameters do not change, and only that."""
    spec, (X, y), weights, params = draw(rng)
    engine, kept, fresh = make_engine("native"), started(params), started(params)
    iterate(engine, spec, (2 * X, y), weights, started(params), 2)
    iterate(engine, spec, (X, y), weights, kept, 3)
    iterate(make_engine("native"), spec, (X, y), weights, fresh, 3)
    assert cases.bits(kept) == cases.bits(fresh)


def test_how_it_ends_by_itself(engine, rng):
    line = NetworkSpec(1, (Dense(1, bias=False),))
    X = np.array([[1.0], [2.0]])
    state = started(np.zeros(1))
    assert iterate(engine, line, (X, 2 * X), None, state, 500)[0] == RunStatus.CONVERGED
    np.testing.assert_allclose(state.params, 2, rtol=1e-12)
    state = started(np.zeros(1))
    status, log = iterate(engine, line, (X, 1e200 * X), None, state, 5)
    assert status == RunStatus.DIVERGED
    assert len(log.rows) == 0
    # A loss that is finite with a gradient that is not.
    steep = NetworkSpec(1, (Dense(1, bias=False),), ExpressionLoss("1e200 * abs(output - target)"))
    rows = np.array([[1e200]]), np.array([[1e-199]])
    status, _ = iterate(engine, steep, rows, None, started(np.zeros(1)), 5)
    assert status == RunStatus.DIVERGED
