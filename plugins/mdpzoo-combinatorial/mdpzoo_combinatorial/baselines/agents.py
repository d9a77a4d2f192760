"""The solvers as agents: by a rule on what they observe, or by a plan for the whole episode."""

from dataclasses import dataclass
from typing import Annotated, Any

import torch
from gymnasium import spaces
from stable_baselines3.common.policies import BasePolicy
from torch import Tensor

from mdpzoo.checkpoints import describe
from mdpzoo.interop.fixed import FixedAgent
from mdpzoo.settings import Range, ranged
from mdpzoo_combinatorial.baselines.observed_instances import problem_of
from mdpzoo_combinatorial.baselines.planned import PlannedPolicy
from mdpzoo_combinatorial.baselines.table import SOLVERS
from mdpzoo_combinatorial.local_search.budget import Budget

SECONDS = 1.0  # for every plan of a solver that never ends by itself


class GreedyRatioPolicy(BasePolicy):
    """Plays the legal action with most value for its weight, or prize for its distance; ties go to the first."""

    def _predict(self, observation: Any, deterministic: bool = False) -> Tensor:
        gain, price = ("value", "weight") if "value" in observation else ("prize", "distance")
        value = observation[gain]
        worth = torch.where(value > 0, value / observation[price], 0.0)
        return torch.where(observation["action_mask"].bool(), worth, -1.0).argmax(1)


def greedy_ratio(env: Any, seed: int | None = None, verbose: int = 0) -> FixedAgent:
    """Builds the agent that takes most for the price.

    Args:
        env: ``mdpzoo/Knapsack-v0`` or ``mdpzoo/OP-v0``, either form, or several of SB3's.
        seed: unused by the rule.
        verbose: as in SB3.

    Raises:
        SettingError: another environment.
    """
    _check(env, "greedy-ratio")
    return FixedAgent(GreedyRatioPolicy, env, seed=seed, verbose=verbose)


@dataclass(frozen=True)
class Planner:
    """Builds the agent of one solver.

    Attributes:
        solver: a key of ``SOLVERS``.
    """

    solver: str

    @ranged
    def __call__(
        self,
        env: Any,
        seconds: Annotated[float | None, Range(0, above=True)] = None,
        seed: Annotated[int | None, Range(0)] = None,
        verbose: int = 0,
    ) -> FixedAgent:
        """Builds the agent.

        Args:
            env: an environment that the solver solves, either form, or several of SB3's. Where it plays one instance,
                that instance is solved; else what the observation shows.
            seconds: for every plan; None: until the solver ends, or 1 where it never does.
            seed: of what the solver draws, non-negative; None: 0.
            verbose: 1 writes the log to the terminal.

        Raises:
            SettingError: the solver does not solve this problem, or a value is wrong.
            MissingExtraError: the package that the solver needs is not installed.
        """
        _check(env, self.solver)
        Budget(seconds)  # refuses what is no time
        chosen = SECONDS if seconds is None and SOLVERS[self.solver].anytime else seconds
        planning = {"solver": self.solver, "seconds": chosen, "seed": seed or 0, "instance": _instance(env)}
        return FixedAgent(PlannedPolicy, env, policy_kwargs=planning, seed=seed, verbose=verbose)


def _check(env: Any, agent: str) -> None:
    """Raises SettingError if the solver does not solve the environment's problem."""
    space = env.observation_space
    SOLVERS[agent].check(problem_of(space.spaces if isinstance(space, spaces.Dict) else ()))


def _instance(env: Any) -> Any:
    """The one instance that an environment plays, or None."""
    given = ((describe(env) or {}).get("settings") or {}).get("instance")
    if isinstance(given, str):
        from mdpzoo_combinatorial.files import read_instance

        return read_instance(given)
    return given


farthest_insertion = Planner("farthest-insertion")
savings = Planner("savings")
two_opt = Planner("two-opt")
iterated_local_search = Planner("iterated-local-search")
dynamic_programming = Planner("dynamic-programming")
lkh = Planner("lkh")
pyvrp = Planner("pyvrp")
ortools = Planner("ortools")
