"""Which rows of a table a parameter of a model's network owes its value to.

How rows are left out stands in `calculus.influence`.
"""

import os
from dataclasses import field
from typing import Any

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array, Int64Array
from gradus._validate import check_whole
from gradus.calculus.influence import Held, damping_of, rank_correlation
from gradus.calculus.render import spelled
from gradus.engines.registry import engine as make_engine
from gradus.errors import DataError
from gradus.models.curvature import penalized
from gradus.models.model import Model
from gradus.networks.params import locate
from gradus.workflow.known_rows import known_rows
from gradus.workflow.one_network import one_network

# With fewer rows nothing can be ranked.
_FEWEST_ROWS = 3


@dataclass(frozen=True, eq=False)
class RowsBehind:
    """What leaving out each row would do to one parameter.

    Attributes
    ----------
    parameter, value
        Its name, and where it stands.
    network, n_networks
        Which of the networks that answer together, counted from 1.
    rows : int64 array of shape (n,)
        Rows of the table with an answer, counted from 1, the largest change first.
    changes : array of shape (n,)
        Of the parameter, if the row were left out; see `Held.influences`.
    tried : int64 array of shape (k,)
        Rows that were really left out.
    found : array of shape (k,)
        How far the parameter moved then.
    correlation
        Of the ranks of both, over the rows tried; nan where none were.
    most_rows
        How many rows a text lists.
    notes
        What was said while the table was read.
    """

    parameter: str
    value: float
    network: int
    n_networks: int
    rows: Int64Array
    changes: Float64Array
    tried: Int64Array
    found: Float64Array
    correlation: float
    most_rows: int
    notes: tuple[str, ...] = field(repr=False)

    def text(self, digits: int = 6) -> str:
        """Write the rows that matter most, and how the check came out, as lines."""
        which = f" of network {self.network}" if self.n_networks > 1 else ""
        shown = slice(0, self.most_rows)
        lines = [
            f"{self.parameter}{which} is {spelled(self.value, digits)}.",
            "Trained on without a row, it would change by about",
        ]
        width = len(str(self.rows[shown].max()))
        lines += [
            f"  row {row:>{width}}  {change:+.{digits}g}"
            for row, change in zip(self.rows[shown], self.changes[shown], strict=True)
        ]
        n_rest = len(self.rows) - len(self.rows[shown])
        if n_rest:
            rest = float(np.abs(self.changes[self.most_rows]))
            lines.append(f"  each of {n_rest:,} others by no more than {spelled(rest, digits)}")
        if len(self.tried):
            lines.append(
                f"{len(self.tried)} rows were really left out, and the network trained on from "
                f"here: rank correlation with the above {self.correlation:.3f}."
            )
        return "\n".join(lines)

    def describe(self) -> dict[str, Any]:
        """Say the same as names and values that JSON can carry; rows count from 0 there."""
        return {
            "parameter": self.parameter,
            "value": self.value,
            "network": self.network,
            "n_networks": self.n_networks,
            "rows": (self.rows - 1).tolist(),
            "changes": self.changes.tolist(),
            "tried_rows": (self.tried - 1).tolist(),
            "tried_changes": self.found.tolist(),
            "rank_correlation": None if np.isnan(self.correlation) else self.correlation,
            "notes": list(self.notes),
        }


def rows_behind(
    model: Model,
    table: str | os.PathLike[str] | object,
    parameter: str,
    *,
    network: int = 1,
    most_rows: int = 10,
    n_tried: int = 10,
) -> RowsBehind:
    """Rank the rows of a table by what leaving each out would do to one parameter, in float64.

    The network is trained on from where it stands on loss plus penalty, held to its place by a
    hundredth of the largest curvature. What a missing row changes about the end of that is told by
    one solve with the Hessian ([KL17]); some rows are really left out to check it. It tells of the
    valley in which the network lies: trained from another start it may come to another one.

    Parameters
    ----------
    model
        Of a table.
    table
        As in `Model.predict`, best the one learned from. Rows without an answer are left out.
    parameter
        Such as "layer 1 weight [0, 2]".
    network
        Which of the answering networks, counted from 1.
    most_rows
        How many rows a text lists, 1 or more.
    n_tried
        How many rows are really left out, from the one with the largest change up to the one with
        the smallest; 0 for none.

    Raises
    ------
    DataError
        If the table cannot be read, lacks a column, or has fewer than three rows with an answer.
    InvalidParameter
        If there is no such parameter or network.
    """
    network, n_networks, own = one_network(model, network)
    most_rows = check_whole("most_rows", most_rows, at_least=1)
    n_tried = check_whole("n_tried", n_tried, at_least=0)
    spec = own.spec
    place = locate(spec, parameter)
    known = known_rows(model, table)
    n = len(known.X)
    if n < _FEWEST_ROWS:
        raise DataError(
            f"The table must have three rows or more with a {model.target!r} to compare them; it "
            f"has {n}."
        )
    params: Float64Array = own.params.astype(np.float64)
    machine = make_engine("native")

    def product(at: Float64Array, v: Float64Array) -> Float64Array:
        return machine.hvp(spec, at, known.X, known.y, None, v).astype(np.float64)

    def objective(moved: Float64Array, weights: Float64Array) -> tuple[float, Float64Array]:
        return penalized(machine, spec, moved, known.X, known.y, weights)

    damping = damping_of(lambda v: product(params, v), len(params))
    held = Held(spec, params, known.X, known.y, product, objective, damping)
    changes = held.influences(place)
    order = np.argsort(-np.abs(changes), kind="stable")
    by_size = np.argsort(changes, kind="stable")
    spread = np.linspace(0, n - 1, min(n_tried, n)).round().astype(np.int64)
    tried = by_size[np.unique(spread)]
    found = held.left_out(place, tried.tolist())
    return RowsBehind(
        parameter,
        float(params[place]),
        network,
        n_networks,
        known.numbers[order],
        changes[order],
        known.numbers[tried],
        found,
        rank_correlation(changes[tried], found) if len(tried) > 1 else float("nan"),
        most_rows,
        known.notes,
    )
