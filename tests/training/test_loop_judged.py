"""Epochs judged by the engine, several in a call, or one by one where that cannot be."""

from dataclasses import replace

import numpy as np
import pytest

from gradus.engines.registry import engine as make_engine
from gradus.networks.own_losses import FunctionLoss
from gradus.optimizers.rules import Adam
from gradus.training import loop
from gradus.training.plan import EarlyStopping, Plan
from tests.training.helpers import SPEC, bits, trained


@pytest.fixture
def noise():
    """Rows that cannot be learned, of a fixed seed, so that every network soon gets worse."""
    generator = np.random.default_rng(3)
    return generator.normal(size=(90, 3)), generator.normal(size=(90, 1))


def overfitting(engine, **options):
    """A plan whose validation loss rises after some epochs."""
    stopping = EarlyStopping(0.4, **options)
    return Plan(Adam(0.05), epochs=150, engine=engine, early_stopping=stopping)


class Counting:
    """An engine that counts the epochs judged in each of its calls."""

    def __init__(self, engine):
        self.engine, self.n_judged = engine, []

    def __getattr__(self, name):
        return getattr(self.engine, name)

    def run(self, *args, **options):
        status = self.engine.run(*args, **options)
        self.n_judged.append(len(args[6].judged))
        return status


def test_every_short_epoch_is_judged_though_few_are_kept(engine, noise, monkeypatch):
    monkeypatch.setattr(loop, "_SLICE_SECONDS", 60.0)
    counting = Counting(make_engine(engine, 1))
    outcome = trained(overfitting(engine, patience=10_000), *noise, engine=counting)
    assert counting.n_judged == [150]
    assert len(outcome.history) < 120


@pytest.mark.parametrize("patience", [3, 10])
def test_who_judges_changes_no_bit(engine, noise, monkeypatch, patience):
    plan = overfitting(engine, patience=patience, min_delta=0.01)
    by_the_engine = trained(plan, *noise)
    monkeypatch.setattr(loop, "is_one_piece", lambda *_: False)
    assert bits(trained(plan, *noise)) == bits(by_the_engine)


def test_functions_of_ones_own_judge_in_python(engine, noise):
    loss = FunctionLoss(
        lambda outputs, y: ((outputs - y) ** 2).sum(axis=1),
        lambda outputs, y: 2 * (outputs - y),
        lambda outputs, _: np.full_like(outputs, 2.0),
    )
    spec = replace(SPEC, loss=loss)
    outcome = trained(overfitting(engine), *noise, spec=spec)
    assert outcome.history.validation_loss[-1] > np.nanmin(outcome.history.validation_loss)
