"""The nearest-neighbour rule as an agent, for every environment whose observation has distances and a mask.

Source: Rosenkrantz, Stearns and Lewis 1977, "An analysis of several heuristics for the traveling salesman problem",
SIAM Journal on Computing 6, section 2.
"""

from typing import Any

import torch
from stable_baselines3.common.policies import BasePolicy
from torch import Tensor

from mdpzoo.interop.fixed import FixedAgent


class NearestNeighbourPolicy(BasePolicy):
    """Plays the legal action with the shortest way; ties go to the first.

    Where a customer can be reached straight on or by the depot, ``customers_first`` says which actions are compared:
    the direct ways to customers that still fit, or the ways by the depot if none does (the rule of the solver of that
    name); otherwise all ways. Files saved before there was a choice compare all ways.
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
                straight = mask.clone()
                straight[:, 1::2] = False
                mask = torch.where(straight.any(1, keepdim=True), straight, mask)
        return (costs + torch.where(mask, 0.0, torch.inf)).argmin(1)


def nearest_neighbour(env: Any, seed: int | None = None, verbose: int = 0) -> FixedAgent:
    """Builds the agent that goes to the nearest legal node, or home if no customer fits.

    Args:
        env: an environment whose Dict observation has ``distance`` and ``action_mask``; with two actions a token, as
            the CVRP has, also ``distance_home``.
        seed: unused by the rule; accepted so that it can stand beside other agents.
        verbose: as in SB3.
    """
    return FixedAgent(NearestNeighbourPolicy, env, seed=seed, verbose=verbose)


def nearest_action(env: Any, seed: int | None = None, verbose: int = 0) -> FixedAgent:
    """Builds the agent that takes the shortest way to a customer, by the depot or not.

    Args:
        env: ``mdpzoo/CVRP-v0``, either form, or several of SB3's.
        seed: unused by the rule.
        verbose: as in SB3.
    """
    kwargs = {"customers_first": False}
    return FixedAgent(NearestNeighbourPolicy, env, policy_kwargs=kwargs, seed=seed, verbose=verbose)
