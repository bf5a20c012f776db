"""The checks before training, of a table and the network that would be trained on it.

What is checked stands in `diagnosis.preflight`.
"""

import os
from dataclasses import asdict
from typing import Any

import numpy as np

from gradus._dataclasses import dataclass
from gradus.diagnosis.preflight import Check, checks_of
from gradus.errors import DataError
from gradus.networks.initializers import initial_params
from gradus.workflow.examined import first_case
from gradus.workflow.learn import possible_settings
from gradus.workflow.options import Options
from gradus.workflow.prepare import prepare, read_as


@dataclass(frozen=True, eq=False)
class Preflight:
    """What was checked before training on a table.

    Attributes
    ----------
    target
        The column to answer.
    checks
        One each; see `diagnosis.preflight.preflight`.
    warnings
        What the reading of the table warned of.
    """

    target: str
    checks: tuple[Check, ...]
    warnings: tuple[str, ...]

    @property
    def text(self) -> str:
        """The same in lines, what does not pass with what to do about it."""
        lines = []
        for check in self.checks:
            lines.append(f"{'ok ' if check.passes else 'NO '} {check.name}: {check.sentence}")
            if not check.passes:
                lines.append(f"    To do: {check.remedy}.")
        return "\n".join(lines)

    def describe(self) -> dict[str, Any]:
        """Say the same as names and values that JSON can carry."""
        checks = [{**asdict(one), "passes": one.passes} for one in self.checks]
        return {"target": self.target, "checks": checks, "warnings": list(self.warnings)}


def preflight_table(
    table: str | os.PathLike[str] | object,
    target: str | None = None,
    **options: Any,  # noqa: ANN401
) -> Preflight:
    """Check a table and the network that `gradus.train` would train on it, before it does.

    Parameters
    ----------
    table, target
        As in `gradus.fill`; with a target the table need not have blanks.
    **options
        See `Options`.

    Raises
    ------
    DataError, InvalidParameter
        As in `gradus.train`; also where fewer than 30 rows would be learned from.
    """
    chosen = Options.of(**options)
    prepared = prepare(read_as(table, chosen), target, chosen, needs_blank=target is None)
    settings = possible_settings(prepared, chosen)[0]
    start = initial_params(settings.spec, settings.plan.seed).astype(np.float64)
    case = first_case(prepared, None, settings.spec, settings.plan, start, start, None)
    if case is None:
        raise DataError(
            f"{prepared.table.name} must have at least 30 rows to learn from for these checks; it "
            "has fewer."
        )
    return Preflight(prepared.target.name, checks_of(case), prepared.warnings)
