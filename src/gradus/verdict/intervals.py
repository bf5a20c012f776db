"""Bounds between which a true answer lies nine times in ten: CV+ intervals [BCRT21], mended.

They need how wrong networks were on rows that they had not seen, and what each of them answers
now; nothing about the networks themselves is known here. docs/decisions/0010 has the reasons.
"""

import math
from collections.abc import Mapping
from dataclasses import field
from typing import Any, Self

import numpy as np

from gradus._dataclasses import dataclass
from gradus._typing import BoolArray, Float64Array, Int64Array
from gradus.verdict.averages import effective_number

#: The share of true answers that the bounds are made to hold.
COVERAGE = 0.9
#: With fewer judged rows the rank of the high bound would lie beyond them, or nearly so.
FEWEST_JUDGED = 10
_MOST_RESIDUALS = 1000
# Judged rows in the order of time span at most as many half-lives of their weight.
_HALF_LIVES = 8
# Halving the range of the sums this often leaves less of it than float64 can say.
_N_HALVINGS = 52
# Sums of shares are compared with a share; this much may be lost in the rounding.
_ROUNDING = 1e-12
# No standardized number is further off.
_LARGEST = 1e100
_NAMES = ("residuals", "shares", "fold", "shrink", "level", "measured_coverage")


@dataclass(frozen=True, eq=False)
class Intervals:
    """How wrong the networks were on rows they had not seen, as quantiles.

    Attributes
    ----------
    residuals
        Shape (r,): ``|z - out_of_fold|``, at most 1,000 of each fold, ascending within a fold.
    shares
        Shape (r,): the share of the judged rows' weight that each stands for; they sum to 1.
    fold
        Shape (r,): ascending, the fold of each; every fold 0 to k - 1 has at least one.
    shrink
        From 0 to 1: how far bounds made for one network are drawn towards the mean of k; see
        `fit`.
    level
        The share of the sums that the high bound has to reach: ``0.9 (n + 1) / n``, at most 1.
    measured_coverage
        Share of the judged rows that lay within the width that the other folds' rows gave; nan
        without judged rows.
    """

    residuals: Float64Array = field(repr=False)
    shares: Float64Array = field(repr=False)
    fold: Int64Array = field(repr=False)
    shrink: float
    level: float
    measured_coverage: float

    @classmethod
    def fit(
        cls,
        z: Float64Array,
        folds: Int64Array,
        out_of_fold: Float64Array,
        weights: Float64Array | None = None,
        own_share: float = 0.0,
    ) -> Self:
        """Learn the residuals of judged rows.

        CV+ counts the differences between networks twice where k of them answer together: each
        residual holds that of the network which made it, and the k centers of the bounds hold them
        again. But averaging k networks takes the part ``x = (1 - 1/k) own_share`` off a network's
        squared error [KV95]. So sums of center and residual have the part ``1 + x`` of it around
        an answer whose error has ``1 - x``, and the bounds are drawn towards the answer by
        ``sqrt((1 - x) / (1 + x))``. Where own_share is 0 they are those of CV+.

        Parameters
        ----------
        z
            Shape (n_samples,), the targets as they are learned.
        folds
            Shape (n_samples,), 0 to k - 1; rows with -1 were left out by no network and do not
            count.
        out_of_fold
            Shape (n_samples,): the answer of the network that had not seen the row.
        weights
            Shape (n_samples,), at least 0. Where they differ, n is Kish's effective number.
        own_share
            From 0 to 1: the part of a network's squared error that is its own; from `own_share`.
        """
        is_judged = folds >= 0
        n_folds = int(folds.max(initial=0)) + 1
        w = np.ones(int(is_judged.sum())) if weights is None else weights[is_judged]
        if (w > 0).sum() < FEWEST_JUDGED:
            nothing = np.zeros(0)
            return cls(nothing, nothing, np.zeros(0, dtype=np.int64), 1.0, 1.0, math.nan)
        n_effective = effective_number(w)
        w = w / w.sum()
        residuals, of_fold = np.abs(z - out_of_fold)[is_judged], folds[is_judged]
        level = min(1.0, COVERAGE * (n_effective + 1) / n_effective)
        removed = (1 - 1 / n_folds) * own_share
        shrink = math.sqrt((1 - removed) / (1 + removed))
        parts = [_thinned(residuals[of_fold == k], w[of_fold == k]) for k in range(n_folds)]
        return cls(
            np.concatenate([part[0] for part in parts]),
            np.concatenate([part[1] for part in parts]),
            np.repeat(np.arange(n_folds), [len(part[0]) for part in parts]),
            shrink,
            level,
            _measured_coverage(residuals, w, of_fold, n_folds),
        )

    def bounds(
        self, by_fold: Float64Array, answers: Float64Array
    ) -> tuple[Float64Array, Float64Array]:
        """Return the low and the high bound of every answer.

        With ``R_i = |z_i - mu_{-k(i)}(x_i)|``, the error on row i of the network that left out its
        fold k(i), CV+ takes the order statistics [BCRT21]

            low  = the floor((1 - coverage)(n + 1))-th smallest of ``mu_{-k(i)}(x) - R_i``,
            high = the ceil(coverage (n + 1))-th smallest of ``mu_{-k(i)}(x) + R_i``.

        Where the answer lies outside, the bound is moved to it; then `shrink` narrows both
        distances from the answer. The bounds hold a new row's answer with a probability of about
        `COVERAGE` if the rows come in no particular order. With one
        fold the answer is the center, as in split conformal prediction.

        Parameters
        ----------
        by_fold
            Shape (k, m): what the network of each fold answers.
        answers
            Shape (m,): the answers given.

        Returns
        -------
        low, high
            Shape (m,), in the unit of z. All nan where fewer than 10 rows were judged.
        """
        if self.fold.max(initial=0) == 0:
            by_fold = answers[np.newaxis]
        if not len(self.residuals):
            return np.full(answers.shape, np.nan), np.full(answers.shape, np.nan)
        above = np.maximum(self._upper(by_fold), answers)
        # Mirrored at zero the lower bound is an upper one.
        below = np.minimum(-self._upper(-by_fold), answers)
        if self.shrink == 1:
            return below, above
        return answers - self.shrink * (answers - below), answers + self.shrink * (above - answers)

    def _upper(self, by_fold: Float64Array) -> Float64Array:
        """Return the smallest number that `level` of the sums of center and residual reach.

        The interval that holds it is halved until it is as narrow as float64 can say, by adding
        up what lies at or below the middle. That takes memory for the answers only, where writing
        out all sums would take n_samples times n_answers.
        """
        groups = []
        for k in range(len(by_fold)):
            shares = self.shares[self.fold == k]
            sums = np.concatenate((np.zeros(1), np.cumsum(shares)))
            groups.append((self.residuals[self.fold == k], sums))
        below: Float64Array = by_fold.min(axis=0) + min(float(r[0]) for r, _ in groups)
        above: Float64Array = by_fold.max(axis=0) + max(float(r[-1]) for r, _ in groups)
        for _ in range(_N_HALVINGS):
            middle = below + (above - below) / 2
            reached = np.zeros(middle.shape)
            for mu, (residuals, sums) in zip(by_fold, groups, strict=True):
                reached += sums[np.searchsorted(residuals, middle - mu, side="right")]
            is_enough = reached >= self.level - _ROUNDING
            above = np.where(is_enough, middle, above)
            below = np.where(is_enough, below, middle)
        return above

    def arrays(self) -> dict[str, Any]:
        """Return what `from_arrays` needs, as arrays by name."""
        return {name: np.asarray(getattr(self, name)) for name in _NAMES}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any], n_folds: int) -> Self:
        """Build the intervals that `arrays` was called on.

        They have no fold, one, or one for each of `n_folds` networks.

        Raises
        ------
        ValueError
            If the arrays are anything else.
        """
        if set(arrays) != set(_NAMES):
            raise ValueError(f"intervals must hold {', '.join(_NAMES)}")
        residuals, shares, fold, *numbers = (arrays[name] for name in _NAMES)
        kinds = [(residuals, "float64", 1), (shares, "float64", 1), (fold, "int64", 1)]
        kinds += [(number, "float64", 0) for number in numbers]
        if any(part.dtype != dtype or part.ndim != ndim for part, dtype, ndim in kinds):
            raise ValueError("intervals must be float64 and int64 arrays")
        shrink, level, measured = (float(number) for number in numbers)
        if not len(residuals) == len(shares) == len(fold):
            raise ValueError("intervals must hold a share and a fold of each residual")
        if not ((residuals >= 0) & (residuals <= _LARGEST) & (shares >= 0) & (shares <= 1)).all():
            raise ValueError("intervals must hold finite residuals and shares of at least 0")
        is_ordered = (np.diff(fold) > 0) | (np.diff(residuals) >= 0)
        is_sound = (
            any(np.array_equal(np.unique(fold), np.arange(n)) for n in (0, 1, n_folds))
            and bool(np.all(np.diff(fold) >= 0) and is_ordered.all())
            and (len(fold) == 0 or abs(shares.sum() - 1) < 1e-6)
            and 0 < shrink <= 1
            and 0 < level <= 1
            and (math.isnan(measured) or 0 <= measured <= 1)
        )
        if not is_sound:
            raise ValueError("intervals must hold ascending residuals whose shares sum to 1")
        return cls(residuals, shares, fold, shrink, level, measured)


