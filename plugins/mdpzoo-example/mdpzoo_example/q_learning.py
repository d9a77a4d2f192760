"""Tabular Q-learning (Watkins and Dayan 1992) as a Stable-Baselines3 algorithm.

What differs from the paper: exploration is epsilon-greedy with a linear decay, the step size does not decay
automatically, and a truncated episode is bootstrapped from its last observation.
"""

from typing import Annotated, Any

import numpy as np
import torch
from stable_baselines3.common.policies import BasePolicy

from mdpzoo.errors import SettingError
from mdpzoo.interop.online import OnlineAgent
from mdpzoo.protocols import Transitions
from mdpzoo.settings import Range, ranged
from mdpzoo_example.q_values import backup


class GreedyPolicy(BasePolicy):
    """Takes the first of the best actions; the table is a buffer, so SB3 saves it."""

    table: torch.Tensor  # [S, A] float64

    def __init__(self, observation_space: Any, action_space: Any, initial_value: float = 0.0) -> None:
        """Fills the table ``[S, A]`` with one value."""
        super().__init__(observation_space, action_space)
        values = torch.full((int(observation_space.n), int(action_space.n)), initial_value, dtype=torch.float64)
        self.register_buffer("table", values)

    def _predict(self, observation: Any, deterministic: bool = False) -> torch.Tensor:
        return self.table[observation.long()].argmax(1)


class QLearning(OnlineAgent):
    """Q-learning on Discrete observations and actions, in any number of environments."""

    policy: GreedyPolicy
    resumes_exactly = True

    @ranged
    def __init__(
        self,
        policy: type[BasePolicy] = GreedyPolicy,
        env: Any = None,
        learning_rate: Annotated[float, Range(0, 1)] = 0.1,
        *,
        discount: Annotated[float, Range(0, 1)] = 0.99,
        epsilon: tuple[float, float] = (1.0, 0.05),
        initial_value: Annotated[float, Range()] = 0.0,
        seed: int | None = None,
        verbose: int = 0,
        tensorboard_log: str | None = None,
        device: Any = "cpu",
        _init_setup_model: bool = True,
    ) -> None:
        """Starts from a constant table.

        Args:
            policy: ``GreedyPolicy``.
            env: an environment, or several of SB3's; None: only for loading.
            learning_rate: the step size, in [0, 1].
            discount: in [0, 1].
            epsilon: probability of a random action when ``learn`` begins and when it ends; linear between.
            initial_value: of every action in every state; if above all returns, the agent tries every action.
            seed: non-negative; None: fresh randomness.
            verbose: 1 writes the log to the terminal.
            tensorboard_log: a folder for TensorBoard.
            device: where the table lives.

        Raises:
            SettingError: a number is out of its range.
        """
        if not all(0 <= each <= 1 for each in epsilon):
            raise SettingError(f"epsilon must lie in [0, 1], got {epsilon}")
        super().__init__(
            policy,
            env,
            learning_rate,
            policy_kwargs={"initial_value": initial_value},
            seed=seed,
            verbose=verbose,
            tensorboard_log=tensorboard_log,
            device=device,
        )
        self.discount, self.epsilon = discount, tuple(epsilon)
        if _init_setup_model:
            self._setup_model()

    def act(self, observations: np.ndarray) -> np.ndarray:
        """Returns epsilon-greedy actions ``[B]``."""
        first, last = self.epsilon
        explores = self.generator.random(len(observations)) < last + (first - last) * self._current_progress_remaining
        random = self.generator.integers(self.policy.table.shape[1], size=len(observations))
        return np.where(explores, random, self.predict(observations)[0])

    def observe(self, transitions: Transitions) -> None:
        """Backs up one step of every environment."""
        table = self.policy.table
        step_size = self.lr_schedule(self._current_progress_remaining)
        table.copy_(torch.from_numpy(backup(table.numpy(force=True), transitions, step_size, self.discount)))
