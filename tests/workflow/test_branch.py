"""Going on from weights that were kept, on the rows that they were learned from."""

import pytest

from gradus.errors import InvalidParameter
from gradus.records.find import find_run
from gradus.records.run import RecordedRun


@pytest.fixture
def run(made) -> RecordedRun:
    made(rule="adam", folds=3)
    return find_run("last")


def test_it_begins_with_those_weights(made, run):
    made(start=f"{run.id[:5]}@2", hidden=None, learning_rate=0.001, epochs=9)
    found = find_run("last")
    assert found.summary.parent == f"{run.id}@2"
    assert found.n_networks == 3
    for network in (1, 2, 3):
        assert found.weights(0, network).tobytes() == run.weights(2, network).tobytes()
    # What is not said is as it was.
    expected = {**run.settings, "learning_rate": 0.001, "epochs": 9}
    assert found.settings == expected
    assert (found.plan.epochs, found.plan.rule.learning_rate.rate) == (9, 0.001)


def test_without_an_epoch_it_begins_where_each_network_ended(made, run):
    made(start="last", hidden=None)
    found = find_run("last")
    assert found.summary.parent == run.id
    for network in (1, 2, 3):
        assert found.weights(0, network).tobytes() == run.weights(None, network).tobytes()


@pytest.mark.parametrize("change", [{"rule": "levenberg_marquardt"}, {"activation": "tanh"}])
def test_another_rule_and_another_activation(made, run, change):
    made(start="last@1", hidden=None, **change)
    found = find_run("last")
    ours, theirs = found.weights(0, 2), run.weights(1, 2)
    assert ours.astype(theirs.dtype).tobytes() == theirs.tobytes()
    if "activation" in change:
        assert [layer.activation for layer in found.spec.dense] == ["tanh", "identity"]


def test_the_kind_of_network_that_answered_goes_on(made, place):
    """Beside the usual network one of Levenberg-Marquardt is trained; it may be the one kept."""
    made(hidden=None, epochs=5)
    run = find_run("last")
    made(hidden=None, epochs=5, start="last")
    assert find_run("last").spec == run.spec
    assert type(find_run("last").plan.rule) is type(run.plan.rule)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"seed": 1}, "^seed must be left out where a run goes on"),
        ({"hidden": (4,)}, "^hidden must be left out where a run goes on"),
        ({"folds": 4}, "^The rows must be those of run .{8}, shared out in the same way"),
        ({"ignore": ["b"]}, "^The rows must be those of run"),
        ({"target": "way"}, "^The rows must be those of run"),
    ],
)
def test_other_rows_and_other_shapes_are_refused(made, run, change, sentence):
    with pytest.raises(InvalidParameter, match=sentence):
        made(**{"start": "last", "hidden": None, **change})


def test_a_changed_table_is_refused(made, run, table):
    table.write_text(table.read_text() + "1,2,3,up\n")
    with pytest.raises(InvalidParameter, match=r"^The rows must be those of run"):
        made(start="last", hidden=None)


@pytest.mark.parametrize(
    ("start", "sentence"),
    [
        ("last@99", "^epoch must be one whose weights were kept, such as"),
        ("last@x", "^start must be RUN or RUN@EPOCH"),
        ("nothing", "^run must be the id of a run"),
    ],
)
def test_weights_that_are_not_there(made, run, start, sentence):
    with pytest.raises(InvalidParameter, match=sentence):
        made(start=start, hidden=None)


def test_a_run_without_networks(made, table):
    table.write_text("\n".join(table.read_text().splitlines()[:6]) + "\n")
    made(hidden=None)
    with pytest.raises(InvalidParameter, match=r"^start must be a run that trained a network"):
        made(hidden=None, start="last")
