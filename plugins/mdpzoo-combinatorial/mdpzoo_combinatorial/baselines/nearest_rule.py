"""The nearest-neighbour rule as an agent, for all environments whose observations have distances and an action mask.

Source: Rosenkrantz, Stearns and Lewis 1977, "An analysis of several heuristics for the traveling salesman problem",
SIAM Journal on Computing 6, section 2.
"""

from typing import Any

import torch
from stable_baselines3.common.policies import BasePolicy
from torch import Tensor

from mdpzoo.interop.fixed import FixedAgent


class NearestNeighbourPolicy(BasePolicy):
    """Chooses the legal action with the shortest distance; the first of ties.

    If every customer has two actions, directly and via the depot, ``customers_first`` prefers direct actions and
    considers actions via the depot only if no customer fits, as the solver of the same name does. Otherwise all legal
    actions are compared. Files saved before this setting existed compare all actions.
    """

    customers_first: Tensor

    def __init__(self, observation_space: Any, action_space: Any, customers_first: bool = True) -> None:
        """Creates the policy; the spaces are the environment's."""
        super().__init__(observation_space, action_space)
        self.register_buffer("customers_first", torch.tensor(customers_first))

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        state_dict.setdefault(f"{prefix}customers_first", torch.tensor(False))
        super()._load_from_state_dict(state_dict, prefix, *rest)

    def _predict(self, observation: Any, deterministic: bool = False) -> Tensor:
        mask = observation["action_mask"].bool()
        costs = observation["distance"]
        if mask.shape[1] == 2 * costs.shape[1]:  # 2 * token + via_depot
            from_depot = observation["distance_home"]
            here = observation.get("current", torch.zeros(len(mask), device=mask.device))  # form="bq": token 0
            home = from_depot.gather(1, here.long().reshape(-1, 1))
            costs = torch.stack((costs, home + from_depot), 2).flatten(1)
            if self.customers_first:
                direct = mask.clone()
                direct[:, 1::2] = False
                mask = torch.where(direct.any(1, keepdim=True), direct, mask)
        return (costs + torch.where(mask, 0.0, torch.inf)).argmin(1)


def nearest_neighbour(env: Any, seed: int | None = None, verbose: int = 0) -> FixedAgent:
    """Builds the agent that visits the nearest legal node, or the depot if no customer fits.

    Args:
        env: an environment whose Dict observation has ``distance`` and ``action_mask``; if it has two actions per
            token, as CVRP has, also ``distance_home``.
        seed: not used by the rule; accepted because all agents have it.
        verbose: as in SB3.
    """
    return FixedAgent(NearestNeighbourPolicy, env, seed=seed, verbose=verbose)


def nearest_action(env: Any, seed: int | None = None, verbose: int = 0) -> FixedAgent:
    """Builds the agent that takes the shortest way to any customer, directly or via the depot.

    Args:
        env: ``mdpzoo/CVRP-v0``, in either form, or an SB3 VecEnv of these.
        seed: not used by the rule.
        verbose: as in SB3.
    """
    kwargs = {"customers_first": False}
    return FixedAgent(NearestNeighbourPolicy, env, policy_kwargs=kwargs, seed=seed, verbose=verbose)
