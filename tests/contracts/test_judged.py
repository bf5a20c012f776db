"""Rows that judge every epoch of a run: what is told of them, and the best parameters."""

import numpy as np
import pytest

from gradus.engines.base import RunStatus, TrainState, Validation
from gradus.networks.initializers import initial_params
from gradus.networks.spec import Dense, NetworkSpec
from gradus.optimizers.rules import GradientDescent
from gradus.optimizers.schedules import Cosine, rates
from tests.contracts.cases import RULES, batches_of, bits, draw_params, draw_rows, run

each_type = pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])


def judging(spec, rng, dtype, *, weighted=True):
    """Rows to judge by, before the first epoch; the best parameters are nowhere yet."""
    X, y = draw_rows(spec, rng, 300, dtype)
    weights = rng.uniform(0.5, 2, 300).astype(dtype) if weighted else None
    nowhere = np.full(draw_params(spec, rng).size, np.nan, dtype)
    return Validation(X, y, weights, np.array([np.inf]), nowhere)


# The last is one of the smallest networks where there are no levels.
@pytest.mark.parametrize(("width", "n_plain"), [(5, 3), (2, 2)])
@pytest.mark.parametrize("weighted", [False, True])
@each_type
def test_every_epoch_is_judged(engine, network, dtype, weighted, width, n_plain, rng):
    spec, rule = network("tanh", "cross_entropy", width=width, n_plain=n_plain), RULES["adam"]
    params, (X, y) = draw_params(spec, rng, dtype), draw_rows(spec, rng, 23, dtype)
    batches, n_steps = batches_of(X, y, batch_size=5), 52
    step_rates = rates(Cosine(0.3), 0, n_steps, n_steps)
    plain, state = (TrainState.start(params, rule.n_slots) for _ in range(2))
    # By hand: an epoch at a time, and two steps of one that is not finished.
    judged, best, ratios = [], (np.inf, None), []
    validation = judging(spec, rng, dtype, weighted=weighted)
    rows = validation.X, validation.y, validation.weights
    for start in range(0, n_steps, 5):
        _, log = run(engine, spec, rule, batches, plain, step_rates[start : start + 5])
        if len(log.rows):
            judged.append(engine.evaluate(spec, plain.params, *rows))
            ratios.append(log.update_ratio[0])
            best = min(best, (judged[-1][0], plain.params.copy()), key=lambda pair: pair[0])
    measured = np.arange(4, n_steps, 5)
    options = {"measured": measured, "validation": validation}
    status, log = run(engine, spec, rule, batches, state, step_rates, **options)
    assert status == RunStatus.DONE
    assert bits(state) == bits(plain)
    assert log.judged.tolist() == [list(means) for means in judged]
    assert log.update_ratio.tobytes() == np.array(ratios).tobytes()
    assert (np.diff(log.seconds) > 0).all()
    assert validation.best_loss[0] == best[0] == log.judged[:, 0].min()
    assert validation.best_params.tobytes() == best[1].tobytes()


def test_where_a_judged_run_is_cut_changes_no_bit(engine, network, rng):
    spec, rule = network("gelu", "squared_error"), RULES["adamw"]
    params, (X, y) = draw_params(spec, rng), draw_rows(spec, rng, 23)
    batches, step_rates = batches_of(X, y, batch_size=5), np.full(40, 0.1)
    whole, state = (TrainState.start(params, rule.n_slots) for _ in range(2))
    once = judging(spec, rng, np.float64)
    in_pieces = Validation(once.X, once.y, once.weights, np.array([np.inf]), params.copy())
    _, log = run(engine, spec, rule, batches, whole, step_rates, validation=once)
    parts = []
    while state.cursor[2] < 40:
        left = step_rates[state.cursor[2] :]
        options = {"validation": in_pieces, "max_seconds": 0.0}
        _, part = run(engine, spec, rule, batches, state, left, **options)
        parts.append(part.judged)
    assert len(parts) > 1
    assert bits(state) == bits(whole)
    assert np.concatenate(parts).tobytes() == log.judged.tobytes()
    assert in_pieces.best_loss[0] == once.best_loss[0]
    assert in_pieces.best_params.tobytes() == once.best_params.tobytes()


def test_epochs_before_a_divergence_are_judged(engine, rng):
    spec, rule = NetworkSpec(3, (Dense(1, bias=False),)), GradientDescent()
    batches = batches_of(*draw_rows(spec, rng, 5), batch_size=2)
    state = TrainState.start(initial_params(spec, 0), 0)
    options = {"validation": judging(spec, rng, np.float64)}
    status, log = run(engine, spec, rule, batches, state, [50.0] * 2000, **options)
    assert status == RunStatus.DIVERGED
    assert log.judged.shape == (len(log.rows), 2)
    assert options["validation"].best_loss[0] == np.nanmin(log.judged[:, 0])


def test_nothing_is_better_than_the_best_so_far(engine, network, rng):
    spec, rule = network("tanh", "squared_error"), GradientDescent()
    batches = batches_of(*draw_rows(spec, rng, 8))
    state, validation = TrainState.start(draw_params(spec, rng), 0), judging(spec, rng, np.float64)
    validation.best_loss[0] = 0.0
    _, log = run(engine, spec, rule, batches, state, [0.1] * 3, validation=validation)
    assert log.judged.shape == (3, 2)
    assert np.isnan(validation.best_params).all()
