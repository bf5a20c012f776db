"""The methods of W9: gradus's two, scikit-learn's L-BFGS and SciPy's trust region."""

import warnings
from typing import Any

import numpy as np
from benchmarks.speed.least_squares import HIDDEN, Method, first_theta, layers_of, problem
from benchmarks.speed.problem import Array


def by_gradus(rule_name: str, dtype: str, threads: int) -> Method:
    """Train a `Network` by `LevenbergMarquardt` or `LBFGS`."""
    from benchmarks.speed.peer_gradus import put, taken

    from gradus import LBFGS, Dense, LevenbergMarquardt, Network

    task = problem()
    layers = [Dense(HIDDEN, "tanh"), Dense(1)]
    made = Network(task.X.shape[1], layers, dtype=dtype)
    X, y = task.X.astype(dtype), task.y.astype(dtype)
    rule: Any = LevenbergMarquardt()
    if rule_name == "lbfgs":
        rule = LBFGS(max_evaluations=10**6, tolerance=0.0)
    return Method(
        lambda count: made.train(X, y, rule, epochs=count, n_threads=threads),
        lambda: task.value(taken(made)),
        lambda: put(made, task.layers),
    )


def by_sklearn() -> Method:
    """Fit with SciPy's L-BFGS-B in float32, as its input's type decides."""
    from benchmarks.speed import peer_sklearn
    from sklearn.exceptions import ConvergenceWarning

    warnings.simplefilter("ignore", ConvergenceWarning)
    task = problem()
    X, y = task.X.astype(np.float32), task.y[:, 0].astype(np.float32)
    last: list[Any] = []

    def run(count: int) -> None:
        made = peer_sklearn.Regressor(
            hidden_layer_sizes=(HIDDEN,),
            activation="tanh",
            solver="lbfgs",
            alpha=0.0,
            tol=0.0,
            max_iter=count,
            max_fun=10**6,
        )
        made.first = task.copied_layers()
        last[:] = [made.fit(X, y)]

    def reached() -> float:
        return task.value(list(zip(last[0].coefs_, last[0].intercepts_, strict=True)))

    return Method(run, reached)


def by_scipy() -> Method:
    """Call `least_squares` with its trust region and the Jacobian written out, in float64."""
    from scipy.optimize import least_squares

    task = problem()
    X, y, first = task.X, task.y[:, 0], first_theta(float)
    last = [first]

    def hidden(theta: Array) -> tuple[Array, Array, Array]:
        (w, b), (u, c) = layers_of(theta)
        return np.tanh(X @ w + b), u[:, 0], np.asarray(c)

    def errors(theta: Array) -> Array:
        h, u, c = hidden(theta)
        return h @ u + c - y

    def jacobian(theta: Array) -> Array:
        h, u, _ = hidden(theta)
        g = u * (1 - h * h)
        d_w = (X[:, :, None] * g[:, None, :]).reshape(len(X), -1)
        return np.hstack([d_w, g, h, np.ones((len(X), 1))])

    def run(count: int) -> None:
        options = {"method": "trf", "ftol": None, "xtol": None, "gtol": 1e-15}
        last[0] = least_squares(errors, first, jacobian, max_nfev=count, **options).x

    return Method(run, lambda: task.value(layers_of(last[0])))
