"""Derivatives by the rows themselves, beside central differences, in both engines."""

import numpy as np
import pytest

from gradus.engines.input_slopes import input_slopes
from gradus.engines.registry import engine
from gradus.networks.initializers import initial_params
from gradus.networks.layers import Dense, LayerNorm, Residual
from gradus.networks.spec import NetworkSpec

SPECS = {
    "one output": NetworkSpec(3, (Dense(5, "gelu"), Dense(4, "tanh"), Dense(1)), l2=0.3),
    "classes": NetworkSpec(3, (Dense(5, "silu"), Dense(4)), "cross_entropy"),
    "norm and residual": NetworkSpec(
        4, (LayerNorm(), Residual([Dense(4, "tanh")]), Dense(2, "sigmoid")), l1=0.1
    ),
}


@pytest.mark.parametrize("name", ["native", "reference"])
@pytest.mark.parametrize("kind", SPECS)
def test_against_differences(kind, name, rng):
    spec, machine = SPECS[kind], engine(name)
    params = initial_params(spec, 1) + 0.1 * rng.normal(size=initial_params(spec, 1).shape)
    X = rng.normal(size=(7, spec.n_inputs))
    by_output = rng.normal(size=(7, spec.n_outputs))
    outputs = machine.outputs(spec, params, X)
    found = input_slopes(machine, spec, params, X, outputs, by_output)
    for j in range(spec.n_inputs):
        step = np.zeros(spec.n_inputs)
        step[j] = 1e-5
        above, below = (machine.outputs(spec, params, X + sign * step) for sign in (1, -1))
        central = ((above - below) / 2e-5 * by_output).sum(axis=1)
        assert found[:, j] == pytest.approx(central, rel=1e-6, abs=1e-8)
