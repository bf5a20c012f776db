from collections.abc import Sequence
from typing import Annotated, overload

import numpy
from numpy.typing import NDArray


ACTIVATIONS: tuple[str, ...]

LOSSES: tuple[str, ...]

OPERATIONS: tuple[str, ...]

RULES: tuple[str, ...]

INSTRUCTION_SETS: tuple[str, ...]

def instruction_set() -> str: ...

class Loss:
    pass

def make_loss(loss: int, numbers: Sequence[float], program: Sequence[tuple[int, float]], function: object | None) -> Loss: ...

class Network:
    def __init__(self, n_inputs: int, loss: Loss, l1: float, l2: float, embeddings: Sequence[tuple[int, int]]) -> None: ...

    def add_dense(self, width: int, activation: int, has_bias: bool, max_norm: float) -> None: ...

    def add_dropout(self, rate: float) -> None: ...

    def add_norm(self, epsilon: float) -> None: ...

    def add_sum(self, source: int) -> None: ...

    @property
    def n_params(self) -> int: ...

@overload
def outputs(network: Network, params: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)], X: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], out: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu')], n_threads: int) -> bool: ...

@overload
def outputs(network: Network, params: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], X: Annotated[NDArray[numpy.float64], dict(shape=(None, None), order='C', device='cpu', writable=False)], out: Annotated[NDArray[numpy.float64], dict(shape=(None, None), order='C', device='cpu')], n_threads: int) -> bool: ...

@overload
def evaluate(network: Network, params: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)], X: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], y: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], weights: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)] | None, n_threads: int) -> tuple[float, float]: ...

@overload
def evaluate(network: Network, params: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], X: Annotated[NDArray[numpy.float64], dict(shape=(None, None), order='C', device='cpu', writable=False)], y: Annotated[NDArray[numpy.float64], dict(shape=(None, None), order='C', device='cpu', writable=False)], weights: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)] | None, n_threads: int) -> tuple[float, float]: ...

@overload
def gradient(network: Network, params: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)], X: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], y: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], weights: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)] | None, grads: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu')], n_threads: int) -> float: ...

@overload
def gradient(network: Network, params: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], X: Annotated[NDArray[numpy.float64], dict(shape=(None, None), order='C', device='cpu', writable=False)], y: Annotated[NDArray[numpy.float64], dict(shape=(None, None), order='C', device='cpu', writable=False)], weights: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)] | None, grads: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu')], n_threads: int) -> float: ...

@overload
def hvp(network: Network, params: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)], X: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], y: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], weights: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)] | None, v: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)], out: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu')], n_threads: int) -> None: ...

@overload
def hvp(network: Network, params: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], X: Annotated[NDArray[numpy.float64], dict(shape=(None, None), order='C', device='cpu', writable=False)], y: Annotated[NDArray[numpy.float64], dict(shape=(None, None), order='C', device='cpu', writable=False)], weights: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)] | None, v: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], out: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu')], n_threads: int) -> None: ...

@overload
def ggn_vp(network: Network, params: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)], X: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], y: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], weights: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)] | None, v: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)], out: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu')], n_threads: int) -> None: ...

@overload
def ggn_vp(network: Network, params: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], X: Annotated[NDArray[numpy.float64], dict(shape=(None, None), order='C', device='cpu', writable=False)], y: Annotated[NDArray[numpy.float64], dict(shape=(None, None), order='C', device='cpu', writable=False)], weights: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)] | None, v: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], out: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu')], n_threads: int) -> None: ...

class Rule:
    @property
    def n_slots(self) -> int: ...

def make_rule(rule: int, nesterov: bool, momentum: float, beta_1: float, beta_2: float, decay: float, epsilon: float, initial_accumulator: float, weight_decay: float) -> Rule: ...

@overload
def run(network: Network, rule: Rule, X: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], y: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], weights: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)] | None, rows: Annotated[NDArray[numpy.int64], dict(shape=(None,), order='C', device='cpu', writable=False)] | None, batch_size: int, shuffle_key: int, dropout_key: int, params: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu')], slots: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu')], cursor: Annotated[NDArray[numpy.int64], dict(shape=(None,), order='C', device='cpu')], totals: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu')], grad_norm: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu')], rates: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], max_grad_norm: float, log_rows: Annotated[NDArray[numpy.float64], dict(shape=(None, None), order='C', device='cpu')], update_ratio: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu')], cancel: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order='C', device='cpu')], max_seconds: float, n_threads: int) -> int: ...

