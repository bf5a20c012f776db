"""Who answers is decided by rows nobody has learned from, and nothing leaks into them."""

import numpy as np
import pytest

import gradus.workflow.answers as module
from gradus.errors import Diverged
from gradus.workflow.answers import answer_rows
from gradus.workflow.settings import Asked, choose_settings


def standardized(y):
    return (y - y.mean()) / y.std()


def answered(X, y, X_asked, asked=None, **options):
    return answer_rows(X, standardized(y), X_asked, 1.0, asked or Asked(), **options)


def test_a_bent_relation_is_the_networks(rng):
    X, asked = rng.normal(size=(200, 2)), rng.normal(size=(50, 2))

    def bent(rows):
        return rows[:, 0] * rows[:, 1]

    found = answer_rows(X, bent(X), asked, 1.0, Asked())
    assert found.verdict.answered_by == "network"
    errors = found.verdict.typical_errors
    assert errors["network"] < 0.5 * errors["linear"]
    assert np.sqrt(np.mean((found.answers - bent(asked)) ** 2)) < 0.5
    assert (found.low <= found.answers).all()
    assert (found.answers <= found.high).all()
    inside = (found.low <= bent(asked)) & (bent(asked) <= found.high)
    assert inside.mean() > 0.75


@pytest.mark.parametrize("n", [12, 29, 60])
def test_a_straight_relation_is_the_linear_models(rng, n):
    X = rng.normal(size=(n, 3))
    y = X @ [1.0, 2.0, 3.0] + rng.normal(size=n)
    found = answered(X, y, X[:4])
    assert found.verdict.answered_by == "linear"
    assert found.verdict.sentence.startswith("A linear model does as well")
    assert np.isfinite(found.low).all()


def test_chance_is_nobodys(rng):
    X, y = rng.normal(size=(100, 6)), rng.normal(size=100)
    found = answered(X, y, X[:3])
    assert found.verdict.sentence.startswith("Nothing here predicts it")
    assert found.verdict.answered_by == "mean"
    assert found.answers == pytest.approx([0, 0, 0], abs=1e-12)


def test_below_ten_rows_no_network_trains_and_no_bounds_are_given(rng, monkeypatch):
    monkeypatch.setattr(module, "train", None)
    X = rng.normal(size=(9, 2))
    found = answered(X, X @ [1.0, 2.0], X[:2])
    assert found.verdict.answered_by == "linear"
    assert found.verdict.sentence.startswith("9 complete rows are too few to judge by")
    assert found.answers == pytest.approx(standardized(X @ [1.0, 2.0])[:2], abs=1e-12)
    assert np.isnan(found.low).all()
    assert np.isnan(found.high).all()


@pytest.mark.parametrize("n", [2, 9])
def test_below_ten_rows_the_network_answers_if_asked(rng, n):
    X, y = rng.normal(size=(n, 2)), rng.normal(size=n)
    found = answered(X, y, X[:1], Asked(hidden=(3,), epochs=5))
    assert found.verdict.answered_by == "network"
    assert np.isfinite(found.answers).all()
    assert np.isnan(found.low).all()


def test_a_given_network_answers_whatever_the_verdict(rng):
    X = rng.normal(size=(40, 2))
    found = answered(X, X @ [1.0, 2.0], X[:1], Asked(hidden=(2,), epochs=3))
    assert found.verdict.answered_by == "network"
    assert found.verdict.sentence.endswith("; the network answers, as asked.")


def diverge(*_arguments, **_options):
    raise Diverged("Loss became nan at epoch 1, step 1.", 1, 1, None)


def test_where_the_network_diverges_a_simple_model_answers(rng, monkeypatch):
    monkeypatch.setattr(module, "train", diverge)
    X = rng.normal(size=(40, 2))
    found = answered(X, X @ [1.0, 2.0], X[:2])
    assert found.verdict.answered_by == "linear"
    assert found.verdict.sentence.startswith(
        "The network's training diverged, so it cannot answer: the typical error is "
    )
    assert found.verdict.sentence.endswith(
        " for a linear model and 1.03 for always giving the mean (40 rows, each answered by a "
        "model that had not seen it); a linear model answers."
    )
    assert sorted(found.verdict.typical_errors) == ["linear", "mean"]
    assert np.isfinite(found.high).all()


