"""The file of a model: no byte, entry or array of it may change, and no row stands in it."""

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from gradus._archive import pack, unpack
from gradus.errors import ModelFileError
from gradus.models.model_archive import KIND
from gradus.models.model_file import dump, load, parse
from gradus.workflow.train import train
from tests.models.cases import CASES, model_of

# Together they have every entry and every array that a model can have.
VARIED = (
    "a number",
    "logarithms",
    "two classes",
    "an embedded category",
    "a split by time",
    "a linear model",
    "rows that are kept",
)
# Words of many rows, which are levels.
TOWNS = ("Leeds", "York", "Hull")
NUMBERS = ("a", "b", "weight", "y", "skewed")
WORDS = ("town", "family", "name", "remark", "ignored")


def taken_apart(name):
    return unpack(dump(model_of(name), "m"), "m", KIND)


def refusal(data):
    with pytest.raises(ModelFileError) as caught:
        parse(data, "m")
    return str(caught.value)


def dictionaries(node, path=()):
    """All dictionaries in a description, each with the way to it."""
    parts = enumerate(node) if isinstance(node, list) else ()
    if isinstance(node, dict):
        yield path, node
        parts = node.items()
    for key, part in parts:
        yield from dictionaries(part, (*path, key))


def at(node, path):
    for key in path:
        node = node[key]
    return node


# Bytes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_equal_models_give_equal_bytes(name):
    case, frame = CASES[name], CASES[name].frame()
    weight = case.options.get("weight_column", "")
    kept = [c for c in frame.columns if c in {*case.inputs, case.target, weight}]
    # Seconds are the only thing in it that no second training repeats.
    first, second = model_of(name), train(frame[kept], case.target, seed=3, **case.options)
    histories = tuple(
        replace(other, seconds=one.seconds)
        for one, other in zip(first.history, second.history, strict=True)
    )
    second = replace(second, origin=replace(second.origin, histories=histories))
    assert dump(second, "m") == dump(first, "m")


def test_every_flipped_byte_is_refused():
    data = dump(model_of("too few rows to judge"), "m")
    for place in range(len(data)):
        flipped = bytearray(data)
        flipped[place] ^= 1 << place % 8
        assert refusal(bytes(flipped)).startswith("m ")


def test_every_cut_is_refused():
    data = dump(model_of("too few rows to judge"), "m")
    for size in range(len(data)):
        assert refusal(data[:size]).startswith("m ")
    assert refusal(data + b"\0").startswith("m ")


# Entries and arrays -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", VARIED)
def test_an_entry_too_many_is_refused_wherever_it_stands(name):
    description, arrays = taken_apart(name)
    for path, _ in dictionaries(description):
        for value in (0.5, {}):
            changed = deepcopy(description)
            at(changed, path)["no such entry"] = value
            assert refusal(pack(KIND, changed, arrays)).startswith("m describes no model: ")


# Entries that files from before they existed do not have.
LATER = {("network", "embeddings"), ("network", "l1"), ("asked", "class_weight"), "max_norm"}


def may_lack(path):
    """Measures that are not finite are left out, and older files lack what was added later."""
    is_measure = path[:2] in {("verdict", "measures"), ("verdict", "recall")} and len(path) > 2
    return is_measure or path[-2:] in LATER or (path[-3:-2] == ("layers",) and path[-1] in LATER)


@pytest.mark.parametrize("name", VARIED)
def test_an_entry_missing_is_refused_wherever_it_stood(name):
    description, arrays = taken_apart(name)
    for path, entries in dictionaries(description):
        for key in entries:
            if not may_lack((*path, key)):
                changed = deepcopy(description)
                del at(changed, path)[key]
                refusal(pack(KIND, changed, arrays))


