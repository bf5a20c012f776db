"""The description of a network: embeddings, layers, loss. Frozen, and without any number.

It never knows parameters, arrays or engines; everything that lives is derived from it elsewhere.
"""

from dataclasses import fields
from functools import cached_property

from gradus._dataclasses import dataclass
from gradus._validate import check_number, check_whole
from gradus.errors import InvalidParameter, ShapeMismatch
from gradus.networks.layers import Dense, Embedding, Initializer, Layer, Residual, listed
from gradus.networks.losses import LossOption, loss_of

# Far beyond any memory, and small enough that no count of bytes leaves 64 bits.
_MOST_WEIGHTS = 2**40


@dataclass(frozen=True)
class NetworkSpec:
    """A feed-forward network: what comes in, the layers, and the loss it is trained on.

    Parameters
    ----------
    n_inputs
        Number of columns of X, 1 or greater.
    layers
        `Dense`, `Dropout`, `LayerNorm` and `Residual` in their order; the last is a `Dense`, the
        output layer. "Layer k" is the k-th `Dense`, counted from 1 and through the residuals.
    loss
        One of the names in `networks.losses.LOSSES`, or one of `Huber`, `Quantile`, `CrossEntropy`,
        `BinaryCrossEntropy`, `ExpressionLoss` and `FunctionLoss`. Cross-entropies work on logits,
        "poisson" on logarithms of means, `Quantile` on steps between quantiles: the last layer is
        then "identity", with one neuron for each label, class (2 or more), count or level.
    l2
        Factor of the penalty ``l2 / 2 * sum(weight**2)``, 0 or greater; biases are left out.
    embeddings
        One for each of the last columns of X, which hold level numbers. The first layer is fed the
        columns before them, then the numbers of embedding 1, of embedding 2, ...
    l1
        Factor of the penalty ``l1 * sum(abs(weight))``, 0 or greater; biases are left out.

    Raises
    ------
    InvalidParameter
        If an option has a value outside these ranges or the last layer does not fit the loss.
    ShapeMismatch
        If values given by hand have another shape than their layer.
    """

    n_inputs: int
    layers: tuple[Layer, ...]
    loss: LossOption = "squared_error"
    l2: float = 0.0
    embeddings: tuple[Embedding, ...] = ()
    l1: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "n_inputs", check_whole("n_inputs", self.n_inputs, at_least=1))
        for name in ("l1", "l2"):
            object.__setattr__(self, name, check_number(name, getattr(self, name), at_least=0.0))
        for name in ("layers", "embeddings"):
            object.__setattr__(self, name, listed(name, getattr(self, name)))
        _check_embeddings(self.n_inputs, self.embeddings)
        loss_of(self.loss)
        _check_layers(self.layers, self.widths[0])
        _check_last_layer(self.loss, self.dense[-1])
        for number, (fan_in, layer) in enumerate(zip(self.widths[:-1], self.dense, strict=True), 1):
            _check_given(number, fan_in, layer)
            if fan_in * layer.width > _MOST_WEIGHTS:
                message = (
                    f"layer {number} must have at most {_MOST_WEIGHTS:,} weights; "
                    f"got {fan_in:,} * {layer.width:,}."
                )
                raise InvalidParameter(message)

    def __hash__(self) -> int:
        """Hash all fields, once: what follows from a description is looked up by it."""
        return self._hash

    def __getstate__(self) -> dict[str, object]:
        """Leave out the hash, which another process would compute differently."""
        return {name: value for name, value in vars(self).items() if name != "_hash"}

    @cached_property
    def _hash(self) -> int:
        return hash(tuple(getattr(self, option.name) for option in fields(self)))

    @property
    def n_plain(self) -> int:
        """Columns of X that hold numbers and not levels; they come first."""
        return self.n_inputs - len(self.embeddings)

    @cached_property
    def dense(self) -> tuple[Dense, ...]:
        """Layer 1, layer 2, ...: every `Dense` in its order, those within a `Residual` too."""
        inner = (each.layers if isinstance(each, Residual) else (each,) for each in self.layers)
        return tuple(layer for layers in inner for layer in layers if isinstance(layer, Dense))

    @cached_property
    def widths(self) -> tuple[int, ...]:
        """What feeds the network, then the width of every `Dense`: ``len(dense) + 1`` numbers.

        Number ``k - 1`` is the fan_in of layer k, since nothing else changes the width. Without
        embeddings the network is fed ``n_inputs`` numbers, with them ``n_plain + sum of the
        embeddings' widths``.
        """
        fan_in = self.n_plain + sum(embedding.width for embedding in self.embeddings)
        return (fan_in, *(layer.width for layer in self.dense))

    @property
    def n_outputs(self) -> int:
        """Width of the last layer."""
        return self.dense[-1].width

    @property
    def n_targets(self) -> int:
        """Columns of y: one for cross-entropy and `Quantile`, else one per output.

        For binary cross-entropy y holds numbers from 0 to 1, for cross-entropy class ids 0, 1, ...
        ``n_outputs - 1`` written as floats, for "poisson" numbers of at least 0.
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


def _check_layers(layers: tuple[object, ...], width: int) -> None:
    """Refuse other things than layers, residuals that change the width, and a list without end.

    `width` is what feeds the network.
    """
    if not layers:
        raise InvalidParameter("layers must hold at least one Dense layer; got none.")
    for number, entry in enumerate(layers, 1):
        if not isinstance(entry, Layer):
            raise InvalidParameter(
                "layers must hold Dense, Dropout, LayerNorm and Residual only; "
                f"got {entry!r} as entry {number}."
            )
        inner = entry.layers if isinstance(entry, Residual) else (entry,)
        widths = [layer.width for layer in inner if isinstance(layer, Dense)]
        if isinstance(entry, Residual) and widths and widths[-1] != width:
            raise InvalidParameter(
                "a Residual must give as many numbers as it is fed, since they are added; "
                f"entry {number} is fed {width} and gives {widths[-1]}."
            )
        width = widths[-1] if widths else width
    if not isinstance(layers[-1], Dense):
        raise InvalidParameter(
            f"layers must end with a Dense layer, which gives the outputs; got {layers[-1]!r}."
        )


def _check_last_layer(loss: LossOption, last: Dense) -> None:
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
