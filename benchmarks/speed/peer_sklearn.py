"""scikit-learn as it is: `MLPRegressor` and `MLPClassifier`, which draw their own order of rows."""

import warnings
from typing import Any

import numpy as np
from benchmarks.speed.problem import BETA_1, BETA_2, EPSILON, MOMENTUM, Array, Layers, Problem
from benchmarks.speed.workload import Job
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

_NAMES = {"relu": "relu", "sigmoid": "logistic", "tanh": "tanh"}


class _Begun:
    """What lets an estimator begin with given weights; scikit-learn has no option for it."""

    first: Layers

    def _init_coef(self, fan_in: int, _fan_out: int, dtype: Any) -> tuple[Array, Array]:
        """Hand out the weights of the next layer."""
        weight, bias = self.first.pop(0)
        assert weight.shape[0] == fan_in, "layers are asked for in their order"
        given = np.zeros(weight.shape[1]) if bias is None else bias
        return weight.astype(dtype), given.astype(dtype)


class Regressor(_Begun, MLPRegressor):  # type: ignore[misc]
    """`MLPRegressor` with given first weights in `first`."""


class Classifier(_Begun, MLPClassifier):  # type: ignore[misc]
    """`MLPClassifier` with given first weights in `first`."""


def fitted(problem: Problem, epochs: int) -> Any:
    """Fit from the given weights for so many epochs, without a penalty or early stopping."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    is_regression = problem.loss == "squared_error"
    # Its regressor's objective is half of ours; Adam does not feel that.
    rate = problem.rate * (2 if is_regression and problem.rule != "adam" else 1)
    estimator = (Regressor if is_regression else Classifier)(
        hidden_layer_sizes=tuple(w.shape[1] for w, _ in problem.layers[:-1]),
        activation=_NAMES[problem.activation],
        solver="adam" if problem.rule == "adam" else "sgd",
        momentum=MOMENTUM if problem.rule == "momentum" else 0.0,
        nesterovs_momentum=False,
        alpha=0.0,
        batch_size=problem.batch,
        learning_rate_init=rate,
        beta_1=BETA_1,
        beta_2=BETA_2,
        epsilon=EPSILON,
        tol=0.0,
        n_iter_no_change=10**9,
        max_iter=epochs,
        random_state=0,
    )
    estimator.first = problem.copied_layers()
    is_column = is_regression and problem.y.shape[1] == 1
    return estimator.fit(problem.X, problem.y[:, 0] if is_column else problem.y)


def train(problem: Problem) -> Job:
    """Fit anew each time."""
    last: list[Any] = []

    def run(epochs: int = problem.epochs) -> None:
        last[:] = [fitted(problem, epochs)]

    def check() -> float:
        run(problem.check_epochs)
        return reached()

    def reached() -> float:
        return problem.value(list(zip(last[0].coefs_, last[0].intercepts_, strict=True)))

    return Job(run, check, units=problem.units, reached=reached)
