"""The doctor's look at the first network: the same whenever it is taken, and taken once."""

import pytest

from gradus.diagnosis import doctor
from gradus.workflow.contest import hold_contest
from gradus.workflow.first_look import FirstLook
from gradus.workflow.options import Options
from tests.workflow.arrays import QUICK, prepared, settings_for

SLOW = {**QUICK, "hidden": (16,), "epochs": 60, "rule": "adam", "learning_rate": 1e-6}


@pytest.fixture
def looks(monkeypatch):
    """The trainings that the doctor was shown."""
    cases, diagnose = [], doctor.diagnose

    def counted(case, **options):
        cases.append(case)
        return diagnose(case, **options)

    monkeypatch.setattr(doctor, "diagnose", counted)
    return cases


def first_of(contest):
    end = contest.candidates["network"].answerer.by_fold[0]
    return contest.settings, end, contest.histories[0]


def test_a_look_beside_the_networks_says_what_a_later_one_does(looks):
    found = prepared(n=200)
    settings, options = settings_for(found, **SLOW), Options(**SLOW, n_threads=1)
    beside, later = FirstLook(found, None), FirstLook(found, None)
    first = first_of(hold_contest(found, [settings], None, options, look=beside))
    assert len(looks) == 1
    said = beside.says(*first)
    assert len(looks) == 1
    assert later.says(*first) == said
    assert len(looks) == 2
    assert said[0].startswith("In training, ")


def test_of_two_kinds_the_one_that_is_chosen_is_looked_at(looks):
    found = prepared(n=200)
    kinds = [settings_for(found, **SLOW), settings_for(found, **SLOW, seed=1)]
    hold_contest(found, kinds, None, Options(**SLOW), look=FirstLook(found, None))
    assert not looks
