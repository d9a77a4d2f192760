"""The state of an agent of two learners besides its networks: counters and curriculum."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.callbacks import BaseCallback
from torch import nn

from mdpzoo.errors import SettingError


class Progress(nn.Module):
    """The saved state of an agent besides its networks: the curriculum and the current turn."""

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
        """Restores a state; an unfinished turn starts again.

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

    SB3 drops the step at which a callback stops it, so it is not informed; the agent checks ``stopped``.
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

    def _on_rollout_start(self) -> None:
        self.outer.on_rollout_start()

    def _on_rollout_end(self) -> None:
        self.outer.on_rollout_end()


def unsaved(agent: Any) -> dict[str, Any]:
    """Returns the agent's state that its file does not hold, between two steps, as numbers and arrays."""
    learner, waiting = agent.turns.ordered(agent.players)
    pools = {name: [_arrays(each.network) for each in pool] for name, pool in agent._pools.items()}
    pool = agent._pools[waiting.name]
    return {
        "players": {name: player.state() for name, player in agent.players.items()},
        "pools": pools,
        "opponent": pool.index(learner.seat.opponent) if agent.opposed else None,
        "generator": agent.generator.bit_generator.state,
        "spawned": agent._seeds.n_children_spawned,
        "turn": (agent.turns.episodes_done, agent.turns.plan),
    }


def restore_unsaved(agent: Any, state: Mapping[str, Any]) -> None:
    """Restores a result of ``unsaved``; the file has been read."""
    agent.generator.bit_generator.state = state["generator"]
    agent._seeds = np.random.SeedSequence(agent._seeds.entropy, n_children_spawned=state["spawned"])
    agent.turns.episodes_done, agent.turns.plan = state["turn"]
    for name, pool in agent._pools.items():
        pool.clear()
        for arrays in state["pools"][name]:
            frozen = agent.players[name].frozen(agent.curriculum.mean)
            frozen.network = _with_arrays(frozen.network, arrays)
            pool.append(frozen)
    learner, waiting = agent.turns.ordered(agent.players)
    for name, player in agent.players.items():
        acts = player is learner and agent.opposed
        opponent = agent._pools[waiting.name][state["opponent"]] if acts else None
        player.restore(state["players"][name], agent.opponents_of(learner) if acts else None, opponent)


def _arrays(network: Any) -> list[tuple[np.ndarray, np.ndarray]]:
    """Returns weights and biases of a frozen SAC policy's layers, that of its deviations last."""
    return [(layer.weight, layer.bias) for layer in (*network.layers, network.deviation)]


def _with_arrays(network: Any, arrays: Sequence[tuple[np.ndarray, np.ndarray]]) -> Any:
    """Returns the same network with other weights."""
    layers = [
        dataclasses.replace(layer, weight=weight, bias=bias)
        for layer, (weight, bias) in zip((*network.layers, network.deviation), arrays, strict=True)
    ]
    return dataclasses.replace(network, layers=tuple(layers[:-1]), deviation=layers[-1])
