"""The description of a network: embeddings, layers, loss. Frozen, and without any number.

It never knows parameters, arrays or engines; everything that lives is derived from it elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from gradus._typing import ACTIVATION_NAMES, INITIALIZER_NAMES
from gradus._validate import check_choice, check_flag, check_number, check_whole
from gradus.errors import InvalidParameter, ShapeMismatch
from gradus.networks.losses import loss_of

#: The options of each initializer that has some; the first tuple is required, the second not.
_INITIALIZER_OPTIONS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "uniform": (("low", "high"), ()),
    "constant": (("value",), ()),
    "given": (("weight",), ("bias",)),
}
# Far beyond any memory, and small enough that no count of bytes leaves 64 bits.
_MOST_WEIGHTS = 2**40
# Every level number up to here is exact in float32.
MOST_LEVELS = 2**20


@dataclass(frozen=True)
class Initializer:
    """How the first parameters of a layer are chosen, with the options that need a number.

    Parameters
    ----------
    name
        One of the names in `networks.initializers.INITIALIZERS`, or "auto".
    low, high
        Bounds of "uniform", ``low <= weight < high``.
    value
        Every weight of "constant".
    weight
        Rows of the matrix of "given", ``fan_in`` rows of ``fan_out`` numbers.
    bias
        The bias of "given", ``fan_out`` numbers; zeros when left out.

    Raises
    ------
    InvalidParameter
        If an option is missing, belongs to another name or is not finite.

    Examples
    --------
    >>> Dense(1, bias=False, initializer=Initializer("given", weight=[[0.2], [1.4], [30.0]]))
    ... # doctest: +ELLIPSIS
    Dense(width=1, ...)
    """

    name: str
    low: float | None = None
    high: float | None = None
    value: float | None = None
    weight: Sequence[Sequence[float]] | None = None
    bias: Sequence[float] | None = None

    def __post_init__(self) -> None:
        check_choice("initializer", self.name, INITIALIZER_NAMES)
        required, optional = _INITIALIZER_OPTIONS.get(self.name, ((), ()))
        options = [option.name for option in fields(self) if option.name != "name"]
        for option in options:
            is_set = getattr(self, option) is not None
            if option in required and not is_set:
                message = f"initializer {self.name!r} needs {option}; got none."
                raise InvalidParameter(message)
            if is_set and option not in required + optional:
                message = (
                    f"initializer {self.name!r} must not have {option}; "
                    f"got {getattr(self, option)!r}."
                )
                raise InvalidParameter(message)
        for option in ("low", "high", "value"):
            if getattr(self, option) is not None:
                self._set(option, check_number(option, getattr(self, option)))
        if self.low is not None and self.high is not None and self.low > self.high:
            message = f"low must not be greater than high; got {self.low:g} and {self.high:g}."
            raise InvalidParameter(message)
        if self.weight is not None:
            self._set("weight", tuple(_numbers("weight", row) for row in self.weight))
        if self.bias is not None:
            self._set("bias", _numbers("bias", self.bias))

    def _set(self, option: str, value: object) -> None:
        """Store the checked form of an option, once, while the object is being made."""
        object.__setattr__(self, option, value)


def _numbers(name: str, values: Sequence[float]) -> tuple[float, ...]:
    """Freeze a sequence of finite numbers."""
    return tuple(check_number(name, value) for value in values)


@dataclass(frozen=True)
class Dense:
    """One fully connected layer: ``a = f(a_in @ weight + bias)``.

    Parameters
    ----------
    width
        Number of neurons, 1 or greater; the layer's fan_out.
    activation
        One of the names in `networks.activations.ACTIVATIONS`.
    bias
        Whether the layer has a bias of shape (width,).
    initializer
        A name or an `Initializer`; "auto" is resolved in `networks.initializers.resolve`.

    Raises
    ------
    InvalidParameter
        If an option has a value outside these ranges.
    """

    width: int
    activation: str = "identity"
    bias: bool = True
    initializer: str | Initializer = "auto"

    def __post_init__(self) -> None:
        object.__setattr__(self, "width", check_whole("width", self.width, at_least=1))
        check_choice("activation", self.activation, ACTIVATION_NAMES)
        object.__setattr__(self, "bias", check_flag("bias", self.bias))
        if not isinstance(self.initializer, Initializer):
            check_choice("initializer", self.initializer, INITIALIZER_NAMES)
            Initializer(self.initializer)


@dataclass(frozen=True)
class Embedding:
    """One column of level numbers, each level replaced by learnt numbers of its own ([GB16]).

    Level k becomes row k of a weight of shape (n_levels, width), which is the product of that
    weight with a one-hot row, without the product; see `docs/derivations/embedding.md`.

    Parameters
    ----------
    n_levels
        Levels are the whole numbers 0 to ``n_levels - 1``, written as floats; from 1 to 2**20.
    width
        Learnt numbers of each level, 1 or greater.

    Raises
    ------
    InvalidParameter
        If an option has a value outside these ranges.
    """

    n_levels: int
    width: int

    def __post_init__(self) -> None:
        n_levels = check_whole("n_levels", self.n_levels, at_least=1, at_most=MOST_LEVELS)
        object.__setattr__(self, "n_levels", n_levels)
        object.__setattr__(self, "width", check_whole("width", self.width, at_least=1))


@dataclass(frozen=True)
class NetworkSpec:
    """A feed-forward network: what comes in, the layers, and the loss it is trained on.

    Parameters
    ----------
    n_inputs
        Number of columns of X, 1 or greater.
    layers
        At least one `Dense`, from the first hidden layer to the output layer.
    loss
        One of the names in `networks.losses.LOSSES`. The cross-entropies work on logits: the last
        layer is then "identity", one neuron wide for "binary_cross_entropy" and as wide as there
        are classes (2 or more) for "cross_entropy".
    l2
        Factor of the penalty ``l2 / 2 * sum(weight**2)``, 0 or greater; biases are left out.
    embeddings
        One for each of the last columns of X, which hold level numbers. The first layer is fed the
        columns before them, then the numbers of embedding 1, of embedding 2, ...

    Raises
    ------
    InvalidParameter
        If an option has a value outside these ranges or the last layer does not fit the loss.
    ShapeMismatch
        If values given by hand have another shape than their layer.
    """

    n_inputs: int
    layers: tuple[Dense, ...]
    loss: str = "squared_error"
    l2: float = 0.0
    embeddings: tuple[Embedding, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "n_inputs", check_whole("n_inputs", self.n_inputs, at_least=1))
        object.__setattr__(self, "layers", tuple(self.layers))
        object.__setattr__(self, "l2", check_number("l2", self.l2, at_least=0.0))
        object.__setattr__(self, "embeddings", tuple(self.embeddings))
        _check_embeddings(self.n_inputs, self.embeddings)
        loss_of(self.loss)
        if not self.layers:
            message = "layers must hold at least one Dense layer; got none."
            raise InvalidParameter(message)
        entries: tuple[object, ...] = self.layers
        for number, entry in enumerate(entries, 1):
            if not isinstance(entry, Dense):
                message = f"layers must hold Dense layers only; got {entry!r} as layer {number}."
                raise InvalidParameter(message)
        _check_last_layer(self.loss, self.layers[-1])
        for number, (fan_in, layer) in enumerate(
            zip(self.widths[:-1], self.layers, strict=True), 1
        ):
            _check_given(number, fan_in, layer)
            if fan_in * layer.width > _MOST_WEIGHTS:
                message = (
                    f"layer {number} must have at most {_MOST_WEIGHTS:,} weights; "
                    f"got {fan_in:,} * {layer.width:,}."
                )
                raise InvalidParameter(message)

    @property
    def n_plain(self) -> int:
        """Columns of X that hold numbers and not levels; they come first."""
        return self.n_inputs - len(self.embeddings)

    @property
    def widths(self) -> tuple[int, ...]:
        """What feeds the first layer, then the width of every layer: ``len(layers) + 1`` numbers.

        Without embeddings the first layer is fed ``n_inputs`` numbers, with them ``n_plain +
        sum of the embeddings' widths``.
        """
        fan_in = self.n_plain + sum(embedding.width for embedding in self.embeddings)
        return (fan_in, *(layer.width for layer in self.layers))

    @property
    def n_outputs(self) -> int:
        """Width of the last layer."""
        return self.layers[-1].width

    @property
    def n_targets(self) -> int:
        """Columns of y: one per output for "squared_error", one for the cross-entropies.

        For "binary_cross_entropy" y holds numbers from 0 to 1, for "cross_entropy" class ids
        0, 1, ... ``n_outputs - 1`` written as floats.
        """
        return loss_of(self.loss).n_targets(self.n_outputs)


def _check_embeddings(n_inputs: int, embeddings: tuple[object, ...]) -> None:
    """Refuse more embeddings than columns, tables beyond any memory, and other things."""
    if len(embeddings) > n_inputs:
        message = (
            f"embeddings must be at most as many as the columns of X, {n_inputs}; "
            f"got {len(embeddings)}."
        )
        raise InvalidParameter(message)
    for number, entry in enumerate(embeddings, 1):
        if not isinstance(entry, Embedding):
            message = f"embeddings must hold Embedding only; got {entry!r} as embedding {number}."
            raise InvalidParameter(message)
        if entry.n_levels * entry.width > _MOST_WEIGHTS:
            message = (
                f"embedding {number} must have at most {_MOST_WEIGHTS:,} weights; "
                f"got {entry.n_levels:,} * {entry.width:,}."
            )
            raise InvalidParameter(message)


def _check_last_layer(loss: str, last: Dense) -> None:
    """Refuse a last layer that does not give what the loss works on."""
    entry = loss_of(loss)
    if entry.own_link and last.activation != "identity":
        message = (
            f"the last layer must have activation 'identity' with loss={loss!r}, which applies "
            f"the {entry.own_link} itself; got {last.activation!r}."
        )
        raise InvalidParameter(message)
    fewest, most = entry.fewest_outputs, entry.most_outputs
    if last.width >= fewest and (most is None or last.width <= most):
        return
    rule = f"{fewest}" if most == fewest else f"{fewest} or greater"
    reason = f", one neuron for each {entry.output_is_for}" if entry.output_is_for else ""
    message = f"the last layer must have width {rule} with loss={loss!r}{reason}; got {last.width}."
    raise InvalidParameter(message)


def _check_given(number: int, fan_in: int, layer: Dense) -> None:
    """Compare the shape of values given by hand with the layer they are meant for."""
    given = layer.initializer
    if not isinstance(given, Initializer) or given.weight is None:
        return
    n_columns = {len(row) for row in given.weight}
    if len(given.weight) != fan_in or n_columns != {layer.width}:
        came = (len(given.weight), *sorted(n_columns))
        message = (
            f"weight of layer {number} must have shape (fan_in, fan_out) = "
            f"({fan_in}, {layer.width}); got {came}."
        )
        raise ShapeMismatch(message)
    if given.bias is not None and not layer.bias:
        message = f"layer {number} has no bias, so its initializer must not give one."
        raise InvalidParameter(message)
    if given.bias is not None and len(given.bias) != layer.width:
        message = (
            f"bias of layer {number} must have shape (fan_out,) = ({layer.width},); "
            f"got ({len(given.bias)},)."
        )
        raise ShapeMismatch(message)
