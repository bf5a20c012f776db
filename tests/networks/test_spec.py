import dataclasses
import os
import pickle
import re
import subprocess
import sys

import numpy as np
import pytest

from gradus.errors import InvalidParameter, ShapeMismatch
from gradus.networks.number_losses import Quantile
from gradus.networks.spec import Dense, Embedding, Initializer, NetworkSpec

GIVEN = Initializer("given", weight=[[1, 2, 3], [4, 5, 6]])


def test_widths_and_counts():
    spec = NetworkSpec(2, [Dense(3, "tanh"), Dense(4)], l2=0.5)
    assert spec.layers == (Dense(3, "tanh"), Dense(4))
    assert spec.widths == (2, 3, 4)
    assert (spec.n_outputs, spec.n_targets) == (4, 4)
    assert NetworkSpec(2, (Dense(4),), loss="cross_entropy").n_targets == 1
    assert NetworkSpec(2, (Dense(1),), loss="binary_cross_entropy").n_targets == 1


def test_embeddings_widen_what_feeds_the_first_layer():
    spec = NetworkSpec(5, (Dense(3),), embeddings=[Embedding(np.int64(9), 4), Embedding(2, 1)])
    assert spec.embeddings == (Embedding(9, 4), Embedding(2, 1))
    assert type(spec.embeddings[0].n_levels) is int
    assert (spec.n_inputs, spec.n_plain, spec.widths) == (5, 3, (8, 3))
    only = NetworkSpec(1, (Dense(3),), embeddings=(Embedding(2**20, 1),))
    assert (only.n_plain, only.widths) == (0, (1, 3))
    assert hash(spec) != hash(only)


def test_frozen_and_hashable():
    spec = NetworkSpec(np.int64(2), (Dense(3, initializer=GIVEN), Dense(1)))
    assert hash(spec) == hash(dataclasses.replace(spec))
    assert type(spec.n_inputs) is int
    with pytest.raises(dataclasses.FrozenInstanceError):
        spec.l2 = 1.0


def test_another_process_finds_a_description_by_its_own_hash():
    spec = NetworkSpec(3, (Dense(2, "tanh"), Dense(1)))
    script = (
        "import pickle, sys\n"
        "from gradus.networks.spec import Dense, NetworkSpec\n"
        "come = pickle.load(sys.stdin.buffer)\n"
        "assert {come: 1}[NetworkSpec(3, (Dense(2, 'tanh'), Dense(1)))] == 1\n"
    )
    assert {spec: 1}[spec] == 1
    for seed in ("1", "2"):  # of the hashes of texts
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", script]
        subprocess.run(command, input=pickle.dumps(spec), env=environment, check=True)


