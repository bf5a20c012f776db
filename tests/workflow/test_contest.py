"""Each candidate is judged by rows it has not learned from, and a network may be missing."""

from dataclasses import replace

import numpy as np
import pytest

from gradus.errors import Diverged
from gradus.models.model import predictions_of
from gradus.optimizers.rules import GradientDescent
from gradus.optimizers.second_order.levenberg_marquardt import LevenbergMarquardt
from gradus.training.folds import holdout
from gradus.verdict.intervals import own_share
from gradus.workflow.contest import hold_contest
from gradus.workflow.options import Options
from tests.workflow.arrays import QUICK, contest, prepared, settings_for

CANDIDATES = ("network", "linear", "mean")


def with_other_answers(found, rows):
    """The same arrays with other answers in some rows: numbers moved, classes exchanged."""
    y = found.y.copy()
    y[rows] = 1 - y[rows] if found.labels.__class__.__name__ == "Classes" else y[rows] - 3
    return replace(found, y=y)


@pytest.mark.parametrize("target", ["number", "pair"])
@pytest.mark.parametrize("split", ["random", "group:town"])
def test_the_answer_of_a_judged_row_never_reaches_who_is_judged_by_it(target, split):
    found = prepared(target, split=split)
    judged = found.split.folds == 1
    before = contest(found).candidates
    after = contest(with_other_answers(found, judged)).candidates
    for name in CANDIDATES:
        one, two = before[name], after[name]
        assert one.out_of_fold[judged].tobytes() == two.out_of_fold[judged].tobytes()
        assert one.answerer.by_fold[1].tobytes() == two.answerer.by_fold[1].tobytes()
        others = [k for k in range(len(one.answerer.by_fold)) if k != 1]
        assert (one.answerer.by_fold[others] != two.answerer.by_fold[others]).any()
        if one.answerer.answering is not one.answerer.by_fold:
            assert (one.answerer.answering != two.answerer.answering).any()


def test_out_of_fold_answers_are_those_of_the_network_that_left_the_row_out():
    for target in ("number", "pair"):
        found = prepared(target)
        folds = found.split.folds
        for candidate in contest(found).candidates.values():
            one = candidate.answerer
            outputs = predictions_of(one.spec, one.by_fold, found.X)
            own = outputs[folds, np.arange(60)]
            assert candidate.out_of_fold == pytest.approx(own, rel=1e-5, abs=1e-6)


def test_by_time_one_network_is_judged_and_one_of_all_rows_answers():
    found = prepared(split="time:day")
    judged = found.split.folds == 0
    before = contest(found)
    after = contest(with_other_answers(found, judged))
    one, two = before.candidates["network"], after.candidates["network"]
    assert one.answerer.by_fold.tobytes() == two.answerer.by_fold.tobytes()
    assert (one.answerer.answering != two.answerer.answering).any()
    assert np.isnan(one.out_of_fold[~judged]).all()
    assert np.isfinite(one.out_of_fold[judged]).all()
    assert [said[:9] for said in before.stops] == ["Network 1", "Network 2"]
    # The second holds out the latest rows of all.
    assert " on 5 of its 48 rows" in before.stops[0]
    assert " on 6 of its 60 rows" in before.stops[1]


@pytest.mark.parametrize("target", ["number", "pair"])
def test_by_time_no_answer_of_a_later_row_reaches_who_is_judged_before_it(target):
    found = prepared(target, n=200, split="time:day")
    assert np.bincount(found.split.folds + 1).tolist() == [160, 10, 10, 10, 10]
    earlier, later = found.split.folds == 1, found.split.folds >= 1
    before = contest(found)
    after = contest(with_other_answers(found, later))
    for name in CANDIDATES:
        one, two = before.candidates[name], after.candidates[name]
        assert one.out_of_fold[earlier].tobytes() == two.out_of_fold[earlier].tobytes()
        assert one.answerer.by_fold[:2].tobytes() == two.answerer.by_fold[:2].tobytes()
        assert (one.answerer.by_fold[2:] != two.answerer.by_fold[2:]).any()
        assert (one.answerer.answering != two.answerer.answering).any()
        assert np.isfinite(one.out_of_fold[found.split.folds >= 0]).all()
        outputs = predictions_of(one.answerer.spec, one.answerer.by_fold, found.X)
        own = outputs[found.split.folds[later], later]
        assert one.out_of_fold[later] == pytest.approx(own, rel=1e-5, abs=1e-6)
    assert [said[:9] for said in before.stops] == [f"Network {number}" for number in range(1, 6)]


def test_networks_of_later_rounds_are_counted_on():
    seen = []
    contest(prepared(n=200, split="time:day"), lambda progress: seen.append(progress.network))
    assert sorted(set(seen)) == [0, 1, 2, 3, 4]


def test_two_trainings_share_the_time_limit_and_no_seed(monkeypatch):
    import gradus.workflow.contest as module

    plans = []

    def spy(spec, X, y, weights, folds, plan, *, own=module.train, **sides):
        plans.append((plan.time_limit, plan.seed))
        return own(spec, X, y, weights, folds, plan, **sides)

    monkeypatch.setattr(module, "train", spy)
    contest(prepared(split="time:day"), time_limit=600.0)
    contest(prepared(), time_limit=600.0)
    assert plans == [(300, 0), (300, 1), (600, 0)]


