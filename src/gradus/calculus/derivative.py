"""The derivative of a loss by one parameter: its ledger, its value on each row, and its check.

Which update follows from it is `updates`'; how it is written is `render`'s.
"""

from collections.abc import Sequence
from dataclasses import asdict, field, replace
from typing import Any

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array, FloatArray
from gradus._validate import check_whole
from gradus.calculus import names
from gradus.calculus.check import Check, check
from gradus.calculus.expressions import Product, Quantity, Sum, Symbol
from gradus.calculus.formulas import as_latex, as_mathml
from gradus.calculus.ledger import RowLedger
from gradus.calculus.render import as_json, as_text, spelled
from gradus.calculus.trace import by_row, objective_by, open_pass
from gradus.engines.reference import without_idle_rows
from gradus.errors import DataError, InvalidParameter, ShapeMismatch
from gradus.networks.losses import row_shares
from gradus.networks.params import ParamView, locate, view_at
from gradus.networks.spec import NetworkSpec


@dataclass(frozen=True, eq=False)
class Derivative:
    """What one parameter does to the loss, opened.

    Attributes
    ----------
    name
        Of the parameter, as "layer 1 weight [0, 2]".
    parameter
        Its value.
    value
        The derivative: of one row's loss, or of the mean loss of all rows plus penalty.
    row
        Place of that row, counted from 0; None for all rows.
    by_row : array of shape (n,)
        Derivative of each row's loss.
    ledger
        The derivative, opened into the products it is made of.
    forward
        The pass forward of the row, each number opened; empty for all rows.
    check
        Central differences of the same function.
    """

    name: str
    parameter: float
    value: float
    row: int | None
    by_row: Float64Array = field(repr=False)
    ledger: Quantity = field(repr=False)
    forward: tuple[Quantity, ...] = field(repr=False)
    check: Check = field(repr=False)

    @property
    def factors(self) -> dict[str, float]:
        """The factors of one row's derivative by their names; their product is `value`.

        Raises
        ------
        InvalidParameter
            For the mean over several rows, which is a sum and no product.
        """
        if not isinstance(self.ledger.opened, Product):
            message = "factors must be those of one row; got the mean over all rows. Give a row."
            raise InvalidParameter(message)
        return {factor.symbol.words: factor.value for factor in self.ledger.opened.factors}

    def text(self, digits: int = 6) -> str:
        """Write the pass forward, the products and the check as lines.

        Parameters
        ----------
        digits
            Significant ones, 1 to 17.
        """
        parts = [as_text(self.forward, digits)] if self.forward else []
        parts.append(as_text([self.ledger], digits))
        return "\n\n".join([*parts, self._check_text(digits)])

    def latex(self, digits: int = 6) -> str:
        """Write the products as an ``aligned`` block of LaTeX."""
        return as_latex([self.ledger], digits)

    def mathml(self, digits: int = 6) -> str:
        """Write the products as one ``math`` element."""
        return as_mathml([self.ledger], digits)

    def describe(self) -> dict[str, Any]:
        """Say the same as names and values that JSON can carry."""
        return {
            "parameter": self.name,
            "parameter_value": self.parameter,
            "derivative": self.value,
            "row": self.row,
            "ledger": as_json(self.ledger),
            "forward": [as_json(one) for one in self.forward],
            "check": asdict(self.check),
        }

    def _check_text(self, digits: int) -> str:
        """Say how the derivative compares with differences of the loss itself."""
        tested = self.check
        if tested.left is not None and tested.right is not None:
            return (
                f"The loss has a kink here: its slope is {spelled(tested.left, digits)} on the "
                f"left and {spelled(tested.right, digits)} on the right."
            )
        agree = "1 digit agrees" if tested.digits == 1 else f"{tested.digits} digits agree"
        return f"Central difference: {spelled(tested.central, digits + 4)}; {agree}."


