"""Regression by a neural network in PyTorch, fresh for every timestep: a multi-layer perceptron or, on images, a CNN.

What differs from the authors' settings: a perceptron is fitted by Gauss-Newton steps while samples are few
(``gauss_newton.py``), everything else by Adam with a learning rate of 1e-3 until the error stops falling. One-hot
inputs of a Discrete space are never built: their first layer is an embedding. Targets are standardised, so that the
learning rate means the same in every environment.
"""

import copy
import functools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from gymnasium.spaces import Discrete, Space
from stable_baselines3.common.preprocessing import is_image_space
from torch import nn

from mdpzoo.errors import SettingError
from mdpzoo_horizon.algorithms.gauss_newton import descend
from mdpzoo_horizon.algorithms.shallow_q_iteration import Samples

GAUSS_NEWTON_STEPS = 30  # at most
PATIENCE = 10  # Adam's gradient steps between two looks at the error


@dataclass(frozen=True)
class Trained:
    """A network that has been fitted.

    Attributes:
        module: computes ``[n, A]`` standardised values.
        known: ``[A]`` bool, the actions that were taken.
        scale: ``[2]`` float64, what the values are multiplied by and what is then added.
        space: what observations are elements of.
    """

    module: nn.Module
    known: np.ndarray
    scale: np.ndarray
    space: Space[Any]

    def values(self, observations: np.ndarray) -> np.ndarray:
        """Computes ``[n, A]`` values."""
        with torch.no_grad():
            found = self.module(inputs(observations, self.space)).double().numpy()
        return np.where(self.known, found * self.scale[0] + self.scale[1], -np.inf)

    def arrays(self) -> dict[str, np.ndarray]:
        """The network's weights in one vector, known actions and scale."""
        weights = torch.cat([each.detach().reshape(-1) for each in self.module.parameters()])
        return {"weights": weights.numpy(), "known": self.known, "scale": self.scale}


