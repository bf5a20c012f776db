"""Changes model files in thousands of ways and holds what comes out against what was promised.

``python tools/fuzz_models.py 20000`` changes so many files; a file is what its number and the seed
say. Most have their checksums made right again, so that the change is seen by who reads it. A file
must be refused with ModelFileError, or give a model that answers a small table with finite numbers
or refuses it with an error of ours, and that can be shown and written again. Each may take 2 s
(one that hangs ends the process and says where), and a process 512 MB more than it began with.
``--seed`` makes other files, ``--first`` begins with another number. What failed is printed with
its number, and the exit code is 1 then. Must never judge which changes are harmless.
"""

import argparse
import faulthandler
import hashlib
import json
import math
import random
import resource
import subprocess
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import gradus
from gradus import Dense, Model, Network
from gradus._archive import array_checksum
from gradus.errors import GradusError, ModelFileError
from gradus.models.model_file import dump, parse
from gradus.tables.table import Column, Source, Table

SECONDS = 2.0
MEGABYTES = 512
LONGEST_SENTENCE = 500
FILES_PER_PROCESS = 5000
NUMBERS = (0, 1, -1, 2, 7, 10**6, 2**20, 2**31, 2**62, 2**63, -(10**30), 10**400)
FLOATS = (0.0, -0.0, 0.5, -1.5, 1.0, 5e-324, 1e-300, 1e38, 1e154, 1.7e308, -1.7e308, math.nan,
          math.inf, -math.inf)  # fmt: skip
TEXTS = ("", "x", "network", "kind", "\ud800", "\0", "a\nb", "é" * 40, "w" * 10**5)
ODD = (None, True, False, *NUMBERS, *FLOATS, *TEXTS, [], {}, [None], [[]], {"kind": "Dense"})
DTYPES = {"F32": "<f4", "F64": "<f8", "I64": "<i8"}
OTHER_DTYPES = ("F16", "BF16", "BOOL", "U8", "I32", "F8_E4M3", "F32", "F64", "I64", "X", "")
SHAPES = ([], [0], [1], [-1], [2**40], [2**62, 2**62], [0, 2**62], [1.5], ["1"], [1] * 70, None)
Change = Callable[[random.Random, dict[str, Any], dict[str, Any]], None]


def words(draw: random.Random, n: int, among: int) -> np.ndarray[Any, Any]:
    """Draw words, every level of which comes up."""
    return np.array([f"w{draw.randrange(among) if i >= among else i}" for i in range(n)], object)


