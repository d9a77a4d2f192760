"""What an agent of two learners counts and saves besides its networks."""

from typing import Any

import torch
from stable_baselines3.common.callbacks import BaseCallback
from torch import nn

from mdpzoo.errors import SettingError


class Progress(nn.Module):
    """What is saved of an agent besides its networks: the curriculum and whose turn it is."""

    def __init__(self, agent: Any) -> None:
        """Reads and writes the agent's state."""
        super().__init__()
        self._whose = lambda: agent  # no part of this module, which would save its networks twice

    def get_extra_state(self) -> dict[str, torch.Tensor]:
        """Returns the state as tensors."""
        agent = self._whose()
        clocks = [player.model.num_timesteps for player in agent.players.values()]
        counts = [agent.turns.taken, agent.turns.learner, *clocks]
        return {"curriculum": torch.from_numpy(agent.curriculum.state()), "counts": torch.tensor(counts)}

    def set_extra_state(self, state: Any) -> None:
        """Goes back to a state; a turn that was not finished begins anew.

        Raises:
            SettingError: if the state is damaged.
        """
        agent, counts = self._whose(), state["counts"].tolist()
        if len(counts) != 2 + len(agent.players) or any(not 0 <= each < 2**62 for each in counts) or counts[1] > 1:
            raise SettingError("the counters of the turns are damaged")
        agent.curriculum.restore(state["curriculum"].double().numpy())
        agent.turns.taken, agent.turns.learner = counts[:2]
        for player, clock in zip(agent.players.values(), counts[2:], strict=True):
            player.model.num_timesteps = clock


class Relay(BaseCallback):
    """Counts both players' steps for the agent's callbacks.

    SB3 drops the step at which a callback stops it, so it is not told; the agent looks at ``stopped``.
    """

    def __init__(self, agent: Any, callback: BaseCallback) -> None:
        """Takes the agent and the callback of its ``learn``."""
        super().__init__()
        self.agent, self.outer, self.stopped = agent, callback, False

    def _on_step(self) -> bool:
        self.agent.num_timesteps += 1
        self.agent._update_current_progress_remaining(self.agent.num_timesteps, self.agent._total_timesteps)
        self.outer.update_locals(self.locals)
        self.stopped |= not self.outer.on_step()
        return True
