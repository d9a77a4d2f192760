"""SQIRL and GORP held against what is known of them: sample costs, steps per CPU-second, networks, honest failures.

One thread. ``python benchmarks/sqirl.py samples|defaults|speed|neural|failures|pace`` prints one table. The BRIDGE
models are read from the folder that MDPZOO_DATA names, by default ``../shared/data``.
"""

import argparse
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import torch
from gymnasium.vector import AutoresetMode
from science.row_printing import add_rows, show
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv
from torch import nn

from mdpzoo.interop.shells.compiled_vector import CompiledVectorEnv
from mdpzoo.interop.shells.model_env import ModelEnv
from mdpzoo.models import TabularMDP
from mdpzoo_horizon import GORP, SQIRL
from mdpzoo_horizon.models.locks import combination_lock
from mdpzoo_horizon.models.model_files import read_model

Problem = tuple[Callable[[int], TabularMDP], int, float]  # the model of a seed, the horizon, the optimal return


def problems() -> dict[str, Problem]:
    """The four deterministic models of the reference runs."""
    folder = Path(os.environ.get("MDPZOO_DATA", Path(__file__).parents[2] / "shared/data")) / "bridge"
    lake = TabularMDP.from_gymnasium(gymnasium.make("FrozenLake-v1", is_slippery=False))
    freeway, maze = (
        read_model(str(folder / name / "consolidated.npz")) for name in ("freeway_10_fs30", "maze_easy_l0_30_fs1")
    )
    return {
        "FrozenLake": (lambda seed: lake, 20, 1.0),
        "lock, T=8": (lambda seed: combination_lock(8, 2, seed), 8, 1.0),
        "freeway": (lambda seed: freeway, 10, 1.0),
        "maze": (lambda seed: maze, 30, 10.0),
    }


def rows(model: TabularMDP, num_envs: int, limit: int) -> CompiledVectorEnv:
    """Rows that step together, as SB3 wants them."""
    return CompiledVectorEnv(
        model.batched(), num_envs, autoreset_mode=AutoresetMode.SAME_STEP, max_episode_steps=limit, statistics=True
    )


def earned(agent: Any, model: TabularMDP, limit: int) -> float:
    """What one episode of the answer earns; the models are deterministic."""
    envs = rows(model, 1, limit)
    seen, _ = envs.reset(seed=0)
    state, total = None, 0.0
    for _ in range(limit):
        actions, state = agent.predict(seen, state, deterministic=True)
        seen, reward, terminated, truncated, _ = envs.step(actions)
        total += float(reward[0])
        if terminated[0] or truncated[0]:
            break
    return total


def samples() -> Iterator[dict[str, Any]]:
    """Steps and successes by m: the reference's steps are those at the smallest solving m."""
    for name, (model, limit, best) in problems().items():
        for kind, lookaheads, counts in ((SQIRL, (1, 2, 3), (1, 4, 16, 32, 64, 128)), (GORP, (1, 2), (1, 4, 16, 64))):
            for lookahead in lookaheads:
                row: dict[str, Any] = {"model": name, "agent": kind.__name__, "lookahead": lookahead}
                row |= {"episodes": list(counts), "solved": [], "steps": [], "median_steps": []}
                for count in counts:
                    steps, solved = [], []
                    for seed in range(40):
                        envs = rows(model(seed), count, limit)
                        agent: Any = kind(env=envs, seed=seed, lookahead=lookahead, episodes=count).learn(10**9)
                        steps.append(agent.steps_of_episodes)
                        solved.append(earned(agent, model(seed), limit) >= best - 1e-6)
                    row["solved"].append(sum(solved))
                    row["steps"].append(int(np.median(np.array(steps)[solved])) if any(solved) else 0)
                    row["median_steps"].append(int(np.median(steps)))
                yield row


def defaults() -> Iterator[dict[str, Any]]:
    """Successes where m is not given, one environment."""
    for name, (model, limit, best) in list(problems().items())[:2]:
        for lookahead, reuse, steps in ((1, True, 1_949), (3, True, 1_949), (1, True, 10_000), (1, False, 10_000)):
            solved = 0
            for seed in range(20):
                envs = rows(model(seed), 1, limit)
                agent = SQIRL(env=envs, seed=seed, lookahead=lookahead, reuse=reuse).learn(steps)
                solved += earned(agent, model(seed), limit) >= best - 1e-6
            yield {"model": name, "lookahead": lookahead, "reuse": reuse, "steps": steps, "solved": solved, "of": 20}


def speed() -> Iterator[dict[str, Any]]:
    """Environment steps per CPU-second of the whole of ``learn`` with a histogram."""
    for name, (model, limit, _) in problems().items():
        for size, count in ((1024, 16384), (4096, 65536)):
            envs = rows(model(0), size, limit)
            SQIRL(env=envs, seed=0, episodes=size).learn(size)  # compiles
            agent = SQIRL(env=envs, seed=0, episodes=count)
            began = time.process_time()
            agent.learn(10**9)
            rate = agent.num_timesteps / (time.process_time() - began) / 1e6
            yield {"model": name, "rows": size, "episodes": count, "steps": agent.num_timesteps, "million_steps": rate}


def neural(regressor: str = "network") -> Iterator[dict[str, Any]]:
    """Five seeds with 10 000 steps each, lookahead 2, in one environment and in eight."""
    for name, (model, limit, best) in problems().items():
        for size in (1, 8):
            solved, seconds = 0, 0.0
            for seed in range(-1, 5):  # the first one warms up
                agent = SQIRL(env=rows(model(seed % 5), size, limit), seed=seed % 5, lookahead=2, regressor=regressor)
                began = time.process_time()
                agent.learn(10_000)
                if seed >= 0:
                    seconds += time.process_time() - began
                    solved += earned(agent, model(seed), limit) >= best - 1e-6
            yield {"model": name, "environments": size, "optimal": solved, "of": 5, "rate": 50_000 / seconds}


