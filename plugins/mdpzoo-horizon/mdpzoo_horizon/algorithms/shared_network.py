"""SQIRL as its authors run it: one network for all timesteps, with a head for each step of the lookahead.

Source: Laidlaw et al. 2024, arXiv:2312.08369; targets follow the behaviour of the authors' program. Instead of a new
regression on new episodes, the network continues to learn from all iterations' exploring steps: head 1 learns the
return-to-go, and head j the reward plus the largest value of head j - 1 one step later. A frozen copy of the last head
is the policy of the timestep.

What differs from the authors: there is no discount; a time limit ends the episode; steps are drawn in constant time
rather than by priorities over the whole buffer; the learning rate is 1e-3.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from gymnasium.spaces import Space
from torch import nn

from mdpzoo.errors import SettingError
from mdpzoo_horizon.algorithms.network_regressor import Network, Trained, initialise, inputs
from mdpzoo_horizon.algorithms.shallow_q_iteration import Samples, Window


class Replay:
    """The exploring steps of all iterations, sorted by timestep.

    An entry is an observation, an action, a reward, a return-to-go, the next observation, and whether there is one.
    """

    def __init__(self, horizon: int) -> None:
        """Creates an empty buffer for ``horizon`` steps."""
        self._parts: list[list[tuple[np.ndarray, ...]]] = [[] for _ in range(horizon)]
        self._columns: tuple[np.ndarray, ...] = ()

    def __len__(self) -> int:
        """Returns the number of steps that ``sample`` draws from."""
        return len(self._columns[0]) if self._columns else 0

    def add(self, window: Window, first: int) -> int:
        """Adds a window of all steps from ``first`` on, and removes earlier steps; returns the number of new steps."""
        to_go = window.rewards[::-1].cumsum(0)[::-1]
        length = len(window.alive)
        for parts in self._parts[:first]:
            parts.clear()
        for step in range(length):
            alive = window.alive[step]
            after = min(step + 1, length - 1)
            goes_on = window.alive[after][alive] & (step + 1 < length)
            columns = [each[step][alive] for each in (window.observations, window.actions, window.rewards, to_go)]
            self._parts[first + step].append((*columns, window.observations[after][alive], goes_on))
        self._gather()
        return int(window.alive.sum())

    def _gather(self) -> None:
        """Joins all steps into the columns that ``sample`` draws from."""
        kept = [part for parts in self._parts for part in parts]
        self._columns = tuple(np.concatenate(column) for column in zip(*kept, strict=True))

    def state(self) -> list[tuple[np.ndarray, ...]]:
        """Returns each timestep's columns for ``restore``; an empty tuple where there are none."""
        return [tuple(np.concatenate(column) for column in zip(*parts, strict=True)) for parts in self._parts]

    def restore(self, state: Sequence[tuple[np.ndarray, ...]]) -> None:
        """Restores a state."""
        self._parts = [[tuple(columns)] if columns else [] for columns in state]
        self._gather()

    def sample(self, count: int, generator: np.random.Generator) -> tuple[np.ndarray, ...]:
        """Draws ``count`` steps uniformly with replacement, in time that does not depend on the size of the buffer."""
        rows = generator.integers(len(self), size=count)
        return tuple(column[rows] for column in self._columns)


