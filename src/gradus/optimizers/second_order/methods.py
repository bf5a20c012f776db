"""The methods that look at all rows in every step, as files and plans may name them.

How they step must not be known here.
"""

from typing import TypeAlias

from gradus.optimizers.second_order.lbfgs import LBFGS
from gradus.optimizers.second_order.levenberg_marquardt import LevenbergMarquardt
from gradus.optimizers.second_order.truncated_newton import TruncatedNewton

FullBatchMethod: TypeAlias = LevenbergMarquardt | LBFGS | TruncatedNewton
