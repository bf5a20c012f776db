"""Weights as scikit-learn shows them, lists of matrices and of vectors, and as one flat vector.

Rows and training must not be known here.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from gradus._typing import Float64Array, FloatArray
from gradus.networks.initializers import initial_params
from gradus.networks.params import layout, views
from gradus.networks.spec import NetworkSpec


def first_params(
    spec: NetworkSpec, activation: str, random_state: np.random.RandomState
) -> Float64Array:
    """Draw first weights and biases exactly as scikit-learn does ([GB10]).

    Even between ``-b`` and ``b`` with ``b = sqrt(6 / (fan_in + fan_out))``, or 2 in place of 6 with
    ``activation="sigmoid"``; layer by layer, the weight before the bias. Embeddings, which
    scikit-learn has not, are drawn last, as networks draw them.

    Parameters
    ----------
    spec
        The network; each layer has a bias.
    activation
        What the hidden layers have.
    random_state
        Draws the numbers.

    Returns
    -------
    float64 array of shape (n_params,)
    """
    factor = 2.0 if activation == "sigmoid" else 6.0
    drawn: list[Float64Array] = []
    for fan_in, layer in zip(spec.widths[:-1], spec.dense, strict=True):
        bound = np.sqrt(factor / (fan_in + layer.width))
        drawn.append(random_state.uniform(-bound, bound, (fan_in, layer.width)).ravel())
        drawn.append(random_state.uniform(-bound, bound, layer.width))
    if spec.embeddings:
        seed = int(random_state.randint(2**31))
        first = layout(spec)[len(spec.embeddings)].start
        drawn.insert(0, initial_params(spec, seed)[:first])
    return np.concatenate(drawn)


@dataclass(frozen=True)
class Parts:
    """All weights by layer: views of the vector they were taken from.

    Attributes
    ----------
    embeddings
        One table for each embedded category.
    coefs, intercepts
        Weight matrix and bias of each layer.
    """

    embeddings: list[FloatArray]
    coefs: list[FloatArray]
    intercepts: list[FloatArray]

    @classmethod
    def of(cls, spec: NetworkSpec, params: FloatArray) -> Self:
        """Take a vector of shape (n_params,) apart."""
        named = views(spec, params)
        layers = range(1, len(spec.dense) + 1)
        tables = range(1, len(spec.embeddings) + 1)
        return cls(
            [named[f"embedding {number} weight"] for number in tables],
            [named[f"layer {number} weight"] for number in layers],
            [named[f"layer {number} bias"] for number in layers],
        )

    def flat(self) -> FloatArray:
        """Undo `of`: a new vector."""
        both = zip(self.coefs, self.intercepts, strict=True)
        every = [*self.embeddings, *(part for pair in both for part in pair)]
        return np.concatenate([part.ravel() for part in every])
