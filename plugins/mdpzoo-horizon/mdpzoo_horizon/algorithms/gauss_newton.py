"""Fits a small perceptron by damped Gauss-Newton steps (Levenberg 1944; Marquardt 1963), one equation per sample.

A step solves ``(K + damping) x = residual`` for n samples rather than for the much larger number of weights. K,
``[n, n]``, holds the inner products of the samples' gradients, a sum over layers of two small products. If samples are
few, about ten steps achieve what a thousand steps of Adam do.

What differs from the textbook: samples of the same observation and action are merged into their mean, with a weight.
"""

from typing import Any

import torch
from torch import Tensor, nn

DAMPING = 0.01  # initial value, in units of the mean diagonal of K
LARGEST_DAMPING = 1e4


def distinct(observations: Tensor, actions: Tensor, targets: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Merges samples of the same observation and action.

    Args:
        observations: ``[n]`` int64 or ``[n, F]``.
        actions: ``[n]`` int64.
        targets: ``[n]`` float64.

    Returns:
        Observations, actions, mean targets and counts ``[u]`` of the u distinct samples.
    """
    keys = torch.cat((observations.reshape(len(observations), -1).double(), actions[:, None].double()), 1)
    _, which, counts = torch.unique(keys, dim=0, return_inverse=True, return_counts=True)
    sums = torch.zeros(len(counts), dtype=torch.float64).index_add_(0, which, targets)
    first = torch.empty(len(counts), dtype=torch.int64).scatter_(0, which, torch.arange(len(which)))
    return observations[first], actions[first], sums / counts, counts.double()


def descend(
    module: nn.Sequential, observations: Tensor, actions: Tensor, targets: Tensor, steps: int, tolerance: float
) -> None:
    """Fits the weights of a perceptron in place to the mean target of each observation and action.

    Args:
        module: linear layers with ReLU between; the first layer may be an embedding.
        observations: ``[n]`` int64 for an embedding, otherwise ``[n, F]`` float32.
        actions: ``[n]`` int64, the output that each sample belongs to.
        targets: ``[n]`` float64.
        steps: maximum number of steps, rejected ones included; each costs O(u^2 (u + width)) for u distinct samples.
        tolerance: mean squared error at which to stop.
    """
    observations, actions, means, counts = distinct(observations, actions, targets)
    layers: list[Any] = [each for each in module if isinstance(each, nn.Embedding | nn.Linear)]
    weights = counts / counts.sum()
    damping = DAMPING
    forward = _forward(layers, observations, actions)
    error = _error(forward[-1], means, weights)
    for _ in range(steps):
        if error <= tolerance or damping > LARGEST_DAMPING:
            return
        gradients = _backward(layers, forward, actions)
        kernel = _kernel(observations, forward, gradients)
        shift = damping * kernel.diagonal().mean() / (counts / counts.mean())
        kernel.diagonal().add_(shift)
        change = torch.linalg.solve(kernel, (means - forward[-1]).float())
        before = [each.detach().clone() for each in module.parameters()]
        _move(layers, observations, forward, gradients, change)
        new_forward = _forward(layers, observations, actions)
        now = _error(new_forward[-1], means, weights)
        if now < error:
            forward, error, damping = new_forward, now, damping / 4
        else:
            damping *= 8
            for parameter, old in zip(module.parameters(), before, strict=True):
                parameter.data.copy_(old)


def _error(values: Tensor, means: Tensor, weights: Tensor) -> float:
    error = float(weights @ (means - values).square())
    return error if error == error else float("inf")


def _forward(layers: list[Any], observations: Tensor, actions: Tensor) -> list[Tensor]:
    """Computes the output of each hidden layer, ``[u, width]``, and last the values of the actions, ``[u]`` float64."""
    with torch.no_grad():
        inputs, outputs = observations, []
        for layer in layers[:-1]:
            inputs = layer(inputs).relu_()
            outputs.append(inputs)
        return [*outputs, layers[-1](inputs).double().gather(1, actions[:, None])[:, 0]]


def _backward(layers: list[Any], forward: list[Tensor], actions: Tensor) -> list[Tensor]:
    """Computes the gradients of the values with respect to each layer's pre-activations, ``[u, width]``."""
    with torch.no_grad():
        last = nn.functional.one_hot(actions, layers[-1].weight.shape[0]).float()
        gradients = [last]
        for layer, output in zip(layers[:0:-1], forward[-2::-1], strict=True):
            gradients.append((gradients[-1] @ layer.weight) * (output > 0))
        return gradients[::-1]


def _kernel(observations: Tensor, forward: list[Tensor], gradients: list[Tensor]) -> Tensor:
    """Computes the inner products ``[u, u]`` of the samples' gradients with respect to all weights."""
    same = (
        (observations[:, None] == observations).float()
        if observations.dim() == 1
        else observations @ observations.T + 1
    )
    kernel = same * (gradients[0] @ gradients[0].T)
    for output, gradient in zip(forward[:-1], gradients[1:], strict=True):
        kernel += (output @ output.T + 1) * (gradient @ gradient.T)
    return kernel


def _move(
    layers: list[Any], observations: Tensor, forward: list[Tensor], gradients: list[Tensor], change: Tensor
) -> None:
    """Adds the combination of the samples' gradients to the weights."""
    with torch.no_grad():
        for inputs, layer, gradient in zip([observations, *forward[:-1]], layers, gradients, strict=True):
            scaled = gradient * change[:, None]
            if isinstance(layer, nn.Embedding):
                layer.weight.index_add_(0, inputs, scaled)
            else:
                layer.weight += scaled.T @ inputs
                layer.bias += scaled.sum(0)
