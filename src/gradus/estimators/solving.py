"""From an estimator's parameters to trained weights: which solver, which rates, which rows judge.

How X and y become arrays of a network must not be known here.
"""

import warnings
from abc import abstractmethod
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from gradus._dataclasses import dataclass
from gradus._random import Purpose, stream_key
from gradus._typing import FloatArray, Int64Array, UInt8Array
from gradus.engines.base import Engine, TrainState
from gradus.errors import DataError
from gradus.errors import Diverged as TrainingDiverged
from gradus.estimators.callbacks import Watched
from gradus.estimators.descent import Descent, Diverged, Objective, Rows
from gradus.estimators.epochs import Curve, Judge, Schedule, train_epochs
from gradus.estimators.lbfgs import minimize_lbfgs
from gradus.estimators.planned import batch_weight, train_as_planned
from gradus.networks.layers import Dropout
from gradus.networks.losses import loss_of
from gradus.networks.steps import steps
from gradus.optimizers.automatic import Automatic
from gradus.optimizers.rules import Adagrad, Adam, AdamW, GradientDescent, RMSprop, Rule
from gradus.optimizers.second_order.lbfgs import LBFGS
from gradus.optimizers.second_order.levenberg_marquardt import LevenbergMarquardt
from gradus.optimizers.second_order.truncated_newton import TruncatedNewton
from gradus.tables.checks import groups_of_copies
from gradus.training.folds import holdout
from gradus.training.full_batch import check_layers
from gradus.training.outcome import Outcome
from gradus.training.plan import EarlyStopping, Plan
from gradus.workflow.hyperparameters import FIRST_ORDER, PLANNED

NOT_FINITE = (
    "Solver produced non-finite parameter weights. The input data may contain large values and "
    "need to be preprocessed."
)
_USUAL_RATE = 0.001
_USUAL_PATIENCE, _PATIENCE_OF_FALLING = 10, 20
# What the estimators call a rule that networks call otherwise.
_SPELLED = {"levenberg_marquardt": "lm", "gradient_descent": "sgd", "truncated_newton": "newton"}
_PLANNED_RULES = {"auto": Automatic, "lm": LevenbergMarquardt, "newton": TruncatedNewton}
# With fewer rows none is held out unless the person says so.
_FEWEST_TO_HOLD_OUT = 500


@dataclass(frozen=True, eq=False)
class Judging:
    """Rows that judge and never train.

    Attributes
    ----------
    rows
        As the network sees them.
    Y : array of shape (n, n_outputs)
        Their targets as scores read them.
    """

    rows: Rows
    Y: npt.NDArray[Any]


