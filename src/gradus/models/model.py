"""What a table has taught: encoder, networks, bounds and verdict, ready to answer other tables.

How it was learned stands in `workflow`; which file it lies in, in `model_archive`.
"""

import os
from collections.abc import Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array, FloatArray, Int64Array
from gradus.engines.registry import engine as make_engine
from gradus.errors import DataError
from gradus.models.predictions import Predictions
from gradus.networks.losses import loss_of
from gradus.networks.spec import NetworkSpec
from gradus.tables.encode import Encoder
from gradus.tables.read import read_table
from gradus.tables.table import Column, Spelling, Table
from gradus.tables.target import Classes, NumberTarget
from gradus.training.history import History
from gradus.verdict.calibration import apply_temperature
from gradus.verdict.intervals import Intervals
from gradus.verdict.novelty import Novelty
from gradus.verdict.verdict import Verdict

# No output of a network that has learned is further from 0; squares and units of it stay finite.
_LARGEST_OUTPUT = 1e100
# Rows computed at once: bounds memory and how long Ctrl-C waits; no bit of a row depends on it.
_PIECE_ROWS = 8192


@dataclass(frozen=True, eq=False)
class Answerer:
    """Networks of one shape, whose mean answers.

    The linear model is a network without a hidden layer, the mean one whose weights are 0.

    Attributes
    ----------
    spec
        Their shape.
    by_fold
        Shape (k, n_params): each has not learned from one fold.
    answering
        Shape (m, n_params): those whose mean answers; often the same ones.
    temperature
        Of the probabilities; 1 for numbers.
    """

    spec: NetworkSpec
    by_fold: FloatArray = field(repr=False)
    answering: FloatArray = field(repr=False)
    temperature: float = 1.0


