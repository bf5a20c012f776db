"""`MLPRegressor`: numbers learned and answered with scikit-learn's conventions.

How training goes must not be known here.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, Self, TypeAlias, cast

import numpy as np
import numpy.typing as npt
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils.validation import column_or_1d

from gradus._typing import Float64Array, FloatArray
from gradus._validate import check_number
from gradus.errors import DataError, InvalidParameter
from gradus.estimators.base import BaseMLP, is_first_order
from gradus.estimators.parameters import constraints, documented, fitting, only_if
from gradus.estimators.scaling import Scaling
from gradus.networks.layers import Layer
from gradus.networks.losses import LossOption
from gradus.networks.number_losses import Huber, Quantile
from gradus.networks.own_losses import ExpressionLoss, FunctionLoss

#: A name, or one of the objects of `networks.losses` that are for numbers.
NumberLoss: TypeAlias = str | Huber | Quantile | ExpressionLoss | FunctionLoss


@documented("regressor")
class MLPRegressor(RegressorMixin, BaseMLP):  # type: ignore[misc] # scikit-learn has no types
    """A network that answers with numbers, with scikit-learn's parameters and attributes.

    {parameters}

    Attributes
    ----------
    coefs_, intercepts_
        Weight matrix and bias of each layer.
    loss_, best_loss_, loss_curve_
        Loss plus penalty: the last one, the smallest one, one per epoch.
    validation_scores_, best_validation_score_
        R2 on the rows held out, one per epoch, and the largest; None without such rows.
    validation_loss_curve_
        Loss on the rows that judge, one per epoch; None without such rows.
    solver_, solver_reason_
        What found the weights, and why that was chosen.
    network_
        A `Network` with the weights as they stand.
    embeddings_, norms_
        Tables of embedded categories; scale and shift of each `LayerNorm`.
    n_iter_, t_
        Epochs made by the last call, rows trained on.
    n_layers_, n_outputs_, out_activation_
        Layers with the inputs, width of the last, what turns its outputs into answers.
    n_features_in_, feature_names_in_
        Columns of X, and their names where X was a data frame.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.arange(12.0).reshape(-1, 1)
    >>> MLPRegressor(solver="lbfgs", max_iter=500).fit(X, 2 * X[:, 0]).predict(X).shape
    (12,)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = constraints("regressor")
    _is_numeric: ClassVar[bool] = True

    def __init__(
        self,
        loss: NumberLoss = "squared_error",
        hidden_layer_sizes: int | Sequence[int | Layer] = (100,),
        activation: str = "relu",
        *,
        solver: str = "auto",
        alpha: float | str = "auto",
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float | str = "auto",
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: int | np.random.RandomState | None = None,
        tol: float = 1e-4,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool | str = "auto",
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        weight_decay: float = 0.01,
        n_iter_no_change: float | str = "auto",
        max_fun: int = 15000,
        preprocess: str | None = "auto",
        n_starts: int = 1,
        starts: str = "best",
        cv: int | None = None,
    ) -> None:
        self._keep(locals())

    @fitting
    def fit(
        self,
        X: object,
        y: object,
        sample_weight: object = None,
        X_val: object = None,
        y_val: object = None,
        sample_weight_val: object = None,
    ) -> Self:
        """Learn numbers from rows.

        Parameters
        ----------
        X
            Shape (n_samples, n_features), dense or sparse.
        y
            Finite numbers of shape (n_samples,) or (n_samples, n_outputs).
        sample_weight
            How much each row counts, 0 or greater, shape (n_samples,); None counts all alike.
        X_val, y_val, sample_weight_val
            Rows that judge each epoch and never train, like the first three; without them rows may
            be held out, see `early_stopping`.

        Raises
        ------
        DataError, InvalidParameter
            If there is nothing to learn, or a parameter has a value outside its range.
        """
        judging = (X_val, y_val, sample_weight_val)
        return self._fit(X, y, sample_weight, judging, is_partial=False)

    @only_if(is_first_order)
    @fitting
    def partial_fit(self, X: object, y: object, sample_weight: object = None) -> Self:
        """Make one pass over rows, from the present weights on.

        Parameters
        ----------
        X, y, sample_weight
            As in `fit`.

        Raises
        ------
        DataError, InvalidParameter
            As in `fit`.
        """
        return self._fit(X, y, sample_weight, is_partial=True)

    def predict(self, X: object, interval: float | None = None) -> Any:  # noqa: ANN401
        """Answer rows.

        Parameters
        ----------
        X
            As in `fit`.
        interval
            A share such as 0.9 returns (answers, low, high): bounds made to hold that share of
            true values, from how far off the answers were for rows not trained on ([VGS05]):
            those of X_val, those held out, or with `cv` every row for the network that had not
            seen it. The mean of `cv` networks, which answers, is off by less than each of them, so
            that its bounds hold a little more than the share. Greater than 0 and less than 1.

        Returns
        -------
        Shape (n_samples,) or (n_samples, n_outputs), or three such arrays.

        Raises
        ------
        DataError
            If X is not like the X of `fit`.
        InvalidParameter
            If the interval is no such share, or no or too few rows were not trained on.
        sklearn.exceptions.NotFittedError
            Before `fit`.
        """
        answers = self._answers(X)
        if self._target is not None:
            answers = cast("FloatArray", self._target.undo(answers).astype(answers.dtype))
        if interval is None:
            return self._flat(answers)
        half = self._half_width(check_number("interval", interval, above=0, below=1))
        return tuple(self._flat(bound) for bound in (answers, answers - half, answers + half))

    def _half_width(self, share: float) -> Float64Array:
        """Return how far from answers their bounds lie, in the target's unit."""
        if self._misses is None:
            raise InvalidParameter(
                "predict(interval=...) needs rows that were not trained on; there are none. Fit "
                "with X_val and y_val, with early_stopping=True or with cv=5."
            )
        half = self._misses.half_width(share)
        return half if self._target is None else half * self._target.scale

    def _flat(self, answers: FloatArray) -> FloatArray:
        """Return one column as a vector."""
        return answers[:, 0] if self.n_outputs_ == 1 else answers

    def score(self, X: object, y: object, sample_weight: object = None) -> float:
        """Return R2; of several quantiles the one nearest to the median is scored.

        Parameters
        ----------
        X, y, sample_weight
            As in `fit`.

        Returns
        -------
        At most 1.

        Raises
        ------
        DataError
            If X is not like the X of `fit`.
        sklearn.exceptions.NotFittedError
            Before `fit`.
        """
        answers = self.predict(X)
        answers = self._middle(answers) if answers.ndim == 2 else answers
        return float(r2_score(y, answers, sample_weight=sample_weight))

    # ---- what `BaseMLP` asks ------------------------------------------------------------------

    def _read_targets(
        self,
        y: npt.NDArray[Any],
        *,
        is_new: bool,  # noqa: ARG002 classes look at it
    ) -> npt.NDArray[Any]:
        return column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y

    _target: Scaling | None = None

    def _scaled(
        self, Y: npt.NDArray[Any], weights: FloatArray | None, *, is_new: bool
    ) -> npt.NDArray[Any]:
        if is_new:
            is_scaled = self.preprocess is not None and self._may_scale(Y)
            self._target = Scaling.fit(Y, weights) if is_scaled else None
        return Y if self._target is None else self._target.apply(Y)

    def _class_factors(
        self,
        y: npt.NDArray[Any],  # noqa: ARG002 classes look at them
        *,
        is_partial: bool,  # noqa: ARG002
    ) -> FloatArray | None:
        return None

    def _may_scale(self, Y: npt.NDArray[Any]) -> bool:
        """Say whether the loss keeps its meaning where the target's unit changes."""
        if isinstance(self.loss, Huber):
            return bool(Y.shape[1] == 1)
        return isinstance(self.loss, Quantile) or self.loss in {"squared_error", "absolute_error"}

    def _is_stratified(self, Y: npt.NDArray[Any]) -> bool:  # noqa: ARG002 classes look at it
        return False

    def _has_classes(self, Y: npt.NDArray[Any]) -> bool:  # noqa: ARG002
        return False

    def _n_outputs(self, Y: npt.NDArray[Any]) -> int:
        if not isinstance(self.loss, Quantile):
            return int(Y.shape[1])
        if Y.shape[1] > 1:
            raise DataError(
                f"y must have one column with loss={self.loss!r}; got {Y.shape[1]} columns."
            )
        return len(self.loss.levels)

    def _loss_and_link(self) -> tuple[LossOption, str]:
        if isinstance(self.loss, Huber) and self._target is not None:
            return Huber(self.loss.delta / float(self._target.scale[0])), "identity"
        return self.loss, "exp" if self.loss == "poisson" else "identity"

    def _loss_targets(self, Y: npt.NDArray[Any], dtype: Any) -> FloatArray:  # noqa: ANN401
        targets: FloatArray = np.ascontiguousarray(Y, dtype=dtype)
        return targets

    def _score_answers(
        self, Y: npt.NDArray[Any], answers: FloatArray, weights: FloatArray | None
    ) -> float:
        return float(r2_score(Y, self._middle(answers), sample_weight=weights))

    def _middle(self, answers: FloatArray) -> FloatArray:
        """Return answers to score: of several quantiles the one nearest to the median."""
        if not isinstance(self.loss, Quantile):
            return answers
        nearest = int(np.argmin(np.abs(np.array(self.loss.levels) - 0.5)))
        return answers[:, [nearest]]
