"""Only rows that lie in a fold are judged."""

import numpy as np
import pytest

from gradus.verdict.candidate import Candidate, squared_errors, typical_error


def test_rows_in_no_fold_are_not_judged():
    one = Candidate("linear", np.array([1.0, np.nan, 5.0]), np.empty((1, 0)), np.empty(0))
    squared = squared_errors(np.array([2.0, 7.0, 2.0]), np.array([0, -1, 0]), one)
    assert squared.tolist() == [1.0, 9.0]
    assert typical_error(squared) == pytest.approx(np.sqrt(5))
