"""Methods that look at all rows lower the objective of every network, and threads change no bit."""

import numpy as np
import pytest

from gradus.engines.registry import engine as make_engine
from gradus.networks.layers import LayerNorm, Residual
from gradus.networks.spec import Dense, NetworkSpec
from gradus.optimizers.second_order.lbfgs import LBFGS
from gradus.optimizers.second_order.levenberg_marquardt import LevenbergMarquardt
from gradus.optimizers.second_order.truncated_newton import TruncatedNewton
from gradus.training.full_batch import RowsProblem
from tests.contracts import cases

RULES = {
    "lbfgs": LBFGS(),
    "hessian": TruncatedNewton(),
    "gauss_newton": TruncatedNewton("gauss_newton"),
    "levenberg_marquardt": LevenbergMarquardt(),
}


@pytest.fixture(params=RULES)
def rule(request):
    return RULES[request.param]


def iterated(engine, spec, rule, rows, weights, params, n_steps=6):
    """Make some iterations; the points reached and the objective there."""
    batches = cases.batches_of(*rows, weights)
    cancel = np.zeros(1, dtype=np.uint8)
    problem = RowsProblem(engine, spec, batches, lambda: False, cancel)
    slots = np.zeros((rule.n_slots, params.size), dtype=params.dtype)
    scalars, points = np.zeros(rule.n_scalars), [params]
    for _ in range(n_steps):
        step = rule.step(problem, points[-1], slots, scalars)
        if step is None:
            break
        points.append(step.params)
        step.write(slots)
        scalars = step.scalars
    return points, [problem.objective(point) for point in points]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("loss", cases.LOSSES)
def test_the_objective_falls(engine, network, rule, rng, loss, dtype):
    spec = network("silu", cases.LOSSES[loss], l2=1e-2)
    rows = cases.draw_rows(spec, rng, 40, dtype)
    weights = rng.integers(0, 3, size=40).astype(dtype)
    start = cases.draw_params(spec, rng, dtype)
    points, objectives = iterated(engine, spec, rule, rows, weights, start)
    assert len(points) > 3
    assert all(point.dtype == dtype for point in points)
    assert (np.diff(objectives) <= 0).all()
    assert objectives[-1] < objectives[0]


@pytest.mark.parametrize("l1", [0.0, 0.02])
def test_the_objective_falls_through_norms_and_residuals(engine, rule, rng, l1):
    layers = (Dense(5, "tanh"), Residual((Dense(5, "softplus"),)), LayerNorm(), Dense(1))
    spec = NetworkSpec(3, layers, l2=1e-2, l1=l1)
    rows = cases.draw_rows(spec, rng, 40)
    points, objectives = iterated(engine, spec, rule, rows, None, cases.draw_params(spec, rng))
    assert len(points) > 3
    assert (np.diff(objectives) <= 0).all()
    assert objectives[-1] < objectives[0]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_threads_change_no_bit(rule, network, rng, dtype):
    spec = network("gelu", "squared_error", l2=1e-3, width=20)
    rows = cases.draw_rows(spec, rng, 3000, dtype)
    start = cases.draw_params(spec, rng, dtype)
    ends = [
        iterated(make_engine("native", n_threads), spec, rule, rows, None, start, 4)[0][-1]
        for n_threads in (1, 2, 3)
    ]
    assert {end.tobytes() for end in ends} == {ends[0].tobytes()}
