"""A training watched: `Network.train`, and what is wrong with it."""

from dataclasses import field
from typing import Any

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import ArrayLike
from gradus.diagnosis.case import Case, exact_rows, unseen_rows
from gradus.diagnosis.doctor import diagnose
from gradus.diagnosis.finding import Finding
from gradus.diagnosis.trial import Trial, try_remedy
from gradus.errors import Diverged
from gradus.models.network import Network
from gradus.models.run import Run
from gradus.optimizers.automatic import Automatic
from gradus.optimizers.rules import Rule
from gradus.optimizers.second_order.methods import FullBatchMethod
from gradus.training.arrays import read_weights
from gradus.training.plan import Plan

# Options of `Network.train` that a plan knows.
_OF_THE_PLAN = ("epochs", "batch_size", "early_stopping", "max_grad_norm", "n_threads", "engine")


@dataclass(frozen=True, eq=False)
class Examination:
    """A training, and the problem it had.

    Attributes
    ----------
    case
        Rows, plan, weights before and after.
    run
        What `Network.train` returned; None where training diverged.
    finding
        The first problem found, causes before what they cause; None where all is well.
    """

    case: Case = field(repr=False)
    run: Run | None = field(repr=False)
    finding: Finding | None

    def try_remedy(self) -> Trial | None:
        """Repeat the training with the one change that should cure it; see `trial.try_remedy`.

        None where nothing was found, or nothing can be trained against it, as with bad data.
        """
        return None if self.finding is None else try_remedy(self.case, self.finding)


def examine(
    network: Network,
    X: ArrayLike,
    y: ArrayLike,
    rule: Rule | FullBatchMethod | Automatic,
    *,
    X_unseen: ArrayLike | None = None,
    y_unseen: ArrayLike | None = None,
    **options: Any,  # noqa: ANN401 each option has a type of its own
) -> Examination:
    """Train a network as `Network.train` does, and say which known problem the training had.

    The problems, each with the measurement that settles it, are told in docs/doctor.md. Looking
    costs about a tenth of the training at most, or some hundredths of a second.

    Parameters
    ----------
    network
        Trained from its present parameters; it ends as `Network.train` leaves it, also where that
        diverges, which is a finding here and no error.
    X, y, rule
        As in `Network.train`.
    X_unseen, y_unseen : arrays like X and y, optional
        Rows that training does not look at. Overfitting, copies across the border and that there is
        nothing to learn can be seen on them alone.
    **options
        Of `Network.train`.

    Raises
    ------
    InvalidParameter, ShapeMismatch, DataError
        If an argument is not as described.

    Examples
    --------
    Ten times too high a rate:

    >>> import numpy as np
    >>> from gradus import Dense, GradientDescent
    >>> X = np.random.default_rng(0).normal(size=(200, 3))
    >>> y = X @ [1.0, -2.0, 0.5]
    >>> found = examine(Network(3, [Dense(1)]), X, y, GradientDescent(10.0), epochs=50)
    >>> found.finding.problem
    'rate too high'
    >>> found.try_remedy().helps
    True
    """
    spec, start = network.spec, network.params.astype(np.float64)
    rows = exact_rows(spec, X, y)
    weights = read_weights("sample_weight", options.get("sample_weight"), len(rows[0]), "float64")
    unseen = unseen_rows(spec, X_unseen, y_unseen)
    run, failure = None, ""
    try:
        run = network.train(X, y, rule, **options)
    except Diverged as error:
        failure = str(error)
    known: dict[str, Any] = {name: options[name] for name in _OF_THE_PLAN if name in options}
    plan = Plan(rule if run is None else run.rule, seed=network.seed, **known)
    case = Case(
        spec,
        *rows,
        None if weights is None else np.asarray(weights, dtype=np.float64),
        unseen,
        plan,
        start,
        network.params.astype(np.float64),
        None if run is None else run.history,
        failure,
    )
    return Examination(case, run, diagnose(case))
