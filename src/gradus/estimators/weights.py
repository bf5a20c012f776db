"""Weights as scikit-learn shows them, lists of matrices and of vectors, and as one flat vector.

Rows and training must not be known here.
"""

from typing import Self

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array, FloatArray
from gradus.networks.initializers import initial_params
from gradus.networks.params import ParamView, layout
from gradus.networks.spec import NetworkSpec


def first_params(
    spec: NetworkSpec, activation: str, random_state: np.random.RandomState
) -> Float64Array:
    """Draw first weights and biases exactly as scikit-learn does ([GB10]).

    Even between ``-b`` and ``b`` with ``b = sqrt(6 / (fan_in + fan_out))``, or 2 in place of 6 with
    ``activation="sigmoid"``; layer by layer, the weight before the bias. What scikit-learn
    has not, embeddings and norms, is drawn last, as networks draw it.

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
    coefs: list[FloatArray] = []
    intercepts: list[FloatArray] = []
    for fan_in, layer in zip(spec.widths[:-1], spec.dense, strict=True):
        bound = np.sqrt(factor / (fan_in + layer.width))
        coefs.append(random_state.uniform(-bound, bound, (fan_in, layer.width)))
        intercepts.append(random_state.uniform(-bound, bound, layer.width))
    embeddings: list[FloatArray] = []
    norms: list[FloatArray] = []
    if len(layout(spec)) > 2 * len(coefs):
        own = Parts.of(spec, initial_params(spec, int(random_state.randint(2**31))))
        embeddings, norms = own.embeddings, own.norms
    return np.asarray(Parts(embeddings, coefs, intercepts, norms).flat(spec), dtype=np.float64)


@dataclass(frozen=True)
class Parts:
    """All weights by layer: views of the vector they were taken from.

    Attributes
    ----------
    embeddings
        One table for each embedded category.
    coefs, intercepts
        Weight matrix and bias of each layer.
    norms
        Scale and shift of each `LayerNorm`, one after the other.
    """

    embeddings: list[FloatArray]
    coefs: list[FloatArray]
    intercepts: list[FloatArray]
    norms: list[FloatArray]

    @classmethod
    def of(cls, spec: NetworkSpec, params: FloatArray) -> Self:
        """Take a vector of shape (n_params,) apart."""
        found = cls([], [], [], [])
        for view in layout(spec):
            found._list_of(view).append(params[view.start : view.stop].reshape(view.shape))
        return found

    def flat(self, spec: NetworkSpec) -> FloatArray:
        """Undo `of`: a new vector."""
        waiting = Parts(*map(list, (self.embeddings, self.coefs, self.intercepts, self.norms)))
        return np.concatenate([waiting._list_of(view).pop(0).ravel() for view in layout(spec)])

    def _list_of(self, view: ParamView) -> list[FloatArray]:
        """Return the list that a part stands in."""
        if view.layer == 0:
            return self.embeddings if view.kind == "weight" else self.norms
        return self.coefs if view.kind == "weight" else self.intercepts
