"""The chain-rule ledger of one row: every derivative as a product of factors with their numbers.

The derivative of a row's loss by a weight is *signal in* times *slope of the unit* times *blame
from above*; the blame of a unit is the sum, over the units it feeds, of weight times slope times
blame ([RHW86]). Rows are not averaged here, and nothing is written as text.
"""

from collections.abc import Sequence
from dataclasses import field

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array, FloatArray
from gradus.calculus import names
from gradus.calculus.expressions import Application, Product, Quantity, Sum, Symbol
from gradus.calculus.names import Names
from gradus.calculus.trace import OpenedPass, column_of, place_of
from gradus.engines.norm import normalize
from gradus.networks.layers import Dense, Dropout, LayerNorm, Residual
from gradus.networks.losses import loss_of
from gradus.networks.params import ParamView, views
from gradus.networks.steps import Step, steps

# Layers up to this width are shown whole.
_WIDEST_SHOWN = 8


@dataclass(frozen=True, eq=False)
class RowLedger:
    """The numbers of one row of an opened pass, with their names.

    Attributes
    ----------
    opened
        The pass.
    row
        Place of the row in it.
    target : array of shape (n_targets,)
        What was expected.
    columns
        Names of the inputs; without them inputs are called by their places.
    most_terms
        So many terms of a sum are written out, the largest ones.
    """

    opened: OpenedPass
    row: int
    target: FloatArray
    columns: Sequence[str] = ()
    most_terms: int = 8
    names: Names = field(init=False)
    named: dict[str, Float64Array] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", Names(self.opened.spec, self.columns))
        object.__setattr__(self, "named", views(self.opened.spec, self.opened.params))

    def derivative(self, view: ParamView, index: tuple[int, ...], depth: int) -> Product:
        """Return the derivative of the row's loss by one parameter as a product.

        Parameters
        ----------
        view, index
            Which one, as in `networks.params`.
        depth
            How many layers of blame are opened, 0 or greater.
        """
        number = int(view.name.split()[1])
        if view.name.startswith("embedding"):
            return self._by_level(number, index[0], index[1], depth)
        s = place_of(self.opened.spec, view)
        j = index[-1]
        blame = self.blame(s + 1, j, depth)
        if view.kind == "weight":
            return Product((self.signal(s, index[0]), self.slope(number, j), blame))
        if view.kind == "bias":
            return Product((self.slope(number, j), blame))
        if view.kind == "scale":
            return Product((self._normal(s, j), blame))
        return Product((blame,))

    def signal(self, s: int, j: int) -> Quantity:
        """Return ``a[s][j]``."""
        return Quantity(self.names.number(s, j), float(self.opened.trace.a[s][self.row, j]))

    def slope(self, layer: int, j: int) -> Quantity:
        """Return ``f'(z)`` of a neuron, opened."""
        function = self.opened.spec.dense[layer - 1].activation
        value = float(self.opened.slopes[layer - 1][self.row, j])
        application = Application(f"{function}'", self._weighted_sum(layer, j))
        return Quantity(names.slope(layer, j), value, application)

    def blame(self, s: int, j: int, depth: int) -> Quantity:
        """Return ``dl/da[s][j]``, opened into its terms while depth is above 0."""
        symbol = self.names.blame(s, j)
        value = float(self.opened.blames[s][self.row, j])
        if s == len(self.opened.blames) - 1:
            return Quantity(symbol, value, self._blame_of_output(j))
        if depth <= 0:
            return Quantity(symbol, value)
        terms = self._carried(s, j, depth)
        for t, other in enumerate(steps(self.opened.spec)):
            if isinstance(other.layer, Residual) and other.source == s:
                terms.append(Product((self.blame(t + 1, j, depth - 1),)))
        return Quantity(symbol, value, Sum.of_largest(terms, self.most_terms))

    def forward(self, view: ParamView, index: tuple[int, ...]) -> list[Quantity]:
        """Return the numbers of the pass forward, each opened into what it was made of.

        Of layers wider than 8 the parameter's own neuron alone is there, and of the last layer all
        up to 8.
        """
        found: list[Quantity] = []
        for s, step in enumerate(steps(self.opened.spec)):
            own = [index[-1]] if view.layer == step.number and isinstance(step.layer, Dense) else []
            is_shown = step.width <= _WIDEST_SHOWN
            for j in range(step.width) if is_shown else own:
                found += self._made(s, step, j)
        return found

    def error(self, j: int) -> Quantity:
        """Return output minus expected, where each output has a target of its own."""
        output = self.signal(len(self.opened.blames) - 1, j)
        minus = _minus_expected(j, float(self.target[j]))
        value = output.value + minus.value
        return Quantity(Symbol(f"error [{j}]", "e", (j,)), value, _sum(output, minus))

    def loss(self) -> Quantity:
        """Return the row's loss."""
        return Quantity(names.LOSS, float(self.opened.losses[self.row]))

    def _carried(self, s: int, j: int, depth: int) -> list[Product]:
        """List the terms of a blame that come through step s, which it is fed to."""
        step = steps(self.opened.spec)[s]
        if isinstance(step.layer, Dense):
            weight = self.named[f"layer {step.number} weight"][j]
            slopes = self.opened.slopes[step.number - 1][self.row]
            sizes = np.abs(weight * slopes * self.opened.blames[s + 1][self.row])
            shown = set(np.argsort(-sizes, kind="stable")[: self.most_terms].tolist())
            return [
                self._through(step.number, j, k, s, depth - 1 if k in shown else 0)
                for k in range(step.width)
            ]
        if isinstance(step.layer, LayerNorm):
            return self._through_norm(s, step, step.layer, j)
        return [Product((self.blame(s + 1, j, depth),))]

    def _through(self, layer: int, j: int, k: int, s: int, depth: int) -> Product:
        """Return weight times slope times blame of neuron k."""
        weight = Quantity(
            names.weight(layer, j, k), float(self.named[f"layer {layer} weight"][j, k])
        )
        slope = float(self.opened.slopes[layer - 1][self.row, k])
        blame = self.blame(s + 1, k, depth)
        return Product((weight, Quantity(names.slope(layer, k), slope), blame))

    def _through_norm(self, s: int, step: Step, layer: LayerNorm, j: int) -> list[Product]:
        """Return the three terms of the way back through a norm; see `engines.norm`."""
        normal, inverse = normalize(self.opened.trace.a[s], layer.epsilon)
        g = self.opened.blames[s + 1][self.row] * self.named[f"norm {step.number} scale"]
        n = normal[self.row]
        name = f"of norm {step.number}"
        root = Quantity(Symbol(f"1 / deviation {name}", "r"), float(inverse[self.row, 0]))
        parts = (
            Quantity(Symbol(f"scale times blame {name} [{j}]", "g", (j,)), float(g[j])),
            Quantity(Symbol(f"minus its mean {name}", "-g"), -float(g.mean())),
            Quantity(
                Symbol(f"minus its part along the numbers {name} [{j}]", "-h", (j,)),
                -float(n[j] * (g * n).mean()),
            ),
        )
        return [Product((root, part)) for part in parts]

    def _by_level(self, number: int, level: int, column: int, depth: int) -> Product:
        """Return the derivative by a number that an embedding holds for a level."""
        place = column_of(self.opened.spec, number, column)
        is_there = float(self.opened.trace.levels[number - 1][self.row] == level)
        words = f"1 where the row is of level {level}, else 0"
        return Product((Quantity(Symbol(words, "1"), is_there), self.blame(0, place, depth)))

    def _normal(self, s: int, j: int) -> Quantity:
        """Return what a norm made of its number j, before scale and shift."""
        step = steps(self.opened.spec)[s]
        assert isinstance(step.layer, LayerNorm), "the step of a scale"
        normal, _ = normalize(self.opened.trace.a[s], step.layer.epsilon)
        symbol = Symbol(f"norm {step.number} [{j}] before its scale", "n", (j,), step.number)
        return Quantity(symbol, float(normal[self.row, j]))

    def _blame_of_output(self, j: int) -> Product | Sum | None:
        """Open the loss's derivative by an output where it is a short formula."""
        spec, outputs = self.opened.spec, self.opened.trace.a[-1]
        if spec.loss == "squared_error":
            share = Quantity(Symbol("2 / number of outputs", "2/N"), 2 / spec.n_outputs)
            return Product((share, self.error(j)))
        if spec.loss in ("binary_cross_entropy", "cross_entropy", "poisson"):
            predicted = float(loss_of(spec.loss).link(outputs[self.row : self.row + 1])[0, j])
            expected = float(
                self.target[0] == j if len(self.target) < spec.n_outputs else self.target[j]
            )
            return _sum(
                Quantity(Symbol(f"predicted [{j}]", "p", (j,)), predicted),
                _minus_expected(j, expected),
            )
        return None

    def _weighted_sum(self, layer: int, j: int) -> Quantity:
        """Return z of a neuron, opened into the products it sums."""
        s = next(
            s
            for s, step in enumerate(steps(self.opened.spec))
            if isinstance(step.layer, Dense) and step.number == layer
        )
        column = self.named[f"layer {layer} weight"][:, j]
        terms = [
            Product((Quantity(names.weight(layer, i, j), float(w)), self.signal(s, i)))
            for i, w in enumerate(column)
        ]
        if f"layer {layer} bias" in self.named:
            bias = float(self.named[f"layer {layer} bias"][j])
            terms.append(Product((Quantity(names.bias(layer, j), bias),)))
        value = float(self.opened.trace.z[layer - 1][self.row, j])
        is_whole = len(terms) <= self.most_terms
        opened = Sum(tuple(terms)) if is_whole else Sum.of_largest(terms, self.most_terms)
        return Quantity(names.weighted_sum(layer, j), value, opened)

    def _made(self, s: int, step: Step, j: int) -> list[Quantity]:
        """Return number j of what a step gave, opened; nothing of a dropout, which is idle."""
        if isinstance(step.layer, Dropout):
            return []
        made = self.signal(s + 1, j)
        if isinstance(step.layer, Dense):
            z = self._weighted_sum(step.number, j)
            closed = Quantity(z.symbol, z.value)
            application = Application(step.layer.activation, closed)
            return [z, Quantity(made.symbol, made.value, application)]
        if isinstance(step.layer, LayerNorm):
            name = f"norm {step.number}"
            scale = Quantity(
                Symbol(f"{name} scale [{j}]", "g", (j,)), float(self.named[f"{name} scale"][j])
            )
            shift = Quantity(
                Symbol(f"{name} shift [{j}]", "b", (j,)), float(self.named[f"{name} shift"][j])
            )
            opened = Sum((Product((self._normal(s, j), scale)), Product((shift,))))
        else:
            opened = _sum(self.signal(s, j), self.signal(step.source, j))
        return [Quantity(made.symbol, made.value, opened)]


def _minus_expected(j: int, expected: float) -> Quantity:
    return Quantity(Symbol(f"minus expected [{j}]", "-y", (j,)), 0.0 - expected)


def _sum(*parts: Quantity) -> Sum:
    return Sum(tuple(Product((part,)) for part in parts))
