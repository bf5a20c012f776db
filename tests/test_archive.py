"""What is packed comes out again, and whatever was changed on the way is noticed."""

import json

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save as save_arrays

from gradus._archive import _canonical, array_checksum, digest, pack, unpack
from gradus.errors import ModelFileError

DESCRIPTION = {"seed": 7, "words": ["a", "ü"], "rate": 0.1, "nothing": None}
ARRAYS = {
    "layer 1 weight": np.arange(6, dtype=np.float64).reshape(2, 3) / 7,
    "layer 1 bias": np.array([1.5, -2.5], dtype=np.float32),
    "cursor": np.array([3, 1, 2**40], dtype=np.int64),
    "empty": np.zeros((0, 4)),
    "wide": np.array([[np.nan, np.inf, -0.0]]),
}


@pytest.fixture
def data():
    return pack("thing", DESCRIPTION, ARRAYS)


def rebuilt(data, change):
    """The file with its description changed before it is spelled and checked again."""
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    header["__metadata__"] = change(header["__metadata__"])
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data[8 + size :]


def refusal(data, kind="thing"):
    with pytest.raises(ModelFileError) as caught:
        unpack(data, "f.gradus", kind)
    return str(caught.value)


def test_round_trip(data):
    description, arrays = unpack(data, "f", "thing")
    assert description == DESCRIPTION
    assert arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        assert arrays[name].shape == array.shape
        assert arrays[name].tobytes() == array.tobytes()
        assert arrays[name].flags.writeable


def test_equal_things_give_equal_bytes(data):
    again = pack("thing", dict(reversed(DESCRIPTION.items())), dict(reversed(ARRAYS.items())))
    assert again == data


def test_strided_arrays_are_packed_as_what_they_show():
    square = np.arange(16.0).reshape(4, 4)
    _, arrays = unpack(pack("thing", {}, {"a": square.T, "b": square[::2, 1::2]}), "f", "thing")
    assert np.array_equal(arrays["a"], square.T)
    assert np.array_equal(arrays["b"], square[::2, 1::2])


def test_other_programs_can_read_it(data, tmp_path):
    path = tmp_path / "f.gradus"
    path.write_bytes(data)
    with safe_open(path, "np") as file:
        assert set(file.keys()) == set(ARRAYS)
        assert np.array_equal(file.get_tensor("layer 1 weight"), ARRAYS["layer 1 weight"])
        assert json.loads(file.metadata()["gradus"])["kind"] == "thing"


def test_a_checksum_knows_type_shape_and_bytes():
    a = np.arange(6.0)
    different = [a, a.astype(np.float32), a.reshape(2, 3), a.reshape(3, 2), -a, a[:5], a[:0]]
    assert len({array_checksum(array) for array in different}) == len(different)
    assert array_checksum(a.reshape(2, 3).T) == array_checksum(a.reshape(2, 3).T.copy())
    assert array_checksum(a.astype(">f8")) == array_checksum(a)


def test_every_cut_is_noticed(data):
    for size in range(len(data)):
        assert refusal(data[:size]).startswith("f.gradus ")


def test_every_flipped_byte_is_noticed_or_harmless(data):
    """All eight bits and the complement of every byte."""
    n_harmless, n_noticed = 0, 0
    for place in range(len(data)):
        for mask in (1, 2, 4, 8, 16, 32, 64, 128, 255):
            flipped = bytearray(data)
            flipped[place] ^= mask
            try:
                description, arrays = unpack(bytes(flipped), "f", "thing")
            except ModelFileError:
                n_noticed += 1
                continue
            n_harmless += 1
            assert description == DESCRIPTION
            assert all(arrays[name].tobytes() == ARRAYS[name].tobytes() for name in ARRAYS)
    assert n_noticed + n_harmless == 9 * len(data)
    assert n_harmless == 0


def test_added_bytes_are_noticed(data):
    assert refusal(data + b"\0").startswith("f.gradus is damaged: ")