@dataclass(frozen=True, eq=False)
class Origin:
    """How a model came about, for whoever asks later.

    Attributes
    ----------
    table
        What the table was called, without its folder.
    n_complete
        Rows learned from.
    columns
        For each input its name, kind and the sentence that says why.
    notes, warnings
        What was said while it was read and prepared.
    stops
        One sentence for each network: on which rows, by which measure and after which epoch it
        stopped, and what was put back.
    histories
        One for each network, trained or not chosen; see `History`.
    choices
        The plan of the training and the shape of the network in plain words.
    instruction_set
        Of the machine that trained it: another one may differ in the last bits.
    """

    table: str
    n_complete: int
    columns: tuple[tuple[str, str, str], ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    stops: tuple[str, ...]
    histories: tuple[History, ...] = field(repr=False)
    choices: dict[str, Any]
    instruction_set: str


@dataclass(frozen=True, eq=False)
class Model:
    """A trained model of one column of a table.

    Made by `gradus.train`, or read by `gradus.load`.

    Attributes
    ----------
    target
        Name of the column it answers.
    spelling
        How its numbers are written.
    encoder, labels
        From columns to features, and from outputs to answers in the person's own unit.
    answerer
        The networks.
    intervals
        Bounds of answers that are numbers; None for classes.
    novelty
        Which rows are unlike all rows learned from.
    verdict
        How good it is, and against what.
    origin
        How it came about.
    rows
        The encoded rows learned from, X and y, where `keep_rows` asked for them.
    """

    target: str
    spelling: Spelling
    encoder: Encoder = field(repr=False)
    labels: NumberTarget | Classes = field(repr=False)
    answerer: Answerer = field(repr=False)
    intervals: Intervals | None = field(repr=False)
    novelty: Novelty = field(repr=False)
    verdict: Verdict
    origin: Origin = field(repr=False)
    rows: tuple[Float64Array, Float64Array] | None = field(default=None, repr=False)

    @property
    def task(self) -> str:
        """Either "regression" or "classes"."""
        return "classes" if isinstance(self.labels, Classes) else "regression"

    @property
    def notes(self) -> tuple[str, ...]:
        """What was said while the table was read and prepared."""
        return self.origin.notes

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the person should look at in the table."""
        return self.origin.warnings

    @property
    def history(self) -> tuple[History, ...]:
        """One history for each trained network."""
        return self.origin.histories

    def predict(
        self, table: str | os.PathLike[str] | object, *, n_threads: int | None = None
    ) -> Predictions:
        """Answer every row of a table.

        Parameters
        ----------
        table
            A file, "-" for standard input, a data frame, or a `Table`. Its columns are found by
            name; their order does not matter, and others may be there.
        n_threads
            From 1 to 1024; None takes what the system grants. No bit depends on it.

        Raises
        ------
        DataError
            If it cannot be read, lacks an input, or holds words where numbers were learned from.
        """
        read = self.read(table)
        columns, notes = self.encoder.match(read)
        return replace(self.answer(columns, n_threads=n_threads), notes=(*read.notes, *notes))

    def read(self, table: str | os.PathLike[str] | object) -> Table:
        """Read a table, its words as words where words were learned from: 007 is not 7."""
        if isinstance(table, Table):
            return table
        names = self.encoder.names
        return read_table(
            table,
            words=self.encoder.word_columns,
            fewest_columns=min(2, len(names)),
            needed=names,
        )

    def answer(self, columns: Sequence[Column], *, n_threads: int | None = None) -> Predictions:
        """Answer rows whose input columns stand in the encoder's order."""
        X = self.encoder.transform(columns)
        flags = self._flags(columns, X)
        by_fold, answers = self._outputs(X, n_threads)
        if isinstance(self.labels, Classes):
            probabilities = apply_temperature(answers, self.answerer.temperature)
            codes = np.argmax(probabilities, axis=1).astype(np.int64)
            values = self.labels.labels(self.target, codes).values
            classes = self.labels.labels_as_words
            return Predictions(values, None, None, probabilities, classes, flags, ())
        z = answers[:, 0]
        assert self.intervals is not None, "numbers have bounds"
        bounds = self.intervals.bounds(by_fold[:, :, 0], z)
        values = self.labels.restore(z)
        low, high = (self.labels.restore_bound(bound) for bound in bounds)
        # The correction for the bend of a logarithm may carry an answer over its bound.
        low, high = np.minimum(low, values), np.maximum(high, values)
        return Predictions(values, low, high, None, (), flags, ())

    def summary(self) -> str:
        """Say in several lines what the model is and how good it is."""
        from gradus.models.summary import summary

        return summary(self)

    def describe(self) -> dict[str, Any]:
        """Say the same as names and values that JSON can carry."""
        from gradus.models.summary import described

        return described(self)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to one file; see `gradus.save`."""
        from gradus.models.model_file import save

        save(self, Path(path))

    def _outputs(self, X: Float64Array, n_threads: int | None) -> tuple[Float64Array, Float64Array]:
        """Return predictions of each network by fold, (k, n, n_outputs), and their mean's."""
        one, engine = self.answerer, self.origin.choices["engine"]
        by_fold = predictions_of(one.spec, one.by_fold, X, engine, n_threads)
        if one.answering is one.by_fold:
            return by_fold, by_fold.mean(axis=0)
        return by_fold, predictions_of(one.spec, one.answering, X, engine, n_threads).mean(axis=0)

    def _flags(self, columns: Sequence[Column], X: Float64Array) -> npt.NDArray[np.object_]:
        """Say which rows are unlike all rows learned from, and in which column."""
        flags = self.encoder.strange(columns)
        unlike: Int64Array = self.novelty.unlike(X)
        for row in np.flatnonzero((unlike >= 0) & (flags == "")):
            name = columns[int(unlike[row])].name
            flags[row] = f"unlike all rows learned from, most in {name}"
        return flags


def predictions_of(
    spec: NetworkSpec,
    params: FloatArray,
    X: Float64Array,
    engine: str = "native",
    n_threads: int | None = None,
) -> Float64Array:
    """Return what each of k networks predicts: outputs, or probabilities for cross-entropies.

    Parameters
    ----------
    spec
        Their shape.
    params
        Shape (k, n_params).
    X
        Shape (n, n_inputs); computed in the type of `params`.
    engine, n_threads
        See `Plan`.

    Returns
    -------
    Shape (k, n, n_outputs).

    Raises
    ------
    DataError
        If an output is not finite or beyond ±1e100, which weights of a file made by hand can do.
    """
    machine = make_engine(engine, n_threads)
    out = np.empty((len(params), len(X), spec.n_outputs))
    link = loss_of(spec.loss).link
    for start in range(0, len(X), _PIECE_ROWS):
        piece: Any = np.ascontiguousarray(X[start : start + _PIECE_ROWS], params.dtype)
        for network, own in enumerate(params):
            outputs = machine.outputs(spec, own, piece).astype(np.float64)
            _check_outputs(outputs)
            out[network, start : start + len(piece)] = link(outputs)
    return out


def _check_outputs(outputs: Float64Array) -> None:
    """Refuse outputs that no training has led to."""
    if not (np.abs(outputs) <= _LARGEST_OUTPUT).all():
        raise DataError(
            "The outputs of a model must be finite numbers, between -1e100 and 1e100; those of "
            "this one are not. Its weights are too large for these rows: train it again."
        )
