"""`MLPClassifier`: classes learned and answered with scikit-learn's conventions.

How training goes must not be known here.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import ClassifierMixin

from gradus._typing import Float64Array
from gradus.estimators.base import BaseMLP
from gradus.estimators.rows import label_column, name_of_target, table_of, word_of


class MLPClassifier(ClassifierMixin, BaseMLP):  # type: ignore[misc] # scikit-learn has no types
    """A network that answers with classes, trained as `gradus.train` trains it.

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
    class_weight
        "balanced" lets every class count alike in training; a mapping gives labels their factors,
        0 or greater, 1 where it names none.

    Attributes
    ----------
    model_
        The `Model`: verdict, history, summary.
    classes_
        The different labels in order.
    n_features_in_
        Columns of X.
    feature_names_in_
        Their names, where X was a data frame.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.arange(12.0).reshape(-1, 1)
    >>> y = np.repeat(["low", "high"], 6)
    >>> MLPClassifier((4,), max_iter=2).fit(X, y).predict_proba(X).shape
    (12, 2)
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
        class_weight: str | Mapping[Any, float] | None = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.batch_size = batch_size
        self.learning_rate_init = learning_rate_init
        self.max_iter = max_iter
        self.random_state = random_state
        self.class_weight = class_weight

    def fit(self, X: object, y: object, sample_weight: object = None) -> Self:
        """Learn y from X.

        Parameters
        ----------
        X
            A data frame of any library as it is, or an array of shape (n_samples, n_features).
        y
            Labels, shape (n_samples,): words, whole numbers or booleans.
        sample_weight
            How much each row counts, 0 or greater, shape (n_samples,); None counts all alike.

        Raises
        ------
        DataError, InvalidParameter, Diverged
            As `gradus.train` does.
        """
        table = table_of(X)
        target, self.classes_ = label_column(name_of_target(y, table), y)
        return self._learn(X, table, target, "category", sample_weight)

    def predict(self, X: object) -> npt.NDArray[Any]:
        """Answer rows with the most probable label each.

        Parameters
        ----------
        X
            As in `fit`; columns of a data frame are found by name, in any order.

        Returns
        -------
        Shape (n_samples,), of the type of `classes_`.

        Raises
        ------
        DataError
            If X is not like the X of `fit`.
        sklearn.exceptions.NotFittedError
            Before `fit`.
        """
        values = self._predictions(X).values
        place = {word: code for code, word in enumerate(self._words())}
        return self.classes_[np.array([place[word] for word in values], dtype=np.int64)]

    def predict_proba(self, X: object) -> Float64Array:
        """Return the probability of each label, in the order of `classes_`.

        Parameters
        ----------
        X
            As in `predict`.

        Returns
        -------
        Shape (n_samples, n_classes); each row sums to 1.

        Raises
        ------
        DataError
            If X is not like the X of `fit`.
        sklearn.exceptions.NotFittedError
            Before `fit`.
        """
        predictions = self._predictions(X)
        assert predictions.probabilities is not None, "classes have probabilities"
        order = [predictions.classes.index(word) for word in self._words()]
        return predictions.probabilities[:, order]

    def _factors(self) -> str | Mapping[str, float] | None:
        if isinstance(self.class_weight, Mapping):
            return {word_of(label): factor for label, factor in self.class_weight.items()}
        return self.class_weight

    def _words(self) -> list[str]:
        """Spell the labels as the table of training held them."""
        return [word_of(label) for label in self.classes_.tolist()]
