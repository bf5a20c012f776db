"""Arrays that outlive what works with them, so that the next of its kind need not ask for memory.

What stands in the arrays is not known here.
"""

from collections import deque
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

_T = TypeVar("_T")


class KeptArrays:
    """One set of arrays at most, in one loan at a time; any thread may ask."""

    def __init__(self) -> None:
        self._last: deque[tuple[Hashable, Any]] = deque(maxlen=1)

    def lend(self, make: Callable[..., _T], *key: Hashable) -> "Loan[_T]":
        """Lend what was made by the same call before, or make it.

        It comes back when the loan is gone, in place of what was kept until then; so nobody may
        hold on to it without the loan.

        Parameters
        ----------
        make, key
            ``make(*key)`` makes the arrays.
        """
        try:
            last, arrays = self._last.popleft()
        except IndexError:
            last, arrays = None, None
        wanted = (make, *key)
        return Loan(self._last, wanted, arrays if last == wanted else make(*key))


class Loan(Generic[_T]):
    """Arrays lent; they go back when this is gone."""

    __slots__ = ("_back", "_wanted", "arrays")

    def __init__(self, back: deque[tuple[Hashable, Any]], wanted: Hashable, arrays: _T) -> None:
        self._back, self._wanted, self.arrays = back, wanted, arrays

    def __del__(self) -> None:
        """Give them back."""
        self._back.append((self._wanted, self.arrays))
