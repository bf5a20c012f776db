"""Which run a text means."""

import pytest

from gradus.errors import InvalidParameter
from gradus.records import index
from gradus.records.find import find_run, find_weights, runs
from tests.records.write_runs import copy_of


@pytest.fixture
def three(made, place):
    """Three runs; the ids of the first two begin alike."""
    model = made()
    data = next((place / "runs").glob("*.run")).read_bytes()
    for name, began in (("ab000001", 1.0), ("ab000002", 2.0)):
        index.keep(place, name, copy_of(data, name, began), None)
    return model


def test_by_id_or_its_beginning(three):
    assert find_run("ab000001").id == find_run("ab000001"[:8]).id == "ab000001"
    newest = runs()[0].id
    assert find_run(newest).id == newest
    with pytest.raises(
        InvalidParameter, match=r"^run must begin one id; 'ab' begins ab0+2, ab0+1\.$"
    ):
        find_run("ab")


def test_by_its_place(three):
    assert find_run("last").id == runs()[0].id
    assert find_run("previous").id == "ab000002"


def test_by_the_file_of_its_model(three, made, tmp_path):
    three.save(tmp_path / "m.gradus")
    other = made(epochs=2, record=False)
    other.save(tmp_path / "other.gradus")
    found = find_run(str(tmp_path / "m.gradus"))
    assert found.model.verdict == three.verdict
    sentence = r"other\.gradus must be the model of a run that is kept; it is of none\.$"
    with pytest.raises(InvalidParameter, match=sentence):
        find_run(str(tmp_path / "other.gradus"))


@pytest.mark.parametrize("text", ["", "zz", "no/such/file", "a\0b"])
def test_none_is_meant(three, text):
    with pytest.raises(InvalidParameter, match=r"^run must be the id of a run, last, previous or"):
        find_run(text)


@pytest.mark.parametrize("text", ["last", "previous"])
def test_there_are_too_few(place, text):
    with pytest.raises(
        InvalidParameter, match=rf"^There must be a {text} run; the record holds 0\.$"
    ):
        find_run(text)


def test_weights_at_an_epoch(three):
    run, epoch = find_weights("ab000001@7")
    assert (run.id, epoch) == ("ab000001", 7)
    assert find_weights("last")[1] is None
    with pytest.raises(InvalidParameter, match=r"such as last@20; got 'last@best'\.$"):
        find_weights("last@best")


def test_a_network_of_a_run_goes_on(three, made):
    run = find_run("last")
    network = run.network(at=3, network=2)
    assert network.params.tobytes() == run.weights(3, 2).tobytes()
    assert network.seed == run.plan.seed + 1
    with pytest.raises(InvalidParameter, match="network must be a whole number from 1 to 5; got 6"):
        run.network(network=6)
    with pytest.raises(InvalidParameter, match="epoch must be one whose weights were kept"):
        run.network(at=1000)
