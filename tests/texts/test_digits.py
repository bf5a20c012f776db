"""Handwritten digits, where the texts end: a small network, and six sigmoid layers of a thousand.

Reads tables/mnist_train.parquet and tables/mnist_test.parquet of the folder GRADUS_DATA names.
"""

import os
from functools import cache
from pathlib import Path

import duckdb
import numpy as np
import pytest

from gradus import Adam, Cosine, Dense, GradientDescent, Network

pytestmark = pytest.mark.data

EPOCHS = 5
LAYERS = 6


def read(name):
    path = Path(os.environ["GRADUS_DATA"]) / "tables" / f"mnist_{name}.parquet"
    columns = duckdb.read_parquet(str(path)).fetchnumpy()
    labels = columns.pop("label")
    return np.column_stack(list(columns.values())).astype(np.float32), labels


@cache
def digits():
    """Training and test pixels, less the mean of all training ones, over their deviation."""
    (X, y), (X_test, y_test) = read("train"), read("test")
    middle, spread = X.mean(), X.std()
    return (X - middle) / spread, y, (X_test - middle) / spread, y_test


def accuracy(network):
    *_, X, y = digits()
    return np.mean(network.predict(X).argmax(axis=1) == y)


def deep(initializer):
    hidden = [Dense(1000, "sigmoid", initializer=initializer)] * LAYERS
    layers = [*hidden, Dense(10, initializer=initializer)]
    return Network(inputs=784, layers=layers, loss="cross_entropy", dtype="float32")


def test_one_hidden_layer():
    X, y, *_ = digits()
    layers = [Dense(128, "relu"), Dense(10)]
    network = Network(inputs=784, layers=layers, loss="cross_entropy", dtype="float32")
    rule = Adam(learning_rate=Cosine(0.001))
    run = network.train(X, y, rule, epochs=10, batch_size=128)
    assert run.history.measure_name == "accuracy"
    assert accuracy(network) > 0.975


def test_six_sigmoid_layers_with_the_initializer_made_for_them():
    X, y, *_ = digits()
    network = deep("auto")
    network.train(X, y, Adam(learning_rate=Cosine(0.001)), epochs=EPOCHS, batch_size=256)
    assert accuracy(network) > 0.975


def test_six_sigmoid_layers_from_glorot_by_plain_descent_learn_nothing():
    X, y, *_ = digits()
    network = deep("glorot_uniform")
    network.train(X, y, GradientDescent(learning_rate=0.1), epochs=EPOCHS, batch_size=256)
    # The largest class is 11.4 % of the test rows.
    assert accuracy(network) < 0.12
