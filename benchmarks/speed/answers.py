"""How each library answers for rows of a network that is there: the usual call of each."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from benchmarks.speed.problem import Array, Problem

#: Takes rows, gives answers of shape (n, 1).
Answer: TypeAlias = Callable[[Array], Array]


def gradus(problem: Problem) -> Answer:
    """Ask `Network.predict`."""
    from benchmarks.speed.peer_gradus import network

    return network(problem).predict


def by_numpy(problem: Problem) -> Answer:
    """Write it out."""
    *hidden, (last_weight, last_bias) = problem.layers

    def answer(X: Array) -> Array:
        a = X
        for weight, bias in hidden:
            a = a @ weight
            a += bias
            np.maximum(a, 0, out=a)
        a = a @ last_weight
        a += last_bias
        return a

    return answer


def by_torch(problem: Problem, threads: int) -> Answer:
    """Ask modules in inference mode, from NumPy to NumPy."""
    import torch
    from benchmarks.speed.peer_torch import Eager

    torch.set_num_threads(threads)
    network = Eager(problem).network.eval()

    def answer(X: Array) -> Array:
        with torch.inference_mode():
            return np.asarray(network(torch.from_numpy(X)).numpy())

    return answer


def by_jax(problem: Problem) -> Answer:
    """Ask a compiled function, from NumPy to NumPy; the first call compiles it."""
    import jax

    layers = jax.tree.map(jax.numpy.asarray, problem.copied_layers())

    @jax.jit  # called through C++, which a function compiled ahead is not
    def forward(X: Array) -> Array:
        a = X
        for k, (w, b) in enumerate(layers):
            a = a @ w + b
            a = jax.nn.relu(a) if k + 1 < len(layers) else a
        return a

    return lambda X: np.asarray(forward(X))


def by_sklearn(problem: Problem) -> Answer:
    """Ask a fitted `MLPRegressor`."""
    from benchmarks.speed.peer_sklearn import fitted

    own = Problem(
        problem.X[:1].repeat(2, axis=0),
        np.zeros((2, 1), np.float32),
        problem.layers,
        problem.activation,
        problem.loss,
        "descent",
        rate=1e-30,
        batch=2,
    )
    made = fitted(own, 1)
    for k, (weight, bias) in enumerate(problem.layers):
        made.coefs_[k], made.intercepts_[k] = weight, bias
    return lambda X: np.asarray(made.predict(X)).reshape(-1, 1)


def by_onnxruntime(problem: Problem, threads: int) -> Answer:
    """Ask an inference session of a graph of three products."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    providers = ["CPUExecutionProvider"]
    session = onnxruntime.InferenceSession(_graph(problem), options, providers=providers)
    names = ["answer"]
    return lambda X: session.run(names, {"X": X})[0]


def _graph(problem: Problem) -> bytes:
    """Describe the network in ONNX."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    nodes, numbers, last = [], [], len(problem.layers)
    fed = "X"
    for k, (weight, bias) in enumerate(problem.layers, 1):
        assert bias is not None, "all layers have a bias"
        numbers += [
            numpy_helper.from_array(weight, f"w{k}"),
            numpy_helper.from_array(bias, f"b{k}"),
        ]
        out = "answer" if k == last else f"z{k}"
        nodes.append(helper.make_node("Gemm", [fed, f"w{k}", f"b{k}"], [out]))
        if k < last:
            nodes.append(helper.make_node("Relu", [out], [f"a{k}"]))
            fed = f"a{k}"
    rows = helper.make_tensor_value_info("X", TensorProto.FLOAT, ["n", problem.X.shape[1]])
    answers = helper.make_tensor_value_info("answer", TensorProto.FLOAT, ["n", 1])
    graph = helper.make_graph(nodes, "network", [rows], [answers], numbers)
    opset = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=9)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())
