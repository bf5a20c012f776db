"""How the loss of a model's network bends on the rows of a person's table, and what steps do there.

How the numbers are found stands in `calculus.curvature`.
"""

import os
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array
from gradus._validate import check_number, check_whole
from gradus._words import counted
from gradus.calculus.curvature import DescentRun, Estimate, StepForecast
from gradus.calculus.lanczos import Extremes
from gradus.calculus.render import spelled
from gradus.errors import InvalidParameter
from gradus.models.curvature import curvature
from gradus.models.model import Model
from gradus.networks.params import locate
from gradus.workflow.known_rows import known_rows
from gradus.workflow.one_network import one_network

# The two runs beside the largest stable rate.
_BELOW, _ABOVE = 0.95, 1.05


@dataclass(frozen=True, eq=False)
class Bending:
    """The second derivatives of one network's loss plus penalty, in the units it computes in.

    Attributes
    ----------
    network, n_networks
        Which of the networks that answer together, counted from 1.
    n_params, n_rows
        Of the network, and of the table that have an answer.
    extremes
        The largest and the smallest eigenvalue.
    trace
        The sum of all eigenvalues.
    names, block
        Two parameters and their second partials, shape (2, 2); none where none were named.
    largest_rate
        ``2 / lambda_max``; infinite where nothing bends upwards.
    runs
        Gradient descent on all rows just below and just above that rate; none where it is infinite.
    rate, forecast
        Of one step of gradient descent: its rate, what it should change the loss by, and does.
    notes
        What was said while the table was read.
    """

    network: int
    n_networks: int
    n_params: int
    n_rows: int
    extremes: Extremes
    trace: Estimate
    names: tuple[str, ...]
    block: Float64Array | None
    largest_rate: float
    runs: tuple[DescentRun, ...]
    rate: float
    forecast: StepForecast
    notes: tuple[str, ...]

    def text(self, digits: int = 6) -> str:
        """Write everything as lines.

        Parameters
        ----------
        digits
            Significant ones, 1 to 17.
        """
        which = f"Network {self.network} of {self.n_networks}: " if self.n_networks > 1 else ""
        ends = self.extremes

        def number(value: float) -> str:
            return spelled(value, digits)

        error = f", give or take {self.trace.error:.2g}" if self.trace.error else ""
        lines = [
            f"{which}{counted(self.n_params, 'parameter')}, {counted(self.n_rows, 'row')}.",
            "Second derivatives of the loss along directions of length 1 (eigenvalues):",
            f"  largest   {number(ends.largest)}, within {ends.largest_error:.1e}",
            f"  smallest  {number(ends.smallest)}, within {ends.smallest_error:.1e}",
            f"  sum       {number(self.trace.value)} (trace){error}",
        ]
        if self.block is not None:
            lines.append(f"Second partials by {self.names[0]} and {self.names[1]}:")
            width = max(len(number(one)) for one in self.block.ravel())
            lines += ["  " + "  ".join(f"{number(x):>{width}}" for x in row) for row in self.block]
        lines.append(self._rates_text(digits))
        told = self.forecast
        lines += [
            f"One step of gradient descent at rate {number(self.rate)} should change the loss by",
            f"  {number(told.first_order)} by first derivatives,",
            f"  {number(told.diagonal.value)} with the pure second ones too,",
            f"  {number(told.second_order)} with the mixed ones as well;",
            f"  {number(told.actual)} is what it does.",
        ]
        return "\n".join(lines)

    def _rates_text(self, digits: int) -> str:
        """Say the largest stable rate, and what happened on both sides of it."""
        if not self.runs:
            return "Nothing bends upwards here, so no rate of gradient descent is too large."
        rate = spelled(self.largest_rate, digits)
        lines = [
            f"Largest stable rate of gradient descent (2 / the largest): {rate}. Both sides tried:"
        ]
        for run in self.runs:
            n_steps, end = len(run.objectives) - 1, run.objectives[-1]
            ended = spelled(float(end), digits) if np.isfinite(end) else "beyond all numbers"
            lines.append(
                f"  at {spelled(run.rate, digits)} the loss went from "
                f"{spelled(float(run.objectives[0]), digits)} to {ended}; {run.n_rises} "
                f"of {n_steps} steps raised it"
            )
        below, above = (float(run.objectives[-1]) for run in self.runs)
        if above <= max(below, float(self.runs[1].objectives[0])):
            lines.append("  (a bowl would have thrown the second out; this found a flatter place)")
        return "\n".join(lines)

    def describe(self) -> dict[str, Any]:
        """Say the same as names and values that JSON can carry; None for what is not finite."""
        ends = self.extremes
        return {
            "network": self.network,
            "n_networks": self.n_networks,
            "n_params": self.n_params,
            "n_rows": self.n_rows,
            "largest": {"value": ends.largest, "error": ends.largest_error},
            "smallest": {"value": ends.smallest, "error": ends.smallest_error},
            "trace": asdict(self.trace),
            "parameters": list(self.names),
            "second_partials": None if self.block is None else self.block.tolist(),
            "largest_stable_rate": _or_none(self.largest_rate),
            "runs": [
                {
                    "rate": run.rate,
                    "losses": [_or_none(float(one)) for one in run.objectives],
                    "n_rises": run.n_rises,
                }
                for run in self.runs
            ],
            "step": {"rate": self.rate, **asdict(self.forecast)},
            "notes": list(self.notes),
        }


