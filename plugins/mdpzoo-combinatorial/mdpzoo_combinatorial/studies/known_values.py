"""Reference values for a study's evaluations: the optimal returns, or the best returns that local search finds.

A solver plays the same episodes as the evaluated agents, so that differences between them are paired.
"""

from typing import Any

from stable_baselines3.common.vec_env import VecEnv

from mdpzoo import registry
from mdpzoo.experiments.truths import Truth
from mdpzoo.experiments.truths.paired import mean_return
from mdpzoo.front import make_agent
from mdpzoo.interop.fixed import FixedAgent
from mdpzoo_combinatorial.baselines.planned import PlannedPolicy
from mdpzoo_combinatorial.baselines.registry import Answer, SolverResult, answer_of, solve
from mdpzoo_combinatorial.local_search.budget import Budget
from mdpzoo_combinatorial.problems import PROBLEMS, resolve

ROUNDS = 50  # iterations of local search per token
LARGEST = 200  # largest instance with a reference value


class ReferencePolicy(PlannedPolicy):
    """Follows the solutions of the exact solver, or of local search with a fixed number of iterations.

    Attributes:
        proven: whether all solutions so far are proven optimal.
    """

    proven = True

    def find_answer(self, instance: Any) -> Answer:
        """Returns the answer for an instance; it is deterministic."""
        record = PROBLEMS[instance.problem]
        if record.exact is not None:
            answer = solve(instance, record.exact)
        else:
            rounds = ROUNDS * record.size(instance)
            found = SolverResult(resolve(record.iterated)(instance, rounds, 0, Budget(None)))
            answer = answer_of(instance, found, 0.0)
        self.proven = self.proven and answer.proven_optimal
        return answer


def known_value(*, environment: str, seeds: list[int], episodes: int, **settings: Any) -> Truth | None:
    """Returns the mean of the best known returns over the episodes of a study's evaluations.

    Args:
        environment: the problem's id.
        seeds: of the evaluations.
        episodes: of an evaluation.
        **settings: of the environment.
    """
    record = next(each for each in PROBLEMS.values() if each.id == environment)
    if record.exact is None and record.iterated is None:
        return None
    agents: list[FixedAgent] = []

    def reference(envs: VecEnv) -> FixedAgent:
        kwargs = {"solver": record.search}
        agents.append(FixedAgent(ReferencePolicy, envs, policy_kwargs=kwargs))
        return agents[-1]

    best = mean_return(reference, environment, settings, seeds, episodes)
    random = None
    if "random" in registry.agents():
        random = mean_return(lambda envs: make_agent("random", envs, seed=0), environment, settings, seeds, episodes)
    exact = all(vars(each.policy).get("proven", True) for each in agents)
    local = f"solved by {ROUNDS} iterations of local search per token, not proven optimal"
    how = "solved to proven optimality" if exact else local
    return Truth(
        criterion="return",
        optimum=best,
        random=random,
        high=best if exact else None,
        exact=exact,
        source=f"the {len(seeds) * episodes} instances of the evaluations, {how}",
    )