def table(n: int, n_levels: int = 3) -> Table:
    """Make a table of one column of each kind and three to be learned."""
    draw = random.Random(n)  # noqa: S311 - a table, no secrets
    a = np.array([draw.gauss(0, 1) for _ in range(n)])
    skewed = np.exp(3 * np.array([draw.gauss(0, 1) for _ in range(n)]))
    skewed[:: max(n // 5, 2)] = np.nan
    columns = [
        Column("a", "number", a),
        Column("skewed", "number", skewed),
        Column("town", "word", words(draw, n, n_levels)),
        Column("garden", "word", np.array([draw.choice(("yes", "no")) for _ in a], object)),
        Column("day", "date", np.arange(n) * 7.0),
        Column("z", "number", 3 * a + np.array([draw.gauss(0, 1) for _ in range(n)])),
        Column("price", "number", np.exp(2 * a)),
        Column("class", "word", np.array(["low" if v < 0 else "high" for v in a], object)),
    ]
    return Table("the table", tuple(columns), Source(None))


@cache
def bases() -> tuple[bytes, ...]:
    """Make the files that are changed."""
    targets = ["z", "price", "class"]

    def one(n: int, target: str, n_levels: int = 3, **options: Any) -> bytes:
        others = {"ignore": [name for name in targets if name != target], "record": False}
        model = gradus.train(table(n, n_levels), target, epochs=2, **others, **options)
        return dump(model, "a model")

    normed = (gradus.LayerNorm(), Dense(3, "mish", max_norm=3.0), Dense(4))
    levels, start = [gradus.Embedding(4, 2)], gradus.Initializer("uniform", low=-1, high=1)
    layers = [gradus.Dropout(0.1), gradus.Residual(normed), Dense(2, initializer=start)]
    losses = ["cross_entropy", "poisson", gradus.Huber(0.5), gradus.Quantile((0.1, 0.9))]
    losses += [gradus.BinaryCrossEntropy(0.2), gradus.ExpressionLoss("exp(output - target)")]
    return (
        one(60, "z", hidden=(3,), split="random", keep_rows=True),
        one(60, "price", hidden=(2,), split="time:day"),
        one(160, "class", 40, hidden=(3,), split="random", folds=2),
        one(12, "z", split="random"),
        *(dump(Network(3, layers, loss, 0.1, 0, "float32", levels), "") for loss in losses),
    )


def take_apart(data: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the description, and for each array its type, shape and bytes."""
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    entries = json.loads(header.pop("__metadata__")["gradus"])
    arrays = {}
    for name, its in header.items():
        begin, end = its["data_offsets"]
        arrays[name] = [its["dtype"], its["shape"], data[8 + size + begin : 8 + size + end]]
    return entries, arrays


def put_together(entries: dict[str, Any], arrays: dict[str, Any]) -> bytes:
    """Write a file whose checksums are right, whatever the arrays are."""
    sums = {name: checksum(*array) for name, array in arrays.items()}
    if "arrays" in entries:
        entries["arrays"] = sums
    others = {name: value for name, value in entries.items() if name != "checksum"}
    text = canonical({**others, "checksum": digest(canonical(others))})
    header, at, body = {}, 0, b""
    for name, (dtype, shape, data) in arrays.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + len(data)]}
        at, body = at + len(data), body + data
    return with_header({"__metadata__": {"gradus": text}, **header}, body)


def with_header(header: Any, body: bytes) -> bytes:
    """Put the header before the body."""
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + body


def canonical(entries: Any) -> str:
    """Spell a description as gradus does, nan and infinity too."""
    return json.dumps(entries, sort_keys=True, separators=(",", ":"))


def digest(text: str) -> str:
    """Hash a text as gradus does."""
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def checksum(dtype: str, shape: Any, data: bytes) -> str:
    """Hash an array as gradus does, if it is one."""
    try:
        return array_checksum(np.frombuffer(data, DTYPES[dtype]).reshape(shape))
    except (KeyError, TypeError, ValueError, OverflowError):
        return "0" * 32


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """List the paths to all parts of a description."""
    if not isinstance(node, dict | list):
        return [path]
    inner = node.items() if isinstance(node, dict) else enumerate(node)
    return [path] * bool(path) + [p for key, part in inner for p in places(part, (*path, key))]


def at(node: Any, path: tuple[Any, ...]) -> Any:
    """Follow a path."""
    for key in path:
        node = node[key]
    return node


def change_description(
    draw: random.Random, entries: dict[str, Any], _arrays: dict[str, Any]
) -> None:
    """Change one part of the description: another value, more, less, twice."""
    own = {name: part for name, part in entries.items() if name not in {"arrays", "checksum"}}
    # A part of the description first, and then one of its own: long parts do not get all changes.
    # Kind and format are seldom changed, for nothing else is looked at then.
    top = draw.choice(sorted(own.keys() - {"kind", "format"} if draw.random() < 0.95 else own))
    path = draw.choice(places(own[top], (top,)))
    parent, key = at(entries, path[:-1]), path[-1]
    value = parent[key]
    kind = draw.randrange(9)
    if kind == 0 or (kind < 4 and not isinstance(value, list | dict | int | float)):
        parent[key] = deepcopy(draw.choice(ODD))
    elif kind == 1:
        del parent[key]
    elif kind == 2:
        parent[key] = deepcopy(at(own, draw.choice(places(own)[1:])))
    elif isinstance(value, bool) or value is None:
        parent[key] = draw.choice(ODD)
    elif isinstance(value, int):
        parent[key] = draw.choice((value + 1, value - 1, -value, value % 2**53 / 2, str(value)))
    elif isinstance(value, float):
        parent[key] = draw.choice((value * 1e30, -value, value / 1e200, *FLOATS))
    elif isinstance(value, list):
        parent[key] = draw.choice((value * 2, value[1:], value[::-1], [*value, draw.choice(ODD)]))
    elif isinstance(value, dict):
        value[draw.choice(("x", "kind", "name", ""))] = draw.choice(ODD)
    else:
        parent[key] = draw.choice(TEXTS)


def nest(draw: random.Random, entries: dict[str, Any], _arrays: dict[str, Any]) -> None:
    """Put a part deep into lists or objects."""
    path = draw.choice(places(entries))
    parent, key = at(entries, path[:-1]), path[-1]
    for _ in range(draw.choice((10, 200, 400))):
        parent[key] = draw.choice(([parent[key]], {"kind": parent[key]}))


def pick(draw: random.Random, arrays: dict[str, Any]) -> tuple[str, str, Any, bytes]:
    """Draw an array that no change has broken yet."""
    name = draw.choice([n for n in sorted(arrays) if checksum(*arrays[n]) != "0" * 32])
    return name, *arrays[name]


def change_array(draw: random.Random, _entries: dict[str, Any], arrays: dict[str, Any]) -> None:
    """Change one array: numbers, type, shape, name."""
    name, dtype, shape, data = pick(draw, arrays)
    kind = draw.randrange(8)
    if kind < 4 and data:
        numbers = np.frombuffer(data, DTYPES[dtype]).copy()
        where = slice(None) if kind == 0 else draw.randrange(len(numbers))
        odd = draw.choice(NUMBERS[:-2] if dtype == "I64" else FLOATS)
        with np.errstate(all="ignore"):
            numbers[where] = odd % 2**63 if dtype == "I64" else np.float64(odd)
            numbers *= draw.choice((1, 1, -1))
        arrays[name][2] = numbers.tobytes()
    elif kind == 4:
        arrays[name][0] = draw.choice(OTHER_DTYPES)
    elif kind == 5:
        arrays[name][1] = draw.choice((*SHAPES, shape[::-1], [1, *shape]))
    elif kind == 6:
        other = draw.choice(sorted(arrays))
        arrays[other], arrays[name] = arrays[name], arrays[other]
    else:
        its = arrays.pop(name)
        if draw.random() < 0.7:
            arrays[draw.choice(("x", name + "1", "history 9", "rows X", "rows y"))] = its


def cut_rows(draw: random.Random, _entries: dict[str, Any], arrays: dict[str, Any]) -> None:
    """Leave out or repeat rows of an array, its shape made right."""
    name, dtype, shape, data = pick(draw, arrays)
    if shape:
        n = draw.choice((0, shape[0] - 1, shape[0] // 2, 2 * shape[0]))
        size = len(data) // max(shape[0], 1)
        arrays[name] = [dtype, [max(n, 0), *shape[1:]], (data * 2)[: max(n, 0) * size]]


def change_header(draw: random.Random, data: bytes) -> bytes:
    """Change the header of the safetensors file itself."""
    size = int.from_bytes(data[:8], "little")
    header, body = json.loads(data[8 : 8 + size]), data[8 + size :]
    path = draw.choice([p for p in places(header) if len(p) > 1 or draw.random() < 0.1])
    parent, key = at(header, path[:-1]), path[-1]
    kind = draw.randrange(6)
    if kind == 0:
        parent[key] = draw.choice((*ODD, *SHAPES))
    elif kind == 1:
        del parent[key]
    elif kind == 2:
        text = json.dumps(header).replace('"dtype":', '"shape": [], "dtype":', 1).encode()
        return len(text).to_bytes(8, "little") + text + body
    elif kind == 3:
        text = b"[" * 10 ** draw.randint(1, 6)
        return len(text).to_bytes(8, "little") + text + body
    elif kind == 4:
        return draw.choice((2**63, size + 1, size - 1, 0)).to_bytes(8, "little") + data[8:]
    else:
        body += draw.randbytes(draw.randint(1, 100))
    return with_header(header, body)


def change_bytes(draw: random.Random, data: bytes) -> bytes:
    """Do to the bytes what disks and transport do."""
    where = draw.randrange(len(data))
    kind = draw.randrange(4)
    if kind == 0:
        return data[:where]
    if kind == 1:
        return data[:where] + bytes([data[where] ^ 1 << draw.randrange(8)]) + data[where + 1 :]
    if kind == 2:
        return data + data[where:]
    return data[:where] + draw.randbytes(8) + data[where + draw.randint(0, 8) :]


def make(seed: int, number: int) -> bytes:
    """Change one of the files."""
    draw = random.Random(f"{seed} {number}")  # noqa: S311 - files to read, no secrets
    data = draw.choice(bases())
    kind = draw.randrange(10)
    if kind == 0:
        return change_bytes(draw, data)
    if kind == 1:
        return change_header(draw, data)
    entries, arrays = take_apart(data)
    changes: tuple[Change, ...] = (change_description, change_array, cut_rows, nest)
    for _ in range(draw.choice((1, 1, 2))):
        draw.choices(changes, (12, 5, 2, 1))[0](draw, entries, arrays)
    return put_together(entries, arrays)


def check(thing: Model | Network) -> str:
    """Ask for answers, and hold that they are finite; show the model and write it again."""
    if isinstance(thing, Network):
        try:
            thing.predict(np.zeros((2, thing.spec.n_inputs)))
        except GradusError:
            return "without answers"
        return "answered"
    thing.summary()
    json.dumps(thing.describe(), allow_nan=False)
    again = dump(thing, "again")
    assert dump(parse(again, "again"), "once more") == again, "it is another one in its own file"
    asked = table(40)
    asked.columns[0].values[:4] = 1e150, -1e150, math.nan, 0
    asked.columns[2].values[:2] = None, "never seen"
    try:
        found = thing.predict(asked, n_threads=1)
    except GradusError:
        return "without answers"
    assert len(found) == asked.n_rows
    if found.probabilities is not None:
        assert np.allclose(found.probabilities.sum(axis=1), 1), "probabilities do not sum to 1"
        return "answered"
    assert found.low is not None
    assert found.high is not None
    assert np.isfinite(found.values).all(), "an answer is not finite"
    assert not np.isinf(found.low).any(), "a bound is infinite"
    is_known = ~np.isnan(found.low)
    assert (found.low <= found.values)[is_known].all(), "a bound is above its answer"
    assert (found.high >= found.values)[is_known].all(), "a bound is below its answer"
    return "answered"


def try_one(seed: int, number: int) -> str:
    """Make and read one file; return how it went, or raise."""
    data = make(seed, number)
    begin = time.perf_counter()
    try:
        how, sentence = check(parse(data, "a.gradus")), b""
    except ModelFileError as error:
        how, sentence = "refused", str(error).encode()
    seconds = time.perf_counter() - begin
    assert len(sentence) < LONGEST_SENTENCE, f"a sentence of {len(sentence):,} bytes"
    assert seconds < SECONDS, f"{seconds:.1f} s"
    return how


def run(seed: int, first: int, last: int) -> int:
    """Try the files of these numbers; print what fails and return how often."""
    bases()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    counts = {"answered": 0, "without answers": 0, "refused": 0, "failed": 0}
    for number in range(first, last):
        faulthandler.dump_traceback_later(10 * SECONDS, exit=True, file=sys.__stderr__)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                how = try_one(seed, number)
        except Exception:  # noqa: BLE001 - whatever it is, it is what is looked for
            how = "failed"
            print(f"file {number} of seed {seed}:\n{traceback.format_exc(limit=-3)[:3000]}")
        counts[how] += 1
    faulthandler.cancel_dump_traceback_later()
    more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before
    if more > MEGABYTES:
        print(f"{more:.0f} MB more were taken")
        counts["failed"] += 1
    print(", ".join(f"{n} {how}" for how, n in counts.items()), f"({more:.0f} MB more)")
    return counts["failed"]


def main() -> None:
    """Try the files in processes of their own, with little memory to ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("n_files", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--here", action="store_true", help="in this process")
    said = parser.parse_args()
    last = said.first + said.n_files
    if said.here:
        bases()
        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        limit = taken + MEGABYTES * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        raise SystemExit(run(said.seed, said.first, last) > 0)
    is_bad = False
    for first in range(said.first, last, FILES_PER_PROCESS):
        n_files = min(FILES_PER_PROCESS, last - first)
        options = ["--seed", str(said.seed), "--first", str(first), "--here"]
        command = [sys.executable, str(Path(__file__)), str(n_files), *options]
        code = subprocess.run(command, check=False).returncode
        if code:
            print(f"Files {first} to {first + n_files} ended with {code}.")
            is_bad = True
    raise SystemExit(is_bad)


if __name__ == "__main__":
    main()
