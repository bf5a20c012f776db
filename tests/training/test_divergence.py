"""A training that runs away is stopped before the step, and the first bad number is named."""

import numpy as np
import pytest

from gradus._random import Purpose, permutation, stream_key
from gradus.engines.base import Batches, TrainState
from gradus.engines.dropout import dropout_masks
from gradus.engines.reference import Trace
from gradus.engines.registry import engine as make_engine
from gradus.errors import Diverged
from gradus.networks.initializers import initial_params
from gradus.networks.layers import Dropout, LayerNorm, Residual
from gradus.networks.spec import Dense, Embedding, NetworkSpec
from gradus.optimizers.rules import Adam, GradientDescent
from gradus.optimizers.schedules import InverseScaling
from gradus.training import divergence
from gradus.training.control import Control
from gradus.training.divergence import explain
from gradus.training.loop import train_network
from gradus.training.plan import EarlyStopping, Plan
from gradus.training.standing import Standing
from gradus.training.stopping import Stopping
from gradus.training.train import hold_out, make_batches

LINE = NetworkSpec(1, (Dense(1, bias=False),))
TWO = NetworkSpec(1, (Dense(1, bias=False), Dense(1, bias=False)))
FIRST = (
    "This was the first step: scale the columns of X and y, begin with smaller weights, or lower "
    "learning_rate (now 0.5). The weights before that step are kept."
)


def explained(spec, params, X, y, *, weights=None, plan=None, norm=np.nan, cursor=(0, 0, 0)):
    """Explain the step under the cursor of a run with one row per list entry, full batch."""
    X, y = np.array(X, dtype=float).reshape(-1, 1), np.array(y, dtype=float).reshape(-1, 1)
    weights = None if weights is None else np.array(weights, dtype=float)
    plan = plan or Plan(GradientDescent(0.5))
    state = TrainState.start(np.array(params, dtype=float), plan.rule.n_slots)
    state.cursor[:], state.grad_norm[0] = cursor, norm
    standing = Standing(state, Stopping(None, 0.0))
    return explain(spec, standing, Batches(X, y, weights, None, len(X), 0), plan)


def test_first_in_a_pre_activation():
    error = explained(TWO, [1e200, 1e200], [1], [0])
    assert str(error) == (
        f"Loss became inf at epoch 1, step 1, first in layer 2's pre-activation. {FIRST}"
    )
    assert (error.epoch, error.step, error.layer) == (1, 1, 2)


def test_forward_places_in_their_order():
    def place(z1=0.0, a1=0.0, z2=0.0, a2=0.0):
        numbers = [np.array([[value]]) for value in (z1, a1, z2, a2)]
        trace = Trace(z=numbers[::2], a=[np.zeros((1, 1)), *numbers[1::2]])
        return divergence._first_forward(TWO, trace)

    assert place() is None
    assert place(z1=np.nan, a1=np.nan, z2=np.nan, a2=np.nan) == (
        ", first in layer 1's pre-activation",
        1,
    )
    assert place(a1=np.inf, z2=np.nan) == (", first in layer 1's activation", 1)
    assert place(z2=-np.inf, a2=np.nan) == (", first in layer 2's pre-activation", 2)
    assert place(a2=np.inf) == (", first in layer 2's activation", 2)


def test_first_in_the_loss():
    error = explained(LINE, [1e200], [1], [0])
    assert str(error) == f"Loss became inf at epoch 1, step 1, first in the loss itself. {FIRST}"
    assert error.layer is None


def test_first_in_a_gradient():
    error = explained(LINE, [0], [1e200], [1e150])
    assert str(error) == (
        f"Gradient norm became inf at epoch 1, step 1, first in layer 1's gradient. {FIRST}"
    )
    assert error.layer == 1


def test_gradients_are_searched_from_the_last_layer_down():
    """Of ``d_1 = 2 error w_2 x`` and ``d_2 = 2 error w_1 x`` the first, the second, then both."""
    assert explained(TWO, [1e-200, 1.0], [1e200], [1e150]).layer == 1
    assert explained(TWO, [1.0, 1e-200], [1e200], [1e150]).layer == 2
    assert explained(TWO, [1e-10, 1e-49], [1e210], [0]).layer == 2


