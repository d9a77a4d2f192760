"""Reinforcement learning with a perfect receiver: the baseline of Sokota et al. 2022, section 5.

The sender is trained by PPO; before each rollout, the receiver in its seat becomes the exact Bayes receiver of the
current sender.
"""

from typing import Any

from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecEnv

from mdpzoo.errors import SettingError
from mdpzoo.front import seat
from mdpzoo_coding.agents.bayes_receiver import BayesReceiver
from mdpzoo_coding.games.coding_rules import RECEIVER, SENDER


class Unheard:
    """A receiver that always guesses the first message; a placeholder in a sender's seat until it is replaced.

    Its successors have a memory, so their seat plays one game at a time; this one also declares a memory.
    """

    def __init__(self, length: int) -> None:
        """Creates a receiver of messages of ``length`` symbols."""
        self._length = length

    def predict(
        self, observation: Any, state: Any = None, episode_start: Any = None, deterministic: bool = True
    ) -> tuple[Any, Any]:
        """Returns zeros and an empty state."""
        import numpy as np

        shape = (self._length,) if np.ndim(observation["action"]) == 0 else (len(observation["action"]), self._length)
        return np.zeros(shape, np.int64), ((),) * int(np.prod(shape[:-1]))


def sender_env(game: Any, receiver: Any = None, **settings: Any) -> Any:
    """Makes the single-agent view of a sender: the receiver is a frozen policy, and zeta part of the reward.

    Args:
        game: the rules of a coding game, or its environment.
        receiver: anything with SB3's ``predict``; None: one that guesses nothing, until ``set_policy``.
        **settings: of ``mdpzoo.seat``, such as ``num_envs`` and ``output``.

    Raises:
        SettingError: if this is no coding game.
    """
    rules = getattr(game, "rules", game)
    if not hasattr(rules, "zeta"):
        raise SettingError(f"expected a coding game, got {type(rules).__name__}")
    return seat(rules, SENDER, {RECEIVER: Unheard(rules.length) if receiver is None else receiver}, **settings)


def game_of(env: Any) -> Any:
    """Returns the game of a sender's seat, or of the first of SB3's environments.

    Raises:
        SettingError: if it is no sender's seat of a coding game.
    """
    holders = env.get_attr("rules", indices=[0]) if isinstance(env, VecEnv) else [getattr(env.unwrapped, "rules", None)]
    game = getattr(holders[0], "game", None)
    if game is None or not hasattr(game, "zeta"):
        raise SettingError("this agent plays in a sender's seat; make the environment with mdpzoo_coding.sender_env")
    return game


class PerfectReceiverPPO(PPO):
    """PPO whose receiver always knows its policy."""

    settings_of = "stable_baselines3:PPO"  # the code that takes the settings, for lists

    def __init__(self, policy: Any = "MultiInputPolicy", env: Any = None, **settings: Any) -> None:
        """Takes PPO's arguments; ``env`` is a sender's seat."""
        super().__init__(policy, env, **settings)

    def collect_rollouts(self, env: VecEnv, *arguments: Any, **settings: Any) -> bool:
        """Collects steps with the exact receiver of the current policy."""
        env.env_method("set_policy", RECEIVER, BayesReceiver(self.policy, game_of(env)))
        return super().collect_rollouts(env, *arguments, **settings)
