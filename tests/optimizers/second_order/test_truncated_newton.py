"""Truncated Newton on functions whose Hessians are known."""

import numpy as np
import pytest
from scipy.optimize import rosen, rosen_der, rosen_hess_prod

from gradus.errors import InvalidParameter
from gradus.optimizers.second_order.truncated_newton import TruncatedNewton


class Function:
    """A problem made of a function, its gradient and its products."""

    def __init__(self, objective, slope, hvp):
        self.objective, self.hvp = objective, hvp
        self.ggn_vp = hvp
        self.gradient = lambda params: (objective(params), slope(params))


ROSENBROCK = Function(lambda x: float(rosen(x)), rosen_der, rosen_hess_prod)


def minimized(problem, start, rule=None, n_steps=200):
    """Iterate until it has converged; every point reached."""
    rule, points, scalars = rule or TruncatedNewton(), [np.array(start)], np.zeros(2)
    for _ in range(n_steps):
        step = rule.step(problem, points[-1], np.zeros((0, len(start))), scalars)
        if step is None:
            return points
        points.append(step.params)
        scalars = step.scalars
    return points


@pytest.mark.parametrize("size", [2, 10])
def test_rosenbrock_s_valley(rng, size):
    points = minimized(ROSENBROCK, rng.uniform(-2, 2, size=size))
    assert len(points) < 100
    assert np.linalg.norm(rosen_der(points[-1])) < 1e-8
    assert (np.diff([rosen(point) for point in points]) < 0).all()


def far(params):
    """A bowl around 1000 in which every full step is right."""
    return float(np.sum((params - 1000) ** 2)) / 2


def test_the_ball_grows_where_the_model_is_right():
    """The way is 1732 long: 1 + 2 + ... + 512 fall short, the 11th step arrives."""
    bowl = Function(far, lambda x: x - 1000, lambda _, v: v)
    points = minimized(bowl, np.zeros(3))
    assert len(points) == 12
    np.testing.assert_allclose(points[-1], 1000, rtol=1e-15)
    lengths = np.linalg.norm(np.diff(points, axis=0), axis=1)
    np.testing.assert_allclose(lengths[:10], 2.0 ** np.arange(10), rtol=1e-9)


def test_the_first_ball_is_as_large_as_asked():
    bowl = Function(far, lambda x: x - 1000, lambda _, v: v)
    assert len(minimized(bowl, np.zeros(3), TruncatedNewton(radius=2000.0))) == 2


def test_the_ball_shrinks_where_the_model_is_wrong():
    """The logarithm bends up too slowly: Newton's step from 3 of log(1 + x**2) leads away."""
    asked = []

    def objective(params):
        asked.append(float(params[0]))
        return float(np.log1p(params[0] ** 2))

    valley = Function(
        objective,
        lambda x: 2 * x / (1 + x**2),
        lambda x, v: 2 * (1 - x**2) / (1 + x**2) ** 2 * v,
    )
    rule = TruncatedNewton(radius=40.0)
    points = minimized(valley, np.array([3.0]), rule)
    assert -37.0 in asked
    assert abs(points[-1][0]) < 1e-8
    assert (np.diff([np.log1p(point[0] ** 2) for point in points]) < 0).all()


def test_what_is_not_finite_is_no_fall():
    def objective(params):
        return float(params[0] ** 2) if params[0] > 0.5 else np.nan

    wall = Function(objective, lambda x: 2 * x, lambda _, v: 2 * v)
    points = minimized(wall, np.array([3.0]), n_steps=20)
    assert points[-1][0] == pytest.approx(0.5, rel=1e-3)


def test_a_start_without_a_finite_gradient_is_left_alone():
    broken = Function(lambda _: 1.0, lambda x: x * np.inf, lambda _, v: v)
    assert len(minimized(broken, np.ones(2))) == 1


def test_fewer_products_still_lead_down(rng):
    start = rng.uniform(-2, 2, size=10)
    points = minimized(ROSENBROCK, start, TruncatedNewton(max_products=1), n_steps=50)
    assert (np.diff([rosen(point) for point in points]) < 0).all()
    assert len(points) == 51


def test_a_saddle_that_only_large_steps_leave_is_left_in_large_steps():
    """x**2 - y**2 + y**4 / 4 from its saddle: the minima are at y = +-sqrt(2)."""
    saddle = Function(
        lambda p: float(p[0] ** 2 - p[1] ** 2 + p[1] ** 4 / 4),
        lambda p: np.array([2 * p[0], -2 * p[1] + p[1] ** 3]),
        lambda p, v: np.array([2 * v[0], (3 * p[1] ** 2 - 2) * v[1]]),
    )
    for radius in (1e-3, 1.0, 100.0):
        points = minimized(saddle, np.zeros(2), TruncatedNewton(radius=radius))
        assert abs(points[-1][0]) < 1e-6
        assert abs(points[-1][1]) == pytest.approx(2**0.5, rel=1e-8)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"curvature": "fisher"},
            "curvature must be 'hessian' or 'gauss_newton'; got 'fisher'.",
        ),
        ({"radius": 0.0}, "radius must be a finite number greater than 0; got 0.0."),
        ({"max_products": 0}, "max_products must be a whole number, 1 or greater; got 0."),
    ],
)
def test_options_outside_their_range_are_refused(options, sentence):
    with pytest.raises(InvalidParameter) as caught:
        TruncatedNewton(**options)
    assert str(caught.value) == sentence
