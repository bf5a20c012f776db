"""The closed vocabularies of _typing.py and of the extension are the same, in the same order."""

from gradus import _core, _typing


def test_activations():
    assert tuple(_core.ACTIVATIONS) == _typing.ACTIVATION_NAMES


def test_losses():
    assert tuple(_core.LOSSES) == _typing.LOSS_CODES


def test_operations():
    assert tuple(_core.OPERATIONS) == _typing.OPERATION_NAMES


def test_rules():
    assert tuple(_core.RULES) == _typing.RULE_NAMES
