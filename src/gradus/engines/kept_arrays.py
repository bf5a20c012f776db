"""Arrays that outlive what works with them, so that the next of its kind need not ask for memory.

What stands in the arrays is not known here.
"""

import weakref
from collections import deque
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

_T = TypeVar("_T")


class KeptArrays:
    """One set of arrays at most, lent to one borrower at a time; any thread may ask."""

    def __init__(self) -> None:
        self._last: deque[tuple[Hashable, Any]] = deque(maxlen=1)

    def lend(self, borrower: object, make: Callable[..., _T], *key: Hashable) -> _T:
        """Lend what was made by the same call before, or make it.

        It comes back when the borrower is gone, in place of what was kept until then; so nobody
        else may hold on to it.

        Parameters
        ----------
        borrower
            Who works with the arrays.
        make, key
            ``make(*key)`` makes them.
        """
        try:
            last, arrays = self._last.popleft()
        except IndexError:
            last, arrays = None, None
        wanted = (make, *key)
        found: _T = arrays if last == wanted else make(*key)
        back = weakref.finalize(borrower, self._last.append, (wanted, found))
        back.atexit = False
        return found