def test_no_network_on_fewer_rows_than_can_judge_unless_it_is_asked_for():
    found = prepared(n=9)
    simple = contest(found, hidden=None)
    assert simple.candidates.keys() == {"linear", "mean"}
    assert (simple.histories, simple.stops, simple.summary) == ((), (), "")
    assert simple.failure is None
    asked = contest(found)
    assert asked.candidates.keys() == set(CANDIDATES)
    assert len(asked.histories) == len(asked.stops) == 9


WILD = {"rule": "gradient_descent", "learning_rate": 1e30, "epochs": 50}


def test_a_network_that_diverges_is_no_candidate():
    found = contest(prepared(), hidden=None, **WILD)
    assert isinstance(found.failure, Diverged)
    assert found.candidates.keys() == {"linear", "mean"}
    assert (len(found.histories), found.stops, found.summary) == (5, (), "")


@pytest.mark.parametrize("split", ["random", "time:day"])
def test_a_stop_by_the_person_leaves_no_half_trained_network(split):
    def stop(_progress):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        contest(prepared(split=split), stop, epochs=100_000, hidden=(64,))


def test_the_mean_is_that_of_the_rows_by_their_weights():
    found = prepared(weight_column="visits")
    folds, mean = found.split.folds, contest(found).candidates["mean"]
    for k in range(5):
        others = folds != k
        average = np.average(found.y[others], weights=found.weights[others])
        assert mean.out_of_fold[folds == k, 0] == pytest.approx(average)
    answer = predictions_of(mean.answerer.spec, mean.answerer.answering, found.X)
    assert answer == pytest.approx(np.average(found.y, weights=found.weights))


def test_the_classes_are_counted_by_their_shares():
    found = prepared("five")
    mean = contest(found).candidates["mean"]
    shares = predictions_of(mean.answerer.spec, mean.answerer.answering, found.X)[0, 0]
    # One more row is spread over all classes, so that none is impossible.
    counts = np.bincount(found.y.astype(np.int64))
    assert shares == pytest.approx(counts / counts.sum(), abs=0.02)
    assert shares.min() > 0


def test_weights_reach_the_networks():
    found = prepared()
    heavy = replace(found, weights=np.where(np.arange(60) < 30, 1.9, 0.1))
    one, two = (contest(each).candidates["network"].answerer for each in (found, heavy))
    assert (one.by_fold != two.by_fold).any()
    for each in (np.full(60, 1.0), None):
        same = contest(replace(found, weights=each)).candidates["network"].answerer
        assert same.by_fold == pytest.approx(one.by_fold, rel=1e-4, abs=1e-6)


def test_networks_differ_on_rows_that_none_has_seen():
    found = prepared()
    candidate = contest(found).candidates["network"]
    one, folds, plan = candidate.answerer, found.split.folds, settings_for(found).plan
    answers = predictions_of(one.spec, one.by_fold, found.X)[:, :, 0]
    is_unseen = np.array([folds == k for k in range(5)])
    for k in range(5):
        held = holdout(np.flatnonzero(folds != k), 0.1, plan.seed + k, groups=found.split.groups)[1]
        is_unseen[k, held] = True
    assert is_unseen.sum() == 60 + 25
    expected = own_share(found.y, folds, answers, is_unseen)
    assert 0 < candidate.own_share == pytest.approx(expected)


def test_nothing_is_known_of_how_networks_differ_where_one_answers_or_classes_do():
    for found in (prepared("pair"), prepared(split="time:day")):
        assert contest(found).candidates["network"].own_share == 0
    assert contest(prepared()).candidates["linear"].own_share == 0


def error(found, candidate):
    return np.mean((candidate.out_of_fold[:, 0] - found.y) ** 2)


def test_of_two_kinds_of_networks_the_better_one_is_kept():
    found = prepared(split="random")
    usual = settings_for(found)
    plan = replace(
        usual.plan, rule=LevenbergMarquardt(), epochs=20, batch_size=None, dtype="float64"
    )
    other, heard = replace(usual, plan=plan), set()
    both = hold_contest(
        found,
        [usual, other],
        None,
        Options(**QUICK),
        lambda progress: heard.add(progress.network),
    )
    alone = [hold_contest(found, [kind], None, Options(**QUICK)) for kind in (usual, other)]
    errors = [error(found, one.candidates["network"]) for one in alone]
    assert errors[1] < errors[0]
    assert both.settings == other
    kept, expected = both.candidates["network"], alone[1].candidates["network"]
    assert kept.out_of_fold.tobytes() == expected.out_of_fold.tobytes()
    assert heard == set(range(10))
    less = 100 * (1 - np.sqrt(errors[1] / errors[0]))
    assert both.summary == (
        f"{alone[1].summary} Two kinds of networks were trained; those trained by "
        "LevenbergMarquardt were kept, whose error on the rows they had not learned from is "
        f"{less:.2g} % smaller."
    )


def test_a_kind_that_diverges_leaves_the_other():
    found = prepared(split="random")
    usual = settings_for(found)
    wild = replace(usual, plan=replace(usual.plan, rule=GradientDescent(1e30)))
    options = Options(epochs=3)
    both = hold_contest(found, [wild, usual], None, options)
    assert both.settings == usual
    assert both.failure is None
    assert isinstance(hold_contest(found, [wild], None, options).failure, Diverged)
