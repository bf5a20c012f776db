"""L-BFGS with scikit-learn's options and SciPy's minimizer, on the gradients of our engine.

Epochs, scores and what rows mean must not be known here.
"""

import warnings
from typing import Any, cast

import numpy as np
from scipy.optimize import minimize
from sklearn.exceptions import ConvergenceWarning

from gradus._typing import Float64Array, FloatArray
from gradus.engines.base import Engine
from gradus.estimators.descent import Objective, Rows


def minimize_lbfgs(
    objective: Objective,
    rows: Rows,
    params0: FloatArray,
    engine: Engine,
    *,
    max_iter: int,
    max_fun: int,
    tol: float,
    verbose: bool,
) -> tuple[FloatArray, float, int]:
    """Lower the objective of all rows until no entry of its gradient is larger than `tol`.

    Parameters
    ----------
    objective, rows
        What is lowered.
    params0 : array of shape (n_params,)
        The first weights; its type is that of the result.
    engine
        What computes.
    max_iter, max_fun
        Most iterations, most times that the objective is computed.
    tol
        0 or greater.
    verbose
        Whether each iteration prints a line.

    Returns
    -------
    params, loss, n_iter

    Warns
    -----
    sklearn.exceptions.ConvergenceWarning
        If it ended before that.
    """
    weights = rows.weights
    total = float(len(rows) if weights is None else weights.sum(dtype=np.float64))
    spec = objective.penalized(total)

    def value_and_gradient(theta: Float64Array) -> tuple[float, Float64Array]:
        params = cast("FloatArray", theta.astype(params0.dtype))
        loss, grads = engine.gradient(spec, params, rows.X, rows.y, weights)
        value = objective.factor * loss + objective.penalty(params, total)
        return value, objective.factor * grads.astype(np.float64)

    seen = [0]

    def tell(intermediate_result: Any) -> None:  # noqa: ANN401 SciPy's own name and class
        seen[0] += 1
        print(f"Iteration {seen[0]}, loss = {intermediate_result.fun:.8f}")  # noqa: T201 asked for

    found = minimize(
        value_and_gradient,
        params0.astype(np.float64),
        method="L-BFGS-B",
        jac=True,
        callback=tell if verbose else None,
        options={"maxfun": max_fun, "maxiter": max_iter, "gtol": tol},
    )
    n_iter = min(int(found.nit), max_iter)
    if found.status != 0:
        warnings.warn(_why_not(found, n_iter, max_iter), ConvergenceWarning, stacklevel=2)
    params: FloatArray = found.x.astype(params0.dtype)
    loss = engine.evaluate(spec, params, rows.X, rows.y, weights)[0]
    return params, objective.reported * loss + objective.penalty(params, total), n_iter


def _why_not(found: Any, n_iter: int, max_iter: int) -> str:  # noqa: ANN401
    """Say in scikit-learn's words that it did not converge."""
    more = ""
    if n_iter == max_iter:
        more = (
            f"\nIncrease the number of iterations to improve the convergence (max_iter={max_iter})."
        )
    return (
        f"lbfgs failed to converge after {n_iter} iteration(s) (status={found.status}):\n"
        f"{found.message}\n{more}\nYou might also want to scale the data as shown in:\n"
        "    https://scikit-learn.org/stable/modules/preprocessing.html"
    )
