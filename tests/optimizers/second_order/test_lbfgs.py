"""L-BFGS makes the iterations of SciPy's L-BFGS-B, restarts, and never rises."""

import numpy as np
import pytest
from scipy.optimize import minimize, rosen, rosen_der

from gradus.engines.registry import engine as make_engine
from gradus.errors import InvalidParameter
from gradus.networks.initializers import initial_params
from gradus.networks.params import n_params, weight_mask
from gradus.networks.penalties import l2_penalty
from gradus.networks.spec import Dense, NetworkSpec
from gradus.optimizers.second_order.lbfgs import LBFGS
from gradus.optimizers.second_order.problem import Exhausted


class Function:
    """A problem made of one function that gives value and gradient."""

    def __init__(self, function):
        self.gradient = function


def minimized(function, params, n_steps, rule=None):
    """Make up to `n_steps` iterations; the points reached, and the memory after the last."""
    rule = rule or LBFGS()
    points = [params]
    slots = np.zeros((rule.n_slots, len(params)), dtype=params.dtype)
    scalars = np.zeros(rule.n_scalars)
    for _ in range(n_steps):
        step = rule.step(Function(function), points[-1], slots, scalars)
        if step is None:
            break
        points.append(step.params)
        step.write(slots)
        scalars = step.scalars
    return points, scalars


def by_scipy(function, params, n_steps, **options):
    options = {"maxiter": n_steps, "gtol": 1e-4, **options}
    return minimize(function, params, method="L-BFGS-B", jac=True, options=options)


def rosenbrock(params):
    return float(rosen(params)), rosen_der(params)


def network(loss, rng):
    """The objective of a small network on the page of formulas."""
    n_classes = {"squared_error": 1, "binary_cross_entropy": 1, "cross_entropy": 3}[loss]
    spec = NetworkSpec(3, (Dense(5, "tanh"), Dense(n_classes)), loss, l2=1e-3)
    X = rng.normal(size=(60, 3))
    y = np.sin(X).sum(axis=1, keepdims=True)
    if loss != "squared_error":
        y = np.digitize(y, [-0.5, 0.5] if n_classes == 3 else [0.0]).astype(float)
    weights = rng.uniform(0, 2, size=60)

    def function(params):
        value, grads = make_engine("reference").gradient(spec, params, X, y, weights)
        return value + float(l2_penalty(params, weight_mask(spec), spec.l2)), grads

    return function, initial_params(spec, 0), n_params(spec)


@pytest.mark.parametrize("n_steps", [1, 2, 7, 15])
@pytest.mark.parametrize("size", [2, 5, 30])
def test_the_iterations_are_scipy_s(rng, size, n_steps):
    start = 2 * rng.normal(size=size)
    for options, rule in (({}, LBFGS()), ({"maxcor": 3}, LBFGS(memory=3))):
        expected = by_scipy(rosenbrock, start, n_steps, **options)
        points, scalars = minimized(rosenbrock, start, n_steps, rule)
        assert len(points) - 1 == expected.nit
        assert scalars[0] == expected.nfev
        # Rosenbrock's valley magnifies rounding, about tenfold in an iteration.
        np.testing.assert_allclose(points[-1], expected.x, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("loss", ["squared_error", "binary_cross_entropy", "cross_entropy"])
def test_the_iterations_on_networks_are_scipy_s(rng, loss):
    function, start, _ = network(loss, rng)
    for n_steps in (1, 3, 10):
        expected = by_scipy(function, start, n_steps)
        points, scalars = minimized(function, start, n_steps)
        assert (len(points) - 1, scalars[0]) == (expected.nit, expected.nfev)
        np.testing.assert_allclose(points[-1], expected.x, rtol=1e-7, atol=1e-7)


def test_it_ends_where_scipy_does():
    """Two ends: the gradient is small enough; an iteration brought too little."""
    start = np.array([-1.2, 1.0])
    points, _ = minimized(rosenbrock, start, 10**4)
    expected = by_scipy(rosenbrock, start, 10**4)
    assert "PGTOL" in expected.message
    assert len(points) - 1 == expected.nit
    points, _ = minimized(rosenbrock, start, 10**4, LBFGS(tolerance=1e-30))
    expected = by_scipy(rosenbrock, start, 10**4, gtol=1e-30)
    assert "FACTR" in expected.message
    assert len(points) - 1 == expected.nit


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_it_never_rises(rng, dtype):
    function, start, _ = network("squared_error", rng)
    points, _ = minimized(
        lambda params: (function(params)[0], function(params)[1].astype(dtype)),
        start.astype(dtype),
        100,
        LBFGS(tolerance=1e-9),
    )
    assert {point.dtype for point in points} == {np.dtype(dtype)}
    assert (np.diff([function(point)[0] for point in points]) <= 0).all()
    assert function(points[-1])[0] < 0.1 * function(start)[0]


def test_evaluations_come_to_an_end():
    start = np.array([-1.2, 1.0])
    expected = by_scipy(rosenbrock, start, 10**4, maxfun=9)
    with pytest.raises(Exhausted):
        minimized(rosenbrock, start, 10**4, LBFGS(max_evaluations=9))
    points, scalars = minimized(rosenbrock, start, expected.nit, LBFGS(max_evaluations=9))
    assert scalars[0] == expected.nfev == 10
    np.testing.assert_allclose(points[-1], expected.x, rtol=1e-12)


def test_what_is_not_finite_is_kept_away_from():
    """A wall at x = 1: beyond it the objective is inf or nan. The first step ends behind it."""
    for beyond in (np.inf, np.nan):

        def walled(params, beyond=beyond):
            if params[0] >= 1:
                return beyond, np.full(1, np.nan)
            return float(-10 * params[0]), np.array([-10.0])

        points, _ = minimized(walled, np.array([0.5]), 3)
        assert 0.5 < points[1][0] < points[-1][0] < 1


def test_it_begins_anew_where_its_memory_misleads(rng):
    """Remembered pairs that point uphill: L-BFGS-B drops them and goes down the gradient."""
    rule = LBFGS()
    start = rng.normal(size=4)
    value, grads = rosenbrock(start)
    slots = np.zeros((rule.n_slots, 4))
    slots[0], slots[1], slots[1 + rule.memory] = grads, grads, -grads
    misled = rule.step(Function(rosenbrock), start, slots, np.array([5, value, 2 * value, 1]))
    assert rosenbrock(misled.params)[0] < value
    along = misled.params - start
    assert along @ grads == pytest.approx(-np.linalg.norm(along) * np.linalg.norm(grads))
    assert misled.scalars[3] == 1


def test_a_pair_without_curvature_is_not_remembered():
    points, scalars = minimized(
        lambda params: (float(-params[0]), np.array([-1.0])), np.zeros(1), 2
    )
    assert len(points) == 3
    assert scalars[3] == 0


def test_a_start_without_a_finite_gradient_is_left_alone():
    points, _ = minimized(lambda _: (1.0, np.array([np.inf])), np.zeros(1), 2)
    assert len(points) == 1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"max_evaluations": 0}, "max_evaluations must be a whole number, 1 or greater; got 0."),
        ({"tolerance": -1e-9}, "tolerance must be a finite number at least 0; got -1e-09."),
        ({"memory": 0}, "memory must be a whole number, 1 or greater; got 0."),
    ],
)
def test_numbers_outside_their_range_are_refused(options, sentence):
    with pytest.raises(InvalidParameter) as caught:
        LBFGS(**options)
    assert str(caught.value) == sentence