@overload
def run(network: Network, rule: Rule, X: Annotated[NDArray[numpy.float64], dict(shape=(None, None), order='C', device='cpu', writable=False)], y: Annotated[NDArray[numpy.float64], dict(shape=(None, None), order='C', device='cpu', writable=False)], weights: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)] | None, rows: Annotated[NDArray[numpy.int64], dict(shape=(None,), order='C', device='cpu', writable=False)] | None, batch_size: int, shuffle_key: int, dropout_key: int, params: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu')], slots: Annotated[NDArray[numpy.float64], dict(shape=(None, None), order='C', device='cpu')], cursor: Annotated[NDArray[numpy.int64], dict(shape=(None,), order='C', device='cpu')], totals: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu')], grad_norm: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu')], rates: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], max_grad_norm: float, log_rows: Annotated[NDArray[numpy.float64], dict(shape=(None, None), order='C', device='cpu')], update_ratio: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu')], cancel: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order='C', device='cpu')], max_seconds: float, n_threads: int) -> int: ...

def permutation(key: int, epoch: int, out: Annotated[NDArray[numpy.int64], dict(shape=(None,), order='C', device='cpu')]) -> None: ...

@overload
def gauss_newton(network: Network, params: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)], X: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], y: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], weights: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)] | None, G: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu')], cancel: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order='C', device='cpu')] | None, n_threads: int) -> None: ...

@overload
def gauss_newton(network: Network, params: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], X: Annotated[NDArray[numpy.float64], dict(shape=(None, None), order='C', device='cpu', writable=False)], y: Annotated[NDArray[numpy.float64], dict(shape=(None, None), order='C', device='cpu', writable=False)], weights: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)] | None, G: Annotated[NDArray[numpy.float64], dict(shape=(None, None), order='C', device='cpu')], cancel: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order='C', device='cpu')] | None, n_threads: int) -> None: ...

@overload
def damped_step(G: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], grads: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)], damping: float, factor: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu')], step: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu')], cancel: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order='C', device='cpu')] | None, n_threads: int) -> bool: ...

@overload
def damped_step(G: Annotated[NDArray[numpy.float64], dict(shape=(None, None), order='C', device='cpu', writable=False)], grads: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], damping: float, factor: Annotated[NDArray[numpy.float64], dict(shape=(None, None), order='C', device='cpu')], step: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu')], cancel: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order='C', device='cpu')] | None, n_threads: int) -> bool: ...

@overload
def inverse_diagonal(factor: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu')], diagonal: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu')], cancel: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order='C', device='cpu')] | None, n_threads: int) -> None: ...

@overload
def inverse_diagonal(factor: Annotated[NDArray[numpy.float64], dict(shape=(None, None), order='C', device='cpu')], diagonal: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu')], cancel: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order='C', device='cpu')] | None, n_threads: int) -> None: ...

@overload
def row_products(network: Network, params: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)], X: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], y: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], weights: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)] | None, of_inputs: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu')], knows_inputs: bool, fed: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu')], delta: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu')], of_weights: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu')], of_biases: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu')], cancel: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order='C', device='cpu')] | None, n_threads: int) -> bool: ...

@overload
def row_products(network: Network, params: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], X: Annotated[NDArray[numpy.float64], dict(shape=(None, None), order='C', device='cpu', writable=False)], y: Annotated[NDArray[numpy.float64], dict(shape=(None, None), order='C', device='cpu', writable=False)], weights: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)] | None, of_inputs: Annotated[NDArray[numpy.float64], dict(shape=(None, None), order='C', device='cpu')], knows_inputs: bool, fed: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu')], delta: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu')], of_weights: Annotated[NDArray[numpy.float64], dict(shape=(None, None), order='C', device='cpu')], of_biases: Annotated[NDArray[numpy.float64], dict(shape=(None, None), order='C', device='cpu')], cancel: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order='C', device='cpu')] | None, n_threads: int) -> bool: ...

@overload
def row_step(network: Network, fed: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu')], delta: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu')], of_weights: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu')], of_biases: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu')], grads: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)], damping: float, factor: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu')], step: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu')], cancel: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order='C', device='cpu')] | None, n_threads: int) -> bool: ...

@overload
def row_step(network: Network, fed: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu')], delta: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu')], of_weights: Annotated[NDArray[numpy.float64], dict(shape=(None, None), order='C', device='cpu')], of_biases: Annotated[NDArray[numpy.float64], dict(shape=(None, None), order='C', device='cpu')], grads: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu', writable=False)], damping: float, factor: Annotated[NDArray[numpy.float64], dict(shape=(None, None), order='C', device='cpu')], step: Annotated[NDArray[numpy.float64], dict(shape=(None,), order='C', device='cpu')], cancel: Annotated[NDArray[numpy.uint8], dict(shape=(None,), order='C', device='cpu')] | None, n_threads: int) -> bool: ...
