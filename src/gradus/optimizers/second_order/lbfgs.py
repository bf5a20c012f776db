"""L-BFGS: the curvature guessed from the last few changes of the gradient."""

import math
from typing import ClassVar, NamedTuple

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array, FloatArray
from gradus._validate import check_number, check_whole
from gradus.optimizers.second_order.problem import Exhausted, FullBatchRule, Problem, Step
from gradus.optimizers.second_order.vectors import dot
from gradus.optimizers.second_order.wolfe import Search

# As in L-BFGS-B: what an iteration must bring, relative to the objective; how often one line
# search may ask; and where a step shows no curvature.
_LEAST_DECREASE = 1e7 * np.finfo(np.float64).eps
_MOST_TRIALS = 20
_FLAT = np.finfo(np.float64).eps


class _Reached(NamedTuple):
    """Where a line search ended."""

    params: FloatArray
    objective: float
    grads: FloatArray


@dataclass(frozen=True)
class LBFGS(FullBatchRule):
    """Limited-memory BFGS with Moré and Thuente's line search ([LN89], [MT94]).

    ``theta = theta - t * H g``, where H is the inverse curvature that the last `memory` steps and
    changes of the gradient show, and t meets the strong Wolfe conditions. But for rounding these
    are the iterations of SciPy's L-BFGS-B without bounds, and so of scikit-learn's
    ``solver="lbfgs"``; the arithmetic beside the network's is in float64.

    It has converged where no entry of the gradient is larger than `tolerance`, where an iteration
    lowered the objective f by at most ``2.2e-9 * max(|f|, 1)``, or where the line search finds
    nothing lower. Training ends with "evaluations" after the iteration that made more than
    `max_evaluations`.

    Parameters
    ----------
    max_evaluations
        Evaluations of the objective with its gradient, 1 or greater.
    tolerance
        In units of the gradient, 0 or greater.
    memory
        Steps remembered, 1 or greater; two vectors of n_params each.

    Raises
    ------
    InvalidParameter
        If a number lies outside its range.

    Examples
    --------
    >>> import numpy as np
    >>> from gradus import Dense, Network
    >>> X = np.linspace(-1, 1, 20)[:, None]
    >>> net = Network(1, [Dense(3, "tanh"), Dense(1)])
    >>> net.train(X, X**2, LBFGS(), epochs=500).stopped_because
    'converged'
    """

    max_evaluations: int = 15_000
    tolerance: float = 1e-4
    memory: int = 10
    name: ClassVar[str] = "lbfgs"
    #: Evaluations made, the objective here and one iteration before, and steps taken in.
    n_scalars: ClassVar[int] = 4

    def __post_init__(self) -> None:
        check_whole("max_evaluations", self.max_evaluations, at_least=1)
        check_number("tolerance", self.tolerance, at_least=0.0)
        check_whole("memory", self.memory, at_least=1)

    @property
    def n_slots(self) -> int:
        """The gradient, then the steps remembered and the changes of the gradient, each a ring."""
        return 1 + 2 * self.memory

    def step(
        self, problem: Problem, params: FloatArray, slots: FloatArray, scalars: Float64Array
    ) -> Step | None:
        """Make one iteration; see `FullBatchRule.step`."""
        n_made, objective, objective_before, n_pairs = scalars.tolist()
        is_first = n_made == 0
        grads = slots[0]
        if is_first:
            n_made = 1
            objective, grads = problem.gradient(params)
            objective_before = math.inf
        if n_made > self.max_evaluations and not is_first:
            raise Exhausted
        largest = float(np.max(np.abs(grads)))
        scale = max(abs(objective), abs(objective_before), 1.0)
        has_stalled = not is_first and objective_before - objective <= _LEAST_DECREASE * scale
        if not self.tolerance < largest < math.inf or has_stalled:
            return None
        asked = _Counted(problem, int(n_made))
        pairs = _Pairs.read(slots, int(n_pairs))
        reached = _go(asked, params, objective, grads, pairs, is_first=is_first)
        if reached is None and n_pairs:
            pairs = _Pairs.read(slots, 0)
            reached = _go(asked, params, objective, grads, pairs, is_first=is_first)
        if reached is None:
            return None
        change, fall = reached.params - params, -dot(reached.params - params, grads)
        kept, n_pairs = pairs.after(change, reached.grads - grads, fall)
        told = (asked.n_made, reached.objective, objective, n_pairs)
        norm = math.sqrt(dot(grads, grads))
        return Step(reached.params, {0: reached.grads, **kept}, np.array(told), norm)