def failures() -> Iterator[dict[str, Any]]:
    """CliffWalking and Taxi, which the analysis says a lookahead of 3 does not solve."""
    for name, limit, best in (("CliffWalking-v1", 50, -13.0), ("Taxi-v4", 30, 7.93)):
        model = TabularMDP.from_gymnasium(name)
        for lookahead in (1, 2, 3):
            envs = rows(model, 1024, limit)
            agent = SQIRL(env=envs, seed=0, lookahead=lookahead, episodes=1024).learn(10**9)
            returns = np.zeros(1024)
            seen, _ = envs.reset(seed=1)
            state, alive = None, np.ones(1024, bool)
            for _ in range(limit):
                actions, state = agent.predict(seen, state, deterministic=True)
                seen, reward, terminated, truncated, _ = envs.step(actions)
                returns += reward * alive
                alive &= ~(terminated | truncated)
            row = {"environment": name, "lookahead": lookahead, "episodes": 1024, "steps": agent.num_timesteps}
            yield row | {"mean_return": float(returns.mean()), "optimum": best}


def pace() -> Iterator[dict[str, Any]]:
    """Steps per CPU-second of a loop with the authors' settings, written from their description and kept lean.

    8 environments of SB3, m = 64, 2 heads of a 64-64 network, batch 128, 10 epochs, priorities over the buffer, a
    frozen copy for each timestep. The authors' own program does more than this.
    """
    for name, (model, limit, _) in problems().items():
        _published_loop(model(0), limit, 600)
        began = time.process_time()
        steps = _published_loop(model(0), limit, 10_000)
        yield {"model": name, "rate": steps / (time.process_time() - began)}


def _published_loop(model: TabularMDP, limit: int, steps: int, heads: int = 2, episodes: int = 64) -> int:
    draws, size = np.random.default_rng(0), 8
    states, actions = model.num_states, model.num_actions
    env = DummyVecEnv([lambda: Monitor(gymnasium.wrappers.TimeLimit(ModelEnv(model), limit))] * size)
    layers = [nn.Linear(states, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, actions * heads)]
    network = nn.Sequential(*layers)
    optimiser = torch.optim.Adam(network.parameters(), 1e-3)
    frozen: list[dict[str, Any]] = []
    buffer, used, taken, seen = np.zeros((steps + 1000, 7)), 0, 0, env.reset()
    for first in range(limit):
        counts, open_episodes, ended, begun = np.zeros(size, int), [[] for _ in range(size)], 0, used
        while ended < episodes and taken < steps:
            chosen = draws.integers(actions, size=size)
            for step in np.unique(counts[counts < len(frozen)]):
                which = counts == step
                with torch.no_grad():
                    values = torch.func.functional_call(network, frozen[step], (_one_hot(seen[which], states),))
                chosen[which] = values.view(-1, heads, actions)[:, -1].argmax(1).numpy()
            following, rewards, dones, infos = env.step(chosen)
            taken += size
            for row in range(size):
                after = infos[row]["terminal_observation"] if dones[row] else following[row]
                late = counts[row] >= first
                open_episodes[row].append([seen[row], chosen[row], rewards[row], after, dones[row], late, 0.0])
                if dones[row]:
                    episode = np.array(open_episodes[row], float)
                    episode[:, 6] = episode[::-1, 2].cumsum()[::-1]
                    buffer[used : used + len(episode)] = episode
                    used, ended, open_episodes[row] = used + len(episode), ended + 1, []
            counts, seen = np.where(dones, 0, counts + 1), following
        if taken >= steps:
            break
        for _ in range(-(-10 * (used - begun) // 128)):
            batch = buffer[draws.choice(used, 128, p=buffer[:used, 5] / buffer[:used, 5].sum())]
            _published_step(network, optimiser, batch, states, heads, actions)
        frozen.append({name: each.detach().clone() for name, each in network.named_parameters()})
    return taken


def _published_step(network: Any, optimiser: Any, batch: np.ndarray, states: int, heads: int, actions: int) -> None:
    values = network(_one_hot(batch[:, 0], states)).view(-1, heads, actions)
    chosen = torch.as_tensor(batch[:, 1]).long()[:, None, None].expand(-1, heads, 1)
    rewards, ends, to_go = (torch.as_tensor(batch[:, column]).float()[:, None] for column in (2, 4, 6))
    with torch.no_grad():
        best = network(_one_hot(batch[:, 3], states)).view(-1, heads, actions).max(2).values
        targets = torch.cat((to_go, rewards + (1 - ends) * best[:, :-1]), 1)
    loss = nn.functional.mse_loss(values.gather(2, chosen)[..., 0], targets)
    optimiser.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), 10.0)
    optimiser.step()


def _one_hot(states: np.ndarray, count: int) -> torch.Tensor:
    return nn.functional.one_hot(torch.as_tensor(states).long(), count).float()


def main() -> None:
    """Reads the command line."""
    parts = {
        "samples": samples,
        "defaults": defaults,
        "speed": speed,
        "neural": neural,
        "failures": failures,
        "pace": pace,
    }
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=parts)
    add_rows(parser)
    options = parser.parse_args()
    torch.set_num_threads(1)
    show(parts[options.what](), options.rows)


if __name__ == "__main__":
    main()
