"""What is measured about a training, each number when it is first asked for.

Which numbers mean trouble must not be known here.
"""

from functools import cached_property

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import Float64Array, Int64Array
from gradus.diagnosis.case import Case, clipped
from gradus.diagnosis.cooling import cooled
from gradus.diagnosis.steps import Steps
from gradus.diagnosis.units import Units, units_of
from gradus.diagnosis.yardsticks import (
    WIDTH,
    attainable_losses,
    constant_losses,
    one_batch_share,
    polished_losses,
    work_of_a_row,
)
from gradus.verdict.paired_test import p_better

# Rows drawn: for losses, of the rows not learned from, and for slopes of units.
_FEWEST_ROWS, _MOST_ROWS, _MOST_UNSEEN, _MOST_OPENED = 200, 2000, 1000, 256
# A loss below this part of what one answer for all loses has no scatter worth a look, nor have
# steps of a rate that has fallen below that part of its largest.
_LITTLE_LEFT, _FALLEN = 0.05, 0.1
# Which share of the training may go into simple networks that learn from half of the first; what
# takes some hundredths of a second is never too much.
_SHARE, _LITTLE_WORK = 0.04, 1.5e8


@dataclass(frozen=True)
class Trend:
    """Where the loss of a training was going.

    Attributes
    ----------
    fall
        Part of the loss lost from the last tenth of the epochs but one to the last.
    fall_of_half
        The same from the epoch in the middle to the last one; a rate that falls to 0 ends flat.
    rises
        Share of the epochs of the second half that raised it.
    """

    fall: float
    fall_of_half: float
    rises: float


