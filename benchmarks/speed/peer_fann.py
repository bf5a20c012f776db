"""FANN, a small library in C: compiled here, where libfann-dev is installed.

Folders that a compiler does not look into by itself are told in CPATH and LIBRARY_PATH.
"""

import ctypes
import os
import subprocess
from pathlib import Path

import numpy as np
from benchmarks.speed.problem import Array, Layers, Problem
from benchmarks.speed.process import folder
from benchmarks.speed.workload import Job

_SOURCE = Path(__file__).with_name("fann.cpp")


def train(problem: Problem) -> Job:
    """Train by whole epochs where the batch is all rows, else row by row."""
    library, width = _compiled(), problem.X.shape[1]
    n_hidden = problem.layers[0][0].shape[1] if len(problem.layers) > 1 else 0
    is_linear, rate = problem.output == "identity", ctypes.c_float(problem.rate)
    made = ctypes.c_void_p(library.fann_made(width, n_hidden, int(is_linear), rate))
    first = _flat(problem.layers)
    assert first.size == library.fann_n_weights(made), "a weight for each connection"
    X, y = np.ascontiguousarray(problem.X), np.ascontiguousarray(problem.y)
    rows = ctypes.c_void_p(library.fann_rows(_pointer(X), _pointer(y), len(X), width))
    order = np.concatenate(problem.given_orders(problem.epochs)).astype(np.int32)

    def run() -> None:
        if problem.is_full_batch:
            library.fann_train_all(made, rows, problem.epochs)
        else:
            library.fann_train_in_order(made, rows, _pointer(order), len(order))

    def reset() -> None:
        library.fann_put(made, _pointer(first))

    def check() -> float:
        reset()
        run()
        reached = np.empty_like(first)
        library.fann_take(made, _pointer(reached))
        return problem.value(_layers(problem.layers, reached))

    return Job(run, check, units=problem.units, reset=reset)


def _flat(layers: Layers) -> Array:
    """Lay weights out neuron by neuron, each with its bias last, 0 where it should have none."""
    parts = []
    for weight, bias in layers:
        last = np.zeros(weight.shape[1]) if bias is None else bias
        parts.append(np.vstack([weight, last]).T.ravel())
    return np.concatenate(parts).astype(np.float32)


def _layers(layers: Layers, flat: Array) -> Layers:
    """Undo `_flat`."""
    found: Layers = []
    for weight, _ in layers:
        size = (weight.shape[0] + 1) * weight.shape[1]
        both, flat = flat[:size].reshape(weight.shape[1], -1).T, flat[size:]
        found.append((both[:-1], both[-1]))
    return found


def _pointer(array: Array) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def _compiled() -> ctypes.CDLL:
    made = folder() / "fann.so"
    compiler = os.environ.get("CXX", "g++")
    command = [compiler, "-O3", "-march=native", "-std=c++20", "-shared", "-fPIC"]
    built = subprocess.run(
        [*command, _SOURCE, "-o", made, "-lfloatfann"], capture_output=True, check=False
    )
    if built.returncode:
        raise ImportError("FANN is not installed where the compiler looks (libfann-dev)")
    library = ctypes.CDLL(str(made))
    library.fann_made.restype = library.fann_rows.restype = ctypes.c_void_p
    return library
