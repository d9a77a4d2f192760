"""The path network as a Stable-Baselines3 policy, for both forms of ``mdpzoo/TSP-v0``.

``form="bq"`` shows the path itself; ``form="direct"`` shows the whole instance, and its quotient, the path from the
current node through those not visited to node 0, is taken here (BQ-NCO, section 3).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.policies import BasePolicy
from torch import Tensor

from mdpzoo.errors import SettingError
from mdpzoo_combinatorial.bq_nco.network import PathNetwork, PathNetworkSettings

Observation = Mapping[str, Any]
NODES = 20  # of the instances that an agent without an environment trains for


class BQPolicy(BasePolicy):
    """Chooses the next node of a path.

    Attributes:
        network: scores tokens; all weights are its.
        generator: draws the actions when they are not deterministic.
    """

    network: PathNetwork
    generator: torch.Generator

    def __init__(
        self,
        observation_space: spaces.Space[Any],
        action_space: spaces.Space[Any],
        lr_schedule: Any = None,
        *,
        settings: PathNetworkSettings | None = None,
        weights: torch.Generator | None = None,
    ) -> None:
        """Draws the weights.

        Args:
            observation_space: of ``mdpzoo/TSP-v0``, either form, any size.
            action_space: likewise.
            lr_schedule: SB3's; unused, the algorithm owns the optimiser.
            settings: the network's size.
            weights: the source of the initial weights.
        """
        super().__init__(observation_space, action_space)
        self.network = PathNetwork(settings, generator=weights)
        self.generator = torch.Generator().manual_seed(0)

    def forward(self, observation: Observation, deterministic: bool = True) -> Tensor:
        """Actions ``[B]`` for a batch of observations, as ``_predict``."""
        return self._predict(observation, deterministic)

    def predict(
        self,
        observation: Any,
        state: tuple[NDArray[Any], ...] | None = None,
        episode_start: NDArray[Any] | None = None,
        deterministic: bool = True,
    ) -> tuple[NDArray[np.int64], tuple[NDArray[Any], ...] | None]:
        """Chooses actions, of whatever size the instance is.

        Args:
            observation: a dictionary, of one environment or with a leading axis for several: ``coordinates`` and
                ``action_mask``, with ``current`` (``form="direct"``) or without it (``form="bq"``).
            state: returned as it is.
            episode_start: unused.
            deterministic: the best score wins; else the softmax of the scores is sampled.

        Returns:
            Actions, int64, ``[B]`` or a single one of shape ``[]``; and ``state``.

        Raises:
            SettingError: the observation lacks a part.
        """
        _check(observation)
        single = np.ndim(observation["action_mask"]) == 1
        lead = (lambda part: np.asarray(part)[None]) if single else np.asarray
        device = next(self.network.parameters()).device
        parts = {
            name: torch.as_tensor(lead(observation[name]), device=device)
            for name in ("coordinates", "action_mask", "current")
            if name in observation
        }
        with torch.inference_mode():
            actions = self._predict(parts, deterministic).cpu().numpy()
        return (actions[0] if single else actions), state

    def _predict(self, observation: Observation, deterministic: bool = False) -> Tensor:  # type: ignore[override]
        """Actions ``[B]`` int64 from tensors with a leading axis; 0 where nothing is legal."""
        mask = observation["action_mask"].bool()
        coordinates = observation["coordinates"].float()
        names = None
        if "current" in observation:
            names = path_left(~mask, observation["current"].long().reshape(-1, 1))
            coordinates = coordinates.gather(1, names.unsqueeze(2).expand(-1, -1, 2))
        left = mask.sum(1)
        most = int(left.max())
        coordinates = coordinates[:, : most + 2]
        even = bool((left == most).all())
        valid = None if even else torch.arange(most + 2, device=mask.device) < left.unsqueeze(1) + 2
        scores = self.network(coordinates, valid)
        if not deterministic and most > 0:
            idle = (left == 0).unsqueeze(1) & (torch.arange(most + 2, device=mask.device) == 0)
            weights = scores.masked_fill(idle, 0.0).softmax(1)
            chosen = torch.multinomial(weights, 1, generator=self.generator).squeeze(1)
        else:
            chosen = scores.argmax(1)
        return chosen if names is None else names.gather(1, chosen.unsqueeze(1)).squeeze(1) * (left > 0)


def _check(observation: Any) -> None:
    if not isinstance(observation, Mapping):
        raise SettingError(f"an observation must be a dictionary, got {type(observation).__name__}")
    for name in ("coordinates", "action_mask"):
        if name not in observation:
            raise SettingError(f"an observation needs {name!r}, got {', '.join(map(str, observation))}")


def nodes_of(observation_space: spaces.Space[Any] | None) -> int:
    """Nodes of the environment's instances, at least 5; ``form="bq"`` has a token more."""
    if not isinstance(observation_space, spaces.Dict) or "action_mask" not in observation_space.spaces:
        return NODES
    tokens = int((observation_space["action_mask"].shape or (NODES,))[0])
    return max(5, tokens if "current" in observation_space.spaces else tokens - 1)


def spaces_of(nodes: int) -> tuple[spaces.Space[Any], spaces.Space[Any]]:
    """What SB3 wants to know of an agent without an environment: ``form="bq"`` of so many nodes."""
    tokens = nodes + 1
    observation: dict[str, spaces.Space[Any]] = {
        "coordinates": spaces.Box(0.0, 1.0, (tokens, 2), np.float32),
        "action_mask": spaces.MultiBinary(tokens),
    }
    return spaces.Dict(observation), spaces.Discrete(tokens)


def path_left(visited: Tensor, current: Tensor) -> Tensor:
    """Returns the path that a partial tour leaves: the current node, those left in the order of their names, node 0.

    Args:
        visited: ``[B, n]`` bool.
        current: ``[B, 1]`` int64.

    Returns:
        ``[B, n + 1]`` int64, nodes; node 0 again in the padding.
    """
    nodes = visited.shape[1]
    names = torch.arange(nodes, device=visited.device)
    ranked = torch.where(visited, nodes, names).sort(1).values % nodes  # what has been visited turns into node 0
    return torch.cat((current, ranked), 1)
