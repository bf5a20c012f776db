"""Every layer's z, beside that of the formulas."""

import numpy as np
import pytest

from gradus.engines.pre_activations import is_plain, pre_activations, product
from gradus.engines.reference import forward
from gradus.networks.initializers import initial_params
from gradus.networks.layers import Dense, Dropout, LayerNorm, Residual
from gradus.networks.spec import NetworkSpec


@pytest.mark.parametrize(
    ("layers", "plain"),
    [
        ((Dense(5, "relu"), Dropout(0.3), Dense(4, "tanh", bias=False), Dense(2)), True),
        ((Dense(5, "relu"), LayerNorm(), Residual((Dense(5, "gelu"),)), Dense(2)), False),
    ],
)
def test_like_the_formulas(layers, plain, rng):
    spec = NetworkSpec(3, layers)
    params = initial_params(spec, 0)
    params += 0.3 * rng.normal(size=params.shape)
    X = rng.normal(size=(70, 3))
    assert is_plain(spec) == plain
    found = list(pre_activations(spec, params, X))
    for z, own in zip(found, forward(spec, params, X).z, strict=True):
        assert z == pytest.approx(own, abs=1e-13)


def test_a_product_of_a_transposed_weight(rng):
    a, weight, bias = rng.normal(size=(40, 6)), rng.normal(size=(4, 6)), rng.normal(size=4)
    assert product(a, weight.T) == pytest.approx(a @ weight.T, abs=1e-14)
    assert product(a, weight.T, bias) == pytest.approx(a @ weight.T + bias, abs=1e-14)
    assert product(a, weight.T).dtype == np.float64
