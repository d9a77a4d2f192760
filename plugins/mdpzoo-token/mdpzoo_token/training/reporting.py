"""What a run tells Stable-Baselines3: callbacks, the logger and the progress bar."""

import sys
import time
from collections import deque
from typing import TYPE_CHECKING

import numpy as np
from stable_baselines3.common.callbacks import BaseCallback, CallbackList, ProgressBarCallback
from stable_baselines3.common.type_aliases import MaybeCallback
from stable_baselines3.common.utils import configure_logger

from mdpzoo_token.training.loop import UpdateReport

if TYPE_CHECKING:
    from mdpzoo_token.training.agent import GRPOToken


def begin(
    agent: "GRPOToken",
    total_timesteps: int,
    callback: MaybeCallback,
    tb_log_name: str,
    reset_num_timesteps: bool,
    progress_bar: bool,
) -> BaseCallback:
    """Does what SB3's ``_setup_learn`` does, less the reset of an environment that is never played.

    Returns:
        One callback for all, ready to start.
    """
    agent.start_time = time.time_ns()
    agent.ep_info_buffer, agent.ep_success_buffer = deque(maxlen=256), deque(maxlen=1)
    agent._num_timesteps_at_start, agent._total_timesteps = agent.num_timesteps, total_timesteps
    if not agent._custom_logger:
        agent._logger = configure_logger(agent.verbose, agent.tensorboard_log, tb_log_name, reset_num_timesteps)
    made = agent._init_callback(callback)
    if progress_bar:
        made = CallbackList([made, Bar()])
        made.init_callback(agent)
    return made


class Bar(ProgressBarCallback):
    """SB3's bar, in tokens: an update writes hundreds of them."""

    def _on_step(self) -> bool:
        """Advances the bar."""
        done = self.model.num_timesteps - self.model._num_timesteps_at_start
        self.pbar.update(done - self.pbar.n)
        return True


def record(agent: "GRPOToken", report: UpdateReport) -> None:
    """Counts one update and its sequences."""
    agent.num_timesteps += report.tokens
    agent._n_updates = agent.trainer.update
    agent._episode_num += len(report.rewards)
    agent._update_current_progress_remaining(agent.num_timesteps, agent._total_timesteps)
    assert agent.ep_info_buffer is not None
    pairs = zip(report.rewards.tolist(), report.lengths.tolist(), strict=True)
    agent.ep_info_buffer.extend({"r": reward, "l": length} for reward, length in pairs)


def write_line(agent: "GRPOToken") -> None:
    """Writes the last update to the logger; nothing before the first."""
    if not agent.reports:
        return
    report, logger = agent.reports[-1], agent.logger
    seconds = max((time.time_ns() - agent.start_time) / 1e9, sys.float_info.epsilon)
    logger.record("rollout/ep_rew_mean", report.reward)
    logger.record("rollout/ep_len_mean", float(np.mean(report.lengths.tolist())))
    logger.record("train/entropy", report.entropy)
    logger.record("train/loss", report.loss)
    logger.record("train/n_updates", agent.trainer.update, exclude="tensorboard")
    logger.record("time/fps", int((agent.num_timesteps - agent._num_timesteps_at_start) / seconds))
    logger.record("time/total_timesteps", agent.num_timesteps, exclude="tensorboard")
    agent.dump_logs()