@pytest.mark.parametrize("name", VARIED)
def test_an_array_missing_too_many_or_of_another_name_is_refused(name):
    description, arrays = taken_apart(name)
    for label in arrays:
        others = {other: array for other, array in arrays.items() if other != label}
        refusal(pack(KIND, description, others))
        refusal(pack(KIND, description, {**others, label + " x": arrays[label]}))
    for label in ("x", "history 99", "novelty x", "intervals x", "rows z"):
        refusal(pack(KIND, description, {**arrays, label: np.zeros(1)}))


def test_arrays_that_are_refused():
    description, arrays = taken_apart("a number")
    by_fold = arrays["parameters by fold"]
    for label, array, sentence in (
        ("parameters by fold", by_fold[:, 1:], "parameters by fold must have shape (k, 53); "),
        ("parameters by fold", by_fold[:0], "parameters by fold must have shape (k, 53); "),
        ("parameters by fold", by_fold * np.float32(np.nan), "parameters by fold must be finite"),
        ("parameters by fold", by_fold[:4], "intervals must hold ascending residuals "),
        ("answering parameters", by_fold, "it has the array 'answering parameters', which "),
        ("history 1", arrays["history 1"][::-1], "the epochs of a history must ascend."),
        ("history 1", arrays["history 1"][:, :7], "a history must have shape (k, 7 + n_layers); "),
        ("novelty means", arrays["novelty means"][1:], "novelty must hold finite arrays of the "),
        ("rows X", np.zeros((60, 11)), "it lacks 'rows y'."),
    ):
        found = refusal(pack(KIND, description, {**arrays, label: array}))
        assert found.startswith(f"m describes no model: {sentence}")


def test_the_kept_rows_must_fit_and_be_finite():
    description, arrays = taken_apart("rows that are kept")
    for X in (arrays["rows X"][1:], arrays["rows X"][:, 1:]):
        found = refusal(pack(KIND, description, {**arrays, "rows X": X}))
        assert found.endswith("its rows do not fit its columns and their number.")
    arrays["rows y"][3] = np.inf
    assert refusal(pack(KIND, description, arrays)).endswith("its rows must hold finite numbers.")


def test_a_recall_of_no_class_is_refused():
    description, arrays = taken_apart("two classes")
    description["verdict"]["recall"]["most"] = 0.5
    assert refusal(pack(KIND, description, arrays)) == (
        "m describes no model: its recall must be that of its classes."
    )


def test_weights_of_classes_that_nobody_could_have_given_are_refused():
    description, arrays = taken_apart("five classes")
    asked = description["origin"]["choices"]["asked"]
    assert asked["class_weight"] == "balanced"
    for given, sentence in (
        ("equal", "class_weight must be 'balanced'; got 'equal'."),
        (3, "class_weight must be 'balanced'; got 3."),
        ({"class 1": -1}, "class_weight of 'class 1' must be a finite number at least 0; got -1."),
    ):
        asked["class_weight"] = given
        assert refusal(pack(KIND, description, arrays)) == f"m describes no model: {sentence}"
    del asked["class_weight"]
    assert parse(pack(KIND, description, arrays), "m").task == "classes"


# Rows ---------------------------------------------------------------------------------------------


def secretive(n=61):
    """A table each of whose cells is like no other: numbers, dates, and words of one row each."""
    rng = np.random.default_rng(n)
    numbers = {name: rng.normal(size=n) * 1234.567 for name in ("a", "b", "weight", "y")}
    skewed = np.exp(3 * rng.normal(size=n))
    seconds = rng.integers(0, 10**9, n)
    town = np.array(TOWNS)[np.arange(n) % 3].astype(object)
    town[5:8] = ["Wuthering", "Thrushcross", "Gimmerton"]
    names = [f"Keeper {chr(65 + i % 26)}{i}smith" for i in range(n)]
    return pd.DataFrame(
        {
            **numbers,
            "weight": np.abs(numbers["weight"]),
            "skewed": skewed,
            "when": pd.Timestamp("1980-01-01") + pd.to_timedelta(seconds, "s"),
            "town": town,
            "family": [f"family {1000 + 7 * (i // 3)}x" for i in range(n)],
            "name": names,
            "remark": [f"{name} has said that nothing stands in the file" for name in names],
            "ignored": [f"ignored{i}" for i in range(n)],
            "class": np.array(["low", "high"])[(numbers["a"] > 0).astype(int)],
        }
    )