def test_first_in_an_embedding():
    """``d_e = 2 error w``, which alone overflows, and ``d_w = 2 error e`` with e = 1e-200."""
    spec = NetworkSpec(1, (Dense(1, bias=False),), embeddings=(Embedding(1, 1),))
    error = explained(spec, [1e-200, 1e200], [0], [1e150])
    assert str(error) == (
        f"Gradient norm became inf at epoch 1, step 1, first in embedding 1's gradient. {FIRST}"
    )
    assert error.layer is None
    plan = Plan(GradientDescent(1e300))
    error = explained(spec, [1, 1e-200], [0], [1e150], plan=plan)
    assert ", first in layer 1." in str(error)
    error = explained(spec, [1e-200, 1], [0], [1e150], plan=plan)
    assert ", first in embedding 1." in str(error)


def test_a_norm_of_finite_entries():
    error = explained(LINE, [0], [1e50], [1e150])
    assert str(error) == f"Gradient norm became inf at epoch 1, step 1. {FIRST}"
    assert error.layer is None


def test_first_in_the_new_weights():
    plan = Plan(GradientDescent(1e300))
    error = explained(TWO, [1, 1], [1e6], [1e10], plan=plan, norm=3.0, cursor=(4, 0, 4))
    assert str(error) == (
        "The new weights became too large at epoch 5, step 1, first in layer 1 (gradient norm "
        "3.0e+00 one step before). Lower learning_rate (now 1e+300) or set max_grad_norm. The "
        "weights before that step are kept."
    )


def test_later_steps_tell_the_rate_they_had_and_the_norm_before():
    plan = Plan(GradientDescent(InverseScaling(1.0)), max_grad_norm=5.0)
    error = explained(LINE, [1e200], [1], [0], plan=plan, norm=2.14e9, cursor=(24, 0, 24))
    assert str(error) == (
        "Loss became inf at epoch 25, step 1, first in the loss itself (gradient norm 2.1e+09 one "
        "step before). Lower learning_rate (now 0.2) or max_grad_norm (now 5). The weights before "
        "that step are kept."
    )


def test_rows_without_weight_are_not_looked_at():
    error = explained(TWO, [1.0, 1e200], [1e300, 1e10], [0, 0], weights=[0, 1])
    assert str(error).startswith("Loss became inf at epoch 1, step 1, first in the loss itself.")


def run_away(engine, plan, X, y, spec=LINE, *, params=None):
    """Train with a plan that diverges."""
    rows, validation = hold_out(spec, X, y, None, None, plan)
    batches = make_batches(X, y, None, rows, plan)
    params = initial_params(spec, 0) if params is None else params
    machine = make_engine(engine)
    return train_network(spec, params, batches, validation, plan, engine=machine, control=Control())


def test_the_weights_before_the_step_are_kept(engine, rng):
    X = rng.normal(size=(20, 1))
    spec = NetworkSpec(1, (Dense(3, "relu"), Dense(1)))
    plan = Plan(GradientDescent(30.0), epochs=2000)
    outcome = run_away(engine, plan, X, 3 * X, spec)
    assert outcome.stopped_because == "diverged"
    assert isinstance(outcome.failure, Diverged)
    n_good = outcome.failure.epoch - 1
    assert n_good > 3
    assert outcome.best_epoch == n_good
    assert outcome.history.epoch[-1] == n_good
    before = run_away(engine, Plan(GradientDescent(30.0), epochs=n_good), X, 3 * X, spec)
    assert before.failure is None
    assert before.params.tobytes() == outcome.params.tobytes()
    norm = before.history.gradient_norm[-1]
    assert f" (gradient norm {norm:.1e} one step before). Lower" in str(outcome.failure)


