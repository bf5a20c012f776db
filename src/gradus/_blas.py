"""How many threads NumPy's BLAS may take.

What is solved or multiplied is not known here.
"""

from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

# Up to this many multiplications its threads wait for one another longer than they work: they meet
# at every column of a system, and beside networks in training one waits until a processor is free.
_MOST_ALONE = 10**8


def alone() -> AbstractContextManager[object]:
    """Keep BLAS to one thread, as where the others are busy."""
    limits: AbstractContextManager[object] = _controller().limit(limits=1, user_api="blas")
    return limits


def alone_if_small(n_products: int) -> AbstractContextManager[object]:
    """Keep BLAS to one thread while a small system is solved, or a small product made.

    Parameters
    ----------
    n_products
        About how many multiplications it takes.
    """
    return alone() if n_products <= _MOST_ALONE else nullcontext()


@cache
def _controller() -> "ThreadpoolController":
    """Find NumPy's BLAS, which is there from its import on; looking takes 2 ms."""
    # Loaded here, as most of gradus solves nothing by NumPy.
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