def inner(values):
    """Numbers without the smallest and the largest, which are summaries."""
    return np.sort(values)[1:-1]


def found_in(data, frame, X):
    """Which cells stand in a file, as text or as numbers of either size."""
    when = np.sort(frame["when"].to_numpy())[1:-1]
    found = [day for day in when if str(day)[:10].encode() in data]
    words = {word for name in WORDS for word in frame[name]}
    found += [word for word in sorted(words) if word not in TOWNS and word.encode() in data]
    numbers = [inner(frame[name]) for name in NUMBERS]
    days = when.astype("datetime64[s]").astype(np.float64) / 86400
    features = X[~np.isin(np.abs(X), [0, 1])]
    return found + [v for v in np.concatenate([*numbers, days, features]) if is_in(v, data)]


def is_in(number, data):
    as_bytes = np.float64(number).tobytes(), np.float32(number).tobytes()
    return any(form in data for form in (repr(float(number)).encode(), *as_bytes))


@pytest.mark.parametrize(
    ("target", "options"),
    [
        ("y", {"hidden": (4,), "epochs": 2}),
        ("y", {"epochs": 2}),
        ("skewed", {"hidden": (4,), "epochs": 2, "weight_column": "weight"}),
        ("class", {"hidden": (4,), "epochs": 2}),
        ("y", {"hidden": (4,), "epochs": 2, "split": "time:when"}),
        ("y", {"hidden": (4,), "epochs": 2, "split": "group:family"}),
    ],
)
@pytest.mark.parametrize("n", [62, 22])
def test_no_row_stands_in_the_file(target, options, n):
    frame = secretive(n)
    # A family of three is a level, whose word is kept; as a group it is not learned from.
    ignored = ["ignored"] if "group:family" in options.values() else ["ignored", "family"]
    options = {**options, "ignore": ignored}
    model = train(frame, target, keep_rows=True, **options)
    X, y = model.rows
    kept = found_in(dump(model, "m"), frame, np.column_stack([X, y]))
    model = train(frame, target, **options)
    data = dump(model, "m")
    assert found_in(data, frame, np.column_stack([X, y])) == []
    # What is looked for would be found.
    assert len(kept) > 2 * n
    assert model.rows is None


def test_a_rare_word_is_known_without_standing_in_the_file(tmp_path):
    frame = secretive(200)
    model = train(frame[["a", "town", "y"]], "y", hidden=(4,), epochs=1)
    model.save(tmp_path / "m.gradus")
    assert b"Thrushcross" not in (tmp_path / "m.gradus").read_bytes()
    rows = pd.DataFrame({"a": [0.0, 0.0], "town": ["Thrushcross", "Heathcliff"]})
    assert load(tmp_path / "m.gradus").predict(rows).flags.tolist() == [
        "",
        "town 'Heathcliff' was not seen",
    ]


def test_the_folder_of_the_table_does_not_stand_in_the_file(tmp_path):
    folder = tmp_path / "somebody"
    folder.mkdir()
    # Few rows, on which there are warnings.
    CASES["a number"].frame()[:20].to_csv(folder / "t.csv", index=False)
    model = train(folder / "t.csv", "number", hidden=(4,), epochs=1)
    assert model.origin.table == "t.csv"
    assert b"somebody" not in dump(model, "m")


def test_the_rows_stand_in_the_file_where_they_are_asked_for(tmp_path):
    model = model_of("rows that are kept")
    model.save(tmp_path / "m.gradus")
    X, y = load(tmp_path / "m.gradus").rows
    assert X.tobytes() == model.rows[0].tobytes()
    assert X.shape == (60, 11)
    labels = model.labels
    assert labels.restore(y) == pytest.approx(CASES["a number"].frame()["number"].to_numpy())