class _Counted:
    """A problem that counts how often it is asked."""

    def __init__(self, problem: Problem, n_made: int) -> None:
        self.problem, self.n_made = problem, n_made

    def gradient(self, params: FloatArray) -> tuple[float, FloatArray]:
        self.n_made += 1
        return self.problem.gradient(params)


@dataclass(frozen=True)
class _Pairs:
    """Steps s and changes of the gradient y = dg, in rings; they show the curvature.

    Attributes
    ----------
    steps, changes : arrays of shape (memory, n_params)
    n
        Pairs taken in: pair k has row ``k % memory`` of both, until another one needs it.
    """

    steps: FloatArray
    changes: FloatArray
    n: int

    @classmethod
    def read(cls, slots: FloatArray, n: int) -> "_Pairs":
        memory = len(slots) // 2
        return cls(slots[1 : 1 + memory], slots[1 + memory :], n)

    def rows(self) -> list[int]:
        """Return the rows in use, that of the oldest pair first."""
        memory = len(self.steps)
        return [k % memory for k in range(max(0, self.n - memory), self.n)]

    def direction(self, grads: FloatArray) -> Float64Array:
        """Compute ``-H g`` by the two loops of [LN89]; ``-g`` where nothing is remembered."""
        down = -grads.astype(np.float64)
        if self.n == 0:
            return down
        remembered = [(self.steps[row], self.changes[row]) for row in self.rows()]
        pairs = [(s, y, 1 / dot(s, y)) for s, y in remembered]
        shares = []
        for s, y, scale in reversed(pairs):
            shares.append(scale * dot(s, down))
            down -= shares[-1] * y
        _, y, scale = pairs[-1]
        down /= scale * dot(y, y)
        for (s, y, scale), share in zip(pairs, reversed(shares), strict=True):
            down += (share - scale * dot(y, down)) * s
        return down

    def after(
        self, step: FloatArray, change: FloatArray, fall: float
    ) -> tuple[dict[int, FloatArray], int]:
        """Take in one more pair, unless it shows no curvature; the oldest makes room.

        Parameters
        ----------
        step, change : arrays of shape (n_params,)
        fall
            How far the objective would have fallen along the step by its first slope.

        Returns
        -------
        The rows of the slots that change, and how many pairs have been taken in.
        """
        if not dot(step, change) > _FLAT * fall:
            return {}, self.n
        memory = len(self.steps)
        row = 1 + self.n % memory
        return {row: step, row + memory: change}, self.n + 1


def _go(
    problem: _Counted,
    params: FloatArray,
    objective: float,
    grads: FloatArray,
    pairs: _Pairs,
    *,
    is_first: bool,
) -> _Reached | None:
    """Search along the direction that the pairs show; None where nothing lower is found."""
    direction = pairs.direction(grads)
    slope = dot(direction, grads)
    if not slope < 0:
        return None
    search = Search.begin(objective, slope, 1 / math.sqrt(-slope) if is_first else 1.0)
    lowest = _Reached(params, objective, grads)
    for _ in range(_MOST_TRIALS):
        after = np.empty_like(params)
        after[:] = params + search.step * direction
        value, grads_after = problem.gradient(after)
        slope_after = dot(direction, grads_after)
        if not (math.isfinite(value) and math.isfinite(slope_after)):
            # Too far: the search can make nothing of it.
            if lowest.objective < objective:
                return lowest
            search = Search.begin(objective, slope, search.step / 10)
            continue
        reached = _Reached(after, value, grads_after)
        lowest = reached if value < lowest.objective else lowest
        search = search.after(value, slope_after)
        if search.is_over:
            return reached if value <= objective else None
        if not math.isfinite(search.step):
            return None
    return None
