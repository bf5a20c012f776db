"""News wait in the mailbox: the newest of each network, and every warning."""

import pytest

from gradus.training.control import Control, Mailbox, Progress


def progress(network, epoch):
    return Progress(network, epoch, 10, 0.5, 0.6, 1000.0)


def test_only_the_newest_of_each_network_is_told():
    told = []
    mailbox = Mailbox(told.append)
    for network, epoch in ((1, 1), (0, 1), (1, 2), (1, 3)):
        mailbox.put(progress(network, epoch))
    mailbox.empty()
    assert told == [progress(0, 1), progress(1, 3)]
    mailbox.empty()
    assert len(told) == 2


def test_every_warning_is_told():
    mailbox = Mailbox(None)
    mailbox.warn("The first.")
    mailbox.warn("The second.")
    mailbox.put(progress(0, 1))
    with pytest.warns(RuntimeWarning, match=r"^The (first|second)\.$") as caught:
        mailbox.empty()
    assert [str(warning.message) for warning in caught] == ["The first.", "The second."]
    mailbox.empty()


def test_a_control_of_its_own_cancels_nobody_else():
    first, second = Control(), Control()
    first.cancel[0] = 1
    assert first.report is None
    first.warn("Nobody hears this.")
    assert not second.cancel[0]
