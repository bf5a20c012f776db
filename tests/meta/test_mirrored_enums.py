"""The closed vocabularies of _names.py and of the extension are the same, in the same order."""

from gradus import _core, _names


def test_activations():
    assert tuple(_core.ACTIVATIONS) == _names.ACTIVATION_NAMES


def test_losses():
    assert tuple(_core.LOSSES) == _names.LOSS_CODES


def test_operations():
    assert tuple(_core.OPERATIONS) == _names.OPERATION_NAMES


def test_rules():
    assert tuple(_core.RULES) == _names.RULE_NAMES