def test_other_kinds_and_formats_are_named(data):
    assert refusal(data, "network") == "f.gradus is a thing file; a network file is needed here."

    def newer(metadata):
        return {"gradus": metadata["gradus"].replace('"format":1', '"format":4')}

    assert refusal(rebuilt(data, newer)) == (
        "f.gradus has format 4; this version reads format 1. Upgrade gradus."
    )


def test_foreign_files_are_named():
    assert refusal(b"") == ("f.gradus is cut off or no safetensors file: its header is not whole.")
    assert refusal(b"PK\3\4" + bytes(100)).startswith("f.gradus is cut off or no safetensors")
    foreign = save_arrays({"a": np.zeros(2)})
    assert refusal(foreign) == "f.gradus was not written by gradus: it has no description."
    with_words = save_arrays({"a": np.zeros(2)}, metadata={"gradus": "{}", "other": ""})
    assert refusal(with_words) == "f.gradus was not written by gradus: it has no description."


NO_JSON, NO_OBJECT = "its description is no valid JSON.", "its description is no JSON object."
NO_CHECKSUM = "its description does not match its checksum."
CHANGES = {
    "another number": (lambda text: text.replace('"seed":7', '"seed":8'), NO_CHECKSUM),
    "another spelling": (lambda text: text.replace('"seed":7', '"seed": 7'), NO_CHECKSUM),
    "a name twice": (lambda text: text.replace('"seed":7', '"seed":7,"seed":7'), NO_JSON),
    "nan": (lambda text: text.replace('"rate":0.1', '"rate":NaN'), NO_JSON),
    "infinity": (lambda text: text.replace('"rate":0.1', '"rate":1e999'), NO_JSON),
    "cut off": (lambda text: text[:-1], NO_JSON),
    "very deep": (lambda _: "[" * 100_000, NO_JSON),
    "a list": (lambda _: "[1]", NO_OBJECT),
    "no checksum": (lambda _: '{"format":1}', NO_CHECKSUM),
    "a checksum of nothing": (lambda _: '{"checksum":null,"format":1}', NO_CHECKSUM),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_description_is_refused(data, name):
    change, sentence = CHANGES[name]
    changed = rebuilt(data, lambda metadata: {"gradus": change(metadata["gradus"])})
    assert refusal(changed) == f"f.gradus is damaged: {sentence}"


def test_a_header_that_names_an_array_twice_is_refused(data):
    size = int.from_bytes(data[:8], "little")
    text = data[8 : 8 + size].rstrip()
    doubled = text[:-1] + b',"cursor":{"dtype":"I64","shape":[0],"data_offsets":[0,0]}}'
    changed = len(doubled).to_bytes(8, "little") + doubled + data[8 + size :]
    assert refusal(changed) == "f.gradus is damaged: its header is no valid JSON."


def test_a_right_checksum_over_wrong_words_is_refused():
    """Whoever makes a file by hand can make its checksums right."""
    assert refusal(crafted({"arrays": []})) == (
        "f.gradus is damaged: its description lists no arrays."
    )
    assert refusal(crafted({"arrays": {"b": ""}})) == (
        "f.gradus is damaged: its arrays are not the ones it describes."
    )
    assert refusal(crafted({"arrays": {"a": []}})) == (
        "f.gradus is damaged: array 'a' does not match its checksum."
    )


def crafted(entries, array=None):
    """A file with one array and a right checksum over whatever its description says."""
    entries = {"kind": "thing", "format": 1, **entries}
    text = _canonical({**entries, "checksum": digest(_canonical(entries).encode())})
    arrays = {"a": np.zeros(2) if array is None else array}
    return save_arrays(arrays, metadata={"gradus": text})


def test_arrays_of_other_types_are_refused():
    data = crafted({"arrays": {"a": ""}}, np.zeros(2, dtype=np.uint8))
    assert refusal(data) == "f.gradus is damaged: array 'a' is of no known type."