def test_values_given_by_hand_become_plain_numbers():
    given = Initializer("given", weight=np.array([[1, 2]], dtype=np.float32), bias=[3])
    assert given.weight == ((1.0, 2.0),)
    assert given.bias == (3.0,)
    assert dataclasses.asdict(given)["weight"] == ((1.0, 2.0),)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Dense(0), "width must be a whole number, 1 or greater; got 0."),
        (
            lambda: Dense(1, "sigmod"),
            (
                "activation must be 'identity', 'sigmoid', 'tanh', 'relu', 'gelu', 'softplus', "
                "'leaky_relu', 'elu', 'selu', 'silu', 'mish' or 'softsign'; "
                "got 'sigmod'. Did you mean 'sigmoid'?"
            ),
        ),
        (lambda: Dense(1, bias=1), "bias must be True or False; got 1."),
        (lambda: Dense(1, initializer="uniform"), "initializer 'uniform' needs low; got none."),
        (
            lambda: Dense(1, initializer="glorot"),
            (
                "initializer must be 'auto', 'glorot_uniform', 'glorot_normal', 'he_uniform', "
                "'he_normal', 'lecun_uniform', 'lecun_normal', 'uniform', 'constant', 'given' or "
                "'deep_sigmoid'; got 'glorot'. Did you mean 'glorot_normal'?"
            ),
        ),
        (
            lambda: Initializer("constant", value=1, low=2),
            "initializer 'constant' must not have low; got 2.",
        ),
        (
            lambda: Initializer("uniform", low=2, high=1),
            "low must not be greater than high; got 2 and 1.",
        ),
        (
            lambda: Initializer("given", weight=[[np.nan]]),
            "weight must be a finite number; got nan.",
        ),
        (
            lambda: NetworkSpec(0, (Dense(1),)),
            "n_inputs must be a whole number, 1 or greater; got 0.",
        ),
        (
            lambda: NetworkSpec(2**20, (Dense(2**21),)),
            "layer 1 must have at most 1,099,511,627,776 weights; got 1,048,576 * 2,097,152.",
        ),
        (
            lambda: Embedding(0, 1),
            "n_levels must be a whole number from 1 to 1048576; got 0.",
        ),
        (
            lambda: Embedding(2**20 + 1, 1),
            "n_levels must be a whole number from 1 to 1048576; got 1048577.",
        ),
        (lambda: Embedding(3, -1), "width must be a whole number, 1 or greater; got -1."),
        (
            lambda: NetworkSpec(1, (Dense(1),), embeddings=(Embedding(3, 1),) * 2),
            "embeddings must be at most as many as the columns of X, 1; got 2.",
        ),
        (
            lambda: NetworkSpec(2, (Dense(1),), embeddings=(Embedding(3, 1), (3, 1))),
            "embeddings must hold Embedding only; got (3, 1) as embedding 2.",
        ),
        (
            lambda: NetworkSpec(2, (Dense(1),), embeddings=(Embedding(2**20, 2**21),)),
            "embedding 1 must have at most 1,099,511,627,776 weights; got 1,048,576 * 2,097,152.",
        ),
        (lambda: NetworkSpec(1, ()), "layers must hold at least one Dense layer; got none."),
        (
            lambda: NetworkSpec(1, (Dense(1), 5)),
            "layers must hold Dense, Dropout, LayerNorm and Residual only; got 5 as entry 2.",
        ),
        (
            lambda: NetworkSpec(1, (Dense(1),), l2=-1),
            "l2 must be a finite number at least 0; got -1.",
        ),
        (
            lambda: NetworkSpec(1, (Dense(1),), loss="mse"),
            (
                "loss must be 'squared_error', 'absolute_error', 'poisson', "
                "'binary_cross_entropy' or 'cross_entropy'; got 'mse'."
            ),
        ),
        (
            lambda: NetworkSpec(1, (Dense(2, "sigmoid"),), loss="cross_entropy"),
            (
                "the last layer must have activation 'identity' with loss='cross_entropy', "
                "which applies the softmax itself; got 'sigmoid'."
            ),
        ),
        (
            lambda: NetworkSpec(1, (Dense(1, "sigmoid"),), loss="binary_cross_entropy"),
            (
                "the last layer must have activation 'identity' with loss='binary_cross_entropy', "
                "which applies the sigmoid itself; got 'sigmoid'."
            ),
        ),
        (
            lambda: NetworkSpec(1, (Dense(2),), loss=Quantile((0.1, 0.5, 0.9))),
            (
                "the last layer must have width 3 with loss=Quantile(levels=(0.1, 0.5, 0.9)), "
                "one neuron for each level; got 2."
            ),
        ),
        (
            lambda: NetworkSpec(1, (Dense(1),), loss="cross_entropy"),
            (
                "the last layer must have width 2 or greater with loss='cross_entropy', "
                "one neuron for each class; got 1."
            ),
        ),
        (
            lambda: NetworkSpec(1, (Dense(1, initializer=GIVEN),)),
            "weight of layer 1 must have shape (fan_in, fan_out) = (1, 1); got (2, 3).",
        ),
        (
            lambda: NetworkSpec(
                1, (Dense(1, initializer=Initializer("given", weight=[[1]], bias=[1, 2])),)
            ),
            "bias of layer 1 must have shape (fan_out,) = (1,); got (2,).",
        ),
        (
            lambda: NetworkSpec(
                1, (Dense(1, "tanh", False, Initializer("given", weight=[[1]], bias=[1])),)
            ),
            "layer 1 has no bias, so its initializer must not give one.",
        ),
    ],
)
def test_what_does_not_fit_is_refused(make, sentence):
    with pytest.raises((InvalidParameter, ShapeMismatch), match=re.escape(sentence)):
        make()
