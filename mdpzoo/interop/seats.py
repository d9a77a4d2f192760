"""One player's seat: of a game, as rules in any shell; of a parallel environment, as an environment around it."""

from typing import Any

from pettingzoo import ParallelEnv

from mdpzoo.errors import SettingError
from mdpzoo.interop.pettingzoo import GameParallelEnv
from mdpzoo.interop.seating.seat_players import frozen_others
from mdpzoo.interop.seating.seat_rules import SeatModel
from mdpzoo.interop.seating.simulator_seat import SimulatorSeatEnv
from mdpzoo.interop.seating.single_game import single_form
from mdpzoo.interop.shells.batched_vector import autoreset
from mdpzoo.interop.shells.model_env import model_shell
from mdpzoo.interop.vector import synchronous, vector_env
from mdpzoo.protocols import BatchedGame, Game
from mdpzoo.settings import check_names

OUTPUTS = ("numpy", "torch", "sb3")
ALONE = ("max_cycles", "render_mode", "reveal")  # settings of one environment's shell
MANY = (*ALONE, "autoreset_mode", "statistics")  # and of many
SETTINGS = frozenset(MANY)
SIMULATOR_SETTINGS = frozenset({"autoreset_mode"})  # all else is the simulator's own


def seat_of(
    game: Any,
    player: str,
    others: Any,
    *,
    num_envs: int | None = None,
    output: str = "numpy",
    device: Any = "cpu",
    deterministic: bool = False,
    **settings: Any,
) -> Any:
    """Builds one player's seat; the arguments and errors are those of ``mdpzoo.seat``.

    Instead of an id, ``game`` may be a function that makes a parallel environment.
    """
    if output not in OUTPUTS:
        raise SettingError(f"output must be one of {', '.join(OUTPUTS)}, got {output!r}")
    if isinstance(game, GameParallelEnv):
        settings.setdefault("max_cycles", game.max_cycles)
        game = game.rules
    if isinstance(game, Game | BatchedGame):
        check_names(settings, ALONE if num_envs is None else MANY)
        rules = SeatModel(single_form(game), player, frozen_others(game.players, player, others, deterministic))
        settings["max_episode_steps"] = settings.pop("max_cycles", None)
        return _in_shell(rules, num_envs, output, device, settings)
    return _around(game, player, others, num_envs, output, deterministic, settings)


def _in_shell(rules: SeatModel, num_envs: int | None, output: str, device: Any, settings: dict[str, Any]) -> Any:
    if num_envs is None:
        return model_shell(rules, **settings)
    if output != "sb3":
        return vector_env(rules, num_envs, device=device, output=output, **settings)
    from mdpzoo.interop.sb3 import vec_env_of

    return vec_env_of(rules, num_envs, device=device, **settings)


def _around(
    game: Any,
    player: str,
    others: Any,
    num_envs: int | None,
    output: str,
    deterministic: bool,
    settings: dict[str, Any],
) -> Any:
    """Builds a seat in an environment that keeps a state of its own, or in several of them."""
    if isinstance(game, ParallelEnv) and num_envs is not None:
        raise SettingError("one parallel environment is one game; give seat() its id, or a function that makes it")
    if not isinstance(game, ParallelEnv) and not callable(game):
        raise SettingError(f"expected a game's id, rules or a parallel environment, got {game!r:.60}")
    check_names(settings, SIMULATOR_SETTINGS)
    if output == "torch":
        raise SettingError("this game keeps states of its own: its output is 'numpy' or 'sb3', not 'torch'")

    def single() -> SimulatorSeatEnv:
        made = game if isinstance(game, ParallelEnv) else game()
        players = tuple(made.possible_agents)
        return SimulatorSeatEnv(made, player, frozen_others(players, player, others, deterministic))

    if num_envs is None:
        return single()
    if output == "sb3":
        from stable_baselines3.common.env_util import make_vec_env

        return make_vec_env(single, num_envs)
    return synchronous(single, num_envs, autoreset(settings.get("autoreset_mode", "next_step")), output)
