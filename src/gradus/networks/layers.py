"""What a network may be built of: layers, embeddings, and how their first numbers are chosen.

Each class checks its own options; what stands beside it, and how it is computed, is not known here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any, TypeAlias

from gradus._dataclasses import dataclass
from gradus._names import ACTIVATION_NAMES, INITIALIZER_NAMES
from gradus._validate import check_choice, check_flag, check_number, check_whole
from gradus.errors import InvalidParameter

#: The options of each initializer that has some; the first tuple is required, the second not.
_INITIALIZER_OPTIONS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "uniform": (("low", "high"), ()),
    "constant": (("value",), ()),
    "given": (("weight",), ("bias",)),
}
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


def listed(name: str, entries: object) -> tuple[Any, ...]:
    """Freeze a list of layers or embeddings, whose entries are looked at elsewhere.

    Raises
    ------
    InvalidParameter
        For one entry that stands alone.
    """
    if not isinstance(entries, Iterable):
        raise InvalidParameter(f"{name} must be a list; got {entries!r}.")
    return tuple(entries)


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
    max_norm
        After each update the incoming weights of every neuron, a column of the weight, are scaled
        down to this Euclidean norm where theirs is greater ([SHKSS14]); greater than 0, None for no
        limit. See `networks.max_norm`.

    Raises
    ------
    InvalidParameter
        If an option has a value outside these ranges.
    """

    width: int
    activation: str = "identity"
    bias: bool = True
    initializer: str | Initializer = "auto"
    max_norm: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "width", check_whole("width", self.width, at_least=1))
        check_choice("activation", self.activation, ACTIVATION_NAMES)
        object.__setattr__(self, "bias", check_flag("bias", self.bias))
        if not isinstance(self.initializer, Initializer):
            check_choice("initializer", self.initializer, INITIALIZER_NAMES)
            Initializer(self.initializer)
        if self.max_norm is not None:
            max_norm = check_number("max_norm", self.max_norm, above=0.0)
            object.__setattr__(self, "max_norm", max_norm)


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
class Dropout:
    """Leave out some of the numbers of the layer before while training ([SHKSS14]).

    Each number is 0 with probability `rate`, else it is divided by ``1 - rate``, so that its mean
    stays; at prediction nothing happens. What is left out is drawn anew for every row in every
    epoch. As the first layer it leaves out inputs: plain columns, and learnt numbers of embeddings,
    but no level numbers. See `docs/derivations/layers.md`.

    Parameters
    ----------
    rate
        At least 0 and less than 1.

    Raises
    ------
    InvalidParameter
        If the rate lies outside.
    """

    rate: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "rate", check_number("rate", self.rate, at_least=0.0, below=1.0))


@dataclass(frozen=True)
class LayerNorm:
    """Bring each row to mean 0 and variance 1, then scale and shift it as learnt ([BKH16]).

    ``a = (a_in - mean) / sqrt(variance + epsilon) * scale + shift`` with mean and variance over the
    numbers of one row. Scale and shift have one number per column, begin at 1 and 0, and are
    neither penalized nor decayed. See `docs/derivations/layers.md`.

    Parameters
    ----------
    epsilon
        Greater than 0: what keeps rows of equal numbers apart from 0 / 0.

    Raises
    ------
    InvalidParameter
        If epsilon lies outside.
    """

    epsilon: float = 1e-5

    def __post_init__(self) -> None:
        object.__setattr__(self, "epsilon", check_number("epsilon", self.epsilon, above=0.0))


@dataclass(frozen=True)
class Residual:
    """Add what some layers make of their input to that input: ``a = a_in + f(a_in)`` ([HZRS16]).

    Parameters
    ----------
    layers
        One or several of `Dense`, `Dropout` and `LayerNorm`, which together are f. The last `Dense`
        among them must be as wide as what comes in.

    Raises
    ------
    InvalidParameter
        If there is no layer, or one of another kind.
    """

    layers: tuple[Dense | Dropout | LayerNorm, ...]

    def __post_init__(self) -> None:
        entries = listed("layers of a Residual", self.layers)
        object.__setattr__(self, "layers", entries)
        if not entries:
            raise InvalidParameter("a Residual must hold at least one layer; got none.")
        for entry in entries:
            if not isinstance(entry, Dense | Dropout | LayerNorm):
                message = f"a Residual must hold Dense, Dropout and LayerNorm only; got {entry!r}."
                raise InvalidParameter(message)


#: What may stand in the list of layers of a network.
Layer: TypeAlias = Dense | Dropout | LayerNorm | Residual
