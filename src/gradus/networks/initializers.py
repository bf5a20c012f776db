"""The first parameters of a network, drawn from a seed.

One table entry per name: a function of the layer to be filled that gives its weight and bias.
Nothing here knows training; the derivation of "deep_sigmoid" is in
`docs/derivations/deep_sigmoid.md`.
"""

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from gradus._random import Purpose, normals, stream_keys, uniforms
from gradus._typing import Float64Array, UInt64Array
from gradus._validate import check_whole
from gradus.errors import InvalidParameter
from gradus.networks.layers import Dense, Dropout, Embedding, Initializer, LayerNorm
from gradus.networks.params import layout, n_params
from gradus.networks.spec import NetworkSpec
from gradus.networks.steps import steps

#: Gain of "deep_sigmoid"; 1 would keep an infinitely small signal, this keeps the gradient's size.
DEEP_SIGMOID_GAIN = 1.4
#: From this many hidden sigmoid layers on "auto" means "deep_sigmoid".
N_SIGMOID_LAYERS_CALLED_DEEP = 3
#: Activations that let about half of the signal through.
HALF_LINEAR = ("relu", "leaky_relu", "gelu", "softplus", "elu", "silu", "mish")
#: What "auto" means by the layer's activation; "glorot_uniform" for all others. With "lecun_normal"
#: selu keeps the variance by itself [KUMH17].
AUTO = {**dict.fromkeys(HALF_LINEAR, "he_uniform"), "selu": "lecun_normal"}


class Site(NamedTuple):
    """A layer to be filled, of one network or of several alike, and what it stands between.

    Attributes
    ----------
    layer
        Counted from 1.
    keys : uint64 array of shape (k,)
        Key of the layer's stream of random numbers in each network.
    fan_in, fan_out
        Shape of the weight.
    has_bias
        Whether there is a bias to fill.
    is_sigmoid
        Whether the layer's own activation is the sigmoid.
    follows_sigmoid
        Whether its inputs are the outputs of a sigmoid layer.
    options
        The initializer asked for.
    """

    layer: int
    keys: UInt64Array
    fan_in: int
    fan_out: int
    has_bias: bool
    is_sigmoid: bool
    follows_sigmoid: bool
    options: Initializer


#: Gives weights (k, fan_in, fan_out) and biases (k, fan_out), None for biases of zeros; without k
#: what all networks begin with.
Fill = Callable[[Site], tuple[Float64Array, Float64Array | None]]


def initial_params(spec: NetworkSpec, seed: int) -> Float64Array:
    """Draw the first parameters of a network.

    The same spec and seed give the same bits. A layer's numbers depend on its place, shape and
    initializer, not on the layers beside it ("deep_sigmoid" also looks at the activation before).
    Biases are zero unless they are given or the initializer is "deep_sigmoid". The numbers of an
    embedding are drawn by `embedding_tables`; the scale of a norm begins at 1, its shift at 0.

    Parameters
    ----------
    spec
        The network.
    seed
        Whole number from 0 to 2**64 - 1.

    Returns
    -------
    float64 array of shape (n_params,).

    Raises
    ------
    InvalidParameter
        If the seed lies outside, or "deep_sigmoid" meets a layer without the bias it needs.
    """
    params: Float64Array = initial_params_of(spec, [seed])[0]
    return params