@dataclass(frozen=True, eq=False)
class Measures:
    """Numbers about one training.

    Attributes
    ----------
    case
        The training.
    """

    case: Case

    @cached_property
    def rows(self) -> Int64Array:
        """Some rows in random order, 200 to 2,000; the first half may be learned from."""
        budget = max(_SHARE * self.case.work, _LITTLE_WORK)
        n = 2 * int(budget / work_of_a_row(self.case))
        # A network narrower than the simple one needs all the evidence there is, and seldom comes.
        n = _MOST_ROWS if self.case.narrowest < WIDTH else n
        n = min(max(n, _FEWEST_ROWS), _MOST_ROWS)
        return np.random.default_rng(0).permutation(self.case.n)[:n].astype(np.int64)

    @cached_property
    def losses(self) -> Float64Array:
        """The loss after training of each of `rows`."""
        case, rows = self.case, self.rows
        return case.row_losses(case.end, case.X[rows], case.y[rows])

    @cached_property
    def loss(self) -> float:
        """Their mean."""
        w = self.case.weights
        return float(np.average(self.losses, weights=None if w is None else w[self.rows]))

    @cached_property
    def constant(self) -> float:
        """The mean loss of the best single answer: the variance, or the entropy."""
        return float(constant_losses(self.case.spec, self.case.y[self.rows]).mean())

    @cached_property
    def judged(self) -> Float64Array:
        """What the trained network loses on the second half of `rows`, clipped."""
        return self._clipped(self.losses[self._middle :])

    @cached_property
    def attainable(self) -> Float64Array:
        """What the better of two simple networks, trained on the first half, loses there."""
        return min(self._attainable, key=_mean)[: len(self.judged)]

    @cached_property
    def polished(self) -> Float64Array:
        """What the trained network loses there after going on with L-BFGS on the first half.

        What it loses as it is where rows held out have ended the training: it has gone on enough.
        """
        if not self.case.ran_out:
            return self.judged
        learned, judged = self.rows[: self._middle], self.rows[self._middle :]
        return self._clipped(polished_losses(self.case, learned, judged))

    @cached_property
    def unseen(self) -> Float64Array:
        """What the trained network loses on rows it has not looked at, clipped."""
        return self._clipped(self.case.row_losses(self.case.end, *self._unseen_rows))

    @cached_property
    def unseen_attainable(self) -> Float64Array:
        """What the better simple network, or one answer for all, loses on these."""
        simple = [one[len(self.judged) :] for one in self._attainable]
        return min((*simple, self.unseen_constant), key=_mean)

    @cached_property
    def unseen_constant(self) -> Float64Array:
        """What the best single answer loses on these, clipped."""
        y = self.case.y[self.rows]
        return self._clipped(constant_losses(self.case.spec, y, self._unseen_rows[1]))

    @cached_property
    def unseen_wider(self) -> Float64Array:
        """What a network of 16 hidden units loses on these that learns all of `rows`, clipped."""
        return self._clipped(attainable_losses(self.case, self.rows, *self._unseen_rows)[1])

    @cached_property
    def one_batch(self) -> float:
        """Which part of the error of 32 rows the network cannot learn by heart."""
        X, y, _ = self.case.some(self.rows)
        return one_batch_share(self.case.spec, self.case.start, X, y)

    @cached_property
    def trend(self) -> Trend:
        """Where the loss was going."""
        history = self.case.history
        assert history is not None, "a training that diverged has no trend"
        loss = history.loss
        k = max(1, len(loss) // 10)
        before = float(loss[-2 * k : -k].mean()) if len(loss) > 2 * k else 0.0
        fall = 1 - float(loss[-k:].mean()) / before if before > 0 else 0.0
        middle = len(loss) // 2
        half = 1 - float(loss[-1] / loss[middle]) if loss[middle] > 0 else 0.0
        changes = np.diff(loss[middle:])
        return Trend(fall, half, float((changes > 0).mean()) if len(changes) else 0.0)

    @cached_property
    def units_before(self) -> Units:
        """What the hidden units did before training."""
        return units_of(self.case, self.case.start, self.rows[:_MOST_OPENED])

    @cached_property
    def units_after(self) -> Units:
        """What they do after it."""
        return units_of(self.case, self.case.end, self.rows[:_MOST_OPENED])

    @cached_property
    def first_steps(self) -> Steps:
        """The update rule's steps where training began."""
        assert self.case.rule is not None
        return Steps(self.case, self.case.rule, self.case.start)

    @cached_property
    def last_steps(self) -> Steps:
        """The update rule's steps where training ended."""
        assert self.case.rule is not None
        return Steps(self.case, self.case.rule, self.case.end)

    @cached_property
    def held_up(self) -> float:
        """By how much the loss falls when the rate does: what the scatter of steps held up.

        The mean of the falls on rows learned from and on those it has not looked at.

        Steps of all rows scatter nothing, nor do those of a rate that has fallen already; where the
        loss is small already it holds up little.
        """
        case, before = self.case, _mean(self._clipped(self.losses))
        if case.rule is None or case.batch_size >= case.n or before < _LITTLE_LEFT * self.constant:
            return 0.0
        rates = self.last_steps.stability
        if rates.last_rate < _FALLEN * rates.largest_rate:
            return 0.0
        params = cooled(case, case.rule, rates.last_rate)
        X, y, _ = case.some(self.rows)
        fall = before - _mean(self._clipped(case.row_losses(params, X, y)))
        if case.unseen is None:
            return fall
        after = self._clipped(case.row_losses(params, *self._unseen_rows))
        return (fall + _mean(self.unseen) - _mean(after)) / 2

    def leaves(self, ratio: float, p: float) -> bool:
        """Say whether a simple network answers unseen rows better than this one its own.

        Parameters
        ----------
        ratio
            How many times the loss must be larger.
        p
            Of the paired test, at most.
        """
        # What was gone on with costs more to know, and need not be known where the first tells.
        return self._is_better(self.attainable, ratio, p) or self._is_better(
            self.polished, ratio, p
        )

    def _is_better(self, other: Float64Array, ratio: float, p: float) -> bool:
        if not np.isfinite(other).all():
            return False
        own, others = _mean(self.judged), _mean(other)
        is_large = own > ratio * others and own - others > 0.01 * self.constant
        return is_large and p_better(other, self.judged) < p

    @property
    def _middle(self) -> int:
        return len(self.rows) // 2

    @cached_property
    def _unseen_rows(self) -> tuple[Float64Array, Float64Array]:
        assert self.case.unseen is not None
        X, y = self.case.unseen
        return X[:_MOST_UNSEEN], y[:_MOST_UNSEEN]

    @cached_property
    def _attainable(self) -> tuple[Float64Array, Float64Array]:
        X, y, _ = self.case.some(self.rows[self._middle :])
        if self.case.unseen is not None:
            more_X, more_y = self._unseen_rows
            X, y = np.vstack([X, more_X]), np.vstack([y, more_y])
        both = attainable_losses(self.case, self.rows[: self._middle], X, y)
        return self._clipped(both[0]), self._clipped(both[1])

    def _clipped(self, losses: Float64Array) -> Float64Array:
        return clipped(losses, self.constant)


def _mean(losses: Float64Array) -> float:
    return float(losses.mean())
