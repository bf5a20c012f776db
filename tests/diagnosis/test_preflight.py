"""The checks before training, each seen to pass and to fail."""

import pytest

from gradus import DataError, Dense, InvalidParameter, Network
from gradus.diagnosis.preflight import preflight


def checks(X, y, hidden=16, loss="squared_error", n_outputs=1, change=None, **unseen):
    network = Network(X.shape[1], [Dense(hidden, "tanh"), Dense(n_outputs)], loss)
    if change:
        change(network)
    return {check.name: check for check in preflight(network, X, y, **unseen)}


@pytest.fixture
def rows(rng):
    X = rng.normal(size=(300, 3))
    return X, X @ [1.0, -2.0, 0.5] + 0.1 * rng.normal(size=300)


def test_all_is_well(rows):
    found = checks(*rows)
    assert [name for name, check in found.items() if not check.passes] == []
    names = ["first loss", "first answer", "one batch", "inputs matter", "shuffled answers", "rows"]
    assert list(found) == names


def test_the_first_loss_is_that_of_the_network(rows):
    X, y = rows
    network = Network(3, [Dense(16, "tanh"), Dense(1)])
    ratio = network.loss(X, y) / y.var()
    assert preflight(network, X, y)[0].value == pytest.approx(ratio, rel=1e-6)


def test_an_unscaled_target_fails_the_first_two(rows):
    X, y = rows
    found = checks(X, y * 10 + 1000)
    assert not found["first loss"].passes
    assert not found["first answer"].passes
    assert found["first answer"].value == pytest.approx(1000 / (10 * y.std()), rel=0.1)


def test_the_first_answer_of_rare_classes(rng):
    X = rng.normal(size=(300, 3))
    y = (X[:, 0] > 2).astype(float)

    def even(network):
        network.params[:] *= 1e-3

    found = checks(X, y, loss="cross_entropy", n_outputs=2, change=even)
    assert found["first answer"].value == pytest.approx(0.5 - y.mean(), abs=0.01)
    assert not found["first answer"].passes


def test_a_unit_cannot_learn_32_rows(rng):
    found = checks(rng.normal(size=(100, 3)), rng.normal(size=100), hidden=1)
    assert not found["one batch"].passes


def test_inputs_that_do_not_matter(rng):
    assert not checks(rng.normal(size=(300, 3)), rng.normal(size=300))["inputs matter"].passes


def test_copies_on_both_sides(rows):
    X, y = rows
    found = checks(X, y, X_unseen=X[:50], y_unseen=y[:50])
    assert not found["rows"].passes
    assert "copies" in found["rows"].sentence


def test_refusals(rows):
    X, y = rows
    with pytest.raises(DataError, match="X must hold at least 20 rows; got 19"):
        checks(X[:19], y[:19])
    with pytest.raises(InvalidParameter, match="must be given together"):
        checks(X, y, X_unseen=X)
