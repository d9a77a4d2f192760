"""Evaluation of an agent that learns from games: its own policies play each other, the first player's returns count.

So in a zero-sum game the mean return of a trained agent nears the value of the game, from either side.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from gymnasium.spaces import Box

from mdpzoo import registry
from mdpzoo.front import make_parallel, seat


class Seated(NamedTuple):
    """The first player's seat in games against the agent's own policies for the others.

    Attributes:
        player: the first player's name.
        envs: SB3's ``VecEnv``, seeded.
        policy: the agent's for the first player.
        deterministic: whether all players take their most likely actions: only where every action is a Box. Else an
            equilibrium may be mixed, and actions are drawn.
    """

    player: str
    envs: Any
    policy: Any
    deterministic: bool


def is_game(environment: str) -> bool:
    """Whether an id names a game of several players."""
    spec = registry.environments().get(environment)
    return spec is not None and spec.several_players


def plays_games(agent: Any) -> bool:
    """Whether an agent has a policy for each player: ``policy_of(player)``, with SB3's ``predict``."""
    return hasattr(agent, "policy_of")


def seated(agent: Any, environment: str, settings: Mapping[str, Any], rows: int, seed: int) -> Seated:
    """Makes the first player's seats against the agent's current policies.

    Args:
        agent: one that ``plays_games``.
        environment: a game's id.
        settings: of the game.
        rows: games that step together.
        seed: of the games.
    """
    game = make_parallel(environment, **settings)
    first, *others = game.possible_agents
    still = all(isinstance(game.action_space(name), Box) for name in game.possible_agents)
    game.close()
    policies = {name: agent.policy_of(name) for name in others}
    envs = seat(environment, first, policies, num_envs=rows, output="sb3", deterministic=still, **settings)
    envs.seed(seed)
    return Seated(first, envs, agent.policy_of(first), still)