def bending(
    model: Model,
    table: str | os.PathLike[str] | object,
    *,
    parameters: Sequence[str] = (),
    network: int = 1,
    learning_rate: float | None = None,
    n_steps: int = 100,
) -> Bending:
    """Open the second derivatives of a network's loss plus penalty on a table, in float64.

    Parameters
    ----------
    model
        Of a table.
    table
        As in `Model.predict`. Rows without an answer are left out; the loss needs one.
    parameters
        Two of them, such as "layer 1 weight [0, 2]", whose second partials are wanted; or none.
    network
        Which of the answering networks, counted from 1.
    learning_rate
        Of the step that is told beforehand; None takes half the largest stable one, or 0.01 where
        none is too large.
    n_steps
        Of gradient descent, on each side of the largest stable rate; 1 or more.

    Raises
    ------
    DataError
        If the table cannot be read, lacks a column, or has no answer.
    InvalidParameter
        If there is no such parameter or network, or not two parameters.
    """
    network, n_networks, own = one_network(model, network)
    n_steps = check_whole("n_steps", n_steps, at_least=1)
    if learning_rate is not None:
        learning_rate = check_number("learning_rate", learning_rate, above=0)
    names = tuple(parameters)
    if isinstance(parameters, str) or len(names) not in (0, 2):
        raise InvalidParameter(
            "parameters must name two, whose second partials are wanted, or none; got "
            f"{1 if isinstance(parameters, str) else len(names)}."
        )
    places = [locate(own.spec, name) for name in names]
    known = known_rows(model, table)
    bend = curvature(own, known.X, known.y)
    ends = bend.extremes()
    largest = bend.largest_stable_rate(ends)
    is_bent = np.isfinite(largest)
    rates = (_BELOW * largest, _ABOVE * largest) if is_bent else ()
    rate = (largest / 2 if is_bent else 0.01) if learning_rate is None else learning_rate
    return Bending(
        network=network,
        n_networks=n_networks,
        n_params=bend.n_params,
        n_rows=len(known.X),
        extremes=ends,
        trace=bend.trace(),
        names=names,
        block=bend.block(places[0], places[1]) if names else None,
        largest_rate=largest,
        runs=tuple(bend.descend(one, ends, n_steps) for one in rates),
        rate=rate,
        forecast=bend.forecast(-rate * bend.grads),
        notes=known.notes,
    )


def _or_none(value: float) -> float | None:
    return value if np.isfinite(value) else None
