"""What a fit of BQ-NCO tells Stable-Baselines3: callbacks, the logger and the progress bar."""

import sys
import time
from collections import deque
from typing import TYPE_CHECKING

import torch
from stable_baselines3.common.callbacks import BaseCallback, CallbackList, ProgressBarCallback
from stable_baselines3.common.type_aliases import MaybeCallback
from stable_baselines3.common.utils import configure_logger

from mdpzoo_combinatorial.bq_nco.training.imitation import Update

if TYPE_CHECKING:
    from mdpzoo_combinatorial.bq_nco.algorithm import BQNCO


def begin(
    agent: "BQNCO",
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
    agent.ep_info_buffer, agent.ep_success_buffer = deque(maxlen=1), deque(maxlen=1)
    agent._num_timesteps_at_start = agent.num_timesteps
    agent._total_timesteps = total_timesteps
    if not agent._custom_logger:
        agent._logger = configure_logger(agent.verbose, agent.tensorboard_log, tb_log_name, reset_num_timesteps)
    made = agent._init_callback(callback)
    if progress_bar:
        made = CallbackList([made, Bar()])
        made.init_callback(agent)
    return made


class Bar(ProgressBarCallback):
    """SB3's bar, in decisions: an update imitates hundreds of them."""

    def _on_step(self) -> bool:
        """Advances the bar."""
        done = self.model.num_timesteps - self.model._num_timesteps_at_start
        self.pbar.update(done - self.pbar.n)
        return True


class Report:
    """Called after each update: counts, asks the callback, writes means of the updates since the last line."""

    def __init__(self, agent: "BQNCO", callback: BaseCallback, interval: int | None) -> None:
        """Writes a line every ``interval`` updates; None or 0: only when asked to."""
        self.agent, self.callback, self.interval = agent, callback, interval
        self.updates: list[Update] = []

    def __call__(self, update: Update) -> bool:
        """Takes in one update; False where the callback wants to stop."""
        agent = self.agent
        agent.num_timesteps = agent.progress.decisions
        agent._n_updates = agent.progress.updates
        agent._update_current_progress_remaining(agent.num_timesteps, agent._total_timesteps)
        self.updates.append(update)
        if self.interval and agent.progress.updates % self.interval == 0:
            self.write()
        self.callback.update_locals({"self": agent, "update": update})
        agent.policy.network.eval()
        going_on = self.callback.on_step()
        agent.policy.network.train()
        return going_on

    def write(self) -> None:
        """One line of the log; nothing when no update came since the last."""
        if not self.updates:
            return
        agent, logger = self.agent, self.agent.logger
        for name in ("loss", "accuracy", "gradient_norm"):
            mean = torch.stack([getattr(each, name) for each in self.updates]).mean()
            logger.record(f"train/{name}", float(mean))
        seconds = max((time.time_ns() - agent.start_time) / 1e9, sys.float_info.epsilon)
        logger.record("train/learning_rate", agent.optimiser.others.param_groups[0]["lr"])
        logger.record("train/n_updates", agent.progress.updates, exclude="tensorboard")
        logger.record("time/fps", int((agent.num_timesteps - agent._num_timesteps_at_start) / seconds))
        logger.record("time/time_elapsed", int(seconds), exclude="tensorboard")
        logger.record("time/total_timesteps", agent.num_timesteps, exclude="tensorboard")
        agent.dump_logs()
        self.updates.clear()