def initial_params_of(spec: NetworkSpec, seeds: Sequence[int]) -> Float64Array:
    """Draw as `initial_params` does for each seed; shape (k, n_params).

    Many small networks take less time together, most of which each would spend on its calls.
    """
    checked = [check_whole("seed", seed, at_least=0, at_most=2**64 - 1) for seed in seeds]
    own_keys = np.array(checked, dtype=np.uint64)
    params = np.zeros((len(checked), n_params(spec)))
    places = {view.name: slice(view.start, view.stop) for view in layout(spec)}

    def put(name: str, numbers: Float64Array) -> None:
        place = places[name]
        params[:, place] = numbers.reshape(-1, place.stop - place.start)

    for number, embedding in enumerate(spec.embeddings, 1):
        keys = stream_keys(stream_keys(own_keys, Purpose.INITIAL_EMBEDDINGS), number)
        put(f"embedding {number} weight", embedding_tables(embedding, keys))
    layer_keys = stream_keys(own_keys, Purpose.INITIAL_WEIGHTS)
    options, before = resolve(spec), ""
    for step in steps(spec):
        layer, number = step.layer, step.number
        if isinstance(layer, Dense):
            site = Site(
                layer=number,
                keys=stream_keys(layer_keys, number),
                fan_in=spec.widths[number - 1],
                fan_out=layer.width,
                has_bias=layer.bias,
                is_sigmoid=layer.activation == "sigmoid",
                follows_sigmoid=before == "sigmoid",
                options=options[number - 1],
            )
            weight, bias = INITIALIZERS[site.options.name](site)
            put(f"layer {number} weight", weight)
            if bias is not None:
                put(f"layer {number} bias", bias)
            before = layer.activation
        elif isinstance(layer, LayerNorm):
            params[:, places[f"norm {number} scale"]] = 1.0
        # Dropout keeps the mean of what it is fed; a norm and a sum do not.
        before = before if isinstance(layer, Dense | Dropout) else ""
    return params


@lru_cache(maxsize=256)
def resolve(spec: NetworkSpec) -> tuple[Initializer, ...]:
    """Say which initializer each layer gets; the one place that knows what "auto" means.

    - "deep_sigmoid" for every layer if three or more hidden layers are sigmoid and each layer
      behind one has a bias, without norms and residuals: with any of the others the signal of such
      a stack vanishes;
    - else "he_uniform" where the layer's activation is one of `HALF_LINEAR`;
    - else "lecun_normal" where it is selu;
    - else "glorot_uniform".
    """
    hidden = spec.dense[:-1]
    n_sigmoid = sum(layer.activation == "sigmoid" for layer in hidden)
    is_stack = all(isinstance(layer, Dense | Dropout) for layer in spec.layers)
    can_center = is_stack and all(
        layer.bias or before.activation != "sigmoid"
        for before, layer in zip(hidden, spec.dense[1:], strict=True)
    )
    is_deep = n_sigmoid >= N_SIGMOID_LAYERS_CALLED_DEEP and can_center
    found = []
    for layer in spec.dense:
        options = layer.initializer
        if not isinstance(options, Initializer):
            options = Initializer(options)
        if options.name == "auto":
            shallow = AUTO.get(layer.activation, "glorot_uniform")
            options = Initializer("deep_sigmoid" if is_deep else shallow)
        found.append(options)
    return tuple(found)


def embedding_tables(embedding: Embedding, keys: UInt64Array) -> Float64Array:
    """Draw the first numbers of an embedding: normal, of mean 0 and variance ``1 / width``.

    The numbers of a level then have a squared length of 1 on average, so that a category enters the
    first layer as strongly as one column of standardized numbers, however wide it is embedded. The
    scale is that of TensorFlow's `embedding_column`; PyTorch draws with variance 1, Keras (and
    with it [GB16]) evenly from -0.05 to 0.05.

    Parameters
    ----------
    embedding
        What is to be filled.
    keys : uint64 array of shape (k,)
        Of its stream of random numbers in each network.

    Returns
    -------
    float64 array of shape (k, n_levels, width).
    """
    shape = (embedding.n_levels, embedding.width)
    return normals(keys, shape) / math.sqrt(embedding.width)


# ---- scaled by the width ------------------------------------------------------------------------


def glorot_variance(fan_in: int, fan_out: int) -> float:
    """``2 / (fan_in + fan_out)``: between keeping the signal and keeping the gradient."""
    return 2.0 / (fan_in + fan_out)


def he_variance(fan_in: int, fan_out: int) -> float:  # noqa: ARG001 one signature
    """``2 / fan_in``: keeps the signal where half of it is cut off."""
    return 2.0 / fan_in


