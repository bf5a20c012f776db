"""How many threads NumPy's BLAS may take for a system of equations.

What is solved is not known here.
"""

from contextlib import AbstractContextManager

# Up to this many multiplications its threads wait for one another longer than they work: they meet
# at every column, and beside networks in training one waits until a processor is free.
_MOST_ALONE = 10**8


def alone_if_small(n_products: int) -> AbstractContextManager[object]:
    """Keep BLAS to one thread while a small system is solved.

    Parameters
    ----------
    n_products
        About how many multiplications it takes.
    """
    # Loaded here, as most of gradus solves nothing by NumPy.
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[object] = threadpool_limits(
        1 if n_products <= _MOST_ALONE else None, user_api="blas"
    )
    return limits
