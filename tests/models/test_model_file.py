"""A network goes into a file and comes out of it; anything else that comes out is an error."""

import errno
import os
import stat

import numpy as np
import pytest
from safetensors import safe_open

from gradus._archive import pack, unpack
from gradus.errors import ModelFileError
from gradus.models.model_file import load, save
from gradus.models.network import Network
from gradus.networks.layers import (
    Dense,
    Dropout,
    Embedding,
    Initializer,
    LayerNorm,
    Residual,
)

NETWORKS = {
    "small": lambda: Network(2, [Dense(3, "sigmoid"), Dense(1)]),
    "every option": lambda: Network(
        4,
        [
            Dense(4, "gelu", bias=False, initializer="he_normal"),
            Dense(2, "softplus", initializer=Initializer("uniform", low=-0.5, high=0.25)),
            Dense(3, initializer=Initializer("given", weight=[[0.1, 1e-300, 2], [3, 4, -0.0]])),
        ],
        loss="cross_entropy",
        l2=1e-4,
        seed=2**63,
        dtype="float32",
        embeddings=[Embedding(1, 2), Embedding(2, 3)],
    ),
    "every layer": lambda: Network(
        2,
        [
            Dropout(0.25),
            Dense(3, "tanh", max_norm=2.5),
            Residual([LayerNorm(), Dense(4, "relu"), Dropout(0.5), Dense(3)]),
            LayerNorm(epsilon=1e-3),
            Dense(1),
        ],
        l1=1e-3,
    ),
}
# Entries of descriptions.
DENSE = {
    "kind": "Dense", "width": 1, "activation": "identity", "bias": True, "initializer": "auto",
    "max_norm": None,
}  # fmt: skip
RESIDUAL = {"kind": "Residual", "layers": [DENSE]}


@pytest.fixture(params=NETWORKS)
def network(request):
    return NETWORKS[request.param]()


