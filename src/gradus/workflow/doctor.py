"""What went wrong when a table was learned from, and what cures it, tried.

How problems are found stands in `diagnosis`.
"""

import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gradus._dataclasses import dataclass
from gradus.diagnosis.case import Case
from gradus.diagnosis.doctor import diagnose
from gradus.diagnosis.finding import Finding
from gradus.diagnosis.trial import Trial, try_remedy
from gradus.errors import DataError, InvalidParameter
from gradus.models.model import Model
from gradus.models.model_file import load
from gradus.records.find import find_run
from gradus.records.run import RecordedRun
from gradus.tables.closed import from_json
from gradus.tables.table import Table
from gradus.training.plan import Plan
from gradus.workflow.examined import first_case
from gradus.workflow.learn import training_weights
from gradus.workflow.learned_table import options_of_table, unseen_outputs
from gradus.workflow.options import Options
from gradus.workflow.prepare import Prepared, prepare, read_as


@dataclass(frozen=True, eq=False)
class Checkup:
    """What the doctor says of a run.

    Attributes
    ----------
    name
        What was examined.
    finding
        The first problem found; None where all is well.
    trial
        What came of its remedy; None where there was none to try.
    """

    name: str
    finding: Finding | None
    trial: Trial | None

    @property
    def text(self) -> str:
        """The same in lines."""
        if self.finding is None:
            return f"Nothing wrong was found in the training of {self.name}."
        lines = [f"{_headed(self.finding.problem)}: {self.finding.sentence}"]
        if self.trial is None:
            lines.append(f"To do: {self.finding.remedy}. There is nothing to train against it.")
        else:
            lines.append(self.trial.sentence)
            lines.append(f"To do: {self.finding.remedy}." if self.trial.helps else _NO_CURE)
        return "\n".join(lines)

    def describe(self) -> dict[str, Any]:
        """Say the same as names and values that JSON can carry."""
        tried = self.trial and {
            **asdict(self.trial),
            "gain": self.trial.gain,
            "helps": self.trial.helps,
        }
        return {
            "examined": self.name,
            "finding": self.finding and asdict(self.finding),
            "trial": tried,
        }


_NO_CURE = "The usual remedy does not help here; the measurement stands."


def doctor(
    run: str,
    table: str | os.PathLike[str] | object | None = None,
    *,
    notify: Callable[[str, str], None] | None = None,
) -> Checkup:
    """Examine the training of a run's first network, and try the remedy of what is found.

    The table is read again as it was then. The remedy is trained from the same weights, where it
    leaves any, for at most the cost of the training examined.

    Parameters
    ----------
    run
        A run that was kept, as in `find_run`; or the file of a model whose network answers, with
        the table it learned from.
    table
        Where the table is now; None where it was.
    notify
        Called with a kind and a sentence, before the remedy is tried.

    Raises
    ------
    InvalidParameter
        If no run is meant, or it trained no network.
    DataError
        If the table is gone or has changed.
    ModelFileError
        If the record is damaged.
    """
    try:
        kept = find_run(run)
        name, case = f"run {kept.id}", _case_of_run(kept, table)
    except InvalidParameter:
        if not Path(run).is_file():
            raise
        if table is None:
            raise InvalidParameter(
                f"{run} must be the model of a run that is kept, or come with its table; it is of "
                "none, and none was given."
            ) from None
        model = load(Path(run))
        if not isinstance(model, Model):
            raise DataError(f"{run} must be a model of a table; it is a network.") from None
        name, case = run, _case_of_model(model, run, table)
    if case is None:
        raise DataError(f"{name} must have learned from at least 30 rows to be examined.")
    finding = diagnose(case, looks_at_rows=False)
    if finding is None:
        return Checkup(name, None, None)
    if notify:
        notify("note", f"Trying the remedy: {finding.remedy}.")
    return Checkup(name, finding, try_remedy(case, finding))


def findings_of(model: Model, prepared: Prepared) -> tuple[Finding, ...] | None:
    """Return what was wrong in the training of a model's first network.

    Parameters
    ----------
    model
        Of a table.
    prepared
        The table that it learned from.

    Returns
    -------
    None where that cannot be told: no network answers, or rows are few.
    """
    if model.verdict.answered_by != "network":
        return None
    case = _case_of_rows(model, prepared)
    if case is None:
        return None
    found = diagnose(case, looks_at_rows=False)
    return () if found is None else (found,)


def _case_of_run(kept: RecordedRun, table: object | None) -> Case | None:
    """Read the table again, and put rows, plan and weights together."""
    if not kept.n_networks:
        raise InvalidParameter(f"Run {kept.id} must have trained a network; it has none.")
    if table is None and not (kept.table and Path(kept.table).is_file()):
        raise DataError(
            f"The table of run {kept.id} must be there; {kept.table or 'it'} is not a file. "
            "Say behind the run where it is."
        )
    options = Options.of(**kept.settings)
    read = read_as(kept.table if table is None else table, options)
    prepared = _prepared(read, kept.summary.target, options)
    if prepared is None or prepared.digest() != kept.rows_digest:
        raise _another(read, f"run {kept.id}")
    weights = training_weights(prepared, options)
    failure = "" if kept.summary.answered_by else kept.verdict
    trained = kept.spec, kept.plan, kept.weights(0), kept.weights(), kept.history()
    return first_case(prepared, weights, *trained, failure)


def _case_of_model(model: Model, name: str, table: object) -> Case | None:
    """Put together what a model holds, and the rows of its table."""
    if model.verdict.answered_by != "network":
        raise DataError(
            f"{name} must be a model that a network answers in; here it is the "
            f"{model.verdict.answered_by} model. The record of its run, if one was kept, has the "
            "network."
        )
    options = options_of_table(model)
    read = read_as(table, options)
    prepared = _prepared(read, model.target, options)
    if prepared is None or unseen_outputs(model, prepared) is None:
        raise _another(read, name)
    return _case_of_rows(model, prepared)


def _case_of_rows(model: Model, prepared: Prepared) -> Case | None:
    """Put together what a model whose network answers holds, and its rows."""
    answerer, plan = model.answerer, from_json((Plan,), model.origin.choices["plan"])
    end, history = answerer.by_fold[0], model.history[0]
    weights = training_weights(prepared, options_of_table(model))
    return first_case(prepared, weights, answerer.spec, plan, None, end, history)


def _prepared(read: Table, target: str, options: Options) -> Prepared | None:
    """Prepare a table as one was that was learned from; None where that cannot be done with it."""
    try:
        return prepare(read, target, options, needs_blank=False)
    except (DataError, InvalidParameter):
        return None


def _another(read: Table, name: str) -> DataError:
    """Return the error that a table is not the one learned from."""
    return DataError(
        f"{read.name} must be the table that {name} learned from; it is another one, or has "
        "changed."
    )


def _headed(problem: str) -> str:
    return problem[0].upper() + problem[1:]
