"""The games of this family, and a game around any environment."""

import math
from typing import Annotated, Any

import gymnasium

import mdpzoo
from mdpzoo.errors import SettingError
from mdpzoo.interop.pettingzoo import GameParallelEnv
from mdpzoo.settings import Range, ranged
from mdpzoo_coding.games.coding_rules import CodingGame
from mdpzoo_coding.games.grids import bottleneck_grid, code_grid
from mdpzoo_coding.games.simulators import Simulator
from mdpzoo_coding.policies.interface import as_probabilities
from mdpzoo_coding.policies.poles import steady_pole
from mdpzoo_coding.policies.soft_optimal import soft_policy


def coding_game(
    env_or_id: "str | gymnasium.Env[Any, Any]",
    symbols: int = 2,
    length: int = 8,
    prior: Any = None,
    zeta: float = 1.0,
    noise: float = 0.0,
    rate: float | None = None,
    *,
    metric: str = "exact",
    policy: Any = None,
) -> GameParallelEnv:
    """Makes a coding game around an environment with finitely many actions, as a PettingZoo ``ParallelEnv``.

    Args:
        env_or_id: the environment; nothing else may step it.
        symbols: size of the alphabet, at least 2.
        length: symbols in a message.
        prior: ``[symbols]`` probabilities of each symbol; None: uniform.
        zeta: reward of a right guess.
        noise: probability that a uniform action replaces the sender's.
        rate: part of the message's entropy that the source may reveal to the sender in a step; None: no limit.
        metric: ``"exact"`` or ``"hamming"``.
        policy: the policy that carries messages by default; anything that ``as_probabilities`` takes.

    Raises:
        SettingError: if an argument is out of its range, or the actions are not finitely many.
    """
    env = mdpzoo.make(env_or_id) if isinstance(env_or_id, str) else env_or_id
    rules = CodingGame(
        Simulator(env),
        symbols=symbols,
        length=length,
        prior=prior,
        zeta=zeta,
        noise=noise,
        metric=metric,
    )
    return GameParallelEnv(_for_players(rules, None if policy is None else as_probabilities(policy), rate))


@ranged
def code_grid_game(
    messages: Annotated[int, Range(2)] = 32,
    temperature: Annotated[float, Range(0, above=True)] = 0.01,
    zeta: Annotated[float, Range(0)] = 1.0,
    noise: Annotated[float, Range(0, 1, below=True)] = 0.0,
    rate: Annotated[float | None, Range(0, 1, above=True)] = None,
    size: Annotated[int, Range(2)] = 4,
    max_steps: Annotated[int, Range(1)] = 8,
) -> CodingGame:
    """Builds the rules of CodeGrid.

    Rewards: To both players: that of the walk; then, for the guess, ``zeta`` if it is right.

    Ends: After the receiver's guess, which follows the end of the walk.

    Args:
        messages: number of messages, uniform; the paper has 8, 32, 64 and 128.
        temperature: of the soft-optimal policy that senders use by default, which depends on the clock.
        zeta: reward of a right guess.
        noise: probability that a uniform legal action replaces the sender's.
        rate: see ``CodingGame``.
        size: rows and columns.
        max_steps: after which the receiver guesses.

    Raises:
        SettingError: if an argument is out of its range.
    """
    grid = code_grid(size)
    game = CodingGame(grid, symbols=messages, zeta=zeta, noise=noise, max_steps=max_steps)
    return _for_players(game, soft_policy(grid.model, temperature, horizon=max_steps), rate)


@ranged
def bottleneck_game(
    messages: Annotated[int, Range(2)] = 512,
    log_temperature: Annotated[float, Range()] = -5.0,
    zeta: Annotated[float, Range(0)] = 1.0,
    noise: Annotated[float, Range(0, 1, below=True)] = 0.0,
    rate: Annotated[float | None, Range(0, 1, above=True)] = 0.8,
    discount: Annotated[float, Range(0, 1, above=True, below=True)] = 0.95,
    max_steps: Annotated[int, Range(1)] = 1000,
) -> CodingGame:
    """Builds the rules of the bottleneck grid; rewards are discounted, as in the authors' code.

    Rewards: To both players: that of the walk, discounted; then, for the guess, ``zeta`` if it is right.

    Ends: After the receiver's guess, which follows the end of the walk.

    Args:
        messages: number of messages, uniform.
        log_temperature: natural logarithm of the temperature of the soft-optimal policy that senders use by default.
        zeta: reward of a right guess.
        noise: probability that a uniform action replaces the sender's.
        rate: see ``CodingGame``.
        discount: in (0, 1).
        max_steps: after which the receiver guesses.

    Raises:
        SettingError: if an argument is out of its range.
    """
    table = bottleneck_grid(discount)
    game = CodingGame(table, symbols=messages, zeta=zeta, noise=noise, max_steps=max_steps, discount=discount)
    return _for_players(game, soft_policy(table, math.exp(log_temperature), discount=discount), rate)


@ranged
def code_cart_game(
    zeta: Annotated[float, Range(0)] = 1.0,
    noise: Annotated[float, Range(0, 1, below=True)] = 0.0,
    rate: Annotated[float | None, Range(0, 1, above=True)] = None,
    blocks: Annotated[int, Range(1)] = 32,
) -> GameParallelEnv:
    """Builds CodeCart: CartPole-v1 and a binary image of 16x16 pixels, half a row of it in each symbol.

    What differs from the paper's code: 32 blocks of 256 symbols, since 16 hold only half of the image.

    Rewards: To both players: that of the pole, 1 a step; then, for the guess, ``zeta`` if it is right.

    Ends: After the receiver's guess, which follows the end of the pole's episode.

    Args:
        zeta: reward of a right guess.
        noise: probability that a uniform action replaces the sender's.
        rate: see ``CodingGame``.
        blocks: symbols of 8 pixels.

    Raises:
        SettingError: if an argument is out of its range.
    """
    return coding_game(
        gymnasium.make("CartPole-v1"), 256, blocks, zeta=zeta, noise=noise, rate=rate, policy=steady_pole()
    )


def _for_players(game: CodingGame, policy: Any, rate: float | None) -> CodingGame:
    """Stores the players' agreement: the policy that carries messages, and the source's rate."""
    if rate is not None and not 0 < rate <= 1:
        raise SettingError(f"rate must be a part of the message's entropy, in (0, 1], got {rate}")
    game.policy, game.rate = policy, rate
    return game