@dataclass(frozen=True)
class Network:
    """How networks are fitted.

    Attributes:
        hidden: units of each hidden layer; on images, of those behind the convolutions.
        learning_rate: Adam's, positive.
        batch_size: samples of a gradient step; all of them where there are fewer.
        gradient_steps: at most so many for one regression.
        tolerance: it is done when the mean squared error, in units of the targets' variance, is below this, or has
            not fallen by a tenth in a fifth of the steps so far.
        few: up to so many samples a perceptron is fitted by Gauss-Newton steps; 0: always by Adam.
    """

    hidden: tuple[int, ...] = (64, 64)
    learning_rate: float = 1e-3
    batch_size: int = 256
    gradient_steps: int = 1000
    tolerance: float = 1e-3
    few: int = 512

    def __post_init__(self) -> None:
        """Checks the settings.

        Raises:
            SettingError: one is out of its range.
        """
        object.__setattr__(self, "hidden", tuple(self.hidden))
        for name in ("learning_rate", "batch_size", "gradient_steps", "tolerance"):
            if not getattr(self, name) > 0:
                raise SettingError(f"{name} must be positive, got {getattr(self, name)}")

    def fit(self, samples: Samples, space: Space[Any], num_actions: int, generator: np.random.Generator) -> Trained:
        """Fits a fresh network. Costs at most ``gradient_steps`` passes over a batch."""
        torch_generator = torch.Generator().manual_seed(int(generator.integers(2**63)))
        module = self.module(space, num_actions)
        initialise(module, torch_generator)
        mean, deviation = float(samples.targets.mean()), float(samples.targets.std())
        known = np.bincount(samples.actions, minlength=num_actions) > 0
        scale = np.array([deviation, mean])
        if deviation > 0:
            targets = torch.from_numpy((samples.targets - mean) / deviation)
            seen, actions = inputs(samples.observations, space), torch.from_numpy(samples.actions)
            if len(targets) <= self.few and not any(isinstance(each, nn.Conv2d) for each in module):
                flat = seen if seen.dim() == 1 else seen.flatten(1)
                descend(module, flat, actions, targets, GAUSS_NEWTON_STEPS, self.tolerance)
            else:
                self._adam(module, seen, actions, targets.float(), torch_generator)
        return Trained(module, known, scale, space)

    def blank(self, space: Space[Any], num_actions: int) -> Trained:
        """A network whose weights are all 0."""
        module = self.module(space, num_actions)
        for each in module.parameters():
            nn.init.zeros_(each)
        return Trained(module, np.zeros(num_actions, bool), np.array([1.0, 0.0]), space)

    def restore(self, arrays: dict[str, np.ndarray], space: Space[Any], num_actions: int) -> Trained:
        """Takes weights, known actions and scale back."""
        module = self.module(space, num_actions)
        nn.utils.vector_to_parameters(torch.from_numpy(np.array(arrays["weights"])), module.parameters())
        return Trained(module, arrays["known"], arrays["scale"], space)

    def module(self, space: Space[Any], num_actions: int) -> nn.Sequential:
        """An untrained network; its weights are set by the caller."""
        kind = "states" if isinstance(space, Discrete) else "image" if is_image_space(space) else "numbers"
        shape = (int(space.n),) if isinstance(space, Discrete) else space.shape
        assert shape is not None
        return copy.deepcopy(_template(kind, shape, self.hidden, num_actions))

    def _adam(
        self,
        module: nn.Module,
        seen: torch.Tensor,
        actions: torch.Tensor,
        targets: torch.Tensor,
        chance: torch.Generator,
    ) -> None:
        """Adam until the error stops falling."""
        chosen = actions[:, None]
        optimiser = torch.optim.Adam(module.parameters(), self.learning_rate, fused=True)
        best, reached = math.inf, 0
        total = torch.zeros(())
        for count in range(1, self.gradient_steps + 1):
            batch = slice(None)
            if len(targets) > self.batch_size:
                batch = torch.randint(len(targets), (self.batch_size,), generator=chance)  # type: ignore[assignment]
            found = module(seen[batch]).gather(1, chosen[batch])[:, 0]
            loss = nn.functional.mse_loss(found, targets[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.detach()
            if count % PATIENCE == 0:
                error, total = float(total) / PATIENCE, torch.zeros(())
                if error < 0.9 * best:
                    best, reached = error, count
                if error < self.tolerance or (count - reached) > max(50, count // 5):
                    return


def inputs(observations: np.ndarray, space: Space[Any]) -> torch.Tensor:
    """Observations as a network takes them: indices, or float32 with bytes in [0, 1]."""
    if isinstance(space, Discrete):
        return torch.from_numpy(np.asarray(observations, np.int64) - int(space.start))
    tensor = torch.from_numpy(np.ascontiguousarray(observations))
    return tensor.float() / 255 if tensor.dtype == torch.uint8 else tensor.float()


@functools.lru_cache(maxsize=8)  # a copy is made in a tenth of the time
def _template(kind: str, shape: tuple[int, ...], hidden: tuple[int, ...], outputs: int) -> nn.Sequential:
    """A network whose weights are not set."""
    layers: list[nn.Module]
    if kind == "states":
        layers, width = [nn.utils.skip_init(nn.Embedding, shape[0], hidden[0]), nn.ReLU()], hidden[0]
        rest = hidden[1:]
    elif kind == "image":
        layers, width = _convolutions(*shape)
        rest = hidden[-1:]
    else:
        layers, width, rest = [nn.Flatten()], math.prod(shape), hidden
    for units in rest:
        layers += [nn.utils.skip_init(nn.Linear, width, units), nn.ReLU()]
        width = units
    return nn.Sequential(*layers, nn.utils.skip_init(nn.Linear, width, outputs))


def _convolutions(channels: int, height: int, width: int) -> tuple[list[nn.Module], int]:
    """Layers for an image, channels first, and how many numbers come out of them."""
    shrink = max(1, min(height, width) // 42)  # larger pictures are averaged first
    layers: list[nn.Module] = [nn.AvgPool2d(shrink)] if shrink > 1 else []
    first = 3 if min(height, width) < 16 else 5
    height, width = height // shrink, width // shrink
    for size, filters in ((first, 16), (3, 32)):
        layers += [nn.utils.skip_init(nn.Conv2d, channels, filters, size, 2, size // 2), nn.ReLU()]
        height, width, channels = (height - 1) // 2 + 1, (width - 1) // 2 + 1, filters
    return [*layers, nn.Flatten()], channels * height * width


def initialise(module: nn.Module, generator: torch.Generator) -> None:
    """Draws weights uniformly as PyTorch does (He et al. 2015, gain 1/sqrt(3)); an embedding is one row of a Linear."""
    for layer in module.modules():
        if isinstance(layer, nn.Embedding):
            nn.init.normal_(layer.weight, 0.0, 1.0 / math.sqrt(layer.embedding_dim), generator=generator)
        elif isinstance(layer, nn.Linear | nn.Conv2d):
            bound = 1.0 / math.sqrt(layer.weight[0].numel())
            nn.init.uniform_(layer.weight, -bound, bound, generator=generator)
            assert layer.bias is not None
            nn.init.uniform_(layer.bias, -bound, bound, generator=generator)
