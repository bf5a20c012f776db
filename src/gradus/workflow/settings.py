"""What the main job trains, chosen from the size of the table; the person's choices come first.

The choices stand in one place with their reasons; nothing is trained or read here.
"""

import math
from dataclasses import field, replace
from typing import TypeAlias

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import FloatArray
from gradus.networks.layers import Dense, Embedding, Initializer
from gradus.networks.spec import NetworkSpec
from gradus.optimizers.automatic import Automatic
from gradus.optimizers.rules import Adagrad, Adam, AdamW, GradientDescent, RMSprop, Rule
from gradus.optimizers.schedules import Cosine
from gradus.optimizers.second_order.levenberg_marquardt import LevenbergMarquardt
from gradus.training.automatic import MOST_WORK, iteration_work
from gradus.training.plan import EarlyStopping, Plan
from gradus.training.trials import plan_in_full
from gradus.workflow.options import Options

#: Below this many complete rows one is left out at a time, and nothing is held out to stop by.
FEWEST_FOR_FOLDS = 30
# The rule, chosen on fifteen public tables of 308 to 60,000 rows; what else was tried, and what it
# gave, stands in docs/decisions/0012-what-is-trained-by-default.md.
#   Width      Two layers of 64; of 128 from 10,000 rows, where 64 leave something to be learned.
#   Batch      About a 64th of the rows, so an epoch has about as many steps on every table.
#   Epochs     200 up to 5,000 rows; beyond, a million rows seen, so that training takes seconds,
#              but at least 40.
#   Decay      0.05 for numbers, 0.1 where the layers are wide. 0.2 for classes, whose probabilities
#              grow too sure otherwise. 1 where an input has fewer than 20 rows to be learned from,
#              as one-hot words may.
#   Last layer Starts at 0: training sets out from the mean, or from equal probabilities.
_HIDDEN, _HIDDEN_OF_MANY, _MANY_ROWS = (64, 64), (128, 128), 10_000
_ACTIVATION = "gelu"
_RULE = "adamw"
_DECAY_FOR_NUMBERS, _DECAY_FOR_MANY_NUMBERS, _DECAY_FOR_CLASSES = 0.05, 0.1, 0.2
_DECAY_WHERE_CROWDED, _CROWDED_BELOW = 1.0, 20
_FEWEST_EPOCHS, _MOST_EPOCHS, _ROWS_SEEN = 40, 200, 1_000_000
_START_OF_LAST = Initializer("constant", value=0.0)
# Of rmsprop and adagrad the best of 0.001, 0.003, 0.01 and of 0.01, 0.02, 0.05, 0.1 on the tables
# of examples/: 5.30 and 5.16 for concrete, 126.6 and 126.4 for bikes, means of 4 seeds.
_LEARNING_RATES = {
    "gradient_descent": 0.05,
    "adam": 0.01,
    "adamw": 0.01,
    "rmsprop": 0.001,
    "adagrad": 0.02,
}
_MOMENTUM = 0.9
_WIDEST_EMBEDDING = 16
# One layer of 50 tanh by Levenberg-Marquardt, where its iterations are quick: it finds what smooth
# tables hold more exactly, and the rows that neither network has learned from decide.
_WIDTH_OF_SECOND_ORDER = 50

#: Number of levels of each category that stands in X as level numbers.
Embedded: TypeAlias = tuple[int, ...]


