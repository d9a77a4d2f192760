"""What the games and alternating training cost, per CPU-second, and how fast matrix games are solved.

    python benchmarks/adversarial_speed.py

The best of several repetitions counts for steps, since other work on the machine only slows.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from science.row_printing import add_rows, show
from stable_baselines3 import SAC

import mdpzoo
from mdpzoo.policies import freeze
from mdpzoo_adversarial import matrix_qre, solve_markov_game
from mdpzoo_adversarial.agents.conditioned_policies import ConditionedPolicy, IdlePolicy
from mdpzoo_adversarial.control.cart_game import adversarial_cart_pole

CART, ROWS = "mdpzoo/AdversarialCartPole-v0", 4096
NETWORK = {"net_arch": [64, 64]}


def main() -> None:
    """Reads the command line and measures everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_rows(parser)
    options = parser.parse_args()
    torch.set_num_threads(1)
    found = {**steps(), **opponent(), **alternation(), **solvers()}
    show(({"what": name, "value": value} for name, value in found.items()), options.rows)


def rate(work: Callable[[], int], repetitions: int = 15) -> float:
    """Steps per CPU-second of the fastest repetition."""
    work()
    rates = []
    for _ in range(repetitions):
        began = time.process_time()
        count = work()
        rates.append(count / (time.process_time() - began))
    return max(rates)


def steps() -> dict[str, float]:
    """The cart game alone, in a batch, and in a seat of many rows."""
    game, generator = mdpzoo.make_parallel(CART), np.random.default_rng(0)
    actions = [{name: game.action_space(name).sample() for name in game.possible_agents} for _ in range(100)]
    pushes = generator.uniform(-1, 1, (20, ROWS, 1)).astype(np.float32)
    forces = generator.uniform(-1, 1, (20, ROWS, 2)).astype(np.float32)
    rules, awake = adversarial_cart_pole().batched().compiled(), np.zeros(ROWS, bool)
    envs = mdpzoo.seat(CART, "protagonist", IdlePolicy(game.action_space("adversary")), num_envs=ROWS)
    envs.reset(seed=0)

    def one() -> int:
        for each in actions * 20:
            if not game.agents:
                game.reset(seed=0)
            game.step(each)
        return 2_000

    def batch() -> int:
        state = rules.initial(generator.random((ROWS, 4)))
        for push, force in zip(pushes, forces, strict=True):
            state = rules.step(state, {"protagonist": push, "adversary": force}, awake, awake).state
            rules.observe(state)
        return 20 * ROWS

    def seats() -> int:
        for push in pushes:
            envs.step(push)
        return 20 * ROWS

    return {
        "cart game, PettingZoo, steps per CPU-second": rate(one),
        "cart game, compiled rules, 4096 rows": rate(batch),
        "cart game, a seat of 4096 rows": rate(seats),
    }


def opponent() -> dict[str, float]:
    """One decision of a frozen SB3 policy, exported, in microseconds."""
    seat = mdpzoo.seat(CART, "protagonist", IdlePolicy(mdpzoo.make_parallel(CART).action_space("adversary")))
    found = {}
    for width in (64, 256):
        model = SAC("MlpPolicy", seat, policy_kwargs={"net_arch": [width, width]})
        policy, seen, numbers = (
            ConditionedPolicy(freeze(model.policy), (4,)),
            np.zeros((1, 4), np.float32),
            np.ones((1, 2)) / 2,
        )

        def decide(policy: Any = policy, seen: Any = seen, numbers: Any = numbers) -> int:
            for _ in range(200):
                policy.act(seen, numbers)
            return 200

        found[f"frozen opponent, 2 x {width}, microseconds"] = 1e6 / rate(decide)
    return found


def alternation() -> dict[str, float]:
    """QARL's learning against SB3's plain SAC at the same update ratio, steps per CPU-second, in turns."""
    plain_rates, own_rates = [], []
    game = mdpzoo.make_parallel(CART)
    settings: dict[str, Any] = {"policy_kwargs": NETWORK, "learning_starts": 100, "buffer_size": 50_000}
    plain = SAC(
        "MlpPolicy", mdpzoo.seat(CART, "protagonist", IdlePolicy(game.action_space("adversary"))), train_freq=3,
        gradient_steps=1, seed=0, **settings,
    )  # fmt: skip
    agent = mdpzoo.make_agent("qarl", CART, seed=0, sac=settings, update_every=3)
    plain.learn(600)
    agent.learn(1_200)
    for _ in range(6):
        for model, rates in ((plain, plain_rates), (agent, own_rates)):
            began = time.process_time()
            model.learn(600, reset_num_timesteps=False)
            rates.append(600 / (time.process_time() - began))
    return {
        "SB3's SAC in a seat, steps per CPU-second": max(plain_rates),
        "qarl, the same networks and updates": max(own_rates),
        "qarl's share of SB3's rate": float(np.median(np.array(own_rates) / np.array(plain_rates))),
    }


def solvers() -> dict[str, float]:
    """2,000 random matrix games of up to 50 x 50 actions at temperatures down to 1e-3; soccer."""
    generator, residuals, seconds = np.random.default_rng(0), [], []
    for k in range(2_000):
        size = (50, 50) if k % 4 == 0 else tuple(generator.integers(1, 51, 2))
        payoffs = generator.normal(size=size) if k % 2 else generator.integers(-3, 4, size).astype(float)
        alpha, beta = 10 ** generator.uniform(-3, 0, 2) if k % 3 else (1e-3, 1e-3)
        began = time.process_time()
        found = matrix_qre(payoffs, alpha, beta)
        seconds.append(time.process_time() - began)
        row, column = _softmax(payoffs @ found.column / alpha), _softmax(-payoffs.T @ found.row / beta)
        residuals.append(max(np.abs(found.row - row).max(), np.abs(found.column - column).max()))
    model = mdpzoo.make_parallel("mdpzoo/MarkovSoccer-v0").unwrapped.model
    began = time.process_time()
    solve_markov_game(model, 0.9)
    return {
        "quantal responses, largest residual of 2,000": max(residuals),
        "quantal responses, slowest, milliseconds": 1e3 * max(seconds),
        "quantal responses, mean, milliseconds": 1e3 * float(np.mean(seconds)),
        "soccer, CPU-seconds": time.process_time() - began,
    }


def _softmax(scores: np.ndarray) -> np.ndarray:
    weights = np.exp(scores - scores.max())
    return weights / weights.sum()


if __name__ == "__main__":
    main()
