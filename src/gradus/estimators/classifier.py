"""`MLPClassifier`: classes learned and answered with scikit-learn's conventions.

How training goes must not be known here.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self, cast

import numpy as np
import numpy.typing as npt
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import (
    _check_partial_fit_first_call,
    check_classification_targets,
    type_of_target,
    unique_labels,
)
from sklearn.utils.validation import column_or_1d

from gradus._typing import FloatArray
from gradus.errors import DataError, InvalidParameter
from gradus.estimators.base import BaseMLP, is_first_order
from gradus.estimators.parameters import constraints, documented, fitting, only_if
from gradus.networks.class_losses import BinaryCrossEntropy, CrossEntropy
from gradus.networks.layers import Layer
from gradus.networks.losses import LossOption


@documented("classifier")
class MLPClassifier(ClassifierMixin, BaseMLP):  # type: ignore[misc] # scikit-learn has no types
    """A network that answers with classes, with scikit-learn's parameters and attributes.

    {parameters}

    Attributes
    ----------
    classes_
        The different labels in order; for several labels per row, their numbers.
    coefs_, intercepts_
        Weight matrix and bias of each layer.
    loss_, best_loss_, loss_curve_
        Loss plus penalty: the last one, the smallest one, one per epoch.
    validation_scores_, best_validation_score_
        Accuracy on the rows held out, one per epoch, and the largest; None without such rows.
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
    >>> y = np.repeat(["low", "high"], 6)
    >>> MLPClassifier((4,), solver="lbfgs").fit(X, y).predict_proba(X).shape
    (12, 2)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = constraints("classifier")

    def __init__(
        self,
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
        label_smoothing: float = 0.0,
        class_weight: str | Mapping[Any, float] | None = None,
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
        """Learn labels from rows.

        Parameters
        ----------
        X
            Shape (n_samples, n_features), dense or sparse.
        y
            Labels of shape (n_samples,), or 0 and 1 of shape (n_samples, n_classes) where a row may
            have several.
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
    def partial_fit(
        self, X: object, y: object, sample_weight: object = None, classes: object = None
    ) -> Self:
        """Make one pass over rows, from the present weights on.

        Parameters
        ----------
        X, y, sample_weight
            As in `fit`.
        classes
            All labels that any call will bring, in the first call; None in later ones.

        Raises
        ------
        DataError, InvalidParameter
            As in `fit`.
        """
        if _check_partial_fit_first_call(self, classes):
            is_multilabel = type_of_target(y).startswith("multilabel")
            self._label_binarizer = LabelBinarizer().fit(y if is_multilabel else classes)
        return self._fit(X, y, sample_weight, is_partial=True)

    def predict(self, X: object) -> npt.NDArray[Any]:
        """Answer rows with the most probable label each, or with every label above one half.

        Parameters
        ----------
        X
            As in `fit`.

        Returns
        -------
        Shape (n_samples,), or (n_samples, n_classes) where rows may have several labels.

        Raises
        ------
        DataError
            If X is not like the X of `fit`.
        sklearn.exceptions.NotFittedError
            Before `fit`.
        """
        return self._labels(self._answers(X))

    def predict_proba(self, X: object) -> FloatArray:
        """Return the probability of each label, in the order of `classes_`.

        Parameters
        ----------
        X
            As in `fit`.

        Returns
        -------
        Shape (n_samples, n_classes).

        Raises
        ------
        DataError
            If X is not like the X of `fit`.
        sklearn.exceptions.NotFittedError
            Before `fit`.
        """
        answers = self._answers(X)
        if self.n_outputs_ > 1:
            return answers
        return cast("FloatArray", np.hstack([1 - answers, answers]))

    def predict_log_proba(self, X: object) -> FloatArray:
        """Return the logarithms of `predict_proba`.

        Parameters
        ----------
        X
            As in `fit`.

        Raises
        ------
        DataError
            If X is not like the X of `fit`.
        sklearn.exceptions.NotFittedError
            Before `fit`.
        """
        return np.log(self.predict_proba(X))

    # ---- what `BaseMLP` asks ------------------------------------------------------------------

    def _read_targets(self, y: npt.NDArray[Any], *, is_new: bool) -> npt.NDArray[Any]:
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        if is_new or not hasattr(self, "classes_"):
            self._label_binarizer = LabelBinarizer().fit(y)
            self.classes_ = self._label_binarizer.classes_
        else:
            self._check_labels(unique_labels(y))
        Y: npt.NDArray[Any] = self._label_binarizer.transform(y).astype(bool)
        return Y

    def _check_labels(self, labels: npt.NDArray[Any]) -> None:
        """Refuse labels that the network has no output for."""
        if self.warm_start:
            if set(labels) == set(self.classes_):
                return
            raise DataError(
                "warm_start can only be used where `y` has the same classes as in the previous "
                f"call to fit. Previously got {self.classes_}, `y` has {labels}"
            )
        if len(np.setdiff1d(labels, self.classes_, assume_unique=True)):
            raise DataError(
                "`y` has classes not in `self.classes_`. "
                f"`self.classes_` has {self.classes_}. 'y' has {labels}."
            )

    def _loss_and_link(self) -> tuple[LossOption, str]:
        smoothing = float(self.label_smoothing)
        if self._label_binarizer.y_type_ == "multiclass":
            return CrossEntropy(smoothing) if smoothing else "cross_entropy", "softmax"
        return BinaryCrossEntropy(smoothing) if smoothing else "binary_cross_entropy", "logistic"

    def _loss_targets(self, Y: npt.NDArray[Any], dtype: Any) -> FloatArray:  # noqa: ANN401
        if self._label_binarizer.y_type_ == "multiclass":
            Y = Y.argmax(axis=1)[:, None]
        targets: FloatArray = np.ascontiguousarray(Y, dtype=dtype)
        return targets

    def _scaled(
        self,
        Y: npt.NDArray[Any],
        weights: FloatArray | None,  # noqa: ARG002 numbers look at them
        *,
        is_new: bool,  # noqa: ARG002
    ) -> npt.NDArray[Any]:
        return Y

    def _class_factors(self, y: npt.NDArray[Any], *, is_partial: bool) -> FloatArray | None:
        if self.class_weight is None:
            return None
        if is_partial and self.class_weight == "balanced":
            raise InvalidParameter(
                "class_weight must not be 'balanced' in partial_fit, which sees a part of the rows "
                "only; got 'balanced'. Give a mapping of labels to factors."
            )
        factors: FloatArray = compute_sample_weight(self.class_weight, y)
        return factors

    def _is_stratified(self, Y: npt.NDArray[Any]) -> bool:
        return bool(Y.shape[1] == 1)

    def _has_classes(self, Y: npt.NDArray[Any]) -> bool:
        return bool(Y.shape[1] == 1 or self._label_binarizer.y_type_ == "multiclass")

    def _labels(self, answers: FloatArray) -> npt.NDArray[Any]:
        """Return the labels that probabilities mean."""
        answers = answers[:, 0] if self.n_outputs_ == 1 else answers
        labels: npt.NDArray[Any] = self._label_binarizer.inverse_transform(answers)
        return labels

    def _score_answers(
        self, Y: npt.NDArray[Any], answers: FloatArray, weights: FloatArray | None
    ) -> float:
        right = self._label_binarizer.inverse_transform(Y)
        return float(accuracy_score(right, self._labels(answers), sample_weight=weights))

    def __sklearn_tags__(self) -> Any:  # noqa: ANN401 scikit-learn has no types
        """Tell scikit-learn that rows may have several labels."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
