"""What is made here behaves as what the standard library makes."""

import copy
import dataclasses
import inspect
import pickle

import numpy as np
import pytest

from gradus._dataclasses import dataclass
from gradus.networks.layers import Dense
from gradus.optimizers.schedules import Constant, InverseScaling


def one_field(made):
    @made
    class One:
        x: float

    return One


def no_field(made):
    @made
    class Empty:
        pass

    return Empty


def several(made):
    @made
    class Several:
        x: int
        name: str = "a"
        hidden: int = dataclasses.field(default=3, repr=False)
        apart: int = dataclasses.field(default=4, compare=False)
        more: list[int] = dataclasses.field(default_factory=list)

    return Several


def derived(made):
    @made
    class Below(several(made)):
        y: int = 7
        kept: int = dataclasses.field(init=False, default=0)

        def __post_init__(self):
            object.__setattr__(self, "kept", 2 * self.y)

    return Below


def outspoken(made):
    @made
    class Own:
        x: int

        def __repr__(self):
            return "own"

        def __eq__(self, other):
            return True

        def __hash__(self):
            return 5

    return Own


ARGUMENTS = {
    no_field: [(), ()],
    one_field: [(1.0,), (2.0,)],
    several: [(1,), (1, "b"), (1, "a", 4), (1, "a", 3, 5), (1, "a", 3, 4, (1,))],
    derived: [(1,), (1, "a", 3, 4, (), 8)],
    outspoken: [(1,), (2,)],
}
FLAGS = [{}, {"frozen": True}, {"frozen": True, "eq": False}, {"eq": False}]


@pytest.fixture(params=ARGUMENTS, ids=lambda form: form.__name__)
def form(request):
    return request.param


@pytest.fixture(params=FLAGS, ids=str)
def pair(request, form):
    """The same class made here and by the standard library."""
    return form(dataclass(**request.param)), form(dataclasses.dataclass(**request.param))


def of_both(pair, form):
    return [tuple(made(*arguments) for made in pair) for arguments in ARGUMENTS[form]]


def test_things_are_shown_alike(pair, form):
    for ours, theirs in of_both(pair, form):
        assert repr(ours) == repr(theirs)


def test_things_are_compared_and_found_alike(pair, form):
    things = [of_both(pair, form) for _ in range(2)]
    for ours, theirs in things[0]:
        assert ours != theirs or form is outspoken
        for own_other, their_other in things[1]:
            assert (ours == own_other) == (theirs == their_other)
        if theirs.__hash__ is None:
            assert ours.__hash__ is None
    ours, theirs = things[0][0]
    if ours.__hash__ is not None and form is one_field:
        again = things[1][0]
        assert (hash(ours) == hash(again[0])) == (hash(theirs) == hash(again[1]))


def test_a_frozen_thing_is_left_as_it_is(pair, form):
    for both in of_both(pair, form):
        outcomes = []
        for thing in both:
            told = []
            for change in (
                lambda thing: setattr(thing, "x", 9),
                lambda thing: setattr(thing, "unheard_of", 9),
                lambda thing: delattr(thing, "x"),
            ):
                try:
                    change(thing)
                except AttributeError as error:
                    told.append((type(error), str(error)))
                else:
                    told.append(None)
            outcomes.append(told)
        ours, theirs = outcomes
        if dataclasses.FrozenInstanceError in {type_ for type_, _ in filter(None, theirs)}:
            assert ours == theirs


def test_fields_options_and_copies_are_the_same(pair, form):
    ours, theirs = pair
    assert inspect.signature(ours) == inspect.signature(theirs)
    assert [one.name for one in dataclasses.fields(ours)] == [
        one.name for one in dataclasses.fields(theirs)
    ]
    assert ours.__match_args__ == theirs.__match_args__
    for mine, other in of_both(pair, form):
        assert dataclasses.asdict(mine) == dataclasses.asdict(other)
        assert vars(dataclasses.replace(mine)) == vars(dataclasses.replace(other))
        assert vars(copy.copy(mine)) == vars(copy.deepcopy(mine)) == vars(other)


def test_a_class_is_made_with_and_without_parentheses():
    assert repr(one_field(dataclass)(1.0)) == repr(one_field(dataclass())(1.0))


def test_nan_equals_itself_as_it_does_in_the_standard_library():
    for make in (dataclass, dataclasses.dataclass):
        One = one_field(make)
        assert One(np.nan) == One(np.nan)


def test_classes_of_equal_values_are_not_equal():
    assert Constant(0.5) != InverseScaling(0.5)
    assert one_field(dataclass)(1.0) != one_field(dataclass)(1.0)


def test_a_layer_survives_pickling():
    layer = Dense(3, "tanh")
    again = pickle.loads(pickle.dumps(layer))  # noqa: S301 our own bytes
    assert (again, hash(again)) == (layer, hash(layer))
    with pytest.raises(dataclasses.FrozenInstanceError):
        again.width = 4
