"""What the main job trains, chosen from the number of complete rows alone.

The choices stand in one place with their reasons; nothing is trained or read here.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from gradus._threads import MOST_THREADS
from gradus._typing import Int64Array
from gradus._validate import check_choice, check_whole
from gradus.engines.registry import ENGINE_NAMES
from gradus.errors import InvalidParameter
from gradus.networks.spec import Dense, NetworkSpec
from gradus.optimizers.rules import AdamW
from gradus.optimizers.schedules import Cosine
from gradus.training.folds import assign_folds
from gradus.training.plan import EarlyStopping, Plan

#: Below this many complete rows one is left out at a time, and nothing is held out to stop by.
FEWEST_FOR_FOLDS = 30
#: Above this many, one network and one held-out part: five would only cost time.
MOST_FOR_FIVE = 50_000
_N_FOLDS = 5
# Chosen on three public tables (concrete, energy, yacht; 308 to 1,030 rows) among widths of 64 and
# 128, relu, tanh and gelu, Adam and AdamW, rates of 0.003 to 0.02 and batches of 8 to 32:
# docs/decisions/0009-who-answers-a-blank.md has the figures.
_HIDDEN = (64, 64)
_LEARNING_RATE = 0.01
_WEIGHT_DECAY = 0.05


@dataclass(frozen=True)
class Asked:
    """What the person has chosen; None leaves the choice to the number of rows.

    Parameters
    ----------
    epochs
        Most passes over the rows, 1 or greater.
    hidden
        Widths of the hidden layers, each 1 or greater; at least one.
    seed
        Decides folds, first weights and the order of rows; 0 or greater.
    n_threads
        From 1 to 1024. Not one bit of an answer depends on it.
    engine
        "native" or "reference".

    Raises
    ------
    InvalidParameter
        If a value lies outside its range.
    """

    epochs: int | None = None
    hidden: Sequence[int] | None = None
    seed: int = 0
    n_threads: int | None = None
    engine: str = "native"

    def __post_init__(self) -> None:
        if self.epochs is not None:
            check_whole("epochs", self.epochs, at_least=1)
        if self.hidden is not None:
            _check_hidden(self.hidden)
        check_whole("seed", self.seed, at_least=0)
        if self.n_threads is not None:
            check_whole("n_threads", self.n_threads, at_least=1, at_most=MOST_THREADS)
        check_choice("engine", self.engine, ENGINE_NAMES)


def _check_hidden(hidden: object) -> None:
    """Refuse what is no sequence of widths."""
    if not isinstance(hidden, list | tuple) or not hidden:
        raise InvalidParameter(
            f"hidden must be a list or tuple of widths such as (64, 64); got {hidden!r}."
        )
    for width in hidden:
        check_whole("each width in hidden", width, at_least=1)


@dataclass(frozen=True, eq=False)
class Settings:
    """What to train and which rows judge it.

    Attributes
    ----------
    spec, plan
        The network and its training.
    folds
        int64 array of shape (n_samples,): the fold of each row; -1 for rows that are learned from
        by the one network of a large table.
    """

    spec: NetworkSpec
    plan: Plan
    folds: Int64Array = field(repr=False)


def choose_settings(n_samples: int, n_features: int, asked: Asked) -> Settings:
    """Choose network, plan and folds for a table.

    Parameters
    ----------
    n_samples
        Complete rows, 2 or more.
    n_features
        Encoded inputs, 1 or more.
    asked
        What the person wants otherwise.
    """
    hidden = _HIDDEN if asked.hidden is None else tuple(asked.hidden)
    layers = (*(Dense(width, "gelu") for width in hidden), Dense(1))
    is_small = n_samples < FEWEST_FOR_FOLDS
    n_folds = n_samples if is_small else _N_FOLDS
    epochs = _epochs(n_samples) if asked.epochs is None else asked.epochs
    stopping = EarlyStopping(fraction=0.1, patience=max(1, epochs // 4))
    plan = Plan(
        rule=AdamW(learning_rate=Cosine(_LEARNING_RATE), weight_decay=_WEIGHT_DECAY),
        epochs=epochs,
        batch_size=None if is_small else _batch_size(n_samples),
        early_stopping=None if is_small else stopping,
        seed=asked.seed,
        dtype="float32",
        engine=asked.engine,
        n_threads=asked.n_threads,
    )
    folds = assign_folds(n_samples, n_folds, asked.seed)
    if n_samples > MOST_FOR_FIVE:
        folds = np.where(folds == 0, 0, -1)
    return Settings(NetworkSpec(n_features, layers), plan, folds)


def _batch_size(n_samples: int) -> int:
    """Return a power of two from 16 to 256 near a 64th of the rows."""
    return int(np.clip(2 ** round(math.log2(n_samples / 64)), 16, 256))


def _epochs(n_samples: int) -> int:
    """Return 200 up to 2,000 rows, then fewer in proportion, but at least 40."""
    return min(200, max(40, 400_000 // n_samples))
