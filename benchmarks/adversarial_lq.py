"""The temperature-conditioned SAC of QARL in a game whose answer is known: gains and variances at every temperature.

    python benchmarks/adversarial_lq.py            # a quarter of an hour of CPU time

Each player of the scalar linear-quadratic game learns against the other's frozen equilibrium policy while temperatures
fall along the curriculum. The equilibrium's gains do not depend on the temperature and its variances are proportional
to it. The adversary's gain is small where its actions are dear, so it also plays a game with cheaper ones.
"""

import argparse
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from science.row_printing import add_rows, show

import mdpzoo
from mdpzoo_adversarial import solve_lq_game, temperature_schedule
from mdpzoo_adversarial.agents.conditioned_policies import TemperatureScale
from mdpzoo_adversarial.agents.players import Player

DISCOUNT = 0.95
GAME = {"A": 1.1, "B": 1.0, "D": 0.5, "Q": 1.0, "R": 0.5}
CASES = (("protagonist", 5.0), ("adversary", 5.0), ("adversary", 1.0))  # who learns, and S
SAC: dict[str, Any] = {
    "gamma": DISCOUNT,
    "learning_rate": 1e-3,
    "learning_starts": 300,
    "buffer_size": 20_000,
    "tau": 0.01,
    "policy_kwargs": {"net_arch": [64, 64]},
}


class LinearPolicy:
    """Plays minus a gain times the state, with Gaussian noise; limited by ``limit``."""

    draws = 2

    def __init__(self, gain: float, deviation: float, limit: float) -> None:
        """Takes the gain, the standard deviation of the noise and the limit of the actions."""
        self.gain, self.deviation, self.limit = gain, deviation, limit
        self.z, self.share = None, 1.0

    def act(self, observations: Any, numbers: Any, masks: Any = None) -> Any:
        """Returns ``[B, 1]`` actions."""
        normal = np.sqrt(-2 * np.log1p(-numbers[:, :1])) * np.cos(2 * np.pi * numbers[:, 1:])
        return np.clip(-self.gain * observations + self.deviation * normal, -self.limit, self.limit).astype(np.float32)


def main() -> None:
    """Reads the command line and runs every case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=45_000, help="of each learner")
    parser.add_argument("--case", type=int, choices=range(len(CASES)), help="one of the cases; default: all")
    parser.add_argument("--seeds", type=int, default=1)
    add_rows(parser)
    given = parser.parse_args()
    torch.set_num_threads(1)
    rows = (
        row
        for seed in range(given.seeds)
        for case, (name, dear) in enumerate(CASES)
        if given.case in (None, case)
        for row in learned(name, dear, seed, given.steps)
    )
    show(rows, given.rows)


def learned(name: str, dear: float, seed: int, steps: int) -> Iterator[dict[str, Any]]:
    """Trains one player and compares it with the equilibrium at the temperatures of the curriculum."""
    began, schedule, limit = time.process_time(), temperature_schedule(), 1.0
    solution = solve_lq_game(**GAME, S=dear, discount=DISCOUNT, row_temperature=0.02, column_temperature=0.02)
    game = mdpzoo.make_parallel("mdpzoo/AdversarialLQ-v0", S=dear, max_cycles=4, action_limit=limit)
    player = Player(game, name, SAC, TemperatureScale(schedule[0], schedule[-1]), True, 1, seed, "cpu")
    own, other = (solution.K, solution.L)[:: 1 if name == "protagonist" else -1]
    noise = (solution.row_covariance, solution.column_covariance)[:: 1 if name == "protagonist" else -1]
    opponent = LinearPolicy(float(other[0, 0]), float(np.sqrt(noise[1][0, 0])), limit)
    from stable_baselines3.common.callbacks import CallbackList
    from stable_baselines3.common.logger import Logger

    from mdpzoo_adversarial.agents.agent_state import Relay

    player.begin(Logger(None, []), steps, True)

    class Silent(Relay):
        def __init__(self) -> None:
            """Relays to nobody."""
            super().__init__(None, CallbackList([]))

        def _on_step(self) -> bool:
            return True

    callback, generator = Silent(), np.random.default_rng(seed)
    callback.init_callback(player.model)
    for k in range(steps):
        if k % 200 == 0:  # the curriculum twice: it falls, and then all its temperatures are mixed
            share = min(1.0, 2 * k / steps)
            low = schedule[int(share * (len(schedule) - 1))]
            plan = np.exp(generator.uniform(np.log(low), np.log(schedule[0]), 20))
            player.follow(plan, np.ones(20), lambda: opponent)
        player.step(callback)
    seconds = time.process_time() - began
    states = np.linspace(-1, 1, 41, dtype=np.float32)[:, None]
    for temperature in schedule:
        policy = player.frozen(temperature, seed=0)
        gain = -np.polyfit(states[:, 0], policy.predict(states, deterministic=True)[0][:, 0], 1)[0]
        deviation = policy.predict(np.zeros((4000, 1), np.float32))[0].std()
        exact = float(np.sqrt(noise[0][0, 0] * temperature / 0.02))
        row = {"learner": name, "S": dear, "seed": seed, "temperature": float(temperature), "gain": float(gain)}
        row |= {"equilibrium_gain": float(own[0, 0]), "deviation": float(deviation), "equilibrium_deviation": exact}
        yield row | {"steps": steps, "cpu_seconds": seconds}


if __name__ == "__main__":
    main()
