"""What both estimators share: from X and y through the workflow to a model, and back.

Nothing is computed here that `gradus.train` and `Model.predict` do not compute.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from gradus.errors import DataError
from gradus.estimators.rows import free_name, is_frame, number_column, table_of, with_column
from gradus.models.model import Model
from gradus.models.model_file import dump, parse
from gradus.models.predictions import Predictions
from gradus.tables.table import Column, Table
from gradus.workflow.train import train

_PICKLED = "the pickled estimator"


class BaseMLP(BaseEstimator):  # type: ignore[misc] # scikit-learn has no types
    """Parameters and state of `MLPRegressor` and `MLPClassifier`."""

    hidden_layer_sizes: int | Sequence[int]
    activation: str
    batch_size: str | int
    learning_rate_init: float | None
    max_iter: int | None
    random_state: int | None
    model_: Model

    def _learn(
        self, X: object, table: Table, target: Column, kind: str, sample_weight: object
    ) -> Self:
        """Train on the table of X and a target column; rows count by sample_weight."""
        self.n_features_in_ = len(table.columns)
        if is_frame(X):
            self.feature_names_in_ = np.array(table.names, dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        table = with_column(table, target)
        weight = None
        if sample_weight is not None:
            weight = free_name("sample_weight", table)
            table = with_column(table, number_column(weight, sample_weight))
        self.model_ = train(
            table,
            target.name,
            seed=secrets.randbelow(2**31) if self.random_state is None else self.random_state,
            hidden=_widths(self.hidden_layer_sizes),
            activation=self.activation,
            batch_size=None if self.batch_size == "auto" else self.batch_size,
            learning_rate=self.learning_rate_init,
            epochs=self.max_iter,
            weight_column=weight,
            class_weight=self._factors(),
            kinds={target.name: kind},
        )
        return self

    def _factors(self) -> str | Mapping[str, float] | None:
        """Return the weights of classes by their words; numbers have none."""
        return None

    def _predictions(self, X: object) -> Predictions:
        """Answer the rows of X."""
        check_is_fitted(self, "model_")
        return self.model_.predict(self._like_fitted(X))

    def _like_fitted(self, X: object) -> Table:
        """Return X as a table whose columns are named as those of fit."""
        names = getattr(self, "feature_names_in_", None)
        if is_frame(X):
            if names is None:
                raise DataError(
                    f"X must be an array of {self.n_features_in_} columns, as it was in fit(); got "
                    "a data frame."
                )
            return table_of(X)
        shape = np.shape(np.asarray(X))
        if len(shape) == 2 and shape[1] != self.n_features_in_:
            # The words that scikit-learn's own checks look for.
            raise DataError(
                f"X has {shape[1]} features, but {type(self).__name__} is expecting "
                f"{self.n_features_in_} features as input."
            )
        return table_of(X, names if names is None else names.tolist())

    def __getstate__(self) -> dict[str, Any]:
        """Pickle the bytes of the model file in place of the model."""
        state: dict[str, Any] = {**super().__getstate__()}
        if "model_" in state:
            state["model_"] = dump(state["model_"], _PICKLED)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Read the model from its bytes; whatever is damaged is refused as in a file."""
        if "model_" in state:
            state = {**state, "model_": parse(state["model_"], _PICKLED)}
        super().__setstate__(state)

    def __sklearn_tags__(self) -> Any:  # noqa: ANN401 scikit-learn has no types
        """Tell scikit-learn that missing values and words may come as they are."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags


def _widths(sizes: int | Sequence[int]) -> tuple[int, ...]:
    """Return the widths of the hidden layers; one number is one layer."""
    return tuple(sizes) if isinstance(sizes, Sequence | np.ndarray) else (sizes,)
