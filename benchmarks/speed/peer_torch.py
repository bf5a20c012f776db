"""PyTorch without a DataLoader: autograd with a fused rule, and with the gradient by hand."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from benchmarks.speed.problem import BETA_1, BETA_2, EPSILON, MOMENTUM, Array, Layers, Problem
from benchmarks.speed.workload import Job
from torch import nn

_ACTIVATIONS = {"relu": torch.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh}


def rule(problem: Problem, params: list[torch.Tensor]) -> torch.optim.Optimizer:
    """Make the rule, fused where PyTorch has it so."""
    if problem.rule == "adam":
        betas = (BETA_1, BETA_2)
        return torch.optim.Adam(params, problem.rate, betas, EPSILON, fused=True)
    momentum = MOMENTUM if problem.rule == "momentum" else 0.0
    return torch.optim.SGD(params, problem.rate, momentum, fused=True)


class Eager:
    """Layers as modules, the gradient by autograd: how PyTorch is used."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.X, self.y = torch.from_numpy(problem.X), torch.from_numpy(problem.y)
        self.start()

    def start(self) -> None:
        """Make the network anew, and the rule with an empty memory."""
        steps: list[nn.Module] = []
        last = len(self.problem.layers)
        names = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "identity": nn.Identity}
        for k, (weight, bias) in enumerate(self.problem.layers, 1):
            fan_in, fan_out = weight.shape
            linear = nn.Linear(fan_in, fan_out, bias=bias is not None)
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(weight.T))
                if bias is not None:
                    linear.bias.copy_(torch.from_numpy(bias))
            name = self.problem.output if k == last else self.problem.activation
            steps += [linear] if name == "identity" else [linear, names[name]()]
        self.network = nn.Sequential(*steps)
        self.rule = rule(self.problem, list(self.network.parameters()))
        squared = self.problem.loss == "squared_error"
        self.loss = nn.MSELoss() if squared else nn.CrossEntropyLoss()

    def layers(self) -> Layers:
        """Copy the weights."""
        linear = [step for step in self.network if isinstance(step, nn.Linear)]
        return [
            (
                step.weight.detach().numpy().T.copy(),
                None if step.bias is None else step.bias.detach().numpy().copy(),
            )
            for step in linear
        ]

    def step(self, X: torch.Tensor, y: torch.Tensor) -> None:
        """Make one update."""
        self.rule.zero_grad()
        self.loss(self.network(X), y).backward()
        self.rule.step()


class ByHand:
    """One flat parameter, the gradient written out, no graph."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.X, self.y = torch.from_numpy(problem.X), torch.from_numpy(problem.y)
        self.start()

    def start(self) -> None:
        """Put the first weights and an empty memory."""
        parts = [part for layer in self.problem.layers for part in layer if part is not None]
        flat = np.concatenate([part.ravel() for part in parts])
        self.flat = torch.from_numpy(flat)
        self.flat.grad = torch.zeros_like(self.flat)
        self.params, self.grads = self._views(self.flat), self._views(self.flat.grad)
        self.rule = rule(self.problem, [self.flat])

    def _views(self, flat: torch.Tensor) -> list[tuple[torch.Tensor, torch.Tensor | None]]:
        views: list[tuple[torch.Tensor, torch.Tensor | None]] = []
        place = 0
        for weight, bias in self.problem.layers:
            own = flat[place : place + weight.size].view(weight.shape)
            place += weight.size
            views.append((own, None if bias is None else flat[place : place + bias.size]))
            place += 0 if bias is None else bias.size
        return views

    def layers(self) -> Layers:
        """Copy the weights."""
        return [(w.numpy().copy(), None if b is None else b.numpy().copy()) for w, b in self.params]

    def step(self, X: torch.Tensor, y: torch.Tensor) -> None:
        """Make one update."""
        problem, fed, last = self.problem, [X], len(self.params) - 1
        for k, (w, b) in enumerate(self.params):
            z = fed[-1] @ w if b is None else torch.addmm(b, fed[-1], w)
            name = problem.output if k == last else problem.activation
            fed.append(z if name == "identity" else _ACTIVATIONS[name](z))
        delta = self._output_delta(fed[-1], y)
        for k in range(last, -1, -1):
            d_w, d_b = self.grads[k]
            torch.mm(fed[k].t(), delta, out=d_w)
            if d_b is not None:
                torch.sum(delta, 0, out=d_b)
            if k:
                delta = _times_slope(problem.activation, delta @ self.params[k][0].t(), fed[k])
        self.rule.step()

    def _output_delta(self, a: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        if self.problem.loss == "cross_entropy":
            delta = torch.softmax(a, 1)
            delta[torch.arange(len(y)), y] -= 1
            return delta.div_(len(y))
        delta = (a - y).mul_(2 / a.numel())
        if self.problem.output == "sigmoid":
            return _times_slope("sigmoid", delta, a)
        return delta


def _times_slope(activation: str, delta: torch.Tensor, a: torch.Tensor) -> torch.Tensor:
    if activation == "relu":
        return torch.ops.aten.threshold_backward(delta, a, 0)
    if activation == "sigmoid":
        return torch.ops.aten.sigmoid_backward(delta, a)
    return torch.ops.aten.tanh_backward(delta, a)


def train(problem: Problem, threads: int, *, is_by_hand: bool = False) -> Job:
    """Train with autograd, or with the gradient by hand."""
    torch.set_num_threads(threads)
    made: Any = (ByHand if is_by_hand else Eager)(problem)
    ready = None if problem.is_order_drawn else problem.given_orders(problem.epochs)

    def pass_over(orders: Iterable[Array]) -> None:
        for order in orders:
            if problem.is_full_batch:
                made.step(made.X, made.y)
                continue
            for rows in torch.from_numpy(order).split(problem.batch):
                made.step(made.X[rows], made.y[rows])

    def run() -> None:
        with torch.set_grad_enabled(not is_by_hand):
            pass_over(problem.drawn_orders() if ready is None else ready)

    def check() -> float:
        made.start()
        with torch.set_grad_enabled(not is_by_hand):
            pass_over(problem.given_orders(problem.check_epochs))
        return reached()

    def reached() -> float:
        return problem.value(made.layers())

    return Job(run, check, units=problem.units, reset=made.start, reached=reached)
