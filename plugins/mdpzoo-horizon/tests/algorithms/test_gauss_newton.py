"""Damped Gauss-Newton steps against autograd and the closed form of a linear model."""

import pytest
import torch
from torch import nn

from mdpzoo_horizon.algorithms import gauss_newton as fitting


def perceptron(embedding=False, seed=0):
    torch.manual_seed(seed)
    first = nn.Embedding(5, 8) if embedding else nn.Linear(3, 8)
    return nn.Sequential(first, nn.ReLU(), nn.Linear(8, 6), nn.ReLU(), nn.Linear(6, 2))


def samples(embedding=False, count=12):
    generator = torch.Generator().manual_seed(1)
    nodes, features = torch.randint(5, (count,), generator=generator), torch.randn(count, 3, generator=generator)
    seen = nodes if embedding else features
    actions = torch.randint(2, (count,), generator=generator)
    return seen, actions, torch.randn(count, generator=generator, dtype=torch.float64)


def layers_of(module):
    return [each for each in module if isinstance(each, nn.Embedding | nn.Linear)]


def jacobian(module, seen, actions):
    """Gradients ``[n, weights]`` of the samples' values, one by one."""
    rows = []
    for k in range(len(actions)):
        module.zero_grad()
        module(seen[k : k + 1])[0, actions[k]].backward()
        rows.append(torch.cat([each.grad.flatten() for each in module.parameters()]))
    return torch.stack(rows)


KINDS = pytest.mark.parametrize("embedding", [False, True])


@KINDS
def test_the_values_are_those_of_the_network(embedding):
    module, (seen, actions, _) = perceptron(embedding), samples(embedding)
    values = fitting._forward(layers_of(module), seen, actions)[-1]
    wanted = module(seen).gather(1, actions[:, None])[:, 0]
    torch.testing.assert_close(values, wanted.double(), rtol=1e-6, atol=1e-6)


@KINDS
def test_the_kernel_holds_the_inner_products_of_the_gradients(embedding):
    module, (seen, actions, _) = perceptron(embedding), samples(embedding)
    forward = fitting._forward(layers_of(module), seen, actions)
    gradients = fitting._backward(layers_of(module), forward, actions)
    rows = jacobian(module, seen, actions)
    torch.testing.assert_close(fitting._kernel(seen, forward, gradients), rows @ rows.T, rtol=1e-4, atol=1e-5)


@KINDS
def test_a_move_adds_the_combination_of_the_gradients(embedding):
    module, (seen, actions, _) = perceptron(embedding), samples(embedding)
    forward = fitting._forward(layers_of(module), seen, actions)
    gradients = fitting._backward(layers_of(module), forward, actions)
    change = torch.linspace(-1, 1, len(actions))
    before = torch.cat([each.detach().flatten() for each in module.parameters()])
    wanted = before + change @ jacobian(module, seen, actions)
    fitting._move(layers_of(module), seen, forward, gradients, change)
    after = torch.cat([each.detach().flatten() for each in module.parameters()])
    torch.testing.assert_close(after, wanted, rtol=1e-4, atol=1e-5)


@KINDS
def test_few_steps_fit_few_samples(embedding):
    module, (seen, actions, targets) = perceptron(embedding, seed=3), samples(embedding, 6)  # no dead units
    fitting.descend(module, seen, actions, targets, steps=60, tolerance=1e-8)
    seen, actions, means, _ = fitting.distinct(seen, actions, targets)
    values = fitting._forward(layers_of(module), seen, actions)[-1]
    assert float((values - means).square().mean()) < 1e-3


def test_no_step_makes_the_fit_worse():
    seen, actions, targets = samples(count=40)
    errors = []
    for steps in range(12):
        module = perceptron()
        fitting.descend(module, seen, actions, targets, steps, 0.0)
        errors.append(float((fitting._forward(layers_of(module), seen, actions)[-1] - targets).square().mean()))
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < errors[0]


def test_a_fit_that_is_good_enough_is_left_alone():
    module, (seen, actions, targets) = perceptron(), samples()
    before = [each.detach().clone() for each in module.parameters()]
    fitting.descend(module, seen, actions, targets, steps=5, tolerance=1e9)
    assert all(torch.equal(old, new) for old, new in zip(before, module.parameters(), strict=True))


def test_an_error_that_is_no_number_counts_as_infinite():
    assert fitting._error(torch.tensor([float("nan")]), torch.zeros(1), torch.ones(1)) == float("inf")
