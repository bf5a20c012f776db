"""The record of a run, one row per epoch: append-only while it grows, frozen when it is handed out.

Which epochs are kept is decided here, from shapes alone. How the numbers come about is not known
here.
"""

from dataclasses import field, fields

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array, Int64Array
from gradus.networks.losses import loss_of
from gradus.networks.params import n_params
from gradus.networks.spec import NetworkSpec

# An epoch is short if it would last less than 50 microseconds where 6 operations per parameter and
# row (2 forward, 4 backward) are done at 2e9 per second. A fixed speed, so that every machine
# keeps the same epochs.
_SHORT_EPOCH = 50e-6
_NOMINAL_SPEED = 2e9
#: Short epochs are kept whose number has so many binary digits before its trailing zeros.
KEPT_DIGITS = 6


@dataclass(frozen=True)
class History:
    """What each epoch brought; all arrays are read-only and of equal length.

    Attributes
    ----------
    measure_name
        "rmse" or "mae" (in units of y), "accuracy" (from 0 to 1), "deviance", "pinball" or
        "loss", by the network's loss.
    epoch : int64 array of shape (k,)
        Counted from 1, ascending. Every epoch stands here; where an epoch would last under
        50 microseconds by the count of its operations, all up to 63, then 32 per doubling, and
        the best and the last.
    loss : float64 array of shape (k,)
        Mean loss over the epoch's batches, each taken before its update, without penalty.
    validation_loss : float64 array of shape (k,)
        Mean loss over the validation rows after the epoch; nan without validation rows.
    measure : float64 array of shape (k,)
        What `measure_name` says, on the validation rows if there are any, else over the epoch's
        batches like `loss`.
    learning_rate : float64 array of shape (k,)
        Of the epoch's last update; nan for a method that has none.
    gradient_norm : float64 array of shape (k,)
        Euclidean norm of the gradient at the epoch's last update, before clipping.
    seconds : float64 array of shape (k,)
        Since training began, pauses between a stop and its resumption left out.
    update_ratio : float64 array of shape (k, n_layers)
        ``||change|| / ||params before||`` per layer in the epoch's last update; nan where a run
        was cut short between two epochs that are kept.
    """

    measure_name: str
    epoch: Int64Array
    loss: Float64Array
    validation_loss: Float64Array
    measure: Float64Array
    learning_rate: Float64Array
    gradient_norm: Float64Array
    seconds: Float64Array
    update_ratio: Float64Array

    def __len__(self) -> int:
        """Count the epochs kept."""
        return len(self.epoch)


# Columns of a table of epochs, named as in `History`; from the last one on one for each layer.
(
    EPOCH,
    LOSS,
    VALIDATION_LOSS,
    MEASURE,
    LEARNING_RATE,
    GRADIENT_NORM,
    SECONDS,
    UPDATE_RATIO,
) = range(8)


@dataclass
class Record:
    """A history while it grows.

    The row of an epoch is a float64 array of shape (7 + n_layers,) with the columns above.

    Attributes
    ----------
    tables : arrays of shape (k, 7 + n_layers)
        The epochs kept so far, ascending over all tables.
    best, last
        Row of the epoch with the smallest validation loss and of the latest one, kept or not.
    """

    tables: list[Float64Array] = field(default_factory=list)
    best: Float64Array | None = None
    last: Float64Array | None = None

    def add(self, row: Float64Array, *, is_kept: bool, is_best: bool) -> None:
        """Take in one more epoch; the row stays as it is from now on."""
        if is_kept:
            self.tables.append(row[None, :])
        if is_best:
            self.best = row
        self.last = row

    def extend(self, table: Float64Array) -> None:
        """Take in epochs that are all kept, the best not among them."""
        if len(table):
            self.tables.append(table)
            self.last = table[-1]

    def kept(self, spec: NetworkSpec) -> Float64Array:
        """Put the epochs kept into one new table."""
        return np.concatenate([np.empty((0, n_columns(spec))), *self.tables])

    def view(self, spec: NetworkSpec) -> History:
        """Freeze what is there; best and last stand in it even if they are not kept."""
        table = self.kept(spec)
        for row in (self.best, self.last):
            if row is not None:
                place = int(table[:, EPOCH].searchsorted(row[EPOCH]))
                if place == len(table) or table[place, EPOCH] != row[EPOCH]:
                    table = np.insert(table, place, row, axis=0)
        table.flags.writeable = False
        epoch = table[:, EPOCH].astype(np.int64)
        epoch.flags.writeable = False
        columns = [table[:, column] for column in range(LOSS, UPDATE_RATIO)]
        columns.append(table[:, UPDATE_RATIO:])
        return History(loss_of(spec.loss).measure, epoch, *columns)


def n_columns(spec: NetworkSpec) -> int:
    """Count the numbers that an epoch has: 7 + n_layers."""
    return UPDATE_RATIO + len(spec.dense)


def has_short_epochs(spec: NetworkSpec, n_rows: int) -> bool:
    """Say whether an epoch would last under 50 microseconds: ``6 * n_params * n_rows / 2e9``."""
    return 6 * n_params(spec) * n_rows / _NOMINAL_SPEED < _SHORT_EPOCH


def next_kept(epoch: int, epochs: int, *, is_short: bool) -> int:
    """Find the first epoch after `epoch` that a history keeps, at most the last one.

    Short epochs are kept where the number has at most 6 binary digits before its trailing zeros:
    all up to 63, then every second, from 128 every fourth, and so on.
    """
    return min(next_round(epoch, KEPT_DIGITS) if is_short else epoch + 1, epochs)


def kept_after(epoch: int, epochs: int, most: int, *, is_short: bool) -> Int64Array:
    """List the next epochs that `next_kept` finds, at most so many."""
    if not is_short:
        return np.arange(epoch + 1, min(epoch + most, epochs) + 1)
    # The i-th epoch kept is i as long as every number has few enough digits; from then on each
    # doubling brings as many, twice as far apart as those before.
    per_doubling = 1 << (KEPT_DIGITS - 1)
    following = next_round(epoch, KEPT_DIGITS)
    doublings = max(0, following.bit_length() - KEPT_DIGITS)
    first = doublings * per_doubling + (following >> doublings)
    places = np.arange(first, first + most)
    shifts = np.maximum(places // per_doubling - 1, 0)
    numbers: Int64Array = (places - shifts * per_doubling) << shifts
    n_before = int(numbers.searchsorted(epochs))
    numbers[n_before : n_before + 1] = epochs
    return numbers[: n_before + 1]


def thinned(history: History, most: int, best_epoch: int) -> History:
    """Keep fewer rows, in ever larger steps: at most so many, beside the best epoch and the last.

    Kept are the epochs whose numbers have at most b binary digits before their trailing zeros, with
    the largest b that gives so few.
    """
    if len(history) <= most:
        return history
    epoch = history.epoch
    # The exponent of a whole number is how many binary digits it has.
    digits = np.frexp(epoch // (epoch & -epoch))[1]
    b = next((b for b in range(int(digits.max()), 0, -1) if (digits <= b).sum() <= most), 0)
    kept = (digits <= b) | (epoch == best_epoch) | (epoch == epoch[-1])
    columns = [getattr(history, column.name)[kept] for column in fields(History)[1:]]
    return History(history.measure_name, *columns)


def next_round(number: int, digits: int) -> int:
    """Find the first number after this one with so few binary digits before its trailing zeros."""
    following = number + 1
    step = 1 << max(0, following.bit_length() - digits)
    return -(-following // step) * step
