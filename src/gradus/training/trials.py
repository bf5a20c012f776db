"""Training where method and learning rate are left open: short trials, then the best in full.

What is tried is decided in `automatic`; how one network is trained stands in `loop`.
"""

import math
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from gradus._typing import FloatArray
from gradus.engines.base import Batches, Engine
from gradus.networks.params import n_params
from gradus.networks.spec import NetworkSpec
from gradus.optimizers.automatic import Automatic
from gradus.optimizers.rules import Rule
from gradus.optimizers.second_order.methods import FullBatchMethod
from gradus.optimizers.second_order.problem import FullBatchRule
from gradus.training.automatic import (
    BY_SECOND_ORDER,
    TRIAL_PART,
    Candidate,
    find_rates,
    is_quick_by_second_order,
    is_short,
    measured_rate,
)
from gradus.training.checkpoints import Checkpoint
from gradus.training.control import Control
from gradus.training.full_batch import RowsProblem
from gradus.training.outcome import Outcome
from gradus.training.plan import Plan
from gradus.training.validation import ValidationRows

# Iterations that Levenberg-Marquardt gets at most, and for how long it may stand still.
_MOST_ITERATIONS, _PATIENCE = 100, 10


def train_automatically(
    train: Callable[..., Outcome],
    spec: NetworkSpec,
    params0: FloatArray,
    batches: Batches,
    validation: ValidationRows | None,
    plan: Plan,
    *,
    engine: Engine,
    control: Control,
    checkpoint: Checkpoint | None,
) -> Outcome:
    """Find learning rates by trial, train with the best ones in full, and keep the best training.

    The trainings are compared by their smallest validation loss, without validation rows by the
    objective on the training rows.

    Parameters
    ----------
    train
        `loop.train_network`, which takes all that follows.
    spec, params0, batches, validation, plan, engine, control, checkpoint
        What it was called with; the rule is `Automatic`. The checkpoint keeps the first training
        in full, and which ones there are; the others are made anew after a resumption.
    """
    known = checkpoint.found() if checkpoint else None
    first: FloatArray = params0 if known is None else known.first_params
    tries = _Tries(train, spec, first, batches, validation, plan, engine, control)
    candidates = tries.candidates() if known is None else known.candidates()
    finals: list[tuple[Candidate, Outcome]] = []
    for number, candidate in enumerate(candidates):
        if finals and control.cancel[0]:
            break
        kept = {} if finals else {"checkpoint": checkpoint}
        outcome = tries.full(candidate, len(candidates) - number, found=candidates, **kept)
        finals.append((candidate, outcome))
    judged = [tries.loss(outcome) for _, outcome in finals]
    best = int(np.argmin(judged))
    said = [
        f"{candidate.in_words(tries.automatic)}: {loss:.3g}"
        for (candidate, _), loss in zip(finals, judged, strict=True)
    ]
    by = "Validation loss" if validation is not None else "Objective"
    chosen = finals[best][0].in_words(tries.automatic)
    reason = f"{chosen}. {by} of what was trained in full: {'; '.join(said)}."
    return replace(finals[best][1], rule_reason=reason)


class _Tries:
    """Trainings of one network from the same first weights, each with another rule."""

    def __init__(
        self,
        train: Callable[..., Outcome],
        spec: NetworkSpec,
        params0: FloatArray,
        batches: Batches,
        validation: ValidationRows | None,
        plan: Plan,
        engine: Engine,
        control: Control,
    ) -> None:
        assert isinstance(plan.rule, Automatic), "asked for only then"
        self.automatic, self.train, self.spec, self.params0 = plan.rule, train, spec, params0
        self.batches, self.validation, self.plan = batches, validation, plan
        self.engine, self.control, self.started = engine, control, time.monotonic()

    def candidates(self) -> tuple[Candidate, ...]:
        """Choose what to train with in full.

        These are the two best rates, falling to 0; where that is short the best one constant as
        well, and where it is quick Levenberg-Marquardt. That one alone has no rival where no rows
        judge and the weights are no more than the rows.
        """
        spec, batches = self.spec, self.batches
        is_quick = is_quick_by_second_order(self.automatic, spec, batches.n_rows)
        is_quick &= self.plan.max_grad_norm is None
        if is_quick and self.validation is None and n_params(spec) <= batches.n_rows:
            return (BY_SECOND_ORDER,)
        measured = measured_rate(self.engine, spec, self.params0, batches)
        rates = find_rates(measured, self._short)
        found = [Candidate(rate, 0.0) for rate in rates]
        if is_short(spec, batches.n_rows, self.plan.epochs):
            found.append(Candidate(rates[0], rates[0]))
        if is_quick and self.validation is not None:
            found.append(BY_SECOND_ORDER)
        return tuple(found)

    def full(self, candidate: Candidate, n_left: int, **options: object) -> Outcome:
        """Train in full with one of the `n_left` candidates that share the time left."""
        rule, limit = candidate.rule(self.automatic), self.control.time_limit
        if limit is not None:
            limit = (limit - (time.monotonic() - self.started)) / n_left
        plan, batches = plan_in_full(self.plan, rule), self.batches
        if isinstance(rule, FullBatchRule):
            batches = replace(batches, batch_size=batches.n_rows)
        return self.train(
            self.spec,
            self.params0,
            batches,
            self.validation,
            plan,
            engine=self.engine,
            control=replace(self.control, time_limit=limit),
            **options,
        )

    def loss(self, outcome: Outcome) -> float:
        """Return what a training is judged by, inf where it failed."""
        if outcome.failure or not len(outcome.history):
            return math.inf
        if self.validation is not None:
            return float(np.fmin.reduce(outcome.history.validation_loss, initial=math.inf))
        objective = training_objective(self.engine, self.spec, outcome.params, self.batches)
        return objective if math.isfinite(objective) else math.inf

    def _short(self, rate: float) -> float:
        limit = self.control.time_limit
        limit = None if limit is None else limit / TRIAL_PART
        epochs = max(2, self.plan.epochs // TRIAL_PART)
        rule = Candidate(rate, 0.0).rule(self.automatic)
        plan = replace(self.plan, rule=rule, epochs=epochs, early_stopping=None)
        quiet = replace(self.control, time_limit=limit, report=None, snapshot_bytes=0)
        rows = (self.spec, self.params0, self.batches, self.validation, plan)
        return self.loss(self.train(*rows, engine=self.engine, control=quiet))


def plan_in_full(plan: Plan, rule: Rule | FullBatchMethod) -> Plan:
    """Return what a training in full goes by.

    Parameters
    ----------
    plan
        Whose rule is `Automatic`.
    rule
        What was chosen; Levenberg-Marquardt gets fewer epochs, less patience and exact products.
    """
    if not isinstance(rule, FullBatchRule):
        return replace(plan, rule=rule, batch_size=None)
    stopping = plan.early_stopping and replace(plan.early_stopping, patience=_PATIENCE)
    epochs = min(plan.epochs, _MOST_ITERATIONS)
    return replace(
        plan,
        rule=rule,
        batch_size=None,
        epochs=epochs,
        early_stopping=stopping,
        matmul_precision=None,
    )


def training_objective(
    engine: Engine, spec: NetworkSpec, params: FloatArray, batches: Batches
) -> float:
    """Average the loss over all training rows, and add the penalty."""
    problem = RowsProblem(engine, spec, batches, lambda: False, np.zeros(1, dtype=np.uint8))
    return problem.objective(params)
