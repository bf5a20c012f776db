"""Several networks of one estimator, trained at once: starts from other weights, and folds.

How one is trained must not be known here.
"""

from collections.abc import Callable
from copy import copy
from typing import Any, Self, cast

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import check_cv

from gradus._threads import default_n_threads
from gradus._typing import BoolArray, FloatArray, Int64Array
from gradus.engines.base import Engine
from gradus.engines.registry import engine as make_engine
from gradus.errors import InvalidParameter
from gradus.estimators.bounds import Misses
from gradus.estimators.descent import Objective, Rows
from gradus.estimators.epochs import Curve
from gradus.estimators.solving import Judging, Solving
from gradus.estimators.weights import first_params
from gradus.networks.losses import loss_of
from gradus.networks.spec import NetworkSpec
from gradus.tables.checks import groups_of_copies
from gradus.training.folds import assign_folds
from gradus.training.workers import run_jobs
from gradus.workflow.hyperparameters import ACTIVATION_OF


class Several(Solving):
    """One network, or several of which the best answers, or the mean of all."""

    n_starts: int
    starts: str
    cv: Any
    activation: str
    random_state: int | np.random.RandomState | None
    _misses: Misses | None = None

    def _solve_all(
        self,
        objective: Objective,
        rows: Rows,
        Y: npt.NDArray[Any],
        held: Judging | None,
        *,
        counts: BoolArray,
        is_first: bool,
        is_partial: bool,
    ) -> list[FloatArray]:
        """Train, and return the weights of each network whose answers count.

        Parameters
        ----------
        objective, rows
            What is lowered.
        Y : array of shape (n, n_outputs)
            Targets as scores read them.
        held
            Rows that the person gave to judge by.
        counts : bool array
            Which of the rows that the person gave are these.
        is_first
            Whether the weights are first ones; what goes on goes on with one network.
        is_partial
            Whether one epoch is asked for.
        """
        if self.early_stopping is True and is_partial:
            raise InvalidParameter("partial_fit does not support early_stopping=True")
        if self.cv is not None and not is_partial:
            return self._solve_folds(objective, rows, Y, held, self._splits(rows, Y, counts))
        rows, held, is_stopping = self._judges(rows, Y, held, is_partial=is_partial)
        if self.n_starts > 1 and is_first and not is_partial:
            found = self._solve_starts(objective, rows, held, is_stopping=is_stopping)
        else:
            engine = make_engine("native")
            options = {"is_stopping": is_stopping, "is_partial": is_partial}
            found = [self._solve(objective, rows, held, engine, **options)]
        self._misses = None
        if held is not None:
            answers = np.mean([_answers(objective.spec, p, held.rows.X) for p in found], axis=0)
            self._misses = self._missed(held.Y, answers, held.rows.weights)
        return found

    def _judges(
        self, rows: Rows, Y: npt.NDArray[Any], held: Judging | None, *, is_partial: bool
    ) -> tuple[Rows, Judging | None, bool]:
        """Hold rows out where that is asked for; say whether rows that judge decide."""
        if is_partial or self.solver == "lbfgs":
            return rows, held, False
        is_stopping = self._stops_early(len(rows), has_judges=held is not None)
        if is_stopping and held is None:
            training, judging = self._hold_out(rows, Y)
            rows, held = rows.take(training), Judging(rows.take(judging), Y[judging])
        return rows, held, is_stopping

    def _solve_starts(
        self, objective: Objective, rows: Rows, held: Judging | None, *, is_stopping: bool
    ) -> list[FloatArray]:
        """Train from several first weights; the best one answers, or the mean of all."""
        twins = [self._twin(j, objective.spec) for j in range(self.n_starts)]

        def solve(twin: Self, engine: Engine) -> FloatArray:
            return twin._solve(objective, rows, held, engine, is_stopping=is_stopping)

        found = self._at_once(twins, solve)
        values = [twin.loss_ for twin in twins]
        if held is not None and is_stopping:
            judge = self._judge(objective, held, make_engine("native"), is_deciding=True)
            values = [judge.measure(params)[0] for params in found]
        best = int(np.argmin(values))
        self._become(twins[best])
        return found if self.starts == "average" else [found[best]]

    def _splits(
        self, rows: Rows, Y: npt.NDArray[Any], counts: BoolArray
    ) -> list[tuple[Int64Array, Int64Array]]:
        """Return which rows each network trains on, and which it answers; copies stay together."""
        if isinstance(self.cv, int | np.integer):
            groups = groups_of_copies(rows.X.astype(np.float64))
            seed = int(self._random_state.randint(2**31))
            folds = assign_folds(int(groups.max()) + 1, int(self.cv), seed)[groups]
            return [
                (np.flatnonzero(folds != fold), np.flatnonzero(folds == fold))
                for fold in range(int(self.cv))
            ]
        place = np.cumsum(counts) - 1

        def known(given: Int64Array) -> Int64Array:
            return np.asarray(place[given][counts[given]])

        labels = np.zeros((len(counts), Y.shape[1]))
        labels[counts] = Y
        found = check_cv(self.cv).split(np.zeros((len(counts), 1)), labels)
        return [(known(training), known(others)) for training, others in found]

    def _solve_folds(
        self,
        objective: Objective,
        rows: Rows,
        Y: npt.NDArray[Any],
        held: Judging | None,
        splits: list[tuple[Int64Array, Int64Array]],
    ) -> list[FloatArray]:
        """Train a network for each split; the rows it did not see say how far off it is."""
        twins = [self._twin(j, objective.spec) for j in range(len(splits))]
        places = {id(twin): number for number, twin in enumerate(twins)}
        unseen = np.full((len(rows), objective.spec.n_outputs), np.nan)

        def solve(twin: Self, engine: Engine) -> FloatArray:
            seen, others = splits[places[id(twin)]]
            own = twin._judges(rows.take(seen), Y[seen], held, is_partial=False)
            params = twin._solve(objective, *own[:2], engine, is_stopping=own[2])
            unseen[others] = _answers(objective.spec, params, rows.X[others])
            return params

        found = self._at_once(twins, solve)
        self._become(twins[0])
        is_known = np.isfinite(unseen).all(axis=1)
        weights = None if rows.weights is None else rows.weights[is_known]
        self._misses = self._missed(Y[is_known], unseen[is_known], weights)
        return found

    def _twin(self, number: int, spec: NetworkSpec) -> Self:
        """Copy the estimator, with random numbers and first weights of its own.

        Number j has those of ``random_state + j`` where that is a number.
        """
        twin = copy(self)
        twin.__dict__.update(_curve=Curve(), _descent=None, _watched=None)
        if number:
            if isinstance(self.random_state, int | np.integer):
                seed = int(self.random_state) + number
            else:
                seed = int(self._random_state.randint(2**31))
            twin.__dict__.update(_random_state=np.random.RandomState(seed))
            twin._draw(spec, self._params().dtype)  # noqa: SLF001
        return twin

    def _become(self, twin: Self) -> None:
        """Take over what a twin has learned."""
        self.__dict__.update({**twin.__dict__, "_watched": self._watched})

    def _draw(self, spec: NetworkSpec, dtype: npt.DTypeLike) -> None:
        """Draw the first weights."""
        activation = ACTIVATION_OF.get(self.activation, self.activation)
        params = first_params(spec, activation, self._random_state)
        self._take_params(cast("FloatArray", params.astype(dtype)))

    def _at_once(
        self, twins: list[Self], solve: Callable[[Self, Engine], FloatArray]
    ) -> list[FloatArray]:
        """Train each on one thread, with the bits that it has alone."""
        cancel = np.zeros(1, dtype=np.uint8)

        def prepare(twin: Self) -> Callable[[], FloatArray]:
            twin.__dict__.update(_cancel=cancel)
            return lambda: solve(twin, make_engine("native", 1))

        found = run_jobs([prepare(twin) for twin in twins], default_n_threads(), cancel)
        for twin in twins:
            twin.__dict__.update(_cancel=None)
        return found

    def _missed(
        self, Y: npt.NDArray[Any], answers: FloatArray, weights: FloatArray | None
    ) -> Misses | None:
        """Return how far answers are from numbers; None where they are not compared."""
        if Y.dtype.kind == "b" or Y.shape != answers.shape:
            return None
        return Misses(np.abs(Y - answers), np.ones(len(Y)) if weights is None else weights)


def _answers(spec: NetworkSpec, params: FloatArray, X: FloatArray) -> FloatArray:
    """Answer rows of a network."""
    answers: FloatArray = loss_of(spec.loss).link(make_engine("native", 1).outputs(spec, params, X))
    return answers
