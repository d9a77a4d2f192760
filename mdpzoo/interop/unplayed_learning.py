"""The beginning of ``learn`` for agents that never step their environment."""

import time
from collections import deque
from typing import Any

from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback, CallbackList, ProgressBarCallback
from stable_baselines3.common.type_aliases import MaybeCallback
from stable_baselines3.common.utils import configure_logger


def begin(
    agent: BaseAlgorithm,
    total_timesteps: int,
    callback: MaybeCallback,
    tb_log_name: str,
    reset_num_timesteps: bool,
    progress_bar: bool,
    episodes: int = 1,
) -> BaseCallback:
    """Does the same as SB3's ``_setup_learn``, except for the reset of the environment.

    Args:
        agent: the agent whose ``learn`` is called.
        total_timesteps: as in ``learn``.
        callback: SB3's.
        tb_log_name: the run's name in TensorBoard.
        reset_num_timesteps: whether the logger begins a new run.
        progress_bar: whether to show one.
        episodes: capacity of ``ep_info_buffer``.

    Returns:
        One callback for all, ready to start.
    """
    agent.start_time = time.time_ns()
    agent.ep_info_buffer, agent.ep_success_buffer = deque[Any](maxlen=episodes), deque[Any](maxlen=1)
    agent._num_timesteps_at_start, agent._total_timesteps = agent.num_timesteps, total_timesteps
    if not agent._custom_logger:
        agent._logger = configure_logger(agent.verbose, agent.tensorboard_log, tb_log_name, reset_num_timesteps)
    made = agent._init_callback(callback)
    if progress_bar:
        made = CallbackList([made, Bar()])
        made.init_callback(agent)
    return made


class Bar(ProgressBarCallback):
    """SB3's bar for agents whose updates take hundreds of steps at once."""

    def _on_step(self) -> bool:
        """Advances the bar."""
        done = self.model.num_timesteps - self.model._num_timesteps_at_start
        self.pbar.update(done - self.pbar.n)
        return True
