"""Which runs there are, and the one that a text means."""

import sqlite3
from pathlib import Path

from gradus._archive import digest
from gradus.errors import InvalidParameter, ModelFileError
from gradus.records import index
from gradus.records.home import home
from gradus.records.run import RecordedRun
from gradus.records.run_file import RUN_ENDING, read_run
from gradus.records.summary import RunSummary

_LAST, _PREVIOUS = "last", "previous"


def runs() -> tuple[RunSummary, ...]:
    """List the runs that are kept, the newest first.

    Raises
    ------
    ModelFileError
        If the folder cannot be read.
    """
    try:
        return index.summaries(home())
    except (OSError, sqlite3.Error) as cause:
        raise ModelFileError(f"The record of runs could not be read: {cause}.") from cause


def find_run(run: str) -> RecordedRun:
    """Find one run.

    Parameters
    ----------
    run
        Its id or the beginning of it; "last" or "previous"; or the name of a model's file, which
        stands for the run that made it.

    Raises
    ------
    InvalidParameter
        If no run, or more than one, is meant.
    ModelFileError
        If its file is damaged.
    """
    return read_run(index.folder(home()) / f"{_id_of(run)}{RUN_ENDING}")


def _id_of(run: str) -> str:
    """Return the id of the run that is meant."""
    known = runs()
    if run in (_LAST, _PREVIOUS):
        place = 0 if run == _LAST else 1
        if len(known) <= place:
            raise InvalidParameter(f"There must be a {run} run; the record holds {len(known)}.")
        return known[place].id
    found = [one.id for one in known if run and one.id.startswith(run)]
    if not found and (model := Path(run)).is_file():
        made = digest(model.read_bytes())
        found = [one.id for one in known if one.model_digest == made]
        if not found:
            raise InvalidParameter(f"{run} must be the model of a run that is kept; it is of none.")
    if len(found) > 1:
        raise InvalidParameter(f"run must begin one id; {run!r} begins {', '.join(found)}.")
    if not found:
        raise InvalidParameter(
            f"run must be the id of a run, last, previous or a model's file; got {run!r}. "
            "gradus runs lists what is kept."
        )
    return found[0]


def find_weights(place: str) -> tuple[RecordedRun, int | None]:
    """Find what a run is to go on from: "RUN@EPOCH", or "RUN" for the weights it ended with.

    Raises
    ------
    InvalidParameter, ModelFileError
        As `find_run` does, and if the epoch is no whole number.
    """
    run, at, epoch = place.rpartition("@")
    if not at:
        return find_run(place), None
    if not (epoch.isascii() and epoch.isdigit()):
        raise InvalidParameter(f"start must be RUN or RUN@EPOCH, such as last@20; got {place!r}.")
    return find_run(run), int(epoch)


def remove_run(run: str) -> str:
    """Remove a run, named as in `find_run`, from the record, and return its id."""
    found = _id_of(run)
    try:
        index.remove(home(), found)
    except (OSError, sqlite3.Error) as cause:
        raise ModelFileError(f"Run {found} could not be removed: {cause}.") from cause
    return found
