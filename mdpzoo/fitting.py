"""Whether an agent fits an environment, by the spaces that its spec declares."""

from typing import Any

from mdpzoo.errors import SettingError
from mdpzoo.specs import AgentSpec


def check_fit(spec: AgentSpec, env: Any) -> None:
    """Checks that an agent fits an environment, or every player of a game, by the spaces that its spec declares.

    Raises:
        SettingError: if it does not; says why.
    """
    players = getattr(env, "possible_agents", None)
    if players is None and spec.learns_from == "game":
        raise SettingError(f"agent {spec.id!r} learns from a game of several players; use make_parallel, or its id")
    if players is not None and spec.learns_from != "game":
        raise SettingError(
            f"agent {spec.id!r} learns in an environment of one decision maker, this one has the players "
            f"{', '.join(players)}; give it a seat: mdpzoo.seat(...)"
        )
    for player in players or ():
        _check_spaces(spec, env.observation_space(player), env.action_space(player))
    if players is None:
        _check_spaces(spec, env.observation_space, env.action_space)


def _check_spaces(spec: AgentSpec, observations: Any, actions: Any) -> None:
    for taken, space, what in (
        (spec.observations, observations, "observes"),
        (spec.actions, actions, "acts in"),
    ):
        if taken and not any(kind.__name__ in taken for kind in type(space).__mro__):
            raise SettingError(f"agent {spec.id!r} {what} {' or '.join(taken)} spaces, this environment has {space}")
    missing = [key for key in spec.observation_keys if key not in getattr(observations, "spaces", {})]
    if missing:
        raise SettingError(f"agent {spec.id!r} needs an observation with the entry {missing[0]!r}, which this has not")
