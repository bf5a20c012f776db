"""Losses and answers are the same computed at once or in pieces, and can be broken off."""

import numpy as np
import pytest

from gradus.engines.registry import engine as make_engine
from gradus.networks.initializers import initial_params
from gradus.networks.spec import Dense, NetworkSpec
from gradus.training import validation
from gradus.training.validation import ValidationRows, answer, evaluate

SPEC = NetworkSpec(3, (Dense(4, "tanh"), Dense(2)))


def never():
    return False


@pytest.fixture
def rows(rng):
    n = 1000
    weights = rng.uniform(size=n) * (rng.uniform(size=n) > 0.3)
    weights[256:512] = 0.0
    return ValidationRows(rng.normal(size=(n, 3)), rng.normal(size=(n, 2)), weights)


@pytest.mark.parametrize("weighted", [False, True])
def test_pieces_give_the_mean_over_all_rows(engine, rows, weighted, monkeypatch):
    if not weighted:
        rows = ValidationRows(rows.X, rows.y, None)
    machine, params = make_engine(engine), initial_params(SPEC, 0)
    whole = machine.evaluate(SPEC, params, rows.X, rows.y, rows.weights)
    assert evaluate(machine, SPEC, params, rows, never) == whole
    monkeypatch.setattr(validation, "_PIECE_OPERATIONS", 1)
    in_pieces = evaluate(machine, SPEC, params, rows, never)
    assert in_pieces == pytest.approx(whole, rel=1e-14)
    assert in_pieces == evaluate(machine, SPEC, params, rows, never)


def test_it_stops_between_two_pieces(engine, rows, monkeypatch):
    monkeypatch.setattr(validation, "_PIECE_OPERATIONS", 1)
    machine, params = make_engine(engine), initial_params(SPEC, 0)
    answers = iter([False, False, True])
    assert evaluate(machine, SPEC, params, rows, lambda: next(answers)) is None
    assert next(answers, None) is None


def test_a_single_piece_is_always_finished(engine, rows):
    machine, params = make_engine(engine), initial_params(SPEC, 0)
    assert evaluate(machine, SPEC, params, rows, lambda: True) is not None


def test_pieces_are_never_smaller_than_they_should_be(rows, monkeypatch):
    sizes = []

    class Counting:
        def evaluate(self, _spec, _params, X, _y, _weights):
            sizes.append(len(X))
            return 0.0, 0.0

    monkeypatch.setattr(validation, "_PIECE_OPERATIONS", 400 * 26)
    evaluate(Counting(), SPEC, np.zeros(26), rows, never)
    assert sizes == [400, 400, 200]
    sizes.clear()
    monkeypatch.setattr(validation, "_PIECE_OPERATIONS", 1)
    evaluate(Counting(), SPEC, np.zeros(26), rows, never)
    assert sizes == [256, 256, 256, 232]


def test_answers_in_pieces_are_those_of_all_rows(engine, rows, monkeypatch):
    machine, params = make_engine(engine), initial_params(SPEC, 0)
    whole = machine.outputs(SPEC, params, rows.X)
    assert np.array_equal(answer(machine, SPEC, params, rows.X, never), whole)
    monkeypatch.setattr(validation, "_PIECE_OPERATIONS", 1)
    pieces = answer(machine, SPEC, params, rows.X, never)
    tolerance = 0 if engine == "native" else 1e-14  # BLAS picks its path by the number of rows
    np.testing.assert_allclose(pieces, whole, rtol=0, atol=tolerance)


def test_answers_stop_between_two_pieces(engine, rows, monkeypatch):
    monkeypatch.setattr(validation, "_PIECE_OPERATIONS", 1)
    machine, params = make_engine(engine), initial_params(SPEC, 0)
    asked = iter([False, True])
    assert answer(machine, SPEC, params, rows.X, lambda: next(asked)) is None
    assert next(asked, None) is None
    assert answer(machine, SPEC, params, rows.X[:256], lambda: True) is not None
