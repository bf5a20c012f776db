"""A small system is solved by one thread, a large one by as many as before."""

import pytest
from threadpoolctl import threadpool_limits

from gradus import _blas
from gradus._blas import alone, alone_if_small


def numbers_of_threads():
    """Those of NumPy's BLAS; other libraries may bring one of their own."""
    known = _blas._controller().select(user_api="blas").info()
    return {one["num_threads"] for one in known}


@pytest.mark.parametrize(("n_products", "n_threads"), [(10**8, {1}), (10**8 + 1, {2})])
def test_only_small_systems_are_solved_alone(n_products, n_threads):
    with threadpool_limits(2, user_api="blas"):
        with alone_if_small(n_products):
            assert numbers_of_threads() == n_threads
        assert numbers_of_threads() == {2}


def test_where_others_are_busy_one_thread_is_left():
    with threadpool_limits(2, user_api="blas"):
        with alone():
            assert numbers_of_threads() == {1}
        assert numbers_of_threads() == {2}
