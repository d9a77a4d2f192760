"""Checks of a game: PettingZoo's own tests, through both registries."""

from collections.abc import Callable
from typing import Any

import mdpzoo


def passes_parallel_api(id: str, settings: dict[str, Any]) -> None:
    """Runs PettingZoo's test of environments whose players act together."""
    from pettingzoo.test import parallel_api_test

    parallel_api_test(mdpzoo.make_parallel(id, **settings), num_cycles=100)


def passes_aec_api(id: str, settings: dict[str, Any]) -> None:
    """Runs PettingZoo's test of environments whose players act in turn."""
    from pettingzoo.test import api_test

    api_test(mdpzoo.make_aec(id, **settings), num_cycles=100, verbose_progress=False)


def passes_seed_tests(id: str, settings: dict[str, Any]) -> None:
    """Runs PettingZoo's tests that a seed decides everything."""
    from pettingzoo.test import parallel_seed_test, seed_test

    seed_test(lambda: mdpzoo.make_aec(id, **settings), num_cycles=50)
    parallel_seed_test(lambda: mdpzoo.make_parallel(id, **settings), num_cycles=50)


def a_seat_is_an_environment(id: str, settings: dict[str, Any]) -> None:
    """Runs Gymnasium's checker on every player's seat, the others playing their first action."""
    from gymnasium.utils.env_checker import check_env

    for player in mdpzoo.make_parallel(id, **settings).possible_agents:
        game = mdpzoo.make_parallel(id, **settings)
        others = {each: _Still(game.action_space(each)) for each in game.possible_agents if each != player}
        check_env(mdpzoo.seat(game, player, others), skip_render_check=True)  # a seat has no spec to be remade by


class _Still:
    """A policy that always plays the sample of seed 0."""

    def __init__(self, space: Any) -> None:
        space.seed(0)
        self._action = space.sample()

    def predict(
        self, observation: Any, state: Any = None, episode_start: Any = None, deterministic: bool = False
    ) -> Any:
        """Returns the one action."""
        return self._action, state


CHECKS: dict[str, Callable[[str, dict[str, Any]], None]] = {
    "it passes PettingZoo's parallel_api_test": passes_parallel_api,
    "it passes PettingZoo's api_test": passes_aec_api,
    "it passes PettingZoo's seed tests": passes_seed_tests,
    "every seat passes Gymnasium's check_env": a_seat_is_an_environment,
}
