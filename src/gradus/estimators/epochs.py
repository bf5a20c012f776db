"""Epoch after epoch until scikit-learn's rules say stop: progress, scores, rates and warnings.

How a step is computed and what rows mean must not be known here.
"""

import warnings
from collections.abc import Callable
from dataclasses import field

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import shuffle

from gradus._dataclasses import dataclass
from gradus._typing import FloatArray
from gradus.engines.base import Engine
from gradus.estimators.callbacks import Watched
from gradus.estimators.descent import Descent, Diverged, Rows

_SMALLEST_RATE = 1e-6


@dataclass(frozen=True)
class Schedule:
    """When to stop, and how the rate changes on the way; see the parameters of the estimators."""

    max_iter: int
    batch_size: int
    is_shuffled: bool
    tol: float
    patience: float
    learning_rate: str
    rate_init: float
    power_t: float


@dataclass(frozen=True)
class Judge:
    """Rows that judge each epoch.

    Attributes
    ----------
    measure
        Returns the loss and the score of weights on these rows.
    is_deciding
        Whether they say when to stop and which weights are kept; else they only look on.
    is_by_loss
        Whether the loss is what decides, or the score.
    """

    measure: Callable[[FloatArray], tuple[float, float]]
    is_deciding: bool
    is_by_loss: bool


@dataclass
class Curve:
    """What the epochs have shown so far; a warm start goes on with it.

    Attributes
    ----------
    losses
        One per epoch.
    validation_losses, scores
        One per epoch, nan where an answer is not finite; None where no rows judge.
    best_loss
        The smallest of `losses`; None where other rows decide.
    best_score
        The largest of `scores`; None where no rows judge.
    best_value, best_params
        The best judgement, larger is better, and the weights that had it; None where no rows
        decide.
    n_stale
        Epochs in a row without progress.
    n_rows_seen
        Rows trained on, each as often as it was.
    """

    losses: list[float] = field(default_factory=list)
    validation_losses: list[float] | None = None
    scores: list[float] | None = None
    best_loss: float | None = np.inf
    best_score: float | None = None
    best_value: float = -np.inf
    best_params: FloatArray | None = None
    n_stale: int = 0
    n_rows_seen: int = 0

    def judge_itself(self, tol: float) -> None:
        """Count whether the training loss made progress."""
        best = np.inf if self.best_loss is None else self.best_loss
        self.n_stale = self.n_stale + 1 if self.losses[-1] > best - tol else 0
        self.best_loss = min(best, self.losses[-1])

    def look_on(self, loss: float, score: float) -> None:
        """Note what rows that judge have shown."""
        self.validation_losses = [*(self.validation_losses or []), loss]
        self.scores = [*(self.scores or []), score]
        self.best_score = max(-np.inf if self.best_score is None else self.best_score, score)

    def decide(self, value: float, params: FloatArray, tol: float) -> None:
        """Count whether a judgement made progress, and keep the weights that had the best."""
        self.best_loss = None
        self.n_stale = self.n_stale + 1 if value < self.best_value + tol else 0
        if self.best_params is None or value > self.best_value:
            self.best_params = params.copy()
        self.best_value = max(self.best_value, value)


def train_epochs(
    descent: Descent,
    rows: Rows,
    judge: Judge | None,
    schedule: Schedule,
    curve: Curve,
    random_state: np.random.RandomState,
    engine: Engine,
    *,
    say: Callable[[str], None],
    watched: Watched | None = None,
    is_partial: bool = False,
) -> int:
    """Train until there is no more progress or no epoch left.

    Parameters
    ----------
    descent
        Where the solver stands; it is moved on.
    rows
        To train on.
    judge
        Rows that judge; None judges by the training loss.
    schedule
        When to stop.
    curve
        What was shown before; it is moved on.
    random_state
        Draws the orders.
    engine
        What computes.
    say
        Told a line about each epoch.
    watched
        Tells callbacks of each epoch; one of them may end training.
    is_partial
        Whether one epoch is all that was asked for.

    Returns
    -------
    Number of epochs made.

    Raises
    ------
    Diverged
        If a step left the finite numbers and no rows decide which weights are kept.

    Warns
    -----
    sklearn.exceptions.ConvergenceWarning
        If no epoch was left.
    """
    order = np.arange(len(rows))
    is_decided = judge is not None and judge.is_deciding
    for epoch in range(1, schedule.max_iter + 1):
        if watched is not None:
            watched.begin_epoch()
        try:
            if schedule.is_shuffled:
                order = shuffle(order, random_state=random_state)
            has_diverged = _one_epoch(descent, rows, order, judge, schedule, curve, engine)
        except KeyboardInterrupt:
            warnings.warn("Training interrupted by user.", stacklevel=4)
            return epoch - 1
        say(f"Iteration {epoch}, loss = {curve.losses[-1]:.8f}")
        if curve.scores:
            say(f"Validation score: {curve.scores[-1]:f}")
        if watched is not None and watched.end_epoch(descent.state.params):
            return epoch
        if has_diverged or _should_stop(descent, schedule, curve, say, is_decided=is_decided):
            return epoch
        if is_partial:
            return 1
    warnings.warn(
        f"Stochastic Optimizer: Maximum iterations ({schedule.max_iter}) reached and the "
        "optimization hasn't converged yet.",
        ConvergenceWarning,
        stacklevel=4,
    )
    return schedule.max_iter


def _one_epoch(
    descent: Descent,
    rows: Rows,
    order: np.ndarray,
    judge: Judge | None,
    schedule: Schedule,
    curve: Curve,
    engine: Engine,
) -> bool:
    """Make and judge one epoch; True where it diverged and earlier weights are kept."""
    has_diverged = False
    try:
        loss = descent.epoch(engine, rows, order, schedule.batch_size)
    except Diverged:
        if judge is None or not judge.is_deciding:
            raise
        loss, has_diverged = np.nan, True
    curve.losses.append(loss)
    curve.n_rows_seen += len(rows)
    params = descent.state.params
    if judge is not None:
        seen = (np.nan, np.nan) if has_diverged else judge.measure(params)
        curve.look_on(*seen)
    if judge is not None and judge.is_deciding:
        curve.decide(-seen[0] if judge.is_by_loss else seen[1], params, schedule.tol)
    else:
        curve.judge_itself(schedule.tol)
    if schedule.learning_rate == "invscaling":
        descent.rate = schedule.rate_init / (curve.n_rows_seen + 1) ** schedule.power_t
    return has_diverged


def _should_stop(
    descent: Descent,
    schedule: Schedule,
    curve: Curve,
    say: Callable[[str], None],
    *,
    is_decided: bool,
) -> bool:
    """Say whether training ends for want of progress; "adaptive" lowers the rate before."""
    if curve.n_stale <= schedule.patience:
        return False
    what = "Validation score" if is_decided else "Training loss"
    told = (
        f"{what} did not improve more than tol={schedule.tol:f} for "
        f"{schedule.patience:.0f} consecutive epochs."
    )
    if schedule.learning_rate != "adaptive":
        say(f"{told} Stopping.")
        return True
    if descent.rate <= _SMALLEST_RATE:
        say(f"{told} Learning rate too small. Stopping.")
        return True
    descent.rate /= 5.0
    say(f"{told} Setting learning rate to {descent.rate:f}")
    curve.n_stale = 0
    return False
