"""The state of a run that its agent's file does not hold, so that a resumed run is bitwise identical.

It is kept in ``state.npz``: arrays, and the rest as JSON; nothing is pickled. It belongs to one version of the agent's
file, whose hash it names: if a process was killed between writing the two, they do not match and the state is ignored.

Exact are agents that declare it (``resumes_exactly``; ``unsaved_state`` returns what their file does not hold, as in
``OnlineAgent``) and the on-policy algorithms of SB3 and sb3-contrib between two rollouts, in environments that the zoo
steps in batches; and agents that learn from games of ours and declare it. SB3's off-policy algorithms, environments
that keep a state of their own and all other agents cannot be resumed exactly.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm

from mdpzoo.arrays import read_arrays
from mdpzoo.errors import CheckpointError, InstanceError
from mdpzoo.files import replacing
from mdpzoo.interop.pettingzoo import GameParallelEnv
from mdpzoo.interop.sb3 import BatchedVecEnv

FILE = "state.npz"
LIBRARIES = ("stable_baselines3.", "sb3_contrib.")


def is_exact(agent: Any, envs: Any) -> bool:
    """Whether a run of this agent in these environments can be resumed with bitwise identical results."""
    return type(envs) in (BatchedVecEnv, GameParallelEnv) and says_exact(agent)


def says_exact(agent: Any) -> bool:
    """Whether an agent's whole state is in its file or can be captured."""
    return getattr(agent, "resumes_exactly", False) or _is_on_policy(agent)


def only_between_rollouts(agent: Any) -> bool:
    """Whether an agent is exact only between rollouts; it then draws from the global generators."""
    return getattr(agent, "resumes_between_rollouts", False) or _is_on_policy(agent)


def _is_on_policy(agent: Any) -> bool:
    """Whether an agent is one of the libraries' on-policy algorithms."""
    if not isinstance(agent, OnPolicyAlgorithm) or not type(agent).__module__.startswith(LIBRARIES):
        return False
    return not agent.use_sde  # whose noise is drawn before a rollout is announced


def capture(agent: Any, envs: Any) -> dict[str, Any]:
    """Returns the state that the agent's file does not hold: a tree of JSON values and arrays."""
    state = {
        "steps": int(agent.num_timesteps),
        "episodes": int(agent._episode_num),
        "remaining": float(agent._current_progress_remaining),
        "observation": agent._last_obs,
        "starts": agent._last_episode_starts,
        "envs": envs.envs.state_dict() if _plays_in(agent, envs) else None,
        "agent": agent.unsaved_state() if hasattr(agent, "unsaved_state") else None,
    }
    if not only_between_rollouts(agent):
        return state
    name, keys, *rest = np.random.get_state()  # noqa: NPY002
    recurrent = [[each.numpy(force=True) for each in pair] for pair in getattr(agent, "_last_lstm_states", ())]
    drawn = {"tensors": torch.get_rng_state().numpy(), "numbers": [name, keys, *rest]}
    return state | drawn | {"recurrent": recurrent}


def restore(agent: Any, envs: Any, state: Mapping[str, Any]) -> None:
    """Restores a newly loaded agent and new environments to the state that ``capture`` found.

    Raises:
        CheckpointError: the state does not fit them.
    """
    try:
        if state["envs"] is not None:
            envs.reset()
            envs.envs.load_state_dict(state["envs"])
        agent._last_obs, agent._last_episode_starts = state["observation"], state["starts"]
        agent._episode_num, agent._current_progress_remaining = state["episodes"], state["remaining"]
        if state.get("agent") is not None:  # states of version 0.1.0 lack it, and the next one
            agent.restore_unsaved(state["agent"])
        if only_between_rollouts(agent):
            name, keys, *rest = state["numbers"]
            np.random.set_state((name, keys, *rest))  # noqa: NPY002
            torch.set_rng_state(torch.from_numpy(state["tensors"]))
            pairs = zip(getattr(agent, "_last_lstm_states", ()), state.get("recurrent", ()), strict=True)
            for tensors, arrays in pairs:
                for tensor, array in zip(tensors, arrays, strict=True):
                    tensor.copy_(torch.from_numpy(array))
    except (KeyError, TypeError, ValueError, IndexError, RuntimeError, AttributeError) as error:
        raise CheckpointError(f"{FILE} does not fit its run: {' '.join(str(error).split()):.120}") from None


def _plays_in(agent: Any, envs: Any) -> bool:
    """Whether an agent has played in environments of a batch; some learn from samples or games of their own."""
    return type(envs) is BatchedVecEnv and agent._last_obs is not None


def write_state(folder: Path, agent_file: Path, state: Mapping[str, Any]) -> None:
    """Writes a state, whole or not at all."""
    arrays: dict[str, np.ndarray] = {}
    text = json.dumps({"of": _digest(agent_file), "state": _packed(state, arrays)})
    arrays["json"] = np.frombuffer(text.encode(), np.uint8)
    with replacing(folder / FILE) as beside, beside.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def read_state(folder: Path, agent_file: Path) -> dict[str, Any] | None:
    """Reads the state that belongs to an agent's file; None if there is none, or that of another file."""
    path = folder / FILE
    if not path.is_file() or not agent_file.is_file():
        return None
    try:
        content = json.loads(read_arrays(path, ["json"])["json"].tobytes())
        if content["of"] != _digest(agent_file):
            return None
        names: list[str] = []
        _names(content["state"], names)
        return _unpacked(content["state"], read_arrays(path, names))
    except (InstanceError, ValueError, KeyError, TypeError, RecursionError):  # damaged: as if there were none
        return None


def _digest(path: Path) -> str:
    return hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()


def _packed(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    """Returns the tree as JSON values, with arrays replaced by names."""
    if isinstance(value, np.ndarray | np.generic):
        name = f"array{len(arrays)}"
        arrays[name] = np.asarray(value)
        return {"array": name}
    if isinstance(value, Mapping):
        return {"map": [[key, _packed(each, arrays)] for key, each in value.items()]}
    if isinstance(value, tuple):
        return {"tuple": [_packed(each, arrays) for each in value]}
    return [_packed(each, arrays) for each in value] if isinstance(value, list) else value


def _unpacked(value: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    if isinstance(value, list):
        return [_unpacked(each, arrays) for each in value]
    if not isinstance(value, dict):
        return value
    if "array" in value:
        return arrays[value["array"]]
    if "tuple" in value:
        return tuple(_unpacked(each, arrays) for each in value["tuple"])
    return {key: _unpacked(each, arrays) for key, each in value["map"]}


def _names(value: Any, found: list[str]) -> None:
    if isinstance(value, list):
        for each in value:
            _names(each, found)
    elif isinstance(value, dict):
        if "array" in value:
            found.append(str(value["array"]))
        _names(value.get("tuple", [each for _, each in value.get("map", [])]), found)
