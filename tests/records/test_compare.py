"""Two runs side by side, against two runs written out by hand."""

import numpy as np
import pytest

from gradus._random import Purpose, permutation, stream_key
from gradus.errors import Diverged
from gradus.optimizers.schedules import Cosine, rates
from gradus.records.compare import compare
from gradus.records.find import find_run
from gradus.tables.read import read_table
from gradus.training.plan import Plan
from gradus.training.train import make_batches
from gradus.workflow.options import Options
from gradus.workflow.prepare import prepare

EPOCHS = 5


def by_hand(theta, X, y, rate):
    """One network, tanh of 2 into 1 output, batches of 4 and momentum: weights after each epoch."""
    w1, b1, w2, b2 = theta[:4].reshape(2, 2), theta[4:6], theta[6:8], theta[8]
    parts = [np.array(part, dtype=np.float64) for part in (w1, b1, w2, b2)]
    velocity = [np.zeros_like(part) for part in parts]
    steps = -(-len(X) // 4)
    falling = iter(rates(Cosine(rate), 0, EPOCHS * steps, EPOCHS * steps))
    after, losses = [], []
    for epoch in range(EPOCHS):
        order = permutation(stream_key(0, Purpose.SHUFFLE), epoch, len(X))
        total = 0.0
        for start in range(0, len(X), 4):
            rows = order[start : start + 4]
            w1, b1, w2, b2 = parts
            h = np.tanh(X[rows] @ w1 + b1)
            error = h @ w2 + b2 - y[rows]
            total += (error**2).sum()
            back = 2 * error / len(rows)
            inner = np.outer(back, w2) * (1 - h**2)
            slopes = [X[rows].T @ inner, inner.sum(axis=0), h.T @ back, np.array(back.sum())]
            step = next(falling)
            velocity = [0.9 * v - step * g for v, g in zip(velocity, slopes, strict=True)]
            parts = [part + v for part, v in zip(parts, velocity, strict=True)]
        after.append(np.concatenate([part.reshape(-1) for part in parts]))
        losses.append(total / len(X))
    return after, losses


@pytest.fixture
def two(place, tmp_path, rng):
    """Two runs on 12 rows that differ in the rate alone, and the rows of their first network."""
    from gradus.workflow.train import train

    path = tmp_path / "few.csv"
    rows = rng.normal(size=(12, 2)).round(3)
    path.write_text("\n".join(["a,b,y", *(f"{a},{b},{a * b - a:.4f}" for a, b in rows)]) + "\n")
    options = {"hidden": (2,), "activation": "tanh", "epochs": EPOCHS, "batch_size": 4}
    for rate in (0.01, 0.02):
        train(path, "y", rule="gradient_descent", learning_rate=rate, **options)
    prepared = prepare(read_table(path), "y", Options(**options), needs_blank=False)
    trains = prepared.split.folds != 0
    return prepared.X[trains], prepared.y[trains]


def test_when_two_rates_part(two):
    """The same weights, the same order of rows: only the rate tells them apart."""
    X, y = two
    found = compare("previous", "last")
    start = find_run("last").weights(0).astype(np.float64)
    (slow, losses_slow), (fast, losses_fast) = (by_hand(start, X, y, rate) for rate in (0.01, 0.02))
    for run, expected in zip(found.runs, (slow, fast), strict=True):
        for epoch in range(1, EPOCHS + 1):
            ours = run.weights(epoch).astype(np.float64)
            assert np.linalg.norm(ours - expected[epoch - 1]) <= 1e-5 * np.linalg.norm(ours)
    one = found.partings[0]
    assert one.weights_epoch == 1
    apart = np.linalg.norm(slow[0] - fast[0]) / np.linalg.norm(slow[0])
    assert one.weights_distance == pytest.approx(apart, rel=1e-4)
    assert one.weights_last_epoch == EPOCHS
    apart = np.linalg.norm(slow[-1] - fast[-1]) / np.linalg.norm(slow[-1])
    assert one.weights_last_distance == pytest.approx(apart, rel=1e-4)
    assert one.loss_epoch == 1
    assert one.losses == pytest.approx((losses_slow[0], losses_fast[0]), rel=1e-5)
    assert set(found.settings) == {"learning_rate", "plan.rule.learning_rate.rate"}
    assert found.settings["learning_rate"] == (0.01, 0.02)


def test_with_all_rows_in_a_step_the_first_losses_are_the_same(made):
    """An epoch's loss is taken before its only step."""
    for rate in (0.01, 0.02):
        made(rule="gradient_descent", learning_rate=rate, batch_size=45)
    found = compare("previous", "last")
    assert [one.weights_epoch for one in found.partings] == [1] * 5
    assert [one.loss_epoch for one in found.partings] == [2] * 5


@pytest.mark.parametrize(
    "change",
    [
        {"learning_rate": 0.05},
        {"rule": "adam"},
        {"activation": "relu"},
        {"batch_size": 8},
    ],
    ids=str,
)
def test_one_setting_changed_leaves_the_first_weights(made, change):
    made(activation="silu")
    made(**{"activation": "silu", **change})
    a, b = find_run("previous"), find_run("last")
    for network in range(1, 6):
        ours, theirs = a.weights(0, network), b.weights(0, network)
        assert ours.tobytes() == theirs.astype(ours.dtype).tobytes()
    assert all(one.weights_epoch == 1 for one in compare("last", "previous").partings)


def test_the_order_of_rows_is_a_matter_of_the_seed_alone():
    X = np.zeros((9, 1))
    from gradus.optimizers.rules import Adam, GradientDescent

    plans = [Plan(GradientDescent(0.1), batch_size=2), Plan(Adam(0.3), batch_size=2, epochs=7)]
    keys = [make_batches(X, X, None, None, plan).shuffle_key for plan in plans]
    assert keys[0] == keys[1] == stream_key(0, Purpose.SHUFFLE)


def test_equal_runs_have_nothing_to_tell_apart(made):
    made(n_threads=1)
    made(n_threads=2)
    found = compare("last", "previous")
    assert found.settings == {}
    assert all(one.weights_epoch is None and one.losses is None for one in found.partings)
    assert found.answers.furthest == 0
    text = found.text()
    assert "No setting differs." in text
    assert "Network 5: the weights kept are the same; the losses are the same." in text
    assert text.endswith("The answers for all 45 rows are the same.")


def test_where_the_answers_are_furthest_apart(made, table):
    ours, theirs = made(seed=1), made(learning_rate=0.1, seed=1)
    answers = compare("previous", "last").answers
    a, b = ours.predict(table).values, theirs.predict(table).values
    assert answers.row == np.argmax(np.abs(a - b))
    assert answers.answers == (a[answers.row], b[answers.row])
    assert answers.mean == pytest.approx(np.abs(a - b).mean())
    assert answers.n_other is None


def test_classes(made, table):
    ours, theirs = made(target="way", epochs=2), made(target="way", epochs=40)
    found = compare("previous", "last")
    a, b = ours.predict(table), theirs.predict(table)
    assert found.answers.n_other == sum(a.values != b.values)
    by_row = np.abs(a.probabilities - b.probabilities).max(axis=1)
    assert (found.answers.row, found.answers.furthest) == (np.argmax(by_row), by_row.max())
    assert "of 45 rows get another class" in found.text()


def test_answers_that_cannot_be_compared(made, table):
    made()
    made(target="way")
    assert "must have learned one column of one file" in compare("last", "previous").why_no_answers
    made()
    table.write_text(table.read_text() + "1,2,3,up\n")
    found = compare("last", find_run("last").id)
    assert found.answers is None
    assert found.why_no_answers == f"Answers were not compared: {table} has changed since."
    table.unlink()
    assert "No such file" in compare("last", "last").why_no_answers
    assert compare("last", "last").text().endswith("No such file or directory.")


def test_a_run_that_diverged(made):
    made(rule="gradient_descent", learning_rate=0.01)
    with pytest.raises(Diverged):
        made(rule="gradient_descent", learning_rate=1e30)
    found = compare("previous", "last")
    assert {one.weights_epoch for one in found.partings} <= {None, 1}
    assert found.why_no_answers.endswith("diverged and has no model.")
    assert found.runs[1].verdict in found.text()


def test_networks_of_other_shapes(made):
    made()
    made(hidden=(5,))
    found = compare("last", "previous")
    assert found.partings == ()
    assert found.settings["network"][0] == "4 inputs, 5 gelu, 1 output"
    assert "no weights to compare one by one" in found.text()
    assert found.describe()["partings"] == []