def lecun_variance(fan_in: int, fan_out: int) -> float:  # noqa: ARG001
    """``1 / fan_in``: keeps the signal of a linear layer."""
    return 1.0 / fan_in


def _uniform_with(variance: Callable[[int, int], float]) -> Fill:
    """Draw evenly from ``-limit..limit`` with ``limit = sqrt(3 * variance)``."""

    def fill(site: Site) -> tuple[Float64Array, None]:
        limit = math.sqrt(3.0 * variance(site.fan_in, site.fan_out))
        return _between(site, -limit, limit), None

    return fill


def _normal_with(variance: Callable[[int, int], float]) -> Fill:
    """Draw from the normal distribution of mean 0 and this variance, not cut off."""

    def fill(site: Site) -> tuple[Float64Array, None]:
        deviation = math.sqrt(variance(site.fan_in, site.fan_out))
        return deviation * normals(site.keys, (site.fan_in, site.fan_out)), None

    return fill


def deep_sigmoid(site: Site) -> tuple[Float64Array, Float64Array | None]:
    """Treat a stack of sigmoid layers as the tanh stack it hides.

    ``sigmoid(z) = 1/2 + tanh(z / 2) / 2``: mean 1/2, slope 1/4. Weights are drawn evenly with
    deviation ``gain / sqrt(fan_in)``, times 2 where the layer is a sigmoid and times 2 where the
    layer before is one (4 between two sigmoid layers); behind a sigmoid layer the bias takes the
    mean out, ``bias_j = -1/2 * sum_i weight_ij``, and before it inputs of mean 0 and variance 1
    are expected.

    Raises
    ------
    InvalidParameter
        If a layer behind a sigmoid layer has no bias.
    """
    if site.follows_sigmoid and not site.has_bias:
        message = (
            f"layer {site.layer} must have a bias with initializer 'deep_sigmoid', which takes "
            "the mean of the sigmoid layer before it out there; got bias=False."
        )
        raise InvalidParameter(message)
    factor = (2.0 if site.is_sigmoid else 1.0) * (2.0 if site.follows_sigmoid else 1.0)
    limit = factor * DEEP_SIGMOID_GAIN * math.sqrt(3.0 / site.fan_in)
    weight = _between(site, -limit, limit)
    return weight, -0.5 * weight.sum(axis=1) if site.follows_sigmoid else None


# ---- with the caller's numbers ------------------------------------------------------------------


def _uniform(site: Site) -> tuple[Float64Array, None]:
    """Draw evenly from ``low <= weight < high``."""
    assert site.options.low is not None
    assert site.options.high is not None
    return _between(site, site.options.low, site.options.high), None


def _constant(site: Site) -> tuple[Float64Array, None]:
    """Set every weight to one value; biases stay 0."""
    assert site.options.value is not None
    return np.full((site.fan_in, site.fan_out), site.options.value), None


def _given(site: Site) -> tuple[Float64Array, Float64Array | None]:
    """Take the values as they were given; their shape was checked with the spec."""
    bias = site.options.bias
    return np.array(site.options.weight), None if bias is None else np.array(bias)


def _between(site: Site, low: float, high: float) -> Float64Array:
    """Draw the weights evenly from low to high."""
    weights = uniforms(site.keys, (site.fan_in, site.fan_out))
    weights *= high - low
    weights += low
    return weights


INITIALIZERS: dict[str, Fill] = {
    "glorot_uniform": _uniform_with(glorot_variance),  # [GB10]
    "glorot_normal": _normal_with(glorot_variance),  # [GB10]
    "he_uniform": _uniform_with(he_variance),  # [HZRS15]
    "he_normal": _normal_with(he_variance),  # [HZRS15]
    "lecun_uniform": _uniform_with(lecun_variance),  # [LBOM98]
    "lecun_normal": _normal_with(lecun_variance),  # [LBOM98]
    "uniform": _uniform,
    "constant": _constant,
    "given": _given,
    "deep_sigmoid": deep_sigmoid,
}
