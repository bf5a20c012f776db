import re

import pytest

from gradus.errors import InvalidParameter
from gradus.models.network import Network
from gradus.networks.layers import Dense, Dropout, Embedding, LayerNorm, Residual
from gradus.networks.spec import NetworkSpec


def test_dense_layers_are_counted_through_residuals():
    inner = [LayerNorm(), Dense(9, "relu"), Dropout(0.5), Dense(4)]
    spec = NetworkSpec(3, [Dropout(0.1), Dense(4), Residual(inner), LayerNorm(), Dense(2)])
    assert spec.dense == (Dense(4), Dense(9, "relu"), Dense(4), Dense(2))
    assert spec.widths == (3, 4, 9, 4, 2)
    assert spec.layers[2].layers == tuple(inner)
    assert hash(spec) == hash(NetworkSpec(3, tuple(spec.layers)))


def test_a_residual_may_hold_nothing_that_changes_the_width():
    spec = NetworkSpec(3, (Residual((Dropout(0.5),)), Residual((LayerNorm(),)), Dense(1)))
    assert spec.widths == (3, 1)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Dropout(1), "rate must be a finite number at least 0 and less than 1; got 1."),
        (lambda: Dropout(-0.1), "rate must be a finite number at least 0 and less than 1; got -0."),
        (lambda: LayerNorm(0), "epsilon must be a finite number greater than 0; got 0."),
        (lambda: Residual(Dense(3)), "layers of a Residual must be a list; got Dense(width=3"),
        (lambda: NetworkSpec(3, Dense(1)), "layers must be a list; got Dense(width=1"),
        (lambda: Network(3, Dense(2)), "layers must be a list; got Dense(width=2"),
        (
            lambda: Network(3, [Dense(1)], embeddings=Embedding(4, 2)),
            "embeddings must be a list; got Embedding(n_levels=4, width=2).",
        ),
        (lambda: Residual(()), "a Residual must hold at least one layer; got none."),
        (
            lambda: Residual((Residual((Dense(1),)),)),
            "a Residual must hold Dense, Dropout and LayerNorm only; got Residual(layers=",
        ),
        (
            lambda: NetworkSpec(3, (Dense(5), Residual((Dense(5), Dense(4))), Dense(1))),
            (
                "a Residual must give as many numbers as it is fed, since they are added; "
                "entry 2 is fed 5 and gives 4."
            ),
        ),
        (
            lambda: NetworkSpec(3, (Dense(5), Dropout(0.5))),
            "layers must end with a Dense layer, which gives the outputs; got Dropout(rate=0.5).",
        ),
        (
            lambda: NetworkSpec(3, (Residual((Dense(3),)),)),
            "layers must end with a Dense layer, which gives the outputs; got Residual(",
        ),
        (
            lambda: NetworkSpec(3, (Dense(2), Dropout(0.1), Dense(1)), loss="cross_entropy"),
            "the last layer must have width 2 or greater with loss='cross_entropy'",
        ),
        (
            lambda: NetworkSpec(3, (Dense(1),), l1=-1),
            "l1 must be a finite number at least 0; got -1.",
        ),
        (
            lambda: Dense(1, max_norm=0),
            "max_norm must be a finite number greater than 0; got 0.",
        ),
    ],
)
def test_what_does_not_fit_is_refused(make, sentence):
    with pytest.raises(InvalidParameter, match=re.escape(sentence)):
        make()