@pytest.fixture
def path(tmp_path, monkeypatch):
    """Where the model stands. Nothing here loses power, so nothing waits for the disk."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    return tmp_path / "net.gradus"


def refusal(path, data=None):
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(ModelFileError) as caught:
        load(path)
    return str(caught.value)


def test_round_trip(network, path):
    save(network, path)
    loaded = load(str(path))
    assert loaded.spec == network.spec
    assert (loaded.seed, loaded.dtype) == (network.seed, network.dtype)
    assert loaded.params.tobytes() == network.params.tobytes()
    loaded.params[0] = 3.0
    X = np.linspace(-1, 1, 5 * network.spec.n_inputs).reshape(5, -1)
    X[:, network.spec.n_plain :] = 0
    again = load(path)
    assert np.array_equal(again.predict(X), network.predict(X))


def test_equal_networks_give_equal_bytes(network, path):
    save(network, path)
    first = path.read_bytes()
    save(load(path), path)
    assert path.read_bytes() == first
    assert [file.name for file in path.parent.iterdir()] == ["net.gradus"]


def test_other_programs_read_the_arrays(path):
    network = NETWORKS["small"]()
    save(network, path)
    with safe_open(path, "np") as file:
        assert set(file.keys()) == set(network.views())
        for name, values in network.views().items():
            assert np.array_equal(file.get_tensor(name), values)


def test_permissions_are_kept(path):
    save(NETWORKS["small"](), path)
    path.chmod(0o600)
    save(NETWORKS["small"](), path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.fixture
def given_bytes(path, monkeypatch):
    """A list whose only entry is what the file seems to hold, at once and without a disk."""
    save(NETWORKS["small"](), path)
    held = [path.read_bytes()]
    monkeypatch.setattr(type(path), "read_bytes", lambda _: held[0])
    return held


def test_every_flipped_bit_is_noticed(path, given_bytes):
    """All eight bits and the complement of every byte; a flip may only ever be harmless."""
    network, good = NETWORKS["small"](), given_bytes[0]
    n_noticed, n_harmless = 0, 0
    for place in range(len(good)):
        for mask in (1, 2, 4, 8, 16, 32, 64, 128, 255):
            flipped = bytearray(good)
            flipped[place] ^= mask
            given_bytes[0] = bytes(flipped)
            try:
                loaded = load(path)
            except ModelFileError:
                n_noticed += 1
                continue
            n_harmless += 1
            assert loaded.spec == network.spec
            assert loaded.params.tobytes() == network.params.tobytes()
    assert n_noticed + n_harmless == 9 * len(good)
    assert n_harmless == 0


def test_every_cut_is_noticed(path, given_bytes):
    good = given_bytes[0]
    for size in range(len(good)):
        given_bytes[0] = good[:size]
        assert refusal(path).startswith(f"{path} ")


def test_what_is_no_file(tmp_path):
    assert refusal(tmp_path / "missing.gradus") == f"{tmp_path / 'missing.gradus'} is no file."
    assert refusal(tmp_path) == f"{tmp_path} is no file."
    assert refusal(tmp_path / "e", b"") == (
        f"{tmp_path / 'e'} is cut off or no safetensors file: its header is not whole."
    )


def test_a_device_is_not_read():
    assert refusal("/dev/zero") == "/dev/zero is no file."


def test_a_file_that_cannot_be_read(path, monkeypatch):
    save(NETWORKS["small"](), path)

    def refuse(_path):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(type(path), "read_bytes", refuse)
    assert refusal(path) == f"{path} could not be read: Permission denied."


def test_a_checkpoint_is_no_network(path):
    assert refusal(path, pack("checkpoint", {}, {})) == (
        f"{path} is a checkpoint file; a model or network file is needed here."
    )


def crafted(path, change):
    """The bytes of the small network after `change(description, arrays)`, checksums right."""
    save(NETWORKS["small"](), path)
    description, arrays = unpack(path.read_bytes(), "", "network")
    change(description, arrays)
    return pack("network", description, arrays)


def in_layer(**options):
    return lambda description, _: description["network"]["layers"][0].update(options)


def in_network(**options):
    return lambda description, _: description["network"].update(options)


CRAFTED = {
    "an activation of no table": (
        in_layer(activation="eval"),
        (
            "activation must be 'identity', 'sigmoid', 'tanh', 'relu', 'gelu', 'softplus', "
            "'leaky_relu', 'elu', 'selu', 'silu', 'mish' or 'softsign'; "
            "got 'eval'."
        ),
    ),
    "a loss of no table": (
        in_network(loss="os.system"),
        (
            "loss must be 'squared_error', 'absolute_error', 'poisson', 'binary_cross_entropy' or "
            "'cross_entropy'; got 'os.system'."
        ),
    ),
    "another class": (in_layer(kind="Lambda"), "it has 'Lambda' where 'Dense' must stand."),
    "a width that is no number": (
        in_layer(width="3"),
        "width must be a whole number, 1 or greater; got '3'.",
    ),
    "a huge width": (
        in_layer(width=2**30),
        ("layer 1 weight must be float64 of shape (2, 1073741824); got float64 of shape (2, 3)."),
    ),
    "another shape": (
        lambda _, arrays: arrays.update({"layer 1 bias": np.zeros((3, 1))}),
        "layer 1 bias must be float64 of shape (3,); got float64 of shape (3, 1).",
    ),
    "another type": (
        lambda _, arrays: arrays.update({"layer 1 bias": np.zeros(3, dtype=np.float32)}),
        "layer 1 bias must be float64 of shape (3,); got float32 of shape (3,).",
    ),
    "a number that is not finite": (
        lambda _, arrays: arrays.update({"layer 2 bias": np.array([np.nan])}),
        "layer 2 bias is not finite everywhere.",
    ),
    "an array missing": (
        lambda _, arrays: arrays.pop("layer 2 bias"),
        "its arrays are not its weights and biases.",
    ),
    "an array too many": (
        lambda _, arrays: arrays.update(extra=np.zeros(1)),
        "its arrays are not its weights and biases.",
    ),
    "an entry too many": (
        lambda description, _: description.update(code="x"),
        "it has the entries code, dtype, network, seed.",
    ),
    "an option too many": (
        in_layer(code="x"),
        "Dense must have the entries width, activation, bias, initializer, max_norm.",
    ),
    "an option missing": (
        lambda description, _: description["network"]["layers"][0].pop("width"),
        "Dense must have the entries width, activation, bias, initializer, max_norm.",
    ),
    "an option missing that has a default": (
        lambda description, _: description["network"]["layers"][0].pop("activation"),
        "Dense must have the entries width, activation, bias, initializer, max_norm.",
    ),
    "no layers": (
        lambda description, _: description["network"].pop("layers"),
        "NetworkSpec must have the entries n_inputs, layers, loss, l2, embeddings, l1.",
    ),
    "a residual in a residual": (
        in_network(layers=[RESIDUAL | {"layers": [RESIDUAL]}]),
        "it has 'Residual' where 'Dense' must stand.",
    ),
    "a residual without layers": (
        in_network(layers=[RESIDUAL | {"layers": []}]),
        "a Residual must hold at least one layer; got none.",
    ),
    "a rate out of range": (
        in_network(layers=[{"kind": "Dropout", "rate": 1.0}]),
        "rate must be a finite number at least 0 and less than 1; got 1.0.",
    ),
    "a norm of no array": (
        in_network(layers=[{"kind": "LayerNorm", "epsilon": 1e-5}, DENSE]),
        "its arrays are not its weights and biases.",
    ),
    "layers that are none": (in_network(layers=[1]), "it has 1 where 'Dense' must stand."),
    "an embedding of another class": (
        in_network(embeddings=[{"kind": "Dense", "width": 1}]),
        "it has 'Dense' where 'Embedding' must stand.",
    ),
    "an embedding of no array": (
        in_network(embeddings=[{"kind": "Embedding", "n_levels": 3, "width": 2}]),
        "its arrays are not its weights and biases.",
    ),
    "an embedding of too many levels": (
        in_network(embeddings=[{"kind": "Embedding", "n_levels": 2**30, "width": 2}]),
        "n_levels must be a whole number from 1 to 1048576; got 1073741824.",
    ),
    "a network that is none": (
        lambda description, _: description.update(network=None),
        "it has None where 'NetworkSpec' must stand.",
    ),
    "a seed that is none": (
        lambda description, _: description.update(seed="x"),
        "seed must be a whole number, 0 or greater; got 'x'.",
    ),
    "a type of no list": (
        lambda description, _: description.update(dtype="object"),
        "dtype must be 'float64' or 'float32'; got 'object'.",
    ),
}


@pytest.mark.parametrize("name", CRAFTED)
def test_a_file_made_by_hand_is_refused(path, name):
    """Its checksums are right, so only the meaning of its parts can give it away."""
    change, sentence = CRAFTED[name]
    assert refusal(path, crafted(path, change)) == f"{path} describes no network: {sentence}"


@pytest.mark.parametrize("entry", ["embeddings", "l1", "max_norm"])
def test_a_file_from_before_an_entry_existed_is_read(path, entry):
    def remove(description, _):
        network = description["network"]
        for entries in network["layers"] if entry == "max_norm" else [network]:
            del entries[entry]

    older = crafted(path, remove)
    path.write_bytes(older)
    assert load(path).spec == NETWORKS["small"]().spec


def test_weights_that_are_not_finite_are_not_saved(path):
    network = NETWORKS["small"]()
    save(network, path)
    good = path.read_bytes()
    network.views()["layer 1 bias"][1] = np.inf
    with pytest.raises(ModelFileError) as caught:
        save(network, path)
    assert str(caught.value) == f"{path} was not written: layer 1 bias is not finite everywhere."
    assert path.read_bytes() == good


def test_a_full_disk_is_told_and_leaves_the_old_file(path, monkeypatch):
    save(NETWORKS["small"](), path)
    good = path.read_bytes()

    def refuse(*_args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", refuse)
    with pytest.raises(ModelFileError, match=r"No space left on device \([\d,]+ bytes needed, "):
        save(NETWORKS["every option"](), path)
    assert path.read_bytes() == good
    assert [file.name for file in path.parent.iterdir()] == ["net.gradus"]