@pytest.mark.parametrize("n", [5, 40])
def test_a_given_network_that_diverges_is_an_error(rng, monkeypatch, n):
    monkeypatch.setattr(module, "train", diverge)
    X = rng.normal(size=(n, 2))
    with pytest.raises(Diverged, match=r"^Loss became nan at epoch 1, step 1\.$"):
        answered(X, X @ [1.0, 2.0], X[:2], Asked(hidden=(2,)))


def test_the_answer_is_the_mean_of_the_networks_in_float64(rng):
    X, y = rng.normal(size=(40, 2)), rng.normal(size=40)
    settings = choose_settings(40, 2, Asked(epochs=5))
    one = module._networks(X, y, X[:7], settings, None)
    assert one.by_fold.shape == (5, 7)
    assert one.answers == pytest.approx(one.by_fold.mean(axis=0), rel=1e-15)
    assert one.answers.dtype == one.out_of_fold.dtype == np.float64


@pytest.mark.parametrize("n", [14, 60])
def test_targets_of_a_fold_do_not_reach_its_own_judges(rng, n):
    X, y = rng.normal(size=(n, 2)), rng.normal(size=n)
    settings = choose_settings(n, 2, Asked(epochs=5))
    is_in = settings.folds == 1
    first = module._networks(X, y, X[:3], settings, None)
    second = module._networks(X, np.where(is_in, y + 5, y), X[:3], settings, None)
    assert np.array_equal(first.out_of_fold[is_in], second.out_of_fold[is_in])
    assert np.array_equal(first.by_fold[1], second.by_fold[1])
    assert not np.array_equal(first.by_fold[0], second.by_fold[0])


def test_a_large_table_has_one_network_and_one_held_out_part(rng):
    n = 50_010
    X = rng.normal(size=(n, 1))
    y = standardized(X[:, 0] + rng.normal(size=n))
    found = answer_rows(X, y, X[:2], 1.0, Asked(epochs=1, hidden=(2,)))
    assert "(10,002 rows, each answered by a model that had not seen it)" in found.verdict.sentence
    assert np.isfinite(found.low).all()


@pytest.mark.parametrize("n_threads", [2, 5])
def test_threads_change_no_bit(rng, n_threads):
    X, y = rng.normal(size=(60, 2)), rng.normal(size=60)
    asked = {"epochs": 10, "hidden": (8,)}
    first = answered(X, y, X[:5], Asked(**asked, n_threads=1))
    second = answered(X, y, X[:5], Asked(**asked, n_threads=n_threads))
    assert first.answers.tobytes() == second.answers.tobytes()
    assert first.high.tobytes() == second.high.tobytes()
    assert first.verdict == second.verdict


def test_both_engines_answer_alike(rng):
    X, y = rng.normal(size=(40, 2)), rng.normal(size=40)
    asked = {"epochs": 3, "hidden": (4,)}
    native = answered(X, y, X[:5], Asked(**asked))
    reference = answered(X, y, X[:5], Asked(**asked, engine="reference"))
    # A few updates in float32, each off by some 1e-7.
    assert native.answers == pytest.approx(reference.answers, abs=1e-5)


def test_progress_is_told_and_a_stop_in_it_is_a_stop(rng):
    X, y = rng.normal(size=(40, 2)), rng.normal(size=40)
    heard = []
    answered(X, y, X[:1], Asked(epochs=3), callback=heard.append)
    assert {progress.network for progress in heard} <= set(range(5))
    assert heard

    def stop(_progress):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        answered(X, y, X[:1], Asked(epochs=100_000, hidden=(64,)), callback=stop)
