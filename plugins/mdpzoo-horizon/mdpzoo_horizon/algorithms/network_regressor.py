"""Regression with a new neural network for every timestep: a multi-layer perceptron, or a CNN for images.

What differs from the authors' settings: perceptrons are fitted by Gauss-Newton steps if there are few samples
(``gauss_newton.py``), everything else by Adam with a learning rate of 1e-3 until the error stops falling. The first
layer for a Discrete space is an embedding in place of one-hot inputs. Targets are standardised, so that the learning
rate has the same effect in every environment.
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

GAUSS_NEWTON_STEPS = 30  # maximum
PATIENCE = 10  # gradient steps of Adam between checks of the error


@dataclass(frozen=True)
class Trained:
    """A fitted network.

    Attributes:
        module: computes ``[n, A]`` standardised values.
        known: ``[A]`` bool, actions with samples.
        scale: ``[2]`` float64, factor and offset that undo the standardisation.
        space: observation space.
    """

    module: nn.Module
    known: np.ndarray
    scale: np.ndarray
    space: Space[Any]

    def values(self, observations: np.ndarray) -> np.ndarray:
        """Computes ``[n, A]`` values."""
        with torch.no_grad():
            predictions = self.module(inputs(observations, self.space)).double().numpy()
        return np.where(self.known, predictions * self.scale[0] + self.scale[1], -np.inf)

    def arrays(self) -> dict[str, np.ndarray]:
        """Returns the weights as one vector, the known actions and the scale."""
        weights = torch.cat([each.detach().reshape(-1) for each in self.module.parameters()])
        return {"weights": weights.numpy(), "known": self.known, "scale": self.scale}


@dataclass(frozen=True)
class Network:
    """Settings of a network and of its fit.

    Attributes:
        hidden: units of each hidden layer; for images, the last entry is used after the convolutions.
        learning_rate: learning rate of Adam, positive.
        batch_size: samples per gradient step; all samples if there are fewer.
        gradient_steps: maximum number of gradient steps per regression.
        tolerance: the fit stops when the mean squared error, in units of the targets' variance, is below this, or
            has not fallen by a tenth in the last fifth of the steps.
        few: maximum number of samples for which a perceptron is fitted by Gauss-Newton steps; 0: always use Adam.
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
            SettingError: if a setting is out of range.
        """
        object.__setattr__(self, "hidden", tuple(self.hidden))
        for name in ("learning_rate", "batch_size", "gradient_steps", "tolerance"):
            if not getattr(self, name) > 0:
                raise SettingError(f"{name} must be positive, got {getattr(self, name)}")

    def fit(self, samples: Samples, space: Space[Any], num_actions: int, generator: np.random.Generator) -> Trained:
        """Fits a new network. Costs at most ``gradient_steps`` passes over a batch."""
        torch_generator = torch.Generator().manual_seed(int(generator.integers(2**63)))
        module = self.module(space, num_actions)
        initialise(module, torch_generator)
        mean, deviation = float(samples.targets.mean()), float(samples.targets.std())
        known = np.bincount(samples.actions, minlength=num_actions) > 0
        scale = np.array([deviation, mean])
        if deviation > 0:
            targets = torch.from_numpy((samples.targets - mean) / deviation)
            prepared, actions = inputs(samples.observations, space), torch.from_numpy(samples.actions)
            if len(targets) <= self.few and not any(isinstance(each, nn.Conv2d) for each in module):
                flat = prepared if prepared.dim() == 1 else prepared.flatten(1)
                descend(module, flat, actions, targets, GAUSS_NEWTON_STEPS, self.tolerance)
            else:
                self._adam(module, prepared, actions, targets.float(), torch_generator)
        return Trained(module, known, scale, space)

    def blank(self, space: Space[Any], num_actions: int) -> Trained:
        """Returns a network with weights of 0."""
        module = self.module(space, num_actions)
        for each in module.parameters():
            nn.init.zeros_(each)
        return Trained(module, np.zeros(num_actions, bool), np.array([1.0, 0.0]), space)

    def restore(self, arrays: dict[str, np.ndarray], space: Space[Any], num_actions: int) -> Trained:
        """Rebuilds a fitted network from its arrays."""
        module, weights, place = self.module(space, num_actions), torch.from_numpy(arrays["weights"]), 0
        for each in module.parameters():  # copied: as parts of one vector, sums could be rounded in another way
            each.data.copy_(weights[place : place + each.numel()].view_as(each))
            place += each.numel()
        return Trained(module, arrays["known"], arrays["scale"], space)

    def module(self, space: Space[Any], num_actions: int) -> nn.Sequential:
        """Returns a network with uninitialised weights."""
        kind = "states" if isinstance(space, Discrete) else "image" if is_image_space(space) else "numbers"
        shape = (int(space.n),) if isinstance(space, Discrete) else space.shape
        assert shape is not None
        return copy.deepcopy(_template(kind, shape, self.hidden, num_actions))

    def _adam(
        self,
        module: nn.Module,
        prepared: torch.Tensor,
        actions: torch.Tensor,
        targets: torch.Tensor,
        generator: torch.Generator,
    ) -> None:
        """Runs Adam until the error stops falling."""
        chosen = actions[:, None]
        optimiser = torch.optim.Adam(module.parameters(), self.learning_rate, fused=True)
        best, reached = math.inf, 0
        total = torch.zeros(())
        for count in range(1, self.gradient_steps + 1):
            batch = slice(None)
            if len(targets) > self.batch_size:
                batch = torch.randint(len(targets), (self.batch_size,), generator=generator)  # type: ignore[assignment]
            predictions = module(prepared[batch]).gather(1, chosen[batch])[:, 0]
            loss = nn.functional.mse_loss(predictions, targets[batch])
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
    """Converts observations to network inputs: indices, or float32 with bytes scaled to [0, 1]."""
    if isinstance(space, Discrete):
        return torch.from_numpy(np.asarray(observations, np.int64) - int(space.start))
    tensor = torch.from_numpy(np.ascontiguousarray(observations))
    return tensor.float() / 255 if tensor.dtype == torch.uint8 else tensor.float()


@functools.lru_cache(maxsize=8)  # copying takes a tenth of the time of building
def _template(kind: str, shape: tuple[int, ...], hidden: tuple[int, ...], outputs: int) -> nn.Sequential:
    """Builds a network with uninitialised weights."""
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
    """Builds convolutions for images, channels first; returns them and the size of their output."""
    shrink = max(1, min(height, width) // 42)  # larger images are averaged first
    layers: list[nn.Module] = [nn.AvgPool2d(shrink)] if shrink > 1 else []
    first = 3 if min(height, width) < 16 else 5
    height, width = height // shrink, width // shrink
    for size, filters in ((first, 16), (3, 32)):
        layers += [nn.utils.skip_init(nn.Conv2d, channels, filters, size, 2, size // 2), nn.ReLU()]
        height, width, channels = (height - 1) // 2 + 1, (width - 1) // 2 + 1, filters
    return [*layers, nn.Flatten()], channels * height * width


def initialise(module: nn.Module, generator: torch.Generator) -> None:
    """Draws weights uniformly as PyTorch does; an embedding like the columns of a Linear layer."""
    for layer in module.modules():
        if isinstance(layer, nn.Embedding):
            nn.init.normal_(layer.weight, 0.0, 1.0 / math.sqrt(layer.embedding_dim), generator=generator)
        elif isinstance(layer, nn.Linear | nn.Conv2d):
            bound = 1.0 / math.sqrt(layer.weight[0].numel())
            nn.init.uniform_(layer.weight, -bound, bound, generator=generator)
            assert layer.bias is not None
            nn.init.uniform_(layer.bias, -bound, bound, generator=generator)
