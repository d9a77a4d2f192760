"""Games of the papers: accuracies beside exact ones, rates, and the toy game by reinforcement learning."""

from dataclasses import asdict
from typing import Any

import numpy as np

import mdpzoo
from mdpzoo.models import TabularMDP
from mdpzoo_coding import (
    CodingGame,
    CodingReceiver,
    CodingSender,
    exact_accuracy,
    play,
    rate_curve,
    scheme_of,
    sender_env,
)
from mdpzoo_coding.agents.bayes_receiver import BayesReceiver
from mdpzoo_coding.games.building import code_grid_game

TEMPERATURES = (-6.0, -5.0, -4.0)


def games(episodes: int = 1000) -> list[dict[str, Any]]:
    """MEME on CodeGrid: exact accuracies of greedy and best-of-three couplings, and played ones."""
    rows = []
    for messages in (8, 32, 64, 128):
        game = code_grid_game(messages)
        exact = {
            name: exact_accuracy(game.model.model, scheme_of(game, coupling=name), 8) for name in ("greedy", "best")
        }
        scheme = scheme_of(game, coupling="greedy")
        played = play(game, CodingSender(scheme, messages), CodingReceiver(scheme), episodes, seed=messages)
        low, high = played.interval()
        rows.append(
            {
                "messages": messages,
                "exact_greedy": exact["greedy"],
                "exact_best": exact["best"],
                "played": played.accuracies.mean(),
                "low": low,
                "high": high,
                "mean_return": played.returns.mean(),
                "episodes": episodes,
            }
        )
    return rows


def rates(episodes: int = 200) -> list[dict[str, Any]]:
    """MEC-B on the bottleneck grid, 512 messages."""
    points = rate_curve(TEMPERATURES, (1.0, 0.8, 0.5, 0.25), episodes=episodes, seed=100)
    points += rate_curve(TEMPERATURES, (0.8, 0.5), encoder="quantise", episodes=episodes, seed=200)
    return [asdict(point) for point in points]


def toy(steps: int = 8_000) -> list[dict[str, Any]]:
    """Learns the one-step game with a perfect receiver: babbling pays 4 + zeta / 2, speaking 3.5 + zeta."""
    transitions = np.zeros((2, 3, 2))
    transitions[:, :, 1] = 1
    table = TabularMDP.from_arrays(transitions, np.array([[4.0, 3.0, 0.0], [0, 0, 0]]), terminal=np.array([0, 1], bool))
    rows = []
    for zeta in (0.5, 3.0):
        game = CodingGame(table, zeta=zeta)
        settings = {"n_steps": 256, "batch_size": 64, "learning_rate": 3e-3, "gamma": 1.0, "ent_coef": 0.01}
        agent = mdpzoo.make_agent("rl-perfect-receiver", sender_env(game), seed=0, **settings)
        agent.learn(steps)
        played = play(game, agent, BayesReceiver(agent, game), 300)
        total = played.returns.mean() + zeta * played.accuracies.mean()
        rows.append(
            {
                "zeta": zeta,
                "earned": total,
                "optimum": max(4 + zeta / 2, 3.5 + zeta),
                "accuracy": played.accuracies.mean(),
            }
        )
    return rows
