"""Training on factors rounded to bfloat16: what is rounded, what is not, and who refuses it."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gradus import _core
from gradus.engines.base import TrainState
from gradus.engines.bfloat16 import UNIT_ROUNDOFF
from gradus.engines.native import NativeEngine
from gradus.engines.reference_engine import ReferenceEngine
from gradus.engines.registry import engine as make_engine
from gradus.errors import InvalidParameter
from gradus.networks.layers import Dropout, LayerNorm, Residual
from gradus.networks.params import n_params, views
from gradus.networks.spec import Dense, NetworkSpec
from gradus.optimizers.rules import Adam, GradientDescent
from tests.contracts.cases import (
    ENGINES,
    TABLES,
    assert_layers_close,
    batches_of,
    bits,
    draw_params,
    draw_rows,
    run,
)

# The native engine rounds where the processor can; elsewhere it must refuse.
ROUNDING = [name for name in ENGINES if name == "reference" or _core.has_bfloat16()]


@pytest.fixture(params=ROUNDING)
def engine(request):
    return make_engine(request.param)


def eight_bits(array):
    """Round to eight significant bits in float64, halfway to the even number."""
    digits, exponents = np.frexp(np.asarray(array, dtype=np.float64))
    return np.ldexp(np.round(np.ldexp(digits, 8)), exponents - 8)


def whole(rng, most, *shape):
    return rng.integers(-most, most + 1, size=shape).astype(np.float64)


def trained(engine, spec, params, batches, rates, rule=None, **options):
    rule = rule or GradientDescent(momentum=0.9)
    state = TrainState.start(params, rule.n_slots)
    _, log = run(engine, spec, rule, batches, state, rates, **options)
    return state, log


def test_sums_of_whole_numbers_are_exact(engine, rng):
    # Every sum has a bound below 2**24, so that its order decides nothing: one bit off is an error.
    spec = NetworkSpec(40, (Dense(36), Dense(32)))
    X, params = whole(rng, 300, 4, 40), np.zeros(n_params(spec), dtype=np.float32)
    named = views(spec, params)
    for number in (1, 2):
        shape = named[f"layer {number} weight"].shape
        named[f"layer {number} weight"][:] = whole(rng, 1, *shape) * (1 + 2**-10)
        named[f"layer {number} bias"][:] = 1 if number == 1 else 0
    weights = [np.round(named[f"layer {number} weight"].astype(np.float64)) for number in (1, 2)]
    a = eight_bits(X) @ weights[0] + 1
    outputs = eight_bits(a) @ weights[1]
    error = whole(rng, 300, 4, 32)
    delta = error * 2 / error.size
    delta_below = eight_bits(delta) @ weights[1].T
    exact = {
        "layer 1 weight": eight_bits(X).T @ eight_bits(delta_below),
        "layer 1 bias": delta_below.sum(axis=0),
        "layer 2 weight": eight_bits(a).T @ eight_bits(delta),
        "layer 2 bias": delta.sum(axis=0),
    }
    batches = batches_of(X.astype(np.float32), (outputs - error).astype(np.float32))
    start = params.copy()
    state, log = trained(
        engine, spec, params, batches, [2.0**-4], GradientDescent(), matmul_precision="bfloat16"
    )
    for view, before in views(spec, start).items():
        expected = (before - 2.0**-4 * exact[view]).astype(np.float32)
        np.testing.assert_array_equal(views(spec, state.params)[view], expected, err_msg=view)
    assert log.rows[0, 0] == np.mean(error**2)


LAYERS = {
    "dense": (Dense(64, "tanh"), Dense(48, "sigmoid"), Dense(3)),
    "no bias, long sums": (Dense(600, "relu", bias=False), Dense(40, "gelu"), Dense(3)),
    "others between": (
        Dropout(0.1),
        Dense(40, "tanh"),
        LayerNorm(),
        Residual((Dense(40, "silu"), Dropout(0.2))),
        Dense(3),
    ),
}


@pytest.mark.skipif(len(ROUNDING) < 2, reason="this processor has no products of bfloat16")
@pytest.mark.parametrize("layers", LAYERS.values(), ids=list(LAYERS))
@pytest.mark.parametrize("embeddings", TABLES.values(), ids=list(TABLES))
@pytest.mark.parametrize("rule", [GradientDescent(momentum=0.9), Adam()])
def test_both_engines_take_the_same_steps(layers, embeddings, rule, rng):
    spec = NetworkSpec(37 + len(embeddings), layers, "cross_entropy", 0.01, embeddings)
    params, (X, y) = draw_params(spec, rng, np.float32), draw_rows(spec, rng, 83, np.float32)
    batches = batches_of(X, y, rng.uniform(0.5, 2, 83).astype(np.float32), batch_size=30)
    found = [
        trained(engine, spec, params, batches, [0.01] * 6, rule, matmul_precision="bfloat16")
        for engine in (NativeEngine(2), ReferenceEngine())
    ]
    (ours, our_log), (exact, exact_log) = found
    # Sums in another order differ by 1e-7, and a factor between two bfloat16 then goes the other
    # way: by twice the unit roundoff, in few of the terms of a sum.
    assert_layers_close(spec, ours.params, exact.params, UNIT_ROUNDOFF)
    np.testing.assert_allclose(our_log.rows, exact_log.rows, rtol=UNIT_ROUNDOFF)


@pytest.mark.parametrize("n_inputs", [31, 32])
def test_layers_of_fewer_than_32_keep_their_factors(engine, n_inputs, rng):
    spec = NetworkSpec(n_inputs, (Dense(33, "tanh"), Dense(3)))
    params, (X, y) = draw_params(spec, rng, np.float32), draw_rows(spec, rng, 20, np.float32)
    batches = batches_of(X, y, batch_size=7)
    plain, _ = trained(engine, spec, params, batches, [0.01] * 5)
    rounded, _ = trained(engine, spec, params, batches, [0.01] * 5, matmul_precision="bfloat16")
    assert (bits(plain) == bits(rounded)) == (n_inputs < 32)


def test_where_a_run_is_cut_changes_no_bit(engine, rng):
    spec = NetworkSpec(40, LAYERS["others between"], "cross_entropy")
    params, (X, y) = draw_params(spec, rng, np.float32), draw_rows(spec, rng, 50, np.float32)
    batches, rule = batches_of(X, y, batch_size=13), Adam()
    together, _ = trained(
        engine, spec, params, batches, [0.01] * 9, rule, matmul_precision="bfloat16"
    )
    state = TrainState.start(params, rule.n_slots)
    for n_steps in (1, 5, 3):
        run(engine, spec, rule, batches, state, [0.01] * n_steps, matmul_precision="bfloat16")
    assert bits(state) == bits(together)


@pytest.mark.skipif(not _core.has_bfloat16(), reason="this processor has no products of bfloat16")
@pytest.mark.parametrize("width", [64, 300, 700])
@pytest.mark.parametrize("batch_size", [1, 47, 2300])
def test_threads_change_no_bit(width, batch_size, rng):
    spec = NetworkSpec(70, (Dense(width, "tanh"), Dense(width, "relu"), Dense(3)), "cross_entropy")
    params, (X, y) = draw_params(spec, rng, np.float32), draw_rows(spec, rng, 2301, np.float32)
    batches = batches_of(X, y, batch_size=batch_size)
    one, *others = (
        bits(trained(engine, spec, params, batches, [0.01] * 3, matmul_precision="bfloat16")[0])
        for engine in map(NativeEngine, (1, 2, 5))
    )
    assert all(other == one for other in others)


def refusal(engine, dtype):
    spec = NetworkSpec(40, (Dense(33, "tanh"), Dense(3)))
    rng = np.random.default_rng(0)
    params, (X, y) = draw_params(spec, rng, dtype), draw_rows(spec, rng, 5, dtype)
    with pytest.raises(InvalidParameter) as caught:
        trained(engine, spec, params, batches_of(X, y), [0.1], matmul_precision="bfloat16")
    return str(caught.value)


@pytest.mark.parametrize("name", ENGINES)
def test_float64_is_refused(name):
    sentence = "matmul_precision='bfloat16' needs arrays of float32; got float64."
    assert refusal(make_engine(name), np.float64) == sentence


def test_instructions_that_cannot_round_are_refused():
    script = "from tests.contracts.test_bfloat16 import *; print(refusal(NativeEngine(), 'f4'))"
    told = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "GRADUS_ISA": "scalar"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == (
        "matmul_precision='bfloat16' needs a processor with AVX512_BF16 for engine='native', which "
        "computes with 'scalar' alone here. Use matmul_precision=None or engine='reference'."
    )
