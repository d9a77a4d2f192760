"""Fitting a small perceptron by damped Gauss-Newton steps (Levenberg 1944; Marquardt 1963), one equation a sample.

A step solves ``(K + damping) x = residual`` for the n samples instead of the far more weights: K, ``[n, n]``, holds the
inner products of the samples' gradients, a sum over layers of two small products. Some ten steps do what a thousand of
Adam do, where samples are few.

What differs from the textbook: samples of the same observation and action are one, with their mean and their weight.
"""

from typing import Any

import torch
from torch import Tensor, nn

DAMPING = 0.01  # at first, in units of K's mean diagonal
GIVEN_UP = 1e4


def distinct(seen: Tensor, actions: Tensor, targets: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Merges samples of the same observation and action.

    Args:
        seen: ``[n]`` int64 or ``[n, F]``.
        actions: ``[n]`` int64.
        targets: ``[n]`` float64.

    Returns:
        Observations, actions, mean targets and counts ``[u]`` of the u different ones.
    """
    keys = torch.cat((seen.reshape(len(seen), -1).double(), actions[:, None].double()), 1)
    _, which, counts = torch.unique(keys, dim=0, return_inverse=True, return_counts=True)
    sums = torch.zeros(len(counts), dtype=torch.float64).index_add_(0, which, targets)
    first = torch.empty(len(counts), dtype=torch.int64).scatter_(0, which, torch.arange(len(which)))
    return seen[first], actions[first], sums / counts, counts.double()


def descend(
    module: nn.Sequential, seen: Tensor, actions: Tensor, targets: Tensor, steps: int, tolerance: float
) -> None:
    """Changes a perceptron's weights until it fits the mean targets of each observation and action.

    Args:
        module: linear layers with ReLU between, the first one perhaps an embedding.
        seen: ``[n]`` int64 for an embedding, else ``[n, F]`` float32.
        actions: ``[n]`` int64, the output that each sample is about.
        targets: ``[n]`` float64.
        steps: at most so many, refused ones included; each costs O(u^2 (u + width)) for u different samples.
        tolerance: of the mean squared error.
    """
    seen, actions, means, counts = distinct(seen, actions, targets)
    layers: list[Any] = [each for each in module if isinstance(each, nn.Embedding | nn.Linear)]
    weights = counts / counts.sum()
    damping = DAMPING
    forward = _forward(layers, seen, actions)
    error = _error(forward[-1], means, weights)
    for _ in range(steps):
        if error <= tolerance or damping > GIVEN_UP:
            return
        gradients = _backward(layers, forward, actions)
        kernel = _kernel(seen, forward, gradients)
        shift = damping * kernel.diagonal().mean() / (counts / counts.mean())
        kernel.diagonal().add_(shift)
        change = torch.linalg.solve(kernel, (means - forward[-1]).float())
        before = [each.detach().clone() for each in module.parameters()]
        _move(layers, seen, forward, gradients, change)
        tried = _forward(layers, seen, actions)
        now = _error(tried[-1], means, weights)
        if now < error:
            forward, error, damping = tried, now, damping / 4
        else:
            damping *= 8
            for parameter, old in zip(module.parameters(), before, strict=True):
                parameter.data.copy_(old)


def _error(found: Tensor, means: Tensor, weights: Tensor) -> float:
    error = float(weights @ (means - found).square())
    return error if error == error else float("inf")


def _forward(layers: list[Any], seen: Tensor, actions: Tensor) -> list[Tensor]:
    """What each hidden layer gives, ``[u, width]``, and last the values of the actions, ``[u]`` float64."""
    with torch.no_grad():
        given, outputs = seen, []
        for layer in layers[:-1]:
            given = layer(given).relu_()
            outputs.append(given)
        return [*outputs, layers[-1](given).double().gather(1, actions[:, None])[:, 0]]


def _backward(layers: list[Any], forward: list[Tensor], actions: Tensor) -> list[Tensor]:
    """The gradients of the values by each layer's sums, ``[u, width]``."""
    with torch.no_grad():
        last = nn.functional.one_hot(actions, layers[-1].weight.shape[0]).float()
        gradients = [last]
        for layer, output in zip(layers[:0:-1], forward[-2::-1], strict=True):
            gradients.append((gradients[-1] @ layer.weight) * (output > 0))
        return gradients[::-1]


def _kernel(seen: Tensor, forward: list[Tensor], gradients: list[Tensor]) -> Tensor:
    """Inner products ``[u, u]`` of the gradients by all weights."""
    same = (seen[:, None] == seen).float() if seen.dim() == 1 else seen @ seen.T + 1
    kernel = same * (gradients[0] @ gradients[0].T)
    for output, gradient in zip(forward[:-1], gradients[1:], strict=True):
        kernel += (output @ output.T + 1) * (gradient @ gradient.T)
    return kernel


def _move(layers: list[Any], seen: Tensor, forward: list[Tensor], gradients: list[Tensor], change: Tensor) -> None:
    """Adds to each weight what the samples' changes ask of it."""
    with torch.no_grad():
        for given, layer, gradient in zip([seen, *forward[:-1]], layers, gradients, strict=True):
            scaled = gradient * change[:, None]
            if isinstance(layer, nn.Embedding):
                layer.weight.index_add_(0, given, scaled)
            else:
                layer.weight += scaled.T @ given
                layer.bias += scaled.sum(0)
