"""The trials by which a learning rate is found: short trainings from the same first weights.

What is tried, and what is chosen, is decided in `automatic`.
"""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from gradus._typing import FloatArray
from gradus.engines.base import Batches, Engine
from gradus.networks.spec import NetworkSpec
from gradus.optimizers.automatic import Automatic
from gradus.optimizers.rules import Rule
from gradus.training.automatic import (
    TRIAL_PART,
    Choice,
    choose_rule,
    chosen_before,
    measured_rate,
)
from gradus.training.checkpoints import Checkpoint
from gradus.training.control import Control
from gradus.training.full_batch import RowsProblem
from gradus.training.outcome import Outcome
from gradus.training.plan import Plan
from gradus.training.validation import ValidationRows


def choose_by_trials(
    train: Callable[..., Outcome],
    spec: NetworkSpec,
    params0: FloatArray,
    batches: Batches,
    validation: ValidationRows | None,
    plan: Plan,
    engine: Engine,
    control: Control,
    checkpoint: Checkpoint | None,
) -> Choice:
    """Choose the rule of a plan that leaves it open; each trial is a short training by itself.

    Parameters
    ----------
    train
        `loop.train_network`, which takes all that follows.
    spec, params0, batches, validation, plan, engine, control, checkpoint
        What it was called with. A rate that the checkpoint holds is taken without a trial.
    """
    assert isinstance(plan.rule, Automatic), "asked for only then"
    known = checkpoint.found_rate() if checkpoint else None
    if known is not None:
        return chosen_before(plan.rule, known)
    limit = None if control.time_limit is None else control.time_limit / TRIAL_PART
    quiet = replace(control, time_limit=limit, report=lambda _progress: None)
    epochs = max(1, plan.epochs // TRIAL_PART)
    short = replace(plan, epochs=epochs, early_stopping=None)

    def trial(rule: Rule) -> float:
        outcome = train(
            spec,
            params0,
            batches,
            validation,
            replace(short, rule=rule),
            engine=engine,
            control=quiet,
        )
        if outcome.failure or not len(outcome.history):
            return math.inf
        if validation is not None:
            return float(np.nanmin(outcome.history.validation_loss))
        return _objective(engine, spec, outcome.params, batches)

    return choose_rule(
        plan.rule, spec, batches, lambda: measured_rate(engine, spec, params0, batches), trial
    )


def training_loss(engine: Engine, spec: NetworkSpec, params: FloatArray, batches: Batches) -> float:
    """Average the loss, without penalty, over all training rows."""
    return _problem(engine, spec, batches).measures(params)[0]


def _objective(engine: Engine, spec: NetworkSpec, params: FloatArray, batches: Batches) -> float:
    return _problem(engine, spec, batches).objective(params)


def _problem(engine: Engine, spec: NetworkSpec, batches: Batches) -> RowsProblem:
    return RowsProblem(engine, spec, batches, lambda: False, np.zeros(1, dtype=np.uint8))
