"""Who plays a game: checks of players and of the policies that fill the other seats."""

from collections.abc import Mapping
from typing import Any

from mdpzoo.errors import SettingError, did_you_mean
from mdpzoo.policies import freeze


def frozen_others(players: tuple[str, ...], player: str, others: Any, deterministic: bool = False) -> dict[str, Any]:
    """Freezes the policies of all players but one.

    Args:
        players: everybody in the game.
        player: who learns.
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
