"""What the main job trains, chosen from the size of the table; the person's choices come first.

The choices stand in one place with their reasons; nothing is trained or read here.
"""

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from gradus.networks.spec import Dense, Embedding, NetworkSpec
from gradus.optimizers.rules import Adam, AdamW, GradientDescent, Rule
from gradus.optimizers.schedules import Cosine
from gradus.training.plan import EarlyStopping, Plan
from gradus.workflow.options import Options

#: Below this many complete rows one is left out at a time, and nothing is held out to stop by.
FEWEST_FOR_FOLDS = 30
# Chosen on three public tables (concrete, energy, yacht; 308 to 1,030 rows) among widths of 64 and
# 128, relu, tanh and gelu, Adam and AdamW, rates of 0.003 to 0.02 and batches of 8 to 32:
# docs/decisions/0009-who-answers-a-blank.md has the figures.
_HIDDEN = (64, 64)
_ACTIVATION = "gelu"
_RULE = "adamw"
_WEIGHT_DECAY = 0.05
_LEARNING_RATES = {"gradient_descent": 0.05, "adam": 0.01, "adamw": 0.01}
_MOMENTUM = 0.9
_WIDEST_EMBEDDING = 16

#: Number of levels of each category that stands in X as level numbers.
Embedded: TypeAlias = tuple[int, ...]


@dataclass(frozen=True)
class Settings:
    """What to train, and how."""

    spec: NetworkSpec
    plan: Plan


def choose_settings(
    n_samples: int, n_features: int, loss: str, n_outputs: int, embedded: Embedded, options: Options
) -> Settings:
    """Choose network and plan for a table.

    Parameters
    ----------
    n_samples
        Complete rows, 2 or more.
    n_features
        Encoded inputs, 1 or more; the last ``len(embedded)`` are level numbers.
    loss, n_outputs
        Of the network.
    embedded
        Number of levels of each of these.
    options
        What the person wants otherwise.
    """
    hidden = _HIDDEN if options.hidden is None else tuple(options.hidden)
    activation = options.activation or _ACTIVATION
    layers = (*(Dense(width, activation) for width in hidden), Dense(n_outputs))
    embeddings = tuple(Embedding(n_levels, embedding_width(n_levels)) for n_levels in embedded)
    is_small = n_samples < FEWEST_FOR_FOLDS
    epochs = _epochs(n_samples) if options.epochs is None else options.epochs
    stopping = EarlyStopping(fraction=0.1, patience=max(1, epochs // 4))
    batch_size = None if is_small else _batch_size(n_samples)
    plan = Plan(
        rule=_rule(options),
        epochs=epochs,
        batch_size=batch_size if options.batch_size is None else options.batch_size,
        early_stopping=None if is_small else stopping,
        time_limit=options.time_limit,
        seed=options.seed,
        dtype="float32",
        engine=options.engine,
        n_threads=options.n_threads,
    )
    return Settings(NetworkSpec(n_features, layers, loss, embeddings=embeddings), plan)


def embedding_width(n_levels: int) -> int:
    """Return how many numbers stand for a level: the root of their count, at most 16."""
    return min(_WIDEST_EMBEDDING, math.isqrt(n_levels))


def _rule(options: Options) -> Rule:
    """Return the update rule, its rate falling to 0 along a cosine."""
    name = options.rule or _RULE
    rate = _LEARNING_RATES[name] if options.learning_rate is None else options.learning_rate
    if name == "gradient_descent":
        return GradientDescent(learning_rate=Cosine(rate), momentum=_MOMENTUM)
    if name == "adam":
        return Adam(learning_rate=Cosine(rate))
    return AdamW(learning_rate=Cosine(rate), weight_decay=_WEIGHT_DECAY)


def _batch_size(n_samples: int) -> int:
    """Return a power of two from 16 to 256 near a 64th of the rows."""
    return int(np.clip(2 ** round(math.log2(n_samples / 64)), 16, 256))


def _epochs(n_samples: int) -> int:
    """Return 200 up to 2,000 rows, then fewer in proportion, but at least 40."""
    return min(200, max(40, 400_000 // n_samples))
