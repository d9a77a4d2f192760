"""Checks of a game in PettingZoo's turn-based form: every turn's observation, reward and mask, and the seed."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from mdpzoo.checks.environments.walks import check_observation
from mdpzoo.checks.games.together import SEED
from mdpzoo.checks.subject import Subject, require_equal

TURNS = 120
Turn = tuple[str, Any, float, bool]  # player, observation, reward, and whether the player is out


def every_turn(subject: Subject) -> None:
    """Plays some games and checks the current player's observation and reward at each turn."""
    game = subject.make_aec()
    for place, (player, seen, reward, out) in enumerate(_turns(game)):
        where = f"of {player} at turn {place}"
        check_observation(game.observation_space(player), seen, where)
        assert np.isfinite(reward), f"the reward {where} is {reward}"
        mask = None if out else _mask(game, seen)
        if mask is not None:
            assert mask.ndim == 1, f"action_mask {where} has shape {mask.shape}"
            actions = int(game.action_space(player).n)
            assert len(mask) == actions, f"action_mask {where} has {len(mask)} entries, the actions are {actions}"
            assert mask.any(), f"action_mask {where} allows nothing"


def the_seed_decides_every_turn(subject: Subject) -> None:
    """Plays a game from one seed in two environments and in one that has been used before."""
    game = subject.make_aec()
    first = list(_turns(game))
    for face, again in (("a second environment", subject.make_aec()), ("the same environment, seeded again", game)):
        for place, (turn, expected) in enumerate(zip(_turns(again), first, strict=True)):
            for name, mine, theirs in zip(("player", "observation", "reward", "end"), turn, expected, strict=True):
                require_equal(f"{face}: the {name} of turn {place}", mine, theirs)


def _turns(game: Any) -> Iterator[Turn]:
    """Plays legal actions, one game after the other, and yields each turn before it is taken."""
    generator = np.random.default_rng(SEED)
    game.reset(seed=SEED)
    for _ in range(TURNS):
        if not game.agents:
            game.reset()
        player = game.agent_selection
        seen, reward, terminated, truncated, _ = game.last()
        yield player, seen, float(reward), bool(terminated or truncated)
        game.step(None if terminated or truncated else _action(game, player, seen, generator))


def _action(game: Any, player: str, seen: Any, generator: np.random.Generator) -> Any:
    mask, space = _mask(game, seen), game.action_space(player)
    if mask is not None and mask.any():
        return int(generator.choice(np.flatnonzero(mask))) + int(space.start)
    space.seed(int(generator.integers(2**31)))
    return space.sample()


def _mask(game: Any, seen: Any) -> np.ndarray | None:
    """Returns the current player's legal actions, from its observation or its info; None if all are legal."""
    info = game.infos[game.agent_selection]
    mask = seen.get("action_mask") if isinstance(seen, dict) else None
    mask = info.get("action_mask") if mask is None else mask
    return None if mask is None else np.asarray(mask)


CHECKS: dict[str, Callable[[Subject], None]] = {
    "every turn's observation, reward and mask is right": every_turn,
    "the seed decides every turn": the_seed_decides_every_turn,
}
