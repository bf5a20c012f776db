"""Second derivatives on a person's own rows, beside those of the network itself."""

import json

import numpy as np
import pytest

from gradus import Network, curvature
from gradus.errors import InvalidParameter
from gradus.networks.params import locate
from gradus.workflow.curvature import bending
from gradus.workflow.known_rows import known_rows
from tests.models.cases import model_of, table

NAMES = ("layer 1 weight [0, 0]", "layer 1 weight [1, 0]")


@pytest.mark.parametrize("kind", ["a number", "two classes"])
def test_the_numbers_are_those_of_the_network(kind):
    model, rows = model_of(kind), table()
    found = bending(model, rows, parameters=NAMES, network=2)
    known = known_rows(model, rows)
    own = Network.from_params(model.answerer.spec, model.answerer.answering[1])
    bend = curvature(own, known.X, known.y)
    assert found.extremes.largest == bend.extremes().largest
    assert found.largest_rate == 2 / found.extremes.largest
    assert found.block == pytest.approx(bend.block(*(locate(own.spec, one) for one in NAMES)))
    assert found.rate == found.largest_rate / 2
    step = bend.forecast(-found.rate * bend.grads)
    assert found.forecast == step
    moved = own.params.astype(np.float64) - found.rate * bend.grads
    now = Network.from_params(own.spec, moved).loss(known.X, known.y)
    penalty_free = now - own.loss(known.X, known.y)
    assert found.forecast.actual == pytest.approx(penalty_free, abs=1e-9)
    below, above = found.runs
    assert below.rate == pytest.approx(0.95 * found.largest_rate)
    assert above.rate == pytest.approx(1.05 * found.largest_rate)
    json.dumps(found.describe(), allow_nan=False)
    lines = found.text().splitlines()
    assert lines[0].startswith(f"Network 2 of 5: {len(own.params)} parameters, {len(known.X)} rows")
    assert f"Second partials by {NAMES[0]} and {NAMES[1]}:" in lines


def test_refusals():
    for given, sentence in (
        ({"parameters": NAMES[:1]}, "parameters must name two, whose second partials are wanted"),
        ({"parameters": NAMES[0]}, "parameters must name two, whose second partials are wanted"),
        ({"network": 6}, "network must be a whole number from 1 to 5; got 6."),
        ({"learning_rate": 0.0}, "learning_rate must be a finite number greater than 0; got 0.0."),
    ):
        with pytest.raises(InvalidParameter) as raised:
            bending(model_of("a number"), table(), **given)
        assert str(raised.value).startswith(sentence)
