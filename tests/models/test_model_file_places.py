"""Places no model goes to or comes from are sentences; a device or pipe stays what it is."""

import os
import stat

import pytest

from gradus.errors import ModelFileError
from gradus.models.model_file import load, save
from gradus.models.network import Network
from gradus.networks.spec import Dense


@pytest.mark.parametrize("place", ["/", "a\0b"])
def test_a_name_that_no_file_has(place):
    with pytest.raises(ModelFileError) as caught:
        save(Network(2, [Dense(1)]), place)
    assert str(caught.value) == f"The name of a file cannot be {place!r}."


def test_a_pipe_is_not_replaced(tmp_path):
    place = tmp_path / "pipe"
    os.mkfifo(place)
    with pytest.raises(ModelFileError, match=r"could not be written: it is no regular file"):
        save(Network(2, [Dense(1)]), place)
    assert stat.S_ISFIFO(place.stat().st_mode)


def test_a_name_that_is_too_long(tmp_path):
    with pytest.raises(ModelFileError) as caught:
        load(tmp_path / ("x" * 300))
    assert str(caught.value).endswith("xxx could not be read: File name too long.")
