"""Weights on the way: which are kept, that they are right, and that keeping them changes no bit."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradus import Network
from gradus.engines.registry import engine as make_engine
from gradus.errors import InvalidParameter
from gradus.networks.initializers import initial_params
from gradus.networks.params import n_params
from gradus.networks.spec import Dense
from gradus.optimizers.automatic import Automatic
from gradus.optimizers.rules import Adam, GradientDescent
from gradus.optimizers.second_order.lbfgs import LBFGS
from gradus.optimizers.second_order.levenberg_marquardt import LevenbergMarquardt
from gradus.training.control import Control
from gradus.training.plan import EarlyStopping, Plan
from gradus.training.snapshots import MOST_BYTES, SnapshotRecord
from gradus.training.train import train
from tests.training.helpers import SPEC, bits, trained

PLANS = {
    "batches": Plan(Adam(0.01), epochs=70, batch_size=16),
    "all rows": Plan(GradientDescent(0.05), epochs=1000),
    "stopped early": Plan(Adam(0.05), epochs=300, early_stopping=EarlyStopping(patience=5)),
    "lbfgs": Plan(LBFGS(), epochs=90),
    "lm": Plan(LevenbergMarquardt(), epochs=90),
    "automatic": Plan(Automatic(), epochs=70),
}


def pictured(plan, *problem, n_bytes=MOST_BYTES, **options):
    return trained(plan, *problem, control=Control(snapshot_bytes=n_bytes), **options)


def of_epochs(epochs, n_bytes=MOST_BYTES, size=10):
    """What a run that takes all it is asked for has in the end."""
    params = np.zeros(size)
    record, epoch = SnapshotRecord(n_bytes, epochs, params), 0
    record.take(0, params)
    while epoch < epochs:
        epoch = record.next(epoch)
        record.take(epoch, params)
    return record.frozen()


@pytest.mark.parametrize("name", PLANS)
def test_keeping_them_changes_no_bit(problem, name):
    outcome = pictured(PLANS[name], *problem)
    assert bits(outcome) == bits(trained(PLANS[name], *problem))
    snapshots = outcome.snapshots
    assert len(snapshots) > 10
    assert snapshots.at(outcome.best_epoch).tobytes() == outcome.params.tobytes()
    assert set(snapshots.epochs[1:].tolist()) <= set(outcome.history.epoch.tolist())
    assert snapshots.at(0).tobytes() == initial_params(SPEC, 0).tobytes()


def test_the_best_epoch_is_kept_however_round_its_number(problem):
    """With so little room only powers of two are kept beside first, best and last."""
    room = 14 * n_params(SPEC) * 8
    outcome = pictured(PLANS["stopped early"], *problem, n_bytes=room)
    best, last = outcome.best_epoch, int(outcome.history.epoch[-1])
    powers = [2**k for k in range(9) if 2**k <= last]
    assert outcome.snapshots.epochs.tolist() == sorted({0, best, last, *powers})
    assert best not in powers
    assert outcome.snapshots.at(best).tobytes() == outcome.params.tobytes()


@pytest.mark.parametrize("name", ["batches", "all rows", "lbfgs", "lm"])
def test_each_is_what_a_shorter_run_ends_with(engine, problem, name):
    plan = replace(PLANS[name], engine=engine, epochs=20)
    snapshots = pictured(plan, *problem).snapshots
    for epoch in (1, 7, 20):
        shorter = trained(replace(plan, epochs=epoch), *problem)
        assert snapshots.at(epoch).tobytes() == shorter.params.tobytes()


def test_networks_of_one_training_share_the_room(problem):
    folds = np.arange(90) % 3
    plan = Plan(Adam(0.01), epochs=5000, batch_size=45)
    size = n_params(SPEC) * 8
    result = train(SPEC, *problem, None, folds, plan, snapshot_bytes=3 * 40 * size)
    assert [len(one) <= 40 for one in result.snapshots] == [True] * 3
    assert sum(one.params.nbytes for one in result.snapshots) <= 3 * 40 * size
    for seed, one in enumerate(result.snapshots):
        assert one.at(0).tobytes() == initial_params(SPEC, seed).tobytes()
        assert one.at(5000).tobytes() == result.params[seed].tobytes()


@given(epochs=st.integers(1, 10**6), room=st.integers(0, 200))
def test_their_number_is_bounded(epochs, room):
    snapshots = of_epochs(epochs, n_bytes=80 * room)
    assert len(snapshots) <= min(64, room)
    if room >= 3:
        assert snapshots.epochs[0] == 0
        assert snapshots.epochs[-1] == epochs
    assert room < 64 or epochs > 10**5 or len(snapshots) >= min(epochs, 30)


def test_a_longer_run_keeps_epochs_that_a_shorter_one_keeps():
    assert of_epochs(40).epochs.tolist() == list(range(41))
    longer, shorter = (set(of_epochs(n).epochs.tolist()) for n in (5000, 200))
    assert {epoch for epoch in longer if epoch <= 200} <= shorter
    assert sorted(longer)[:12] == [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14]


def cut_after(n_steps, n_bytes, *problem):
    """Train with three steps an epoch, and stop after some."""
    control = Control(snapshot_bytes=n_bytes)

    class Stopping:
        def __init__(self):
            self.inner = make_engine("native", 1)

        def __getattr__(self, name):
            return getattr(self.inner, name)

        def run(self, spec, rule, batches, state, rates, *rest, **options):
            status = self.inner.run(spec, rule, batches, state, rates[:1], *rest, **options)
            control.cancel[0] = state.cursor[2] == n_steps
            return status

    plan = Plan(GradientDescent(0.1), epochs=50, batch_size=30)
    return trained(plan, *problem, engine=Stopping(), control=control)


def test_a_run_cut_within_an_epoch(problem):
    """The weights of whole epochs stay; where none are kept of the last, those at the end are."""
    outcome = cut_after(4, MOST_BYTES, *problem)
    assert outcome.snapshots.epochs.tolist() == [0, 1]
    whole = cut_after(3, MOST_BYTES, *problem)
    assert outcome.snapshots.at(1).tobytes() == whole.params.tobytes()
    assert outcome.snapshots.at(0).tobytes() == initial_params(SPEC, 0).tobytes()
    with_little_room = cut_after(11, 10 * n_params(SPEC) * 8, *problem)
    assert with_little_room.snapshots.epochs.tolist() == [0, 1, 2, 3]
    assert with_little_room.snapshots.at(3).tobytes() == with_little_room.params.tobytes()


def test_a_network_keeps_them_where_it_is_asked_to(problem):
    def run(**options):
        network = Network(3, [Dense(4, "tanh"), Dense(1)])
        return network, network.train(*problem, Adam(0.01), epochs=10, **options)

    network, told = run(snapshots=True)
    assert told.snapshots.params.shape == (11, 21)
    assert told.snapshots.at(10).tobytes() == network.params.tobytes()
    plain, silent = run()
    assert len(silent.snapshots) == 0
    assert plain.params.tobytes() == network.params.tobytes()


def test_an_epoch_that_is_not_kept_is_refused(problem):
    snapshots = pictured(Plan(GradientDescent(0.01), epochs=5000), *problem).snapshots
    sentence = r"^epoch must be one whose weights were kept, such as 7, 8, 10; got 9\.$"
    with pytest.raises(InvalidParameter, match=sentence):
        snapshots.at(9)
    empty = trained(PLANS["all rows"], *problem).snapshots
    with pytest.raises(InvalidParameter, match=r"^epoch .* were kept; none were\.$"):
        empty.at(0)
