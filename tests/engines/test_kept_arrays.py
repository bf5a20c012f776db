"""Arrays are in one loan at a time and come back when it is gone."""

import gc

import numpy as np

from gradus.engines.kept_arrays import KeptArrays


def test_arrays_come_back_when_their_loan_is_gone():
    kept = KeptArrays()
    first = kept.lend(np.empty, 5, "f4")
    lent = id(first.arrays)
    second = kept.lend(np.empty, 5, "f4")
    assert id(second.arrays) != lent
    del first
    gc.collect()
    assert id(kept.lend(np.empty, 5, "f4").arrays) == lent


def test_other_arrays_are_made_anew():
    for other in ((6, "f4"), (5, "f8")):
        kept = KeptArrays()
        kept.lend(np.empty, 5, "f4")
        gc.collect()
        array = kept.lend(np.empty, *other).arrays
        assert (len(array), array.dtype.str[1:]) == other


def test_only_the_last_arrays_are_kept():
    kept = KeptArrays()
    for size in (3, 4):
        kept.lend(np.zeros, size).arrays[:] = size
        gc.collect()
    assert (kept.lend(np.zeros, 4).arrays == 4).all()
    assert (kept.lend(np.zeros, 3).arrays == 0).all()