def own_share(
    z: Float64Array,
    folds: Int64Array,
    by_network: Float64Array,
    is_unseen: BoolArray,
    weights: Float64Array | None = None,
) -> float:
    """Estimate which part of a network's squared error is its own, on rows that none has seen.

    Row i was left out by network k(i). Early stopping holds rows out of other networks as well,
    so some of them, too, have learned nothing from row i. Two such networks answer independently
    of the row's target, and their differences, over the root of 2, are spread like what each has
    of its own. That spread and the spread of the errors ``z_i - mu_{-k(i)}(x_i)`` are compared:

        share = (spread of ``(mu_{-k(i)}(x_i) - mu_j(x_i)) / sqrt(2)`` / spread of the errors)**2

    with the mean absolute value, all beyond the 90 % point counted as that point, for a spread: of
    tables on which some rows are much harder than others a few decide all mean squares, while the
    bounds end where nine tenths do.

    Parameters
    ----------
    z, folds
        Shape (n_samples,), as in `Intervals.fit`.
    by_network
        Shape (k, n_samples): the answers of every network for every row.
    is_unseen
        Shape (k, n_samples): whether network j learned nothing from row i.
    weights
        Shape (n_samples,), at least 0.

    Returns
    -------
    From 0 to 1; 0 where there are no such pairs.
    """
    judged = np.flatnonzero(folds >= 0)
    own, w = by_network[folds[judged], judged], np.ones(len(judged))
    if weights is not None:
        w = weights[judged]
    is_pair = is_unseen[:, judged] & (np.arange(len(by_network))[:, np.newaxis] != folds[judged])
    network, row = np.nonzero(is_pair)
    differences = np.abs(by_network[network, judged[row]] - own[row]) / math.sqrt(2)
    errors = _spread(np.abs(z[judged] - own), w)
    return min(1.0, _spread(differences, w[row]) / errors) ** 2 if errors > 0 else 0.0


