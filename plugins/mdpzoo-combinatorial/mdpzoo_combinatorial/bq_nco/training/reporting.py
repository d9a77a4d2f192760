"""Reports training to Stable-Baselines3: counts, callback and log."""

import sys
import time
from typing import TYPE_CHECKING

import torch
from stable_baselines3.common.callbacks import BaseCallback

from mdpzoo_combinatorial.bq_nco.training.imitation import Update

if TYPE_CHECKING:
    from mdpzoo_combinatorial.bq_nco.algorithm import BQNCO


class Report:
    """Called after each update: counts, calls the callback, and logs means over the updates since the last line."""

    def __init__(self, agent: "BQNCO", callback: BaseCallback, interval: int | None) -> None:
        """Logs every ``interval`` updates; None or 0: only when ``write`` is called."""
        self.agent, self.callback, self.interval = agent, callback, interval
        self.updates: list[Update] = []

    def __call__(self, update: Update) -> bool:
        """Reports one update; returns False if the callback stops training."""
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
        """Logs the updates since the last line, if there are any."""
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
