"""What both estimators share: from X and y to arrays of a network, and back to answers.

How weights are found must not be known here.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Self, cast, get_args

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from gradus._typing import BoolArray, FloatArray
from gradus.engines.registry import engine as make_engine
from gradus.errors import DataError, InvalidParameter, ModelFileError
from gradus.estimators.callbacks import CallbackSupportMixin, Watched
from gradus.estimators.descent import Objective, Rows
from gradus.estimators.epochs import Curve
from gradus.estimators.inputs import (
    NO_TARGETS,
    AsTheyAre,
    Given,
    Inputs,
    fit_inputs,
    holds_words,
    read,
    take,
)
from gradus.estimators.parameters import check_parameters
from gradus.estimators.planned import batch_weight
from gradus.estimators.several import Several
from gradus.estimators.solving import NOT_FINITE, Judging
from gradus.estimators.weights import Parts
from gradus.models.model_file import dump, parse
from gradus.models.network import Network
from gradus.networks.layers import Dense, Embedding, Layer
from gradus.networks.losses import LossOption, check_targets, loss_of
from gradus.networks.spec import NetworkSpec
from gradus.workflow.hyperparameters import ACTIVATION_OF, FIRST_ORDER
from gradus.workflow.settings import embedding_width

_PICKLED = "the pickled estimator"

_USUAL_ALPHA = 0.0001
# Without rows to stop by, the penalty alone keeps a network from learning few rows by heart;
# measured in docs/decisions/0016-what-the-estimators-train.md.
_ALPHA_OF_FEW = 1.0


class BaseMLP(Several, CallbackSupportMixin, BaseEstimator, ABC):  # type: ignore[misc]
    """Parameters and state of `MLPRegressor` and `MLPClassifier`."""

    hidden_layer_sizes: int | Sequence[int | Layer]
    activation: str
    alpha: float | str
    random_state: int | np.random.RandomState | None
    warm_start: bool
    _parameter_constraints: ClassVar[dict[str, list[Any]]]

    def _keep(self, given: dict[str, Any]) -> None:
        """Keep the constructor's arguments as they are."""
        for name in self._get_param_names():
            setattr(self, name, given[name])

    def _validate_params(self) -> None:
        """Refuse values outside the table of hyperparameters."""
        check_parameters(
            self.get_params(deep=False), self._parameter_constraints, type(self).__name__
        )

    # ---- what an estimator adds --------------------------------------------------------------

    @abstractmethod
    def _read_targets(self, y: npt.NDArray[Any], *, is_new: bool) -> npt.NDArray[Any]:
        """Return y as a table of shape (n, n_outputs): numbers, or which classes a row is of."""

    @abstractmethod
    def _loss_and_link(self) -> tuple[LossOption, str]:
        """Return the network's loss and what scikit-learn calls the activation behind it."""

    @abstractmethod
    def _loss_targets(self, Y: npt.NDArray[Any], dtype: Given) -> FloatArray:
        """Return the table of targets as the network's loss wants it."""

    @abstractmethod
    def _scaled(
        self, Y: npt.NDArray[Any], weights: FloatArray | None, *, is_new: bool
    ) -> npt.NDArray[Any]:
        """Return the table of targets as the network learns it."""

    @abstractmethod
    def _class_factors(self, y: npt.NDArray[Any], *, is_partial: bool) -> FloatArray | None:
        """Return how much each row counts for its class; None counts all alike."""

    # ---- training ----------------------------------------------------------------------------

    def _fit(
        self,
        X: Given,
        y: Given,
        sample_weight: Given = None,
        validation: tuple[Given, Given, Given] = (None, None, None),
        *,
        is_partial: bool,
    ) -> Self:
        """Train on rows: all epochs, or the one of `partial_fit`."""
        is_first = not hasattr(self, "coefs_") or not (self.warm_start or is_partial)
        is_auto = self.preprocess is not None
        as_table = is_auto and holds_words(X) if is_first else self._is_table
        given = (X, y, sample_weight)
        X, y = self._read(X, y, is_first=is_first, as_table=as_table)
        weights = self._weights(sample_weight, X, y, is_partial=is_partial)
        counts = np.ones(len(y), dtype=np.bool_)
        if is_auto and weights is not None and not weights.all():
            counts = _with_weight(weights)
            X, y, weights = take(X, counts), y[counts], weights[counts]
        Y = _two_dimensional(self._read_targets(y, is_new=not (self.warm_start or is_partial)))
        self._random_state = check_random_state(self.random_state)
        if is_first:
            self._is_table = as_table
            self._inputs = fit_inputs(X, weights, self.preprocess)
        Y = self._scaled(Y, weights, is_new=is_first)
        rows = self._rows(X, Y, weights)
        spec = self._describe(rows, self._n_outputs(Y), is_first=is_first)
        check_targets(spec.loss, rows.y, spec.n_outputs)
        held = self._validation_rows(*validation)
        objective = Objective(spec, self._penalty(rows, held, is_partial=is_partial))
        self._watched = self._watch(*given, is_partial=is_partial)
        found = self._solve_all(
            objective, rows, Y, held, counts=counts, is_first=is_first, is_partial=is_partial
        )
        if not all(np.isfinite(params).all() for params in found):
            raise DataError(NOT_FINITE)
        self._take_params(found[0].copy())
        self._others = [params.copy() for params in found[1:]]
        self._watched.end(found[0])
        self._watched = None
        return self

    def _penalty(self, rows: Rows, held: Judging | None, *, is_partial: bool) -> float:
        """Return the strength that `alpha` means."""
        if self.alpha != "auto":
            return float(self.alpha)
        is_judged = is_partial or self._stops_early(len(rows), has_judges=held is not None)
        if is_judged or self.preprocess is None:
            return _USUAL_ALPHA
        # Whole weights stand for repeated rows; those that sum to 1, as of boosting, for all rows.
        return _ALPHA_OF_FEW * min(1.0, batch_weight(rows, None) / len(rows))

    def _watch(self, X: Given, y: Given, sample_weight: Given, *, is_partial: bool) -> Watched:
        """Tell callbacks, if there are any, that a fit begins."""
        is_one = self.cv is None and self.n_starts == 1
        has_epochs = self._resolved(is_partial=is_partial) in FIRST_ORDER

        def attributes(params: FloatArray) -> dict[str, Any]:
            own = Parts.of(self._spec, params)
            return {
                "coefs_": own.coefs,
                "intercepts_": own.intercepts,
                "embeddings_": own.embeddings,
                "norms_": own.norms,
            }

        metadata = {} if sample_weight is None else {"sample_weight": sample_weight}
        n_epochs = (1 if is_partial else self.max_iter) if is_one and has_epochs else 0
        return Watched(self, X, y, metadata, n_epochs, attributes)

    def _n_outputs(self, Y: npt.NDArray[Any]) -> int:
        """Count the outputs of the network."""
        return int(Y.shape[1])

    _is_numeric: ClassVar[bool] = False
    _is_table = False
    _inputs: Inputs = AsTheyAre()
    _others: Sequence[FloatArray] = ()

    def _read(
        self, X: Given, y: Given, *, is_first: bool, as_table: bool
    ) -> tuple[Given, npt.NDArray[Any]]:
        """Return X as an array or a table and y as an array, checked as scikit-learn does."""
        return read(
            self,
            X,
            y,
            is_first=is_first,
            as_table=as_table,
            has_gaps=self.preprocess is not None,
            is_numeric=self._is_numeric,
        )

    def _rows(self, X: Given, Y: npt.NDArray[Any], weights: FloatArray | None) -> Rows:
        """Return what was read as the network sees it."""
        array = self._inputs.transform(X)
        return Rows(array, self._loss_targets(Y, array.dtype), weights)

    def _weights(
        self,
        sample_weight: Given,
        X: Given,
        y: npt.NDArray[Any],
        *,
        is_partial: bool,
    ) -> FloatArray | None:
        """Return how much each row counts, for itself and for its class."""
        dtype = getattr(X, "dtype", np.float64)
        factors = self._class_factors(y, is_partial=is_partial)
        if sample_weight is None:
            return None if factors is None else cast("FloatArray", factors.astype(dtype))
        weights = _check_sample_weight(
            sample_weight, np.empty((len(y), 1)), dtype=dtype, ensure_non_negative=True
        )
        return cast("FloatArray", weights if factors is None else (weights * factors).astype(dtype))

    def _validation_rows(
        self,
        X: Given,
        y: Given,
        sample_weight: Given,
    ) -> Judging | None:
        """Return rows that judge and never train."""
        if X is None and y is None:
            return None
        if X is None or y is None:
            raise InvalidParameter("X_val and y_val must be given together; got only one of them.")
        X, y = self._read(X, y, is_first=False, as_table=self._is_table)
        Y = self._scaled(_two_dimensional(self._read_targets(y, is_new=False)), None, is_new=False)
        weights = None
        if sample_weight is not None:
            weights = _check_sample_weight(sample_weight, np.empty((len(y), 1)),
                                           dtype=getattr(X, "dtype", np.float64))  # fmt: skip
        return Judging(self._rows(X, Y, weights), Y)

    def _describe(self, rows: Rows, n_outputs: int, *, is_first: bool) -> NetworkSpec:
        """Describe the network that the parameters ask for, and draw its first weights."""
        self.n_outputs_ = n_outputs
        loss, self.out_activation_ = self._loss_and_link()
        activation = ACTIVATION_OF.get(self.activation, self.activation)
        hidden = _hidden(self.hidden_layer_sizes, activation)
        levels = self._inputs.embedded
        embeddings = tuple(Embedding(n, embedding_width(n)) for n in levels)
        spec = NetworkSpec(
            rows.X.shape[1], (*hidden, Dense(n_outputs)), loss, embeddings=embeddings
        )
        if not all(layer.bias for layer in spec.dense):
            raise InvalidParameter(
                "Each Dense in hidden_layer_sizes must have a bias; one has none."
            )
        self._spec = spec
        if is_first:
            self._draw(spec, rows.X.dtype)
            self.n_layers_ = len(spec.dense) + 1
            self.n_iter_, self.t_ = 0, 0
            self._curve, self._descent = Curve(), None
        shapes = list(zip(spec.widths[:-1], spec.widths[1:], strict=True))
        if [np.shape(coef) for coef in self.coefs_] != shapes:
            raise InvalidParameter(
                "A network that goes on learning must keep its shape: coefs_ have the shapes "
                f"{[np.shape(coef) for coef in self.coefs_]}, hidden_layer_sizes asks for {shapes}."
            )
        return spec

    # ---- weights and answers -----------------------------------------------------------------

    def _params(self) -> FloatArray:
        """Return the weights as one new vector, as `coefs_` and `intercepts_` stand now."""
        others = (getattr(self, name, []) for name in ("embeddings_", "norms_"))
        embeddings, norms = others
        return Parts(embeddings, self.coefs_, self.intercepts_, norms).flat(self._spec)

    def _take_params(self, params: FloatArray) -> None:
        own = Parts.of(self._spec, params)
        self.coefs_, self.intercepts_ = own.coefs, own.intercepts
        self.embeddings_, self.norms_ = own.embeddings, own.norms

    @property
    def network_(self) -> Network:
        """The network itself: a new `Network` with the weights as they stand now."""
        check_is_fitted(self, "coefs_")
        return Network.from_params(self._spec, self._params())

    def _answers(self, X: object) -> FloatArray:
        """Answer rows: numbers or probabilities, shape (n, n_outputs)."""
        check_is_fitted(self, "coefs_")
        X, _ = self._read(X, NO_TARGETS, is_first=False, as_table=self._is_table)
        networks = [self._params(), *self._others]
        array: Given = self._inputs.transform(X)
        array = array.astype(networks[0].dtype, copy=False)
        engine, link = make_engine("native"), loss_of(self._spec.loss).link
        answers = [link(engine.outputs(self._spec, params, array)) for params in networks]
        return answers[0] if len(answers) == 1 else cast("FloatArray", np.mean(answers, axis=0))

    # ---- files and tags ----------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        """Pickle the bytes of the network's file in place of its weights."""
        state: dict[str, Any] = {**super().__getstate__()}
        if "coefs_" in state:
            state["coefs_"] = dump(self.network_, _PICKLED)
            others = [Network.from_params(self._spec, params) for params in self._others]
            state["_others"] = [dump(network, _PICKLED) for network in others]
            del state["intercepts_"], state["embeddings_"], state["norms_"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Read the weights from their bytes; whatever is damaged is refused as in a file."""
        if "coefs_" in state:
            state = {**state}
            network = _network_of(state["coefs_"])
            state["_others"] = [_network_of(data).params for data in state.get("_others", ())]
            own = Parts.of(network.spec, network.params)
            state = {**state, "coefs_": own.coefs, "intercepts_": own.intercepts,
                     "embeddings_": own.embeddings, "norms_": own.norms}  # fmt: skip
        super().__setstate__(state)

    def __sklearn_tags__(self) -> Any:  # noqa: ANN401 scikit-learn has no types
        """Tell scikit-learn what may come: sparse rows, and words and gaps where all is encoded."""
        tags = super().__sklearn_tags__()
        is_auto = self.preprocess is not None
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = is_auto
        tags.input_tags.categorical = is_auto
        tags.input_tags.string = is_auto
        return tags


def is_first_order(estimator: BaseMLP) -> bool:
    """Say whether an estimator has `partial_fit`, which steps batch by batch.

    With ``preprocess=None`` it is as in scikit-learn; otherwise every estimator has it.

    Raises
    ------
    AttributeError
        If it has not.
    """
    is_stepping = estimator.solver in {"auto", *FIRST_ORDER}
    if estimator.preprocess is None and not is_stepping:
        raise AttributeError(
            "partial_fit is only available for stochastic optimizers. "
            f"{estimator.solver} is not stochastic."
        )
    return True


def _hidden(sizes: Any, activation: str) -> list[Layer]:  # noqa: ANN401 a number or a sequence
    """Return the hidden layers; one number is one layer, and layers may stand among numbers."""
    entries = list(sizes) if np.iterable(sizes) else [sizes]
    widths = [entry for entry in entries if not isinstance(entry, get_args(Layer))]
    if any(width <= 0 for width in widths):
        raise InvalidParameter(f"hidden_layer_sizes must be > 0, got {entries}.")
    layers: list[Layer] = []
    for entry in entries:
        is_layer = isinstance(entry, get_args(Layer))
        layers.append(entry if is_layer else Dense(int(entry), activation))
    return layers


def _network_of(data: bytes) -> Network:
    """Return the network in the bytes of a file."""
    network = parse(data, _PICKLED)
    if not isinstance(network, Network):
        raise ModelFileError(f"{_PICKLED} must hold a network; it holds a model.")
    return network


def _two_dimensional(Y: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return Y if Y.ndim == 2 else Y[:, None]


def _with_weight(weights: FloatArray) -> BoolArray:
    """Mark the rows that count; those of weight 0 are as if they were absent."""
    counts = np.asarray(weights > 0)
    if not counts.any():
        raise DataError("At least one row must have a weight greater than 0; none has.")
    return counts
