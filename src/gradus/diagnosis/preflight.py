"""What can be known before training: a list of checks, each with its number and what must hold.

How training goes must not be known here.
"""

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import ArrayLike
from gradus.diagnosis.case import Case, exact_rows, unseen_rows
from gradus.diagnosis.measures import Measures
from gradus.diagnosis.table_problems import bad_data
from gradus.diagnosis.yardsticks import attainable_losses, constant_losses
from gradus.engines.registry import engine as make_engine
from gradus.errors import DataError
from gradus.models.network import Network
from gradus.networks.losses import loss_of
from gradus.optimizers.rules import Adam
from gradus.training.plan import Plan
from gradus.verdict.paired_test import p_better

# How much larger the first loss may be than that of the best single answer; how far the mean first
# prediction may be from the mean answer, in standard deviations or shares of a class; which part of
# the error of 32 rows may stay.
_MOST_FIRST, _MOST_OFF, _MOST_OFF_SHARE, _MOST_LEFT = 5.0, 1.0, 0.3, 0.1
# Of the paired tests; shuffled answers are not to be learned even by luck.
_P, _P_OF_SHUFFLED = 0.05, 0.001
_FEWEST_ROWS = 20


@dataclass(frozen=True)
class Check:
    """One thing to be true before training.

    Attributes
    ----------
    name
        What is looked at.
    value, limit
        The number, and the most it may be.
    sentence
        What was measured, in words.
    remedy
        What to do where it does not pass.
    """

    name: str
    value: float
    limit: float
    sentence: str
    remedy: str

    @property
    def passes(self) -> bool:
        """Whether the value is at most the limit."""
        return self.value <= self.limit


def preflight(
    network: Network,
    X: ArrayLike,
    y: ArrayLike,
    *,
    X_unseen: ArrayLike | None = None,
    y_unseen: ArrayLike | None = None,
) -> tuple[Check, ...]:
    """Look at a network and its rows before training, in at most seconds.

    The first loss against that of the best single answer (the variance, or the entropy of the
    classes); the mean first prediction against the mean answer; 32 rows learned by heart; whether
    simple networks that use the inputs beat one that does not; whether they learn shuffled
    answers, which nothing may; copies of rows, contradictions and giveaways.

    Parameters
    ----------
    network
        As it would be trained; it is not changed.
    X, y
        As in `Network.train`, 20 rows or more. Losses are taken on at most 2,000 of them.
    X_unseen, y_unseen : arrays like X and y, optional
        Rows that are to judge.

    Returns
    -------
    One check each, in this order.

    Raises
    ------
    InvalidParameter, ShapeMismatch, DataError
        If an argument is not as described.

    Examples
    --------
    >>> import numpy as np
    >>> from gradus import Dense
    >>> X = np.random.default_rng(0).normal(size=(200, 3))
    >>> y = X @ [1.0, -2.0, 0.5]
    >>> checks = preflight(Network(3, [Dense(16, "tanh"), Dense(1)]), X, y)
    >>> all(check.passes for check in checks)
    True
    """
    rows = exact_rows(network.spec, X, y)
    if len(rows[0]) < _FEWEST_ROWS:
        raise DataError(f"X must hold at least {_FEWEST_ROWS} rows; got {len(rows[0])}.")
    unseen = unseen_rows(network.spec, X_unseen, y_unseen)
    params = network.params.astype(np.float64)
    plan = Plan(Adam(), seed=network.seed)
    case = Case(network.spec, *rows, None, unseen, plan, params, params, None, "")
    return checks_of(case)


def checks_of(case: Case) -> tuple[Check, ...]:
    """Make all checks of a training that has not begun; see `preflight`."""
    measures = Measures(case)
    with np.errstate(all="ignore"):
        return (
            _first_loss(measures),
            _first_answer(case),
            _one_batch(measures),
            _inputs(measures),
            _shuffled(measures),
            _rows(case),
        )


def _first_loss(measures: Measures) -> Check:
    ratio = measures.loss / measures.constant if measures.constant > 0 else 1.0
    return Check(
        "first loss",
        ratio if np.isfinite(ratio) else float("inf"),
        _MOST_FIRST,
        f"The first loss is {measures.loss:.3g}; one answer for all has {measures.constant:.3g}.",
        "scale inputs and target, or start with smaller weights",
    )


def _first_answer(case: Case) -> Check:
    """Compare the mean first prediction with the mean answer."""
    outputs = make_engine().outputs(case.spec, case.start, case.X).astype(np.float64)
    predicted = loss_of(case.spec.loss).link(outputs).mean(axis=0)
    if case.spec.loss == "cross_entropy":
        shares = np.bincount(case.y[:, 0].astype(np.int64), minlength=case.spec.n_outputs)
        off, limit = np.abs(predicted - shares / len(case.y)), _MOST_OFF_SHARE
        unit = "as a share"
    else:
        spread = np.where(case.y.std(axis=0) > 0, case.y.std(axis=0), 1.0)
        off, limit = np.abs(predicted - case.y.mean(axis=0)) / spread, _MOST_OFF
        unit = "in standard deviations"
    largest = float(off.max())
    return Check(
        "first answer",
        largest if np.isfinite(largest) else float("inf"),
        limit,
        f"The mean first prediction is off by {largest:.2g}, {unit}.",
        "start the output bias at the mean, or at the classes' shares",
    )


def _one_batch(measures: Measures) -> Check:
    left = measures.one_batch
    return Check(
        "one batch",
        left,
        _MOST_LEFT,
        f"Of 32 rows learned by heart {100 * left:.2g} % of the error is left.",
        "take wider layers",
    )


def _inputs(measures: Measures) -> Check:
    """Compare simple networks with one answer for all, on rows they have not seen."""
    judged = measures.case.y[measures.rows[len(measures.rows) // 2 :]]
    constant = constant_losses(measures.case.spec, measures.case.y[measures.rows], judged)
    p = p_better(measures.attainable, constant)
    return Check(
        "inputs matter",
        p,
        _P,
        f"A simple network that looks at the inputs has the loss {measures.attainable.mean():.3g} "
        f"on rows it has not seen, one answer for all {constant.mean():.3g} (p = {p:.2g}).",
        "look for columns that have to do with the answer",
    )


def _shuffled(measures: Measures) -> Check:
    """Let simple networks learn answers that belong to other rows."""
    rows, case = measures.rows, measures.case
    order = np.random.default_rng(4).permutation(len(rows))
    X, y = case.X[rows], case.y[rows][order]
    mixed = Case(case.spec, X, y, None, None, case.plan, case.start, case.end, None, "")
    middle = len(rows) // 2
    found = attainable_losses(mixed, np.arange(middle), X[middle:], y[middle:])
    constant = constant_losses(case.spec, y, y[middle:])
    p = min(p_better(one, constant) for one in found)
    return Check(
        "shuffled answers",
        1 - p,
        1 - _P_OF_SHUFFLED,
        f"Shuffled answers are not learned (p = {p:.2g})."
        if p >= _P_OF_SHUFFLED
        else f"Even shuffled answers seem to be learned (p = {p:.2g}): something is leaking.",
        "look for rows that know each other's answers",
    )


def _rows(case: Case) -> Check:
    found = bad_data(case)
    return Check(
        "rows",
        0.0 if found is None else 1.0,
        0.0,
        "No copies, contradictions or giveaways." if found is None else found.sentence,
        "" if found is None else found.remedy,
    )
