import re

import numpy as np
import pytest

from gradus.errors import InvalidParameter, ShapeMismatch
from gradus.networks.layers import Dense, Dropout, Embedding, LayerNorm, Residual
from gradus.networks.params import layout, locate, n_params, views, weight_mask
from gradus.networks.spec import NetworkSpec

SPEC = NetworkSpec(2, (Dense(3, "tanh"), Dense(2, bias=False), Dense(1)))


def test_layout_follows_the_layers_without_gaps():
    found = [(view.name, view.layer, view.kind, view.start, view.shape) for view in layout(SPEC)]
    assert found == [
        ("layer 1 weight", 1, "weight", 0, (2, 3)),
        ("layer 1 bias", 1, "bias", 6, (3,)),
        ("layer 2 weight", 2, "weight", 9, (3, 2)),
        ("layer 3 weight", 3, "weight", 15, (2, 1)),
        ("layer 3 bias", 3, "bias", 17, (1,)),
    ]
    assert n_params(SPEC) == 18
    starts = [view.start for view in layout(SPEC)]
    assert [0] + [view.stop for view in layout(SPEC)] == [*starts, 18]


def test_embeddings_stand_before_the_layers():
    spec = NetworkSpec(4, (Dense(3), Dense(1)), embeddings=(Embedding(5, 2), Embedding(3, 1)))
    found = [(view.name, view.layer, view.kind, view.start, view.shape) for view in layout(spec)]
    assert found == [
        ("embedding 1 weight", 0, "weight", 0, (5, 2)),
        ("embedding 2 weight", 0, "weight", 10, (3, 1)),
        ("layer 1 weight", 1, "weight", 13, (5, 3)),
        ("layer 1 bias", 1, "bias", 28, (3,)),
        ("layer 2 weight", 2, "weight", 31, (3, 1)),
        ("layer 2 bias", 2, "bias", 34, (1,)),
    ]
    assert n_params(spec) == 35
    assert np.flatnonzero(~weight_mask(spec)).tolist() == [28, 29, 30, 34]
    assert locate(spec, "embedding 2 weight [2, 0]") == 12
    with pytest.raises(InvalidParameter, match=r"^embedding 1 weight has shape \(5, 2\); got"):
        locate(spec, "embedding 1 weight [5, 0]")


def test_norms_stand_where_they_act_and_are_no_weights():
    layers = (LayerNorm(), Residual((Dense(4), LayerNorm(), Dense(2))), Dropout(0.5), Dense(1))
    spec = NetworkSpec(2, layers)
    found = [(view.name, view.layer, view.kind, view.start, view.shape) for view in layout(spec)]
    assert found == [
        ("norm 1 scale", 0, "scale", 0, (2,)),
        ("norm 1 shift", 0, "shift", 2, (2,)),
        ("layer 1 weight", 1, "weight", 4, (2, 4)),
        ("layer 1 bias", 1, "bias", 12, (4,)),
        ("norm 2 scale", 0, "scale", 16, (4,)),
        ("norm 2 shift", 0, "shift", 20, (4,)),
        ("layer 2 weight", 2, "weight", 24, (4, 2)),
        ("layer 2 bias", 2, "bias", 32, (2,)),
        ("layer 3 weight", 3, "weight", 34, (2, 1)),
        ("layer 3 bias", 3, "bias", 36, (1,)),
    ]
    weights = [*range(4, 12), *range(24, 32), 34, 35]
    assert np.flatnonzero(weight_mask(spec)).tolist() == weights
    assert locate(spec, "norm 2 shift [3]") == 23


def test_views_share_the_vector():
    params = np.arange(18.0)
    named = views(SPEC, params)
    assert named["layer 1 weight"].tolist() == [[0, 1, 2], [3, 4, 5]]
    named["layer 2 weight"][2, 1] = -1
    assert params[14] == -1


def test_views_want_the_right_length():
    sentence = "params must have shape (n_params,) = (18,); got (17,)."
    with pytest.raises(ShapeMismatch, match=re.escape(sentence)):
        views(SPEC, np.zeros(17))


def test_mask_marks_weights_only():
    assert np.flatnonzero(~weight_mask(SPEC)).tolist() == [6, 7, 8, 17]
    assert not weight_mask(SPEC).flags.writeable


def test_every_parameter_can_be_located():
    params = np.arange(18.0)
    for view in layout(SPEC):
        for index in np.ndindex(view.shape):
            flat = locate(SPEC, f"{view.name} {list(index)}")
            assert views(SPEC, params)[view.name][index] == params[flat]


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        (
            "weight 1",
            (
                "a parameter must be written like 'layer 1 weight [0, 2]' or 'layer 1 bias [2]'; "
                "got 'weight 1'."
            ),
        ),
        (
            "layer 2 bias [0]",
            (
                "layer 2 bias must be one of layer 1 weight, layer 1 bias, layer 2 weight, "
                "layer 3 weight, layer 3 bias; the network has no other."
            ),
        ),
        ("layer 1 weight [2, 0]", "layer 1 weight has shape (2, 3); got the place [2, 0]."),
        ("layer 1 weight [0]", "layer 1 weight has shape (2, 3); got the place [0]."),
        ("layer 1 bias [0, 0]", "layer 1 bias has shape (3,); got the place [0, 0]."),
    ],
)
def test_places_that_are_not_there(place, sentence):
    with pytest.raises(InvalidParameter, match=re.escape(sentence)):
        locate(SPEC, place)
