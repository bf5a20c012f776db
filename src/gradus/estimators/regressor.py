"""`MLPRegressor`: numbers learned and answered with scikit-learn's conventions.

How training goes must not be known here.
"""

from collections.abc import Sequence
from typing import Self

from sklearn.base import RegressorMixin

from gradus._typing import Float64Array
from gradus.errors import InvalidParameter
from gradus.estimators.base import BaseMLP
from gradus.estimators.rows import name_of_target, number_column, table_of
from gradus.verdict.intervals import COVERAGE


class MLPRegressor(RegressorMixin, BaseMLP):  # type: ignore[misc] # scikit-learn has no types
    """A network that answers with numbers, trained as `gradus.train` trains it.

    Five networks learn from four fifths of the rows each, and their mean answers; what each column
    needs (shifting and scaling, missing values, categories, dates) is done inside. The answers are
    those of ``gradus train --hidden 64,64`` on the same table, to the bit.

    Parameters
    ----------
    hidden_layer_sizes
        Widths of the hidden layers, each 1 or greater; one number is one layer.
    activation
        Of the hidden layers: "identity", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu",
        "gelu", "silu", "mish", "softplus" or "softsign".
    batch_size
        Rows in a step, 1 or greater; "auto" chooses by the number of rows.
    learning_rate_init
        Greater than 0, the largest on the way; None chooses it.
    max_iter
        Most passes over the rows, 1 or greater; None chooses by the number of rows.
    random_state
        The same number gives the same bits; None takes another one each time.

    Attributes
    ----------
    model_
        The `Model`: verdict, history, summary.
    n_features_in_
        Columns of X.
    feature_names_in_
        Their names, where X was a data frame.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.arange(12.0).reshape(-1, 1)
    >>> MLPRegressor((4,), max_iter=2).fit(X, 2 * X[:, 0]).predict(X).shape
    (12,)
    """

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (64, 64),
        *,
        activation: str = "gelu",
        batch_size: str | int = "auto",
        learning_rate_init: float | None = None,
        max_iter: int | None = None,
        random_state: int | None = 0,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.batch_size = batch_size
        self.learning_rate_init = learning_rate_init
        self.max_iter = max_iter
        self.random_state = random_state

    def fit(self, X: object, y: object, sample_weight: object = None) -> Self:
        """Learn y from X.

        Parameters
        ----------
        X
            A data frame of any library as it is, or an array of shape (n_samples, n_features).
        y
            Finite numbers, shape (n_samples,).
        sample_weight
            How much each row counts, 0 or greater, shape (n_samples,); None counts all alike.

        Raises
        ------
        DataError, InvalidParameter, Diverged
            As `gradus.train` does.
        """
        table = table_of(X)
        target = number_column(name_of_target(y, table), y)
        return self._learn(X, table, target, "number", sample_weight)

    def predict(
        self, X: object, interval: float | None = None
    ) -> Float64Array | tuple[Float64Array, Float64Array, Float64Array]:
        """Answer rows.

        Parameters
        ----------
        X
            As in `fit`; columns of a data frame are found by name, in any order.
        interval
            0.9 returns (answers, low, high): bounds made to hold the true value nine times in
            ten. None returns the answers.

        Returns
        -------
        Shape (n_samples,), or three such arrays.

        Raises
        ------
        DataError
            If X is not like the X of `fit`.
        InvalidParameter
            If `interval` is another share.
        sklearn.exceptions.NotFittedError
            Before `fit`.
        """
        if interval not in {None, COVERAGE}:
            raise InvalidParameter(
                "interval must be 0.9, the share of true values that the bounds are made to hold; "
                f"got {interval!r}."
            )
        predictions = self._predictions(X)
        if interval is None:
            return predictions.values
        assert predictions.low is not None, "numbers have bounds"
        assert predictions.high is not None, "numbers have bounds"
        return predictions.values, predictions.low, predictions.high
