"""Arrays are lent to one borrower at a time and come back when it is gone."""

import gc

import numpy as np

from gradus.engines.kept_arrays import KeptArrays


class Borrower:
    """Anything that can be gone."""


def test_arrays_come_back_when_their_borrower_is_gone():
    kept, first = KeptArrays(), Borrower()
    lent = id(kept.lend(first, np.empty, 5, "f4"))
    second = Borrower()
    assert id(kept.lend(second, np.empty, 5, "f4")) != lent
    del first
    gc.collect()
    third = Borrower()
    assert id(kept.lend(third, np.empty, 5, "f4")) == lent


def test_other_arrays_are_made_anew():
    for other in ((6, "f4"), (5, "f8")):
        kept, first, second = KeptArrays(), Borrower(), Borrower()
        kept.lend(first, np.empty, 5, "f4")
        del first
        gc.collect()
        array = kept.lend(second, np.empty, *other)
        assert (len(array), array.dtype.str[1:]) == other


def test_only_the_last_arrays_are_kept():
    kept = KeptArrays()
    for size in (3, 4):
        kept.lend(Borrower(), np.zeros, size)[:] = size
        gc.collect()
    last = Borrower()
    assert (kept.lend(last, np.zeros, 4) == 4).all()
    assert (kept.lend(last, np.zeros, 3) == 0).all()
