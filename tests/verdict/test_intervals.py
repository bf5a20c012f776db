"""Bounds: the order statistics of their definition, what averaging removes, and the coverage."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradus.verdict.intervals import COVERAGE, FEWEST_JUDGED, Intervals, fading, own_share


def by_definition(y, folds, out_of_fold, by_fold, answers):
    """Write out all sums and pick the two order statistics, as [BCRT21] has them."""
    judged = np.flatnonzero(folds >= 0)
    n, rest = len(judged), 1 - Fraction(9, 10)
    residual = np.abs(y - out_of_fold)[judged]
    mu = by_fold[folds[judged]]
    low = np.sort(mu - residual[:, np.newaxis], axis=0)[math.floor(rest * (n + 1)) - 1]
    high = np.sort(mu + residual[:, np.newaxis], axis=0)[math.ceil((1 - rest) * (n + 1)) - 1]
    return np.minimum(low, answers), np.maximum(high, answers)


@settings(deadline=None)
@given(
    st.integers(FEWEST_JUDGED, 60),
    st.integers(1, 6),
    st.integers(0, 5),
    st.integers(0, 2**32 - 1),
    st.sampled_from([1.0, 1e-9, 1e9]),
)
def test_against_the_definition(n, n_folds, n_answers, seed, size):
    rng = np.random.default_rng(seed)
    y = size * rng.normal(size=n).round(1)
    folds = rng.permutation(np.arange(n) % n_folds)
    by_fold = size * rng.normal(size=(n_folds, n_answers)).round(1)
    out_of_fold, answers = size * rng.normal(size=n), by_fold.mean(axis=0)
    found = Intervals.fit(y, folds, out_of_fold).bounds(by_fold, answers)
    expected = by_definition(y, folds, out_of_fold, by_fold, answers)
    assert found[0] == pytest.approx(expected[0], rel=1e-12, abs=1e-12 * size)
    assert found[1] == pytest.approx(expected[1], rel=1e-12, abs=1e-12 * size)


def test_by_hand():
    # Ten rows left out one at a time, all models answer 0, errors 1 to 10: ranks 1 and 10 of 10.
    one = Intervals.fit(np.arange(1.0, 11.0), np.arange(10), np.zeros(10))
    low, high = one.bounds(np.zeros((10, 1)), np.zeros(1))
    assert (low.tolist(), high.tolist()) == ([-10.0], [10.0])
    # Twenty rows: the third from either end is spared, floor(2.1) = 2 and ceil(18.9) = 19.
    one = Intervals.fit(np.arange(1.0, 21.0), np.arange(20), np.zeros(20))
    low, high = one.bounds(np.zeros((20, 1)), np.zeros(1))
    assert (low[0], high[0]) == (pytest.approx(-19), pytest.approx(19))


def test_rows_in_no_fold_do_not_count_and_one_fold_centers_on_the_answer():
    y = np.concatenate((np.arange(1.0, 11.0), np.full(50, 1e6)))
    out_of_fold = np.concatenate((np.zeros(10), np.full(50, np.nan)))
    folds = np.concatenate((np.zeros(10, dtype=np.int64), np.full(50, -1)))
    low, high = Intervals.fit(y, folds, out_of_fold).bounds(np.zeros((1, 1)), np.full(1, 3.0))
    assert (low.tolist(), high.tolist()) == ([-7.0], [13.0])


def test_fewer_than_ten_rows_give_no_bounds():
    one = Intervals.fit(np.arange(9.0), np.arange(9), np.zeros(9))
    low, high = one.bounds(np.zeros((9, 3)), np.zeros(3))
    assert np.isnan([low, high]).all()
    assert math.isnan(one.measured_coverage)
    w = np.r_[np.ones(9), 0, 0]
    assert not len(Intervals.fit(np.arange(11.0), np.arange(11), np.zeros(11), w).residuals)


def test_the_answer_lies_within(rng):
    y, folds = rng.normal(size=40) * 1e-6, np.arange(40) % 5
    answers = np.array([-50.0, 0.0, 50.0])
    low, high = Intervals.fit(y, folds, y).bounds(rng.normal(size=(5, 3)), answers)
    assert (low <= answers).all()
    assert (answers <= high).all()


def test_perfect_models_give_bounds_without_width():
    one = Intervals.fit(np.arange(10.0), np.arange(10), np.arange(10.0))
    low, high = one.bounds(np.full((10, 1), 3.0), np.full(1, 3.0))
    assert (low.tolist(), high.tolist()) == ([3.0], [3.0])


def test_weights_of_any_size_that_are_equal_change_nothing(rng):
    y, folds, by_fold = rng.normal(size=40), np.arange(40) % 5, rng.normal(size=(5, 3))
    answers = by_fold.mean(axis=0)
    expected = Intervals.fit(y, folds, np.zeros(40)).bounds(by_fold, answers)
    found = Intervals.fit(y, folds, np.zeros(40), np.full(40, 3e-7)).bounds(by_fold, answers)
    assert np.array(found) == pytest.approx(np.array(expected), rel=1e-12)


def test_a_row_of_much_weight_decides():
    y, w = np.arange(1.0, 21.0), np.r_[np.ones(19), 1e3]
    low, high = Intervals.fit(y, np.zeros(20, dtype=np.int64), np.zeros(20), w).bounds(
        np.zeros((1, 1)), np.zeros(1)
    )
    assert (low[0], high[0]) == (pytest.approx(-20), pytest.approx(20))


def test_thousands_of_residuals_become_a_thousand_quantiles(rng):
    y, folds = rng.normal(size=30_000), np.arange(30_000) % 2
    one = Intervals.fit(y, folds, np.zeros(30_000), rng.gamma(1, size=30_000))
    assert len(one.residuals) == 2000
    assert one.shares.sum() == pytest.approx(1)
    high = one.bounds(np.zeros((2, 1)), np.zeros(1))[1]
    assert high[0] == pytest.approx(1.645, abs=0.04)


def crowd(rng, n, k, own):
    """Draw what k networks answer: the truth is 0, errors of their own and one in common."""
    truth, common = np.zeros(n), 0.3 * rng.normal(size=n)
    noise = rng.normal(size=n) * 0.5
    return truth + noise, common + own * rng.normal(size=(k, n))


def test_the_own_share_is_that_of_rows_none_has_seen(rng):
    y, by_network = crowd(rng, 20_000, 5, 0.7)
    folds, is_unseen = np.arange(20_000) % 5, rng.random((5, 20_000)) < 0.1
    # Rows that were seen: all networks answer the target itself.
    shown = np.where(is_unseen | (folds == np.arange(5)[:, np.newaxis]), by_network, y)
    # Some 8,000 pairs; their mean distance has a standard error of 1 %, its square of 2 %.
    expected = 0.49 / (0.49 + 0.3**2 + 0.5**2)
    assert own_share(y, folds, shown, is_unseen) == pytest.approx(expected, rel=0.08)
    assert own_share(y, folds, shown, np.zeros((5, 20_000), dtype=bool)) == 0.0


def test_the_own_share_by_hand():
    y, folds = np.array([3.0, 2.0, 0.0]), np.array([0, 1, -1])
    by_network = np.array([[1.0, 5, 9], [2.0, 6, 99]])
    is_unseen = np.array([[True, True, True], [True, True, True]])
    # Errors 2 and 4; pairs (1, 2) of row 0 and (6, 5) of row 1, both 1 apart.
    assert own_share(y, folds, by_network, is_unseen) == pytest.approx(1 / 2 / 9)
    assert own_share(y, folds, by_network, is_unseen, np.r_[3.0, 0, 1]) == pytest.approx(1 / 2 / 4)
    assert own_share(by_network[0], folds * 0, by_network, is_unseen) == 0.0
    # Five hundredths off, while others are seven tenths off: it can be no more than all.
    assert own_share(np.array([1.05, 6.05, 0]), folds, by_network, is_unseen) == 1.0


def test_how_far_the_farthest_tenth_lies_decides_nothing(rng):
    y, by_network = crowd(rng, 1_000, 5, 0.7)
    folds, is_unseen = np.arange(1_000) % 5, np.ones((5, 1_000), dtype=bool)
    far = np.abs(y - by_network[folds, np.arange(1_000)]) > 1.8
    assert 10 < far.sum() < 90
    expected = own_share(y, folds, by_network, is_unseen)
    moved = y + 1e6 * far * np.sign(y - by_network[folds, np.arange(1_000)])
    assert own_share(moved, folds, by_network, is_unseen) == pytest.approx(expected, rel=1e-12)


def test_rows_without_weight_are_absent(rng):
    y, by_network = crowd(rng, 100, 5, 0.7)
    folds, is_unseen = np.arange(100) % 5, rng.random((5, 100)) < 0.3
    w = rng.integers(0, 4, 100).astype(np.float64)
    once, often = np.flatnonzero(w), np.repeat(np.arange(100), w.astype(np.int64))
    share = own_share(y, folds, by_network, is_unseen, w)
    for rows, its in ((once, w[once]), (often, None)):
        found = own_share(y[rows], folds[rows], by_network[:, rows], is_unseen[:, rows], its)
        assert found == pytest.approx(share, rel=1e-12)
    out_of_fold, center = by_network[folds, np.arange(100)], np.zeros((5, 1))
    one = Intervals.fit(y, folds, out_of_fold, w, share)
    two = Intervals.fit(y[once], folds[once], out_of_fold[once], w[once], share)
    assert one.shrink == pytest.approx(math.sqrt((1 - 0.8 * share) / (1 + 0.8 * share)))
    for bound, same in zip(
        one.bounds(center, center[0]), two.bounds(center, center[0]), strict=True
    ):
        assert bound == pytest.approx(same, rel=1e-12)


def five_fits(rng, X, y, n):
    """Fit five networks of random units to the first n rows, each without a fold and a tenth."""
    folds, is_unseen, answers = rng.permutation(np.arange(n) % 5), np.zeros((5, n), dtype=bool), []
    for k in range(5):
        is_unseen[k] = (folds == k) | (rng.random(n) < 0.1)
        Z = np.column_stack((np.tanh(X @ rng.normal(size=(3, 24))), np.ones(len(X))))
        seen = Z[:n][~is_unseen[k]]
        ridge = np.linalg.solve(seen.T @ seen + 0.1 * np.eye(25), seen.T @ y[:n][~is_unseen[k]])
        answers.append(Z @ ridge)
    return folds, is_unseen, np.array(answers)


@pytest.mark.parametrize("n", [60, 200])
@pytest.mark.parametrize("noise", ["alike", "heavy", "uneven"])
def test_five_networks_together_are_held_as_often_as_promised(rng, noise, n):
    """The mean of 60 tables of 200 new rows each has a standard error of 0.005."""
    inside = []
    for _ in range(60):
        X = rng.normal(size=(n + 200, 3))
        size = np.exp(X[:, 2]) if noise == "uneven" else 1.0
        wrong = rng.standard_t(3, len(X)) if noise == "heavy" else rng.normal(size=len(X))
        y = 2 * np.sin(X[:, 0]) * X[:, 1] + 0.5 * size * wrong
        folds, is_unseen, all_answers = five_fits(rng, X, y, n)
        seen, new = all_answers[:, :n], all_answers[:, n:]
        share = own_share(y[:n], folds, seen, is_unseen)
        one = Intervals.fit(y[:n], folds, seen[folds, np.arange(n)], None, share)
        low, high = one.bounds(new, new.mean(axis=0))
        inside.append(((low <= y[n:]) & (y[n:] <= high)).mean())
    assert np.mean(inside) == pytest.approx(COVERAGE, abs=0.02)


@pytest.mark.parametrize("own", [0.0, 0.3, 0.7])
def test_the_mean_of_networks_is_held_as_often_as_promised(rng, own):
    y, by_network = crowd(rng, 5_000, 5, own)
    folds = np.arange(5_000) % 5
    out_of_fold = by_network[folds, np.arange(5_000)]
    new_y, new = crowd(rng, 5_000, 5, own)
    share = own_share(y, folds, by_network, rng.random((5, 5_000)) < 0.1)
    mended = Intervals.fit(y, folds, out_of_fold, None, share)
    low, high = mended.bounds(new, new.mean(axis=0))
    inside = ((low <= new_y) & (new_y <= high)).mean()
    assert inside == pytest.approx(0.9, abs=0.02)
    low, high = Intervals.fit(y, folds, out_of_fold).bounds(new, new.mean(axis=0))
    assert ((low <= new_y) & (new_y <= high)).mean() >= inside


def test_networks_without_anything_in_common_still_give_bounds(rng):
    folds = np.arange(50) % 5
    one = Intervals.fit(np.zeros(50), folds, rng.normal(size=50), None, 1.0)
    # All of the error is the networks' own, of which the mean of five has a fifth.
    assert one.shrink == pytest.approx(math.sqrt((1 - 0.8) / (1 + 0.8)))


@pytest.mark.parametrize("n_folds", [5, 40])
def test_new_rows_lie_within_as_often_as_promised(rng, n_folds):
    held = []
    folds = np.arange(40) % n_folds
    for _ in range(300):
        X = np.column_stack((rng.normal(size=(60, 2)), np.ones(60)))
        y = X[:, 0] + rng.standard_t(3, size=60)
        fits = [np.linalg.lstsq(X[:40][folds != k], y[:40][folds != k])[0] for k in range(n_folds)]
        by_fold = np.array(fits) @ X.T
        one = Intervals.fit(y[:40], folds, by_fold[folds, np.arange(40)])
        low, high = one.bounds(by_fold[:, 40:], by_fold[:, 40:].mean(axis=0))
        held.append(((low <= y[40:]) & (y[40:] <= high)).mean())
    # 300 tables of 20 rows; between tables the share varies by 0.07, so its mean by 0.004.
    assert np.mean(held) > COVERAGE - 0.02
    assert np.mean(held) < COVERAGE + 0.05


def test_coverage_is_measured_with_the_other_folds():
    # One fold's errors are twice the other's: its rows lie within the other's width half the time.
    errors = np.concatenate((np.linspace(0, 1, 100), np.linspace(0, 2, 100)))
    folds = np.repeat([0, 1], 100)
    found = Intervals.fit(errors, folds, np.zeros(200)).measured_coverage
    assert found == pytest.approx((1 + 0.46) / 2, abs=0.01)
    halves = Intervals.fit(errors, np.zeros(200, dtype=np.int64), np.zeros(200))
    assert halves.measured_coverage == found


def test_there_and_back_through_arrays(rng):
    y, folds, by_fold = rng.normal(size=40), np.arange(40) % 5, rng.normal(size=(5, 3))
    one = Intervals.fit(y, folds, np.zeros(40), None, 0.1)
    again = Intervals.from_arrays(one.arrays(), 5)
    for found, expected in zip(
        again.bounds(by_fold, np.zeros(3)), one.bounds(by_fold, np.zeros(3)), strict=True
    ):
        assert np.array_equal(found, expected)
    nothing = Intervals.fit(y[:5], folds[:5], np.zeros(5))
    assert math.isnan(Intervals.from_arrays(nothing.arrays(), 5).measured_coverage)


@pytest.mark.parametrize(
    "change",
    [
        {"residuals": np.full(40, np.nan)},
        {"residuals": -np.ones(40)},
        {"residuals": np.arange(40.0)[::-1]},
        {"residuals": np.zeros(39)},
        {"residuals": np.zeros(40, dtype=np.float32)},
        {"shares": np.ones(40)},
        {"fold": np.zeros(40, dtype=np.int64)},
        {"fold": np.zeros((40, 1), dtype=np.int64)},
        {"shrink": np.array(0.0)},
        {"level": np.array(np.nan)},
        {"measured_coverage": np.array(2.0)},
        {"extra": np.zeros(1)},
    ],
)
def test_arrays_that_nobody_wrote_are_refused(rng, change):
    one = Intervals.fit(rng.normal(size=40), np.arange(40) % 5, np.zeros(40))
    with pytest.raises(ValueError, match=r"^intervals must"):
        Intervals.from_arrays({**one.arrays(), **change}, 5)


def test_a_step_weighs_half_as_much_as_the_next():
    steps = np.array([2, -1, 0, 1, 0])
    assert fading(steps)[steps >= 0].tolist() == [1, 0.25, 0.5, 0.25]
    assert fading(steps, np.arange(5.0))[steps >= 0].tolist() == [0, 0.5, 1.5, 1]
    # Of sixteen steps two share a half-life, and one step leaves all as they are.
    assert fading(np.arange(16))[[15, 13, 1]].tolist() == [1, 0.5, 2.0**-7]
    assert fading(np.zeros(3, dtype=np.int64)).tolist() == [1, 1, 1]


@pytest.mark.parametrize("growth", [1.0, 1.1])
def test_rows_in_the_order_of_time_are_held_where_errors_grow_and_where_not(rng, growth):
    """The mean of 200 series of 40 next rows has a standard error of 0.004."""
    steps, inside, plain = np.repeat(np.arange(8), 40), [], []
    for _ in range(200):
        size = growth ** np.repeat(np.arange(9), 40)
        z = size * rng.normal(size=360)
        for weights, held in ((fading(steps), inside), (None, plain)):
            one = Intervals.fit(z[:320], steps * 0, np.zeros(320), weights)
            low, high = one.bounds(np.zeros((1, 40)), np.zeros(40))
            held.append(((low <= z[320:]) & (z[320:] <= high)).mean())
    if growth == 1:
        assert np.mean(inside) == pytest.approx(COVERAGE, abs=0.015)
    else:
        # With every step errors grow by a tenth: the weights lose less than half as much.
        assert COVERAGE - np.mean(inside) < 0.5 * (COVERAGE - np.mean(plain))
