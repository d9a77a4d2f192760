"""Reports of a run to Stable-Baselines3: its counts and the lines of its log."""

import sys
import time
from typing import TYPE_CHECKING

import numpy as np

from mdpzoo_token.training.loop import UpdateReport

if TYPE_CHECKING:
    from mdpzoo_token.training.agent import GRPOToken


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
