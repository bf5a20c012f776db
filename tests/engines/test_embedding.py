"""The formulas of embeddings by themselves; what engines make of them is in tests/contracts."""

import numpy as np
import pytest

from gradus.engines.embedding import embed, embedding_backward
from gradus.networks.spec import Dense, Embedding, NetworkSpec


def test_embed_by_hand():
    spec = NetworkSpec(3, (Dense(1),), embeddings=(Embedding(2, 2), Embedding(3, 1)))
    params = np.array([1, 2, 3, 4, 50, 60, 70, *(0,) * 5], dtype=float)
    a_0, levels = embed(spec, params, np.array([[0.5, 1, 0], [0.25, 0, 2]]))
    assert a_0.tolist() == [[0.5, 3, 4, 50], [0.25, 1, 2, 70]]
    assert [own.tolist() for own in levels] == [[1, 0], [0, 2]]


def test_without_embeddings_rows_stay_as_they_are():
    X = np.ones((2, 1))
    assert embed(NetworkSpec(1, (Dense(1),)), np.zeros(2), X)[0] is X


def test_embedding_backward_is_the_transpose_of_the_gather(rng):
    levels, table = np.array([2, 0, 2, 1, 2]), rng.normal(size=(4, 3))
    u = rng.normal(size=(5, 3))
    d_table = embedding_backward(u, levels, 4)
    assert np.sum(u * table[levels]) == pytest.approx(np.sum(d_table * table), rel=1e-12)
    assert not d_table[3].any()
