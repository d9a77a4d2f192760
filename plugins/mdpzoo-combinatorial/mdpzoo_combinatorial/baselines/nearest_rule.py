"""The nearest-neighbour rule as an agent, for every environment whose observation has distances and a mask.

Source: Rosenkrantz, Stearns and Lewis 1977, "An analysis of several heuristics for the traveling salesman problem",
SIAM Journal on Computing 6, section 2. CVRP: an action's length is that of the whole way, by the depot or not.
"""

from typing import Any

import torch
from stable_baselines3.common.policies import BasePolicy
from torch import Tensor

from mdpzoo.interop.fixed import FixedAgent


class NearestNeighbourPolicy(BasePolicy):
    """Plays the legal action with the shortest way; ties go to the first."""

    def __init__(self, observation_space: Any, action_space: Any, **_: Any) -> None:
        """Takes the environment's spaces."""
        super().__init__(observation_space, action_space)

    def _predict(self, observation: Any, deterministic: bool = False) -> Tensor:
        mask = observation["action_mask"].bool()
        ways = observation["distance"]
        if mask.shape[1] == 2 * ways.shape[1]:  # 2 * token + via_depot
            from_depot = observation["distance_home"]
            here = observation.get("current", torch.zeros(len(mask), device=mask.device))  # form="bq": token 0
            home = from_depot.gather(1, here.long().reshape(-1, 1))
            ways = torch.stack((ways, home + from_depot), 2).flatten(1)
        return (ways + torch.where(mask, 0.0, torch.inf)).argmin(1)


def nearest_neighbour(env: Any, seed: int | None = None, verbose: int = 0) -> FixedAgent:
    """Builds the agent.

    Args:
        env: an environment whose Dict observation has ``distance`` and ``action_mask``; with two actions a token, as
            the CVRP has, also ``distance_home``.
        seed: unused by the rule; accepted so that it can stand beside other agents.
        verbose: as in SB3.
    """
    return FixedAgent(NearestNeighbourPolicy, env, seed=seed, verbose=verbose)
