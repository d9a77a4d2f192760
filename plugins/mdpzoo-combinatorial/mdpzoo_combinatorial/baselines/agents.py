"""The solvers as agents, which apply a rule to each observation or plan the whole episode."""

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

SECONDS = 1.0  # default time limit of a plan, for anytime solvers


class GreedyRatioPolicy(BasePolicy):
    """Chooses the legal action with the highest ratio of value to weight, or prize to distance; the first of ties."""

    def _predict(self, observation: Any, deterministic: bool = False) -> Tensor:
        numerator, denominator = ("value", "weight") if "value" in observation else ("prize", "distance")
        value = observation[numerator]
        ratio = torch.where(value > 0, value / observation[denominator], 0.0)
        return torch.where(observation["action_mask"].bool(), ratio, -1.0).argmax(1)


def greedy_ratio(env: Any, seed: int | None = None, verbose: int = 0) -> FixedAgent:
    """Builds the agent that chooses the highest ratio of value to weight, or of prize to distance.

    Args:
        env: ``mdpzoo/Knapsack-v0`` or ``mdpzoo/OP-v0``, in either form, or an SB3 VecEnv of these.
        seed: not used by the rule.
        verbose: as in SB3.

    Raises:
        SettingError: if the environment is another one.
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
            env: an environment of a problem that the solver solves, in either form, or an SB3 VecEnv of these. If it
                has a fixed instance, this is solved, else the instance that the observation shows.
            seconds: time limit of a plan; None: until the solver ends, or 1 for anytime solvers.
            seed: of the solver, non-negative; None: 0.
            verbose: 1 writes the log to the terminal.

        Raises:
            SettingError: if the solver does not solve this problem, or an argument is out of range.
            MissingExtraError: if the package that the solver needs is not installed.
        """
        _check(env, self.solver)
        Budget(seconds)  # checks the time limit
        chosen = SECONDS if seconds is None and SOLVERS[self.solver].anytime else seconds
        planning = {"solver": self.solver, "seconds": chosen, "seed": seed or 0, "instance": _instance(env)}
        return FixedAgent(PlannedPolicy, env, policy_kwargs=planning, seed=seed, verbose=verbose)


def _check(env: Any, agent: str) -> None:
    """Raises SettingError if the solver does not solve the environment's problem."""
    space = env.observation_space
    SOLVERS[agent].check(problem_of(space.spaces if isinstance(space, spaces.Dict) else ()))


def _instance(env: Any) -> Any:
    """Returns the fixed instance of an environment; None if its instances are random."""
    setting = ((describe(env) or {}).get("settings") or {}).get("instance")
    if isinstance(setting, str):
        from mdpzoo_combinatorial.files import read_instance

        return read_instance(setting)
    return setting


farthest_insertion = Planner("farthest-insertion")
savings = Planner("savings")
two_opt = Planner("two-opt")
iterated_local_search = Planner("iterated-local-search")
edge_assembly = Planner("edge-assembly")
dynamic_programming = Planner("dynamic-programming")
lkh = Planner("lkh")
pyvrp = Planner("pyvrp")
ortools = Planner("ortools")
