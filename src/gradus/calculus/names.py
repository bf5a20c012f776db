"""What the numbers of a network are called: in words, and as letters of a formula.

Values are not known here.
"""

from collections.abc import Sequence

from gradus._dataclasses import dataclass
from gradus.calculus.expressions import Symbol
from gradus.networks.layers import Dense, Dropout, LayerNorm
from gradus.networks.spec import NetworkSpec
from gradus.networks.steps import steps

LOSS = Symbol("loss", "L")


@dataclass(frozen=True)
class Names:
    """Symbols for the numbers of one network.

    Attributes
    ----------
    spec
        The network.
    columns
        Names of its inputs; where it is empty they are called by their places.
    """

    spec: NetworkSpec
    columns: Sequence[str] = ()

    def number(self, s: int, j: int) -> Symbol:
        """Name ``a[s][j]``: number j of what step s is fed, an input where s is 0."""
        if s == 0:
            return self._fed(j)
        step = steps(self.spec)[s - 1]
        if isinstance(step.layer, Dense):
            return Symbol(f"layer {step.number} [{j}]", "a", (j,), step.number)
        if isinstance(step.layer, Dropout):
            return self.number(s - 1, j)
        if isinstance(step.layer, LayerNorm):
            return Symbol(f"norm {step.number} [{j}]", "n", (j,), step.number)
        return Symbol(f"sum {step.number} [{j}]", "s", (j,), step.number)

    def _fed(self, j: int) -> Symbol:
        """Name an input, or a number that an embedding put in a level's place."""
        if j < self.spec.n_plain:
            return Symbol(self.columns[j] if self.columns else f"input [{j}]", "x", (j,))
        first = self.spec.n_plain
        for number, embedding in enumerate(self.spec.embeddings, 1):
            if j < first + embedding.width:
                return Symbol(f"embedding {number} [{j - first}]", "e", (j - first,), number)
            first += embedding.width
        raise IndexError(j)

    def blame(self, s: int, j: int) -> Symbol:
        """Name the derivative of the loss by ``a[s][j]``."""
        of = self.number(s, j)
        return Symbol(f"blame of {of.words}", LOSS.letter, by=of)


def weight(layer: int, i: int, j: int) -> Symbol:
    """Name the weight from number i to neuron j."""
    return Symbol(f"layer {layer} weight [{i}, {j}]", "w", (i, j), layer)


def bias(layer: int, j: int) -> Symbol:
    """Name the bias of neuron j."""
    return Symbol(f"layer {layer} bias [{j}]", "b", (j,), layer)


def weighted_sum(layer: int, j: int) -> Symbol:
    """Name z of neuron j."""
    return Symbol(f"z of layer {layer} [{j}]", "z", (j,), layer)


def slope(layer: int, j: int) -> Symbol:
    """Name f'(z) of neuron j."""
    return Symbol(f"slope of layer {layer} [{j}]", "f'", (j,), layer)


def derivative(of: Symbol) -> Symbol:
    """Name the derivative of the loss by something."""
    return Symbol(f"derivative by {of.words}", LOSS.letter, by=of)
