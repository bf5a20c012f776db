"""A small system is solved by one thread, a large one by as many as before."""

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from gradus._blas import alone_if_small


def numbers_of_threads():
    return {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}


@pytest.mark.parametrize(("n_products", "n_threads"), [(10**8, {1}), (10**8 + 1, {2})])
def test_only_small_systems_are_solved_alone(n_products, n_threads):
    with threadpool_limits(2, user_api="blas"):
        with alone_if_small(n_products):
            assert numbers_of_threads() == n_threads
        assert numbers_of_threads() == {2}
