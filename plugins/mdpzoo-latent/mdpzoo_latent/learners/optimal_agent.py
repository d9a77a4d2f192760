"""The exact optimum as an agent: a reference that knows the model but not the context."""

import math
from typing import Annotated, Any

import numpy as np
import torch
from stable_baselines3.common.policies import BasePolicy

from mdpzoo.errors import SettingError
from mdpzoo.interop.finite_agents import episodes_begun, model_behind
from mdpzoo.interop.fixed import FixedAgent
from mdpzoo.models import LatentMDP, TabularPOMDP
from mdpzoo.settings import Choices, Range, ranged
from mdpzoo_latent.planning.belief_policies import Memory
from mdpzoo_latent.planning.planner import METHODS, plan


class OptimalPolicy(BasePolicy):
    """Plays a plan; the recurrent state is ``(left [B], visible [B], node [B], follower [B], action [B], belief)``."""

    def __init__(self, observation_space: Any, action_space: Any, model: Any = None, **settings: Any) -> None:
        """Plans; the settings are those of ``plan``."""
        super().__init__(observation_space, action_space)
        self.plan = plan(model, **settings)

    def predict(
        self,
        observation: Any,
        state: tuple[np.ndarray, ...] | None = None,
        episode_start: np.ndarray | None = None,
        deterministic: bool = False,
    ) -> tuple[np.ndarray, tuple[np.ndarray, ...] | None]:
        """Returns actions and the next recurrent state; the arguments are those of ``HistoryPolicy.predict``.

        Raises:
            SettingError: if an observation has probability 0, or an episode is longer than the plan.
        """
        seen, policy = np.atleast_1d(np.asarray(observation)), self.plan.policy
        begun = episodes_begun(state, episode_start, len(seen))
        memories, actions = [], []
        for row, each in enumerate(seen.tolist()):
            if begun[row] or state is None:
                memory = policy.start(each)
            else:
                left, visible, node, follower, action = (int(part[row]) for part in state[:5])
                if left <= 1:
                    raise SettingError(f"the plan is for {self.plan.horizon} steps; give belief-optimal a horizon")
                memory = policy.advance(Memory(left, visible, state[5][row], node, follower), action, each)
            memories.append(memory)
            actions.append(policy.action(memory))
        chosen = np.array(actions)
        parts = [
            np.array([getattr(each, name) for each in memories]) for name in ("left", "visible", "node", "follower")
        ]
        after = (*parts, chosen, np.stack([each.belief for each in memories]))
        return chosen if np.ndim(observation) else chosen[0], after

    def _predict(self, observation: Any, deterministic: bool = False) -> torch.Tensor:
        return torch.as_tensor(self.predict(observation.cpu().numpy())[0])


@ranged
def belief_optimal(
    env: Any,
    horizon: Annotated[int | None, Range(1)] = None,
    discount: Annotated[float, Range(0, 1, above=True)] = 1.0,
    method: Annotated[str, Choices(METHODS)] = "tree",
    seconds: Annotated[float, Range(0)] = math.inf,
    seed: int | None = None,
    verbose: int = 0,
) -> FixedAgent:
    """Builds the optimal policy of the latent MDP or POMDP behind an environment.

    Args:
        env: an environment, or several, of a ``LatentMDP`` or a ``TabularPOMDP``.
        horizon: steps to plan for; None: the model's own.
        discount: of each step's rewards, in (0, 1].
        method: ``"tree"`` or ``"alpha"``.
        seconds: CPU time of planning; an unfinished plan plays its lower bound.
        seed: of the environment.
        verbose: 1 writes the log to the terminal.

    Raises:
        SettingError: if there is no such model behind the environment, or a number is out of its range.
    """
    model = model_behind(env, LatentMDP, TabularPOMDP)
    if model is None:
        raise SettingError("agent 'belief-optimal' plans with the model of a latent MDP or a POMDP; this has none")
    settings = {"model": model, "horizon": horizon, "discount": discount, "method": method, "seconds": seconds}
    return FixedAgent(OptimalPolicy, env, policy_kwargs=settings, seed=seed, verbose=verbose)