def fading(steps: Int64Array, weights: Float64Array | None = None) -> Float64Array:
    """Weigh the errors of rows in the order of time: those of a step half as much as the next's.

    What is asked for next is more like the last rows than like earlier ones, and so is how far off
    answers are ([BCRT23], whose weights fall in proportion, too). Of more than eight steps as many
    share a half-life as make it an eighth of the time.

    Parameters
    ----------
    steps
        Shape (n_samples,), ascending with time from 0; rows with -1 do not count.
    weights
        Shape (n_samples,), at least 0.

    Returns
    -------
    Shape (n_samples,): the weights times ``2**-(steps back)``.
    """
    last = int(steps.max(initial=0))
    half_life = max(1.0, (last + 1) / _HALF_LIVES)
    faded = np.exp2((steps - last) / half_life)
    return faded if weights is None else faded * weights


def _spread(distances: Float64Array, w: Float64Array) -> float:
    """Average distances, those beyond their 90 % point as that point; 0 where nothing weighs."""
    if not w.sum() > 0:
        return 0.0
    farthest = _quantile(distances, w, COVERAGE)
    return float(np.average(np.minimum(distances, farthest), weights=w))


def _thinned(residuals: Float64Array, w: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Return ascending residuals with their shares, at most 1,000: quantiles of equal share."""
    order = np.argsort(residuals, kind="stable")
    residuals, w = residuals[order], w[order]
    if len(residuals) <= _MOST_RESIDUALS:
        return residuals, w
    wanted = (np.arange(_MOST_RESIDUALS) + 0.5) / _MOST_RESIDUALS * w.sum()
    places = np.minimum(np.searchsorted(np.cumsum(w), wanted), len(w) - 1)
    return residuals[places], np.full(_MOST_RESIDUALS, w.sum() / _MOST_RESIDUALS)


def _measured_coverage(
    residuals: Float64Array, w: Float64Array, of_fold: Int64Array, n_folds: int
) -> float:
    """Count the rows of each fold within the width that the other folds give."""
    held = held_rows(residuals, w, of_fold, n_folds)
    return min(1.0, float(w[held].sum()) / float(w.sum()))


def held_rows(
    residuals: Float64Array, w: Float64Array, of_fold: Int64Array, n_folds: int
) -> BoolArray:
    """Tell which rows lie within the width that the rows of the other folds give.

    One fold is cut in its middle, and each half gives the other's width.

    Parameters
    ----------
    residuals, w, of_fold
        Shape (n_judged,): how far off each answer is, how much the row counts, and its fold.
    n_folds
        1 or greater.

    Returns
    -------
    Shape (n_judged,).
    """
    if n_folds == 1:
        of_fold, n_folds = (np.arange(len(w)) >= len(w) // 2).astype(np.int64), 2
    held = np.zeros(len(w), dtype=np.bool_)
    for k in range(n_folds):
        is_here = of_fold == k
        n = max(1.0, effective_number(w[~is_here]))
        width = _quantile(residuals[~is_here], w[~is_here], min(1.0, COVERAGE * (n + 1) / n))
        held |= is_here & (residuals <= width)
    return held


def _quantile(values: Float64Array, w: Float64Array, level: float) -> float:
    """Return the smallest value that `level` of the weight does not exceed."""
    order = np.argsort(values, kind="stable")
    sums = np.cumsum(w[order])
    place = int(np.searchsorted(sums, level * sums[-1] * (1 - _ROUNDING)))
    return float(values[order[min(place, len(values) - 1)]])