def differentiate(
    spec: NetworkSpec,
    params: Float64Array,
    X: FloatArray,
    y: FloatArray,
    weights: FloatArray | None,
    name: str,
    *,
    row: int | None = None,
    depth: int = 1,
    most_terms: int = 8,
    columns: Sequence[str] = (),
    row_numbers: Sequence[int] | None = None,
) -> Derivative:
    """Open the derivative of the loss by one parameter.

    Of one row it is a product, ``signal in * slope of the unit * blame from above``; of all rows
    ``sum_i w_i / sum(w) * dl_i/dp + dpenalty/dp``. Nothing is dropped.

    Parameters
    ----------
    spec
        The network.
    params : array of shape (n_params,)
    X : array of shape (n, n_inputs), n > 0
    y : array of shape (n, n_targets)
    weights : array of shape (n,) or None
    name
        As `networks.params.locate` takes it.
    row
        From 0 to n - 1; None takes the mean over all rows. A single row is taken by itself.
    depth
        How many layers of blame are opened, 0 or greater.
    most_terms
        So many terms of each sum are written out, 1 or more.
    columns
        Names of the columns of X.
    row_numbers
        What the rows are called; None counts them from 0.

    Raises
    ------
    InvalidParameter
        If there is no such parameter or row, or a number lies outside its range.
    ShapeMismatch
        If there are more or fewer names than columns.
    DataError
        If there are no rows.

    Examples
    --------
    The 2-2-1 network of sigmoids with weights 1 and biases 0, on the row (-2, -1):

    >>> from gradus.networks.layers import Dense
    >>> spec = NetworkSpec(2, (Dense(2, "sigmoid"), Dense(1, "sigmoid")))
    >>> rows = np.array([[-2.0, -1.0]]), np.array([[1.0]]), None
    >>> params = np.array([1.0, 1, 1, 1, 0, 0, 1, 1, 0])
    >>> found = differentiate(spec, params, *rows, "layer 1 weight [0, 0]")
    >>> print(f"{found.value:.5f}", *(f"{factor:.4f}" for factor in found.factors.values()))
    0.02147 -2.0000 0.0452 -0.2376
    """
    check_whole("depth", depth, at_least=0)
    check_whole("most_terms", most_terms, at_least=1)
    if columns and len(columns) != spec.n_inputs:
        raise ShapeMismatch(
            f"columns must name the {spec.n_inputs} columns of X; got {len(columns)}."
        )
    if len(X) == 0:
        raise DataError("X must hold at least one row to differentiate on; got none.")
    place = locate(spec, name)
    view, index = view_at(spec, place)
    if row is None and len(X) == 1:
        row = 0
    if row is not None:
        check_whole("row", row, at_least=0, at_most=len(X) - 1)
    X = without_idle_rows(X, weights)
    opened = open_pass(spec, params, X, y)
    of_rows = by_row(opened, view, index)
    symbol = _symbol(view, index)
    if row is not None:
        ledger = RowLedger(opened, row, y[row], columns, most_terms)
        product = ledger.derivative(view, index, depth)
        whole = Quantity(names.derivative(symbol), float(of_rows[row]), product)
        shown = (*ledger.forward(view, index), ledger.loss())
        # A row by itself has no penalty and no weight.
        alone = slice(row, row + 1)
        own = replace(spec, l1=0.0, l2=0.0)
        function = objective_by(own, params, X[alone], y[alone], None, place)
    else:
        shares = row_shares(np.ones(len(X)) if weights is None else weights)
        mean = _mean(of_rows, shares, row_numbers or range(len(X)), most_terms)
        penalty = _penalty(spec, view, Quantity(symbol, float(params[place])))
        opened_sum = Sum((*mean.terms, *penalty), mean.n_rest, mean.rest)
        whole = Quantity(names.derivative(symbol), opened_sum.value, opened_sum)
        shown = ()
        function = objective_by(spec, params, X, y, weights, place)
    tested = check(function, float(params[place]), whole.value)
    label = f"{view.name} [{', '.join(map(str, index))}]"
    return Derivative(label, float(params[place]), whole.value, row, of_rows, whole, shown, tested)


def _symbol(view: ParamView, index: tuple[int, ...]) -> Symbol:
    """Name the parameter itself."""
    number = int(view.name.split()[1])
    if view.layer and view.kind == "weight":
        return names.weight(number, *index)
    if view.layer:
        return names.bias(number, *index)
    words = f"{view.name} [{', '.join(map(str, index))}]"
    return Symbol(words, view.kind[0] if view.name.startswith("norm") else "e", index, number)


def _mean(
    of_rows: Float64Array, shares: Float64Array, numbers: Sequence[int], most_terms: int
) -> Sum:
    """Average over rows, the largest parts first."""
    terms = [
        Product(
            (
                Quantity(Symbol(f"share of row {number}", "w", (number,)), float(share)),
                Quantity(Symbol(f"derivative of row {number}", "d", (number,)), float(one)),
            )
        )
        for number, share, one in zip(numbers, shares, of_rows, strict=True)
    ]
    return Sum.of_largest(terms, most_terms)


def _penalty(spec: NetworkSpec, view: ParamView, parameter: Quantity) -> list[Product]:
    """Return what the penalty adds to the derivative, nothing for other parameters than weights."""
    if view.kind != "weight":
        return []
    sign = Quantity(Symbol("sign of the weight", "sign"), float(np.sign(parameter.value)))
    parts = ((Symbol("l2", "l"), spec.l2, parameter), (Symbol("l1", "l"), spec.l1, sign))
    return [Product((Quantity(name, factor), of)) for name, factor, of in parts if factor]