def test_with_validation_rows_the_best_weights_are_kept(engine, rng):
    X = rng.normal(size=(40, 1))
    stopping = EarlyStopping(0.25, patience=10_000)
    plan = Plan(GradientDescent(3.0), epochs=5000, early_stopping=stopping)
    outcome = run_away(engine, plan, X, 3 * X, params=np.array([2.5]))
    best = outcome.best_epoch
    assert best == 1
    assert str(outcome.failure).endswith(
        f" The weights of epoch {best}, the best so far, are kept."
    )
    shorter = Plan(GradientDescent(3.0), epochs=best, early_stopping=stopping)
    before = run_away(engine, shorter, X, 3 * X, params=np.array([2.5]))
    assert before.params.tobytes() == outcome.params.tobytes()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_step_is_the_one_with_the_poisoned_row(engine, dtype):
    X = np.ones((30, 1), dtype=dtype)
    X[17] = np.finfo(dtype).max
    y = np.zeros((30, 1), dtype=dtype)
    plan = Plan(Adam(1e-3), epochs=9, batch_size=4, seed=5)
    params = np.array([100.0], dtype=dtype)
    failure = run_away(engine, plan, X, y, params=params).failure
    order = permutation(stream_key(5, Purpose.SHUFFLE), 0, 30)
    assert failure.epoch == 1
    assert failure.step == 1 + np.flatnonzero(order == 17)[0] // 4
    assert failure.layer == 1
    assert "first in layer 1's pre-activation" in str(failure)


def test_a_shuffled_part_of_the_rows(engine):
    """The replay picks among the rows that take part, in the order of the epoch."""
    X, y = np.ones((30, 1)), np.zeros((30, 1))
    X[21] = 1e308
    rows = np.arange(11, 30)
    plan = Plan(GradientDescent(1e-9), epochs=2, batch_size=3)
    batches = make_batches(X, y, None, rows, plan)
    machine, control = make_engine(engine), Control()
    params = np.array([100.0])
    outcome = train_network(LINE, params, batches, None, plan, engine=machine, control=control)
    order = rows[permutation(stream_key(0, Purpose.SHUFFLE), 0, 19)]
    assert outcome.failure.step == 1 + np.flatnonzero(order == 21)[0] // 3
    assert "first in layer 1's pre-activation" in str(outcome.failure)


def test_what_dropout_left_out_is_left_out_of_the_explanation_too():
    """A product overflows in the rows whose column takes part, and in no other."""
    spec, plan = NetworkSpec(1, (Dropout(0.5), Dense(1, bias=False))), Plan(GradientDescent(1.0))
    is_out = dropout_masks(spec, 0, 0, np.arange(8), np.dtype(np.float64))[0][:, 0] == 0
    assert 0 < is_out.sum() < 8
    standing = Standing(TrainState.start(np.full(1, 1e300), 0), Stopping(None, 0.0))
    for rows, overflows in ((np.flatnonzero(is_out), False), (np.flatnonzero(~is_out), True)):
        batches = Batches(np.full((8, 1), 1e300), np.zeros((8, 1)), None, rows, len(rows), 0)
        sentence = str(explain(spec, standing, batches, plan))
        assert ("layer 1's pre-activation" in sentence) == overflows


def test_places_in_norms_and_residuals_have_names():
    spec = NetworkSpec(1, (LayerNorm(), Residual((Dense(1),)), Dense(1)))
    good, bad = np.zeros((1, 1)), np.full((1, 1), np.inf)
    for place, words in ((1, "norm 1's numbers"), (3, "residual 1's numbers")):
        numbers = [bad if each == place else good for each in range(5)]
        found = divergence._first_forward(spec, Trace(z=[good, good], a=numbers))
        assert found == (f", first in {words}", None)
    grads = np.zeros(6)
    grads[1] = np.nan
    assert divergence._first_backward(spec, grads) == (", first in norm 1's gradient", None)


def test_rounded_factors_are_rounded_in_the_explanation_too():
    """The weight lies above the largest bfloat16, and below the largest float32."""
    spec = NetworkSpec(32, (Dense(32, bias=False), Dense(1, bias=False)))
    params = np.zeros(33 * 32, dtype=np.float32)
    params[0] = 3.4e38
    X, y = np.zeros((1, 32), dtype=np.float32), np.full((1, 1), 1e30, dtype=np.float32)
    X[0, 0] = 1
    standing = Standing(TrainState.start(params, 0), Stopping(None, 0.0))
    for matmul_precision, place in ((None, "the loss itself"), ("bfloat16", "pre-activation")):
        plan = Plan(GradientDescent(0.5), dtype="float32", matmul_precision=matmul_precision)
        assert place in str(explain(spec, standing, Batches(X, y, None, None, 1, 0), plan))