@dataclass(frozen=True)
class SharedNetwork:
    """Settings of the shared network.

    Attributes:
        hidden: units of each hidden layer.
        learning_rate: learning rate of Adam.
        batch_size: samples per gradient step.
        epochs: average number of times that each new step is drawn.
        clip: maximum norm of a gradient.
    """

    hidden: tuple[int, ...] = (64, 64)
    learning_rate: float = 1e-3
    batch_size: int = 128
    epochs: int = 10
    clip: float = 10.0
    network: Network = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Checks the settings.

        Raises:
            SettingError: if a setting is out of range.
        """
        for name in ("learning_rate", "batch_size", "epochs", "clip"):
            if not getattr(self, name) > 0:
                raise SettingError(f"{name} must be positive, got {getattr(self, name)}")
        object.__setattr__(self, "hidden", tuple(self.hidden))
        object.__setattr__(self, "network", Network(hidden=self.hidden))

    def fit(self, samples: Samples, space: Space[Any], num_actions: int, generator: np.random.Generator) -> Trained:
        """Raises an error, because one network learns all timesteps together.

        Raises:
            SettingError: always.
        """
        raise SettingError("the shared network cannot fit a single timestep; use regressor='network'")

    def blank(self, space: Space[Any], num_actions: int) -> Trained:
        """Returns the network of one timestep, with weights of 0."""
        return self.network.blank(space, num_actions)

    def restore(self, arrays: dict[str, np.ndarray], space: Space[Any], num_actions: int) -> Trained:
        """Rebuilds the network of one timestep from its arrays."""
        return self.network.restore(arrays, space, num_actions)


class SharedLearner:
    """The network and its data during a pass; not in the agent's file."""

    def __init__(
        self,
        settings: SharedNetwork,
        space: Space[Any],
        num_actions: int,
        heads: int,
        horizon: int,
        generator: np.random.Generator,
    ) -> None:
        """Draws a network with ``heads * num_actions`` outputs."""
        self._settings, self._space, self._actions, self._heads = settings, space, num_actions, heads
        self._generator = generator
        self.replay = Replay(horizon)
        self.module = settings.network.module(space, num_actions * heads)
        initialise(self.module, torch.Generator().manual_seed(int(generator.integers(2**63))))
        self._optimiser = torch.optim.Adam(self.module.parameters(), settings.learning_rate, fused=True)

    def learn(self, window: Window, first: int) -> tuple[Trained, int]:
        """Adds the episodes of an iteration, learns, and freezes a copy of the last head.

        Returns:
            The values of the timestep, and the gradient steps taken.
        """
        new = self.replay.add(window, first)
        count = -(-self._settings.epochs * new // self._settings.batch_size)
        for _ in range(count):
            self._descend(*self.replay.sample(self._settings.batch_size, self._generator))
        return self._frozen(), count

    def state(self) -> dict[str, Any]:
        """Returns weights, the optimiser's moments and the replayed steps as arrays, for ``restore``."""
        moments = self._optimiser.state_dict()["state"]
        return {
            "weights": [each.numpy(force=True) for each in self.module.parameters()],
            "moments": {
                index: {name: value.numpy(force=True) for name, value in each.items()}
                for index, each in moments.items()
            },
            "replay": self.replay.state(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Restores a state of a learner with the same settings."""
        for parameter, array in zip(self.module.parameters(), state["weights"], strict=True):
            parameter.data.copy_(torch.from_numpy(array))
        moments = {
            index: {name: torch.from_numpy(np.array(value)) for name, value in each.items()}
            for index, each in state["moments"].items()
        }
        groups = self._optimiser.state_dict()["param_groups"]
        self._optimiser.load_state_dict({"state": moments, "param_groups": groups})
        self.replay.restore(state["replay"])

    def _descend(
        self, observations: Any, actions: Any, rewards: Any, to_go: Any, next_observations: Any, goes_on: Any
    ) -> None:
        """Takes one gradient step on all heads."""
        values = self._values(observations)
        chosen = torch.from_numpy(actions)[:, None, None].expand(-1, self._heads, 1)
        targets = torch.from_numpy(to_go).float()[:, None]
        if self._heads > 1:
            with torch.no_grad():
                best = self._values(next_observations).max(2).values[:, :-1] * torch.from_numpy(goes_on)[:, None]
            targets = torch.cat((targets, torch.from_numpy(rewards).float()[:, None] + best), 1)
        loss = nn.functional.mse_loss(values.gather(2, chosen)[:, :, 0], targets)
        self._optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.module.parameters(), self._settings.clip)
        self._optimiser.step()

    def _values(self, observations: np.ndarray) -> torch.Tensor:
        """Computes ``[n, heads, A]`` values."""
        values = self.module(inputs(observations, self._space))
        return values.view(len(values), self._heads, self._actions)

    def _frozen(self) -> Trained:
        """Returns a copy of the network with the last head only."""
        module = self._settings.network.module(self._space, self._actions)
        last: Any = module[-1]
        whole: Any = self.module[-1]
        for to, source in zip(module[:-1].parameters(), self.module[:-1].parameters(), strict=True):
            to.data.copy_(source.data)
        last.weight.data.copy_(whole.weight.data[-self._actions :])
        last.bias.data.copy_(whole.bias.data[-self._actions :])
        return Trained(module, np.ones(self._actions, bool), np.array([1.0, 0.0]), self._space)
