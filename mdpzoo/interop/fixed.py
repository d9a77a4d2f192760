"""Agents with nothing to learn, as Stable-Baselines3 algorithms: baselines for trained agents."""

from typing import Any

from stable_baselines3.common.policies import BasePolicy

from mdpzoo.interop.online import OnlineAgent
from mdpzoo.protocols import Transitions


class FixedAgent(OnlineAgent):
    """A policy that ``learn`` plays and never changes."""

    resumes_exactly = True  # a policy keeps what it must remember in buffers, or in the recurrent state

    def __init__(
        self,
        policy: type[BasePolicy],
        env: Any = None,
        *,
        policy_kwargs: dict[str, Any] | None = None,
        stats_window_size: int = 100,
        tensorboard_log: str | None = None,
        verbose: int = 0,
        device: Any = "cpu",
        seed: int | None = None,
        _init_setup_model: bool = True,
    ) -> None:
        """Builds the policy as ``policy(observation_space, action_space, **policy_kwargs)``.

        Args:
            policy: the class; what it must remember is in its buffers, so that ``save`` keeps it.
            env: an environment, or several of SB3's; None: only for loading.
            policy_kwargs: the policy's further arguments; a policy that draws takes its seed here.
            stats_window_size: episodes in the means of the log.
            tensorboard_log: a folder for TensorBoard; None: no such log.
            verbose: 1 writes the log to the terminal.
            device: where the policy's tensors live.
            seed: of the environment and the action space; non-negative.
        """
        super().__init__(
            policy,
            env,
            policy_kwargs=policy_kwargs,
            stats_window_size=stats_window_size,
            tensorboard_log=tensorboard_log,
            verbose=verbose,
            device=device,
            seed=seed,
        )
        if _init_setup_model:
            self._setup_model()

    def observe(self, transitions: Transitions) -> None:
        """Learns nothing."""