class Solving:
    """What an estimator does with arrays; it holds parameters and the state of the solver."""

    solver: str
    batch_size: int | str
    learning_rate: str
    learning_rate_init: float | str
    power_t: float
    max_iter: int
    max_fun: int
    shuffle: bool
    tol: float
    verbose: bool | int
    momentum: float
    nesterovs_momentum: bool
    early_stopping: bool | str
    validation_fraction: float
    beta_1: float
    beta_2: float
    epsilon: float
    weight_decay: float
    n_iter_no_change: float | str
    preprocess: str | None
    _random_state: np.random.RandomState
    #: Stops training where several networks are trained at once.
    _cancel: UInt8Array | None = None
    _watched: Watched | None = None
    _curve: Curve
    _descent: Descent | None
    validation_scores_: list[float] | None
    best_validation_score_: float | None
    validation_loss_curve_: list[float] | None
    best_loss_: float | None

    @abstractmethod
    def _params(self) -> FloatArray:
        """Return the weights as one new vector, as `coefs_` and `intercepts_` stand now."""

    @abstractmethod
    def _take_params(self, params: FloatArray) -> None:
        """Show weights as `coefs_` and `intercepts_`."""

    @abstractmethod
    def _score_answers(
        self, Y: npt.NDArray[Any], answers: FloatArray, weights: FloatArray | None
    ) -> float:
        """Score answers of the network as `score` does."""

    @abstractmethod
    def _is_stratified(self, Y: npt.NDArray[Any]) -> bool:
        """Say whether scikit-learn holds out each class in its share."""

    @abstractmethod
    def _has_classes(self, Y: npt.NDArray[Any]) -> bool:
        """Say whether each row has one class."""

    def _solve(
        self,
        objective: Objective,
        rows: Rows,
        held: Judging | None,
        engine: Engine,
        *,
        is_stopping: bool,
        is_partial: bool = False,
    ) -> FloatArray:
        """Train one network from the present weights on, and return the best ones.

        Parameters
        ----------
        objective, rows
            What is lowered.
        held
            Rows that judge.
        engine
            What computes.
        is_stopping
            Whether they decide when training ends and which weights are the best.
        is_partial
            Whether one epoch is asked for.
        """
        solver = self._resolved(is_partial=is_partial)
        self.solver_, self.solver_reason_ = solver, f"It was asked for: solver={self.solver!r}."
        if solver == "lbfgs":
            check_layers(objective.spec, LBFGS())
            params, self.loss_, self.n_iter_ = minimize_lbfgs(
                objective,
                rows,
                self._params(),
                engine,
                max_iter=self.max_iter,
                max_fun=self.max_fun,
                tol=self.tol,
                verbose=self.verbose >= 1,
            )
            return params
        if solver in PLANNED:
            return self._follow_plan(objective, rows, held, engine, is_stopping=is_stopping)
        descent = self._make_descent(objective, is_partial=is_partial)
        judge = None
        if held is not None:
            judge = self._judge(objective, held, engine, is_deciding=is_stopping)
        self._train(descent, rows, judge, engine, is_partial=is_partial)
        best = self._curve.best_params
        return descent.state.params if best is None else best

    def _resolved(self, *, is_partial: bool) -> str:
        """Return the solver that is meant; `partial_fit` and scikit-learn's numbers need steps."""
        is_left_open = self.solver == "auto"
        if is_partial and self.solver not in FIRST_ORDER:
            return "adam"
        if is_left_open and (self.preprocess is None or self.learning_rate_init != "auto"):
            return "adam"
        return self.solver

    def _follow_plan(
        self,
        objective: Objective,
        rows: Rows,
        held: Judging | None,
        engine: Engine,
        *,
        is_stopping: bool,
    ) -> FloatArray:
        """Train as networks plan it, and show what that brought."""
        patience = EarlyStopping(patience=self._patience(), min_delta=self.tol)
        rule = _PLANNED_RULES[self.solver_]()
        plan = Plan(
            rule,
            epochs=self.max_iter,
            batch_size=self._rows_in_a_step(len(rows)) if self.solver_ == "auto" else None,
            early_stopping=patience if is_stopping else None,
            seed=int(self._random_state.randint(2**31)),
        )
        judges = held.rows if held is not None and is_stopping else None
        own = None if self._cancel is None else (engine, self._cancel)
        try:
            outcome = train_as_planned(objective, rows, judges, self._params(), plan, own)
        except TrainingDiverged as cause:
            raise DataError(f"{NOT_FINITE} {cause}") from cause
        total = batch_weight(rows, plan.batch_size)
        loss = engine.evaluate(objective.spec, outcome.params, rows.X, rows.y, rows.weights)[0]
        self.loss_ = objective.reported * loss + objective.penalty(outcome.params, total)
        self._show_outcome(objective, outcome, len(rows), held, engine)
        return outcome.params

    def _patience(self) -> int:
        """Return the epochs without progress after which training ends."""
        if self.n_iter_no_change == "auto":
            return _PATIENCE_OF_FALLING if self.solver_ == "auto" else _USUAL_PATIENCE
        return int(min(float(self.n_iter_no_change), 2**31))

    def _show_outcome(
        self,
        objective: Objective,
        outcome: Outcome,
        n_rows: int,
        held: Judging | None,
        engine: Engine,
    ) -> None:
        """Set what is known after a planned training."""
        history, unit = outcome.history, objective.reported
        self.n_iter_ = int(history.epoch[-1]) if len(history) else 0
        self.loss_curve_ = (unit * history.loss).tolist()
        self._curve = Curve(self.loss_curve_, n_rows_seen=self.n_iter_ * n_rows)
        self.t_ = self._curve.n_rows_seen
        self.best_loss_ = self.loss_ if held is None else None
        self.validation_scores_ = self.best_validation_score_ = None
        self.validation_loss_curve_ = None
        if held is not None:
            curve = unit * history.validation_loss
            self.validation_loss_curve_ = None if np.isnan(curve).any() else curve.tolist()
            judge = self._judge(objective, held, engine, is_deciding=True)
            self.best_validation_score_ = judge.measure(outcome.params)[1]
        if self.solver == "auto":
            self.solver_ = _SPELLED.get(outcome.rule.name, outcome.rule.name)
            self.solver_reason_ = outcome.rule_reason
        if outcome.stopped_because == "interrupted":
            warnings.warn("Training interrupted by user.", stacklevel=6)
        if outcome.stopped_because == "epochs" and self.solver != "auto":
            warnings.warn(
                f"{self.solver}: Maximum iterations ({self.max_iter}) reached and the optimization "
                "hasn't converged yet.",
                ConvergenceWarning,
                stacklevel=6,
            )

    def _train(
        self, descent: Descent, rows: Rows, judge: Judge | None, engine: Engine, *, is_partial: bool
    ) -> None:
        """Make the epochs and show what they brought."""
        curve: Curve = getattr(self, "_curve", None) or Curve()
        try:
            self.n_iter_ = train_epochs(
                descent,
                rows,
                judge,
                self._schedule(len(rows)),
                curve,
                self._random_state,
                engine,
                say=print if self.verbose else _say_nothing,
                watched=self._watched,
                is_partial=is_partial,
            )
        except Diverged:
            raise DataError(NOT_FINITE) from None
        self._descent, self._curve = descent, curve
        self.loss_ = curve.losses[-1] if curve.losses else np.nan
        self.loss_curve_, self.best_loss_ = curve.losses, curve.best_loss
        self.validation_scores_, self.best_validation_score_ = curve.scores, curve.best_score
        self.validation_loss_curve_ = curve.validation_losses
        self.t_ = curve.n_rows_seen

    def _stops_early(self, n_rows: int, *, has_judges: bool) -> bool:
        """Say whether rows that judge decide when training ends."""
        if self.early_stopping != "auto":
            return bool(self.early_stopping)
        return self.preprocess is not None and (has_judges or n_rows >= _FEWEST_TO_HOLD_OUT)

    def _make_descent(self, objective: Objective, *, is_partial: bool) -> Descent:
        """Begin at the present weights; `partial_fit` keeps what the rule remembers."""
        params = self._params()
        known: Descent | None = getattr(self, "_descent", None)
        if is_partial and known is not None:
            known.objective = objective
            known.state.params[:] = params
            return known
        rule = self._rule()
        state = TrainState.start(params, rule.n_slots)
        descent = Descent(objective, rule, self._first_rate(), state)
        if any(isinstance(step.layer, Dropout) for step in steps(objective.spec)):
            descent.dropout_key = stream_key(self._random_state.randint(2**31), Purpose.DROPOUT)
        if self._cancel is not None:
            descent.cancel = self._cancel
        return descent

    def _first_rate(self) -> float:
        """Return the rate that `learning_rate_init` means."""
        return _USUAL_RATE if self.learning_rate_init == "auto" else float(self.learning_rate_init)

    def _rule(self) -> Rule:
        """Return the update rule that the parameters ask for."""
        if self.solver_ == "sgd":
            is_ahead = bool(self.nesterovs_momentum and self.momentum > 0)
            return GradientDescent(momentum=self.momentum, nesterov=is_ahead)
        if self.solver_ == "rmsprop":
            return RMSprop(epsilon=self.epsilon)
        if self.solver_ == "adagrad":
            return Adagrad(epsilon=self.epsilon)
        memory = {"beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}
        if self.solver_ == "adamw":
            return AdamW(**memory, weight_decay=self.weight_decay)
        return Adam(**memory)

    def _schedule(self, n_rows: int) -> Schedule:
        """Return when to stop, and how the rate changes."""
        return Schedule(
            max_iter=self.max_iter,
            batch_size=self._rows_in_a_step(n_rows),
            is_shuffled=self.shuffle,
            tol=self.tol,
            patience=self._patience(),
            learning_rate=self.learning_rate if self.solver_ == "sgd" else "constant",
            rate_init=self._first_rate(),
            power_t=self.power_t,
        )

    def _rows_in_a_step(self, n_rows: int) -> int:
        if isinstance(self.batch_size, str):
            return min(200, n_rows)
        if self.batch_size > n_rows:
            warnings.warn(
                "Got `batch_size` less than 1 or larger than sample size. It is going to be "
                "clipped",
                stacklevel=6,
            )
        return int(min(self.batch_size, n_rows))

    def _hold_out(self, rows: Rows, Y: npt.NDArray[Any]) -> tuple[Int64Array, Int64Array]:
        """Return the rows to train on and those held out, each class in its share.

        With ``preprocess=None`` they are scikit-learn's, in its order; else copies of a row stay
        together.
        """
        n, is_stratified = len(rows), self._is_stratified(Y)
        if self.preprocess is None:
            training, held = train_test_split(
                np.arange(n),
                random_state=self._random_state,
                test_size=self.validation_fraction,
                stratify=Y if is_stratified else None,
            )
        else:
            training, held = holdout(
                np.arange(n),
                self.validation_fraction,
                int(self._random_state.randint(2**31)),
                groups=groups_of_copies(rows.X.astype(np.float64)),
                classes=rows.y[:, 0] if self._has_classes(Y) else None,
            )
        if len(held) < 2:
            raise DataError(
                "The validation set is too small. Increase 'validation_fraction' or the size of "
                "your dataset."
            )
        return training, held

    def _judge(
        self, objective: Objective, held: Judging, engine: Engine, *, is_deciding: bool
    ) -> Judge:
        """Return what judges weights by rows."""
        spec, rows = objective.spec, held.rows
        link = loss_of(spec.loss).link

        def measure(params: FloatArray) -> tuple[float, float]:
            answers = link(engine.outputs(spec, params, rows.X))
            if not np.isfinite(answers).all():
                return np.nan, np.nan
            loss = engine.evaluate(spec, params, rows.X, rows.y, rows.weights)[0]
            return objective.reported * loss, self._score_answers(held.Y, answers, rows.weights)

        return Judge(measure, is_deciding, is_by_loss=self.preprocess is not None)


def _say_nothing(_line: str) -> None:
    """Drop a line."""
