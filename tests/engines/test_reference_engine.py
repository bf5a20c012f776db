"""What only the engine of formulas promises; what every engine promises is in tests/contracts."""

import numpy as np
import pytest

from gradus.engines import reference, reference_engine
from gradus.engines.base import RunStatus, TrainState
from gradus.engines.reference_engine import ReferenceEngine
from gradus.networks.spec import Dense, NetworkSpec
from gradus.optimizers.rules import Adam, GradientDescent
from tests.contracts.cases import batches_of, bits, draw_params, draw_rows, network, run


def test_a_full_batch_keeps_the_order_of_its_rows(rng):
    spec = network("tanh", "squared_error")
    params, (X, y) = draw_params(spec, rng), draw_rows(spec, rng, 40)
    state = TrainState.start(params, 0)
    run(ReferenceEngine(), spec, GradientDescent(), batches_of(X, y), state, [0.5])
    _, grads = reference.gradient(spec, params, X, y)
    assert state.params.tobytes() == (params - 0.5 * grads).tobytes()


@pytest.mark.parametrize("when", range(6))
def test_an_interrupt_leaves_a_whole_step(monkeypatch, when, rng):
    """Ctrl-C while a finished step is being copied into the caller's arrays."""
    spec, rule = network("tanh", "squared_error"), Adam()
    params, (X, y) = draw_params(spec, rng), draw_rows(spec, rng, 4)
    state, expected = (TrainState.start(params, 2) for _ in range(2))
    run(ReferenceEngine(), spec, rule, batches_of(X, y), expected, [0.1] * 2)

    class Interrupting(np.ndarray):
        """An array that meets one Ctrl-C when it is written the second time; copies do not."""

        writes = None

        def __setitem__(self, index, value):
            if self.writes is not None:
                self.writes += 1
                if self.writes == 2:
                    raise KeyboardInterrupt
            super().__setitem__(index, value)

    names = ("params", "slots", "cursor", "totals", "grad_norm")
    if when < len(names):
        watched = getattr(state, names[when]).view(Interrupting)
        watched.writes = 0
        setattr(state, names[when], watched)
    else:
        monkeypatch.setattr(reference_engine, "gradient", interrupt_at_third(reference.gradient))
    with pytest.raises(KeyboardInterrupt):
        run(ReferenceEngine(), spec, rule, batches_of(X, y), state, [0.1] * 9)
    assert bits(state) == bits(expected)


def interrupt_at_third(function):
    """Let two calls through and raise at the third."""
    n_calls = 0

    def call(*args):
        nonlocal n_calls
        n_calls += 1
        if n_calls == 3:
            raise KeyboardInterrupt
        return function(*args)

    return call


def test_no_warning_where_numbers_overflow():
    spec = NetworkSpec(1, (Dense(1),))
    state = TrainState.start(np.full(2, 1e200), 0)
    X = np.full((2, 1), 1e200)
    engine = ReferenceEngine()
    status, _ = run(engine, spec, Adam(), batches_of(X, X), state, [0.1])
    assert status == RunStatus.DIVERGED
    assert engine.evaluate(spec, state.params, X, X)[0] == np.inf