@dataclass(frozen=True)
class Settings:
    """What to train, and how.

    Attributes
    ----------
    spec, plan
        Of every network.
    start
        Shape (k, n_params): the first weights of each network; None draws them from its seed.
    snapshot_bytes
        Room for weights on the way; see `Snapshots`.
    """

    spec: NetworkSpec
    plan: Plan
    start: FloatArray | None = field(default=None, compare=False)
    snapshot_bytes: int = 0


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
    usual = _HIDDEN if n_samples < _MANY_ROWS else _HIDDEN_OF_MANY
    hidden = usual if options.hidden is None else tuple(options.hidden)
    activation = options.activation or _ACTIVATION
    last = Dense(n_outputs, initializer=_START_OF_LAST)
    layers = (*(Dense(width, activation) for width in hidden), last)
    embeddings = tuple(Embedding(n_levels, embedding_width(n_levels)) for n_levels in embedded)
    is_small = n_samples < FEWEST_FOR_FOLDS
    epochs = _epochs(n_samples) if options.epochs is None else options.epochs
    stopping = EarlyStopping(fraction=0.1, patience=max(1, epochs // 4))
    batch_size = None if is_small else _batch_size(n_samples)
    plan = Plan(
        rule=_rule(options, _weight_decay(n_samples, n_features, loss)),
        epochs=epochs,
        batch_size=batch_size if options.batch_size is None else options.batch_size,
        early_stopping=None if is_small else stopping,
        time_limit=options.time_limit,
        seed=options.seed,
        # Levenberg-Marquardt, which may be chosen, needs more digits.
        dtype="float64" if options.rule == "automatic" else "float32",
        engine=options.engine,
        n_threads=options.n_threads,
    )
    settings = Settings(NetworkSpec(n_features, layers, loss, embeddings=embeddings), plan)
    if options.rule == "levenberg_marquardt":
        return _of_second_order(settings, options)
    return settings


def choose_second_order(first: Settings, n_samples: int, options: Options) -> Settings | None:
    """Choose a network for Levenberg-Marquardt beside the usual one, where that is quick.

    Parameters
    ----------
    first
        The usual network and plan.
    n_samples
        Complete rows.
    options
        What the person wants; who chooses something about network or rule gets only that.

    Returns
    -------
    None where answers are no numbers, rows are very few, or an iteration takes long.
    """
    chosen = (options.hidden, options.activation, options.rule, options.learning_rate)
    if any(one is not None for one in (*chosen, options.batch_size)):
        return None
    second = _of_second_order(first, options)
    is_quick = iteration_work(second.spec, n_samples) <= MOST_WORK
    if first.spec.loss != "squared_error" or first.plan.early_stopping is None or not is_quick:
        return None
    return second


def embedding_width(n_levels: int) -> int:
    """Return how many numbers stand for a level: the root of their count, at most 16."""
    return min(_WIDEST_EMBEDDING, math.isqrt(n_levels))


def _weight_decay(n_samples: int, n_features: int, loss: str) -> float:
    """Return the decay of AdamW."""
    if n_samples < _CROWDED_BELOW * n_features:
        return _DECAY_WHERE_CROWDED
    if loss == "cross_entropy":
        return _DECAY_FOR_CLASSES
    return _DECAY_FOR_NUMBERS if n_samples < _MANY_ROWS else _DECAY_FOR_MANY_NUMBERS


def _of_second_order(first: Settings, options: Options) -> Settings:
    """Return what Levenberg-Marquardt trains in place of the usual network."""
    hidden = (_WIDTH_OF_SECOND_ORDER,) if options.hidden is None else options.hidden
    activation = options.activation or "tanh"
    layers = (*(Dense(width, activation) for width in hidden), Dense(first.spec.n_outputs))
    plan = replace(plan_in_full(first.plan, LevenbergMarquardt()), dtype="float64")
    if options.epochs is not None:
        plan = replace(plan, epochs=options.epochs)
    return Settings(replace(first.spec, layers=layers), plan)


def _rule(options: Options, weight_decay: float) -> Rule | Automatic:
    """Return the update rule, its rate falling to 0 along a cosine, or the choice of one."""
    name = _RULE if options.rule in {None, "levenberg_marquardt"} else options.rule
    if name == "automatic":
        return Automatic(AdamW(weight_decay=weight_decay))
    rate = _LEARNING_RATES[name] if options.learning_rate is None else options.learning_rate
    if name == "gradient_descent":
        return GradientDescent(learning_rate=Cosine(rate), momentum=_MOMENTUM)
    if name == "rmsprop":
        return RMSprop(learning_rate=Cosine(rate))
    if name == "adagrad":
        return Adagrad(learning_rate=Cosine(rate))
    if name == "adam":
        return Adam(learning_rate=Cosine(rate))
    return AdamW(learning_rate=Cosine(rate), weight_decay=weight_decay)


def _batch_size(n_samples: int) -> int:
    """Return a power of two from 16 to 256 near a 64th of the rows."""
    return int(np.clip(2 ** round(math.log2(n_samples / 64)), 16, 256))


def _epochs(n_samples: int) -> int:
    """Return 200 up to 5,000 rows, then fewer in proportion, but at least 40."""
    return min(_MOST_EPOCHS, max(_FEWEST_EPOCHS, _ROWS_SEEN // n_samples))
