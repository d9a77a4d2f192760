"""The players of a game: their checks, the policies in the other seats, and the base class of every seat."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from mdpzoo.errors import SettingError, did_you_mean
from mdpzoo.policies import Predictor, freeze


class Seat:
    """Base class of the rules of a seat.

    A seat has an optional attribute if and only if its game has the counterpart: ``OPTIONAL`` maps its name to the
    game's. The seat's own form of it is the attribute with an underscore.
    """

    OPTIONAL: Mapping[str, str] = {"reveal": "reveal", "render": "render", "render_fps": "render_fps"}

    def __init__(self, game: Any, player: str, others: Mapping[str, Any]) -> None:
        """Takes a seat.

        Args:
            game: the rules of all players.
            player: the player in this seat.
            others: a frozen policy for every other player; see ``frozen_others``.
        """
        self.game, self.player, self.others = game, player, dict(others)
        self.observation_space, self.action_space = game.observation_spaces[player], game.action_spaces[player]
        self._places = {name: place for place, name in enumerate(game.players)}

    def __getattr__(self, name: str) -> Any:
        """Finds an optional attribute."""
        return optional_attribute(self, self.__dict__.get("game"), self.OPTIONAL, name)

    def with_policy(self, player: str, policy: Any) -> Any:
        """Returns the same seat against another policy of one player.

        Raises:
            SettingError: if there is no such other player, or the policy cannot act.
        """
        check_other(self.others, player)
        return type(self)(self.game, self.player, self.others | {player: freeze(policy)})

    @property
    def _render_fps(self) -> int:
        return self.game.render_fps


def optional_attribute(view: Any, rules: Any, optional: Mapping[str, str], name: str) -> Any:
    """Returns a view's own form of an optional attribute; for its ``__getattr__``.

    Args:
        view: the object that wraps the rules.
        rules: the rules.
        optional: names of the attribute in the view and in the rules.
        name: the attribute that is looked up.

    Raises:
        AttributeError: if the rules have no such attribute.
    """
    if name in optional and hasattr(rules, optional[name]):
        return getattr(view, f"_{name}")
    raise AttributeError(f"{type(view).__name__} has no attribute {name!r}")


def answer(
    policy: Any, seen: Any, memory: Any, first: bool, draw: Callable[[int], np.ndarray], mask: Any = None
) -> tuple[Any, Any]:
    """Returns a frozen player's action for one observation.

    Args:
        policy: a result of ``freeze``.
        seen: the observation, or a dictionary of arrays.
        memory: its recurrent state; None if it has none.
        first: whether an episode begins here.
        draw: maps ``count`` to numbers ``[1, count]`` in [0, 1).
        mask: ``[actions]`` bool, the legal actions; None: all.

    Returns:
        The action, and the recurrent state for the next step.
    """
    if isinstance(policy, Predictor):
        return policy.remember(seen, memory, np.array([first]), mask)
    return policy.act(_row(seen), draw(policy.draws), None if mask is None else mask[None])[0], None


def frozen_others(players: tuple[str, ...], player: str, others: Any, deterministic: bool = False) -> dict[str, Any]:
    """Freezes the policies of all players but one.

    Args:
        players: everybody in the game.
        player: the player who learns.
        others: a policy for each other player by name, or one for all.
        deterministic: whether the others take their most likely actions.

    Raises:
        SettingError: if there is no such player, or another has no policy.
    """
    if player not in players:
        hint = did_you_mean(player, players) or f" Players: {', '.join(players)}"
        raise SettingError(f"unknown player {player!r}.{hint}")
    rest = [each for each in players if each != player]
    policies = dict(others) if isinstance(others, Mapping) else dict.fromkeys(rest, others)
    for name in rest:
        if name not in policies:
            raise SettingError(f"player {name!r} needs a policy with predict(); give others={{{name!r}: policy}}")
    for name in policies:
        check_other(rest, name)
    return {name: freeze(policies[name], deterministic) for name in rest}


def check_other(others: Any, player: str) -> None:
    """Checks that a player is one of the others.

    Raises:
        SettingError: if not.
    """
    if player not in others:
        hint = did_you_mean(player, others) or f" They are: {', '.join(others)}"
        raise SettingError(f"{player!r} is none of the other players.{hint}")


def _row(seen: Any) -> Any:
    """Returns one observation as a batch of one."""
    if isinstance(seen, Mapping):
        return {name: np.asarray(each)[None] for name, each in seen.items()}
    return np.asarray(seen)[None]


def remembers(policy: Any, space: Any) -> bool:
    """Returns whether a frozen player has a recurrent state, by querying it once with an observation of zeros."""
    return isinstance(policy, Predictor) and policy.remembers(_zeros(space))


def _zeros(space: Any) -> Any:
    """Returns one observation of zeros."""
    if hasattr(space, "spaces") and isinstance(space.spaces, Mapping):
        return {name: _zeros(each) for name, each in space.spaces.items()}
    return np.zeros(space.shape, space.dtype)
