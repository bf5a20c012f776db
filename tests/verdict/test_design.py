"""Products with the matrix that is never written out are those with the written one."""

import numpy as np
import pytest

from gradus.verdict.design import Design


def design(rng, n=30):
    codes = np.stack((rng.integers(0, 4, n), rng.integers(0, 3, n)), axis=1)
    return Design(np.hstack((rng.normal(size=(n, 2)), codes)), (4, 3))


def test_the_matrix_by_hand():
    A = Design(np.array([[0.5, 2.0], [1.5, 0.0]]), (3,)).expand(np.array([1, 0]))
    assert A.tolist() == [[1.5, 1, 0, 0, 1], [0.5, 0, 0, 1, 1]]


def test_products(rng):
    one, rows, w = design(rng), np.arange(3, 20), rng.gamma(1, size=30)
    A, solution = one.expand(rows), rng.normal(size=(one.width, 2))
    assert one.width == 10
    assert one.product(solution, rows) == pytest.approx(A @ solution, rel=1e-12, abs=1e-14)
    values = rng.normal(size=(17, 2))
    assert one.transposed_product(values, slice(3, 20)) == pytest.approx(
        A.T @ values, rel=1e-12, abs=1e-14
    )
    expected = A.T @ (w[rows, np.newaxis] * A)
    assert one.gram(rows, w) == pytest.approx(expected, rel=1e-12, abs=1e-13)


def test_blocks_hold_every_row_once(rng, monkeypatch):
    monkeypatch.setattr("gradus.verdict.design._BLOCK", 45)
    one = design(rng)
    blocks = list(one.blocks(np.arange(30)))
    assert [len(block) for block in blocks] == [4] * 7 + [2]
    assert np.concatenate(blocks).tolist() == list(range(30))
    A = one.expand(np.arange(30))
    assert one.gram(np.arange(30), np.ones(30)) == pytest.approx(A.T @ A, rel=1e-12, abs=1e-13)
