"""The functions of ``import mdpzoo`` that make things by id; each imports what it needs only when called."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import gymnasium

from mdpzoo import registry
from mdpzoo.codes import build
from mdpzoo.errors import MissingExtraError, SettingError
from mdpzoo.fitting import check_fit
from mdpzoo.settings import check_ranges
from mdpzoo.specs import EnvironmentSpec

if TYPE_CHECKING:
    from pettingzoo import AECEnv, ParallelEnv
    from stable_baselines3.common.vec_env import VecEnv

    from mdpzoo.protocols import Agent, BatchedGame, BatchedProblem, FrozenPolicy, Game, Model, Policy

    Rules = Model | BatchedProblem
    Player = Policy | FrozenPolicy

    class Environment(gymnasium.Env[Any, Any]):
        """An environment whose inner one extends Gymnasium's: ``rules``, ``state_dict``, additions of a plugin."""

        @property
        def unwrapped(self) -> Any:
            """The inner environment, of a class that depends on the id."""


def make(id: "str | Rules", **kwargs: Any) -> "Environment":
    """Makes an environment of one decision maker, as ``gymnasium.make(id, **kwargs)`` does.

    Args:
        id: of ours, a plugin's or any that Gymnasium knows; or rules themselves, such as a ``TabularMDP``.
        **kwargs: Gymnasium's own (``render_mode``, ``max_episode_steps``, ...), ``reveal`` (``"never"``, ``"end"`` or
            ``"always"``: when facts that the observation hides stand in ``info``) and the environment's settings.

    Raises:
        UnknownNameError: if there is no such id; names the nearest.
        SettingError: if the environment has no such setting, or the id is a game's.

    Example:
        >>> import mdpzoo
        >>> env = mdpzoo.make("mdpzoo/RiverSwim-v0", length=4)
        >>> observation, info = env.reset(seed=0)
        >>> env.observation_space
        Discrete(4)
    """
    if not isinstance(id, str):
        from mdpzoo.interop.gymnasium import env_of

        return cast("Environment", env_of(id, **kwargs))
    spec = _single(id)
    env = cast("Environment", gymnasium.make(id, **kwargs))
    if spec is not None and spec.kind != "environment" and kwargs.get("max_episode_steps") is not None:
        env.unwrapped.outer_limit = kwargs["max_episode_steps"]
    return env


def make_vec(
    id: "str | Rules", num_envs: int, *, device: Any = "cpu", output: str = "numpy", **kwargs: Any
) -> gymnasium.vector.VectorEnv[Any, Any, Any]:
    """Makes ``num_envs`` environments that step together.

    Args:
        id: of ours or a plugin's, or rules.
        num_envs: how many.
        device: where the tensors live.
        output: ``"numpy"``, or ``"torch"`` to keep tensors on the device.
        **kwargs: ``autoreset_mode`` (``"next_step"``, ``"same_step"`` or ``"disabled"``), ``max_episode_steps``
            (-1: no limit), ``statistics``, ``render_mode``, ``reveal`` and the environment's settings.

    Raises:
        UnknownNameError: if there is no such id; names the nearest.
        SettingError: if an argument has no such value, or the id is a game's.

    Example:
        >>> envs = make_vec("mdpzoo/RiverSwim-v0", 3)
        >>> observations, infos = envs.reset(seed=0)
        >>> observations
        array([0, 0, 0])
    """
    if not isinstance(id, str):
        from mdpzoo.interop.vector import vector_env

        return vector_env(id, num_envs, device=device, output=output, **kwargs)
    spec = _single(id)
    if spec is None or (spec.kind == "environment" and spec.vector is None):
        if str(device) != "cpu" or output != "numpy":
            raise SettingError(f"{id!r} is not rules of the zoo: it runs on device='cpu' with output='numpy'")
        if "autoreset_mode" in kwargs and "vector_kwargs" not in kwargs:
            from mdpzoo.interop.shells.batched_vector import autoreset

            kwargs["vector_kwargs"] = {"autoreset_mode": autoreset(kwargs.pop("autoreset_mode"))}
        return gymnasium.make_vec(id, num_envs, **kwargs)
    return gymnasium.make_vec(id, num_envs, device=device, output=output, **kwargs)


def make_sb3(
    id: "str | Rules | gymnasium.Env[Any, Any]", num_envs: int, *, device: Any = "cpu", **kwargs: Any
) -> "VecEnv":
    """Makes ``num_envs`` environments as a Stable-Baselines3 ``VecEnv``.

    Args:
        id: of ours, a plugin's or any that Gymnasium knows; or rules; or one of our environments, such as a seat, whose
            rules and settings are taken.
        num_envs: how many.
        device: where the environment's tensors live; SB3 itself sees NumPy arrays.
        **kwargs: ``max_episode_steps``, ``render_mode``, ``reveal`` and the environment's settings.

    Raises:
        UnknownNameError: if there is no such id; names the nearest.
        SettingError: if an argument has no such value, or the id is a game's.
        MissingExtraError: if Stable-Baselines3 is not installed.
    """
    require("stable_baselines3", "sb3")
    from stable_baselines3.common.env_util import make_vec_env

    from mdpzoo.interop.sb3 import FOR_SB3, native_or, rules_of, vec_env_of

    if not isinstance(id, str):
        rules, settings = rules_of(id)
        return vec_env_of(rules, num_envs, device=device, **settings | kwargs)
    spec = _single(id)
    if spec is not None and spec.kind != "environment":
        return native_or(make_vec(id, num_envs, device=device, **FOR_SB3, **kwargs), lambda: make(id, **kwargs))
    return make_vec_env(lambda: make(id, **kwargs), num_envs)


def make_parallel(id: str, **kwargs: Any) -> "ParallelEnv[str, Any, Any]":
    """Makes a game whose players act at the same time, as ``pettingzoo.make("parallel", id, **kwargs)`` does.

    Raises:
        UnknownNameError: there is no such id; names the nearest.
        SettingError: the game has no such setting, or the id is not a game's.
    """
    import pettingzoo

    from mdpzoo.checkpoints import Origin

    game: Any = pettingzoo.make("parallel", _game(id).id, **kwargs)
    game.spec = Origin(id, kwargs)
    return game


def make_aec(id: str, **kwargs: Any) -> "AECEnv[str, Any, Any]":
    """Makes a game whose players act in turn, as ``pettingzoo.make("aec", id, **kwargs)`` does.

    Raises:
        UnknownNameError: there is no such id; names the nearest.
        SettingError: the game has no such setting, or the id is not a game's.
    """
    import pettingzoo

    return pettingzoo.make("aec", _game(id).id, **kwargs)


def seat(
    game: "str | Game | BatchedGame | ParallelEnv[str, Any, Any]",
    player: str,
    others: "Player | Mapping[str, Player]",
    *,
    num_envs: int | None = None,
    output: str = "numpy",
    device: Any = "cpu",
    deterministic: bool = False,
    **kwargs: Any,
) -> Any:
    """Makes an environment for one player of a game, the others played by frozen policies.

    With the same seed, the game has the same random numbers as in ``make_parallel``, regardless of the players. A
    frozen policy can be replaced during training: ``env.unwrapped.set_policy(player, policy)``, or for SB3
    ``envs.env_method("set_policy", player, policy)``.

    Args:
        game: an id, rules or a parallel environment.
        player: the player whose seat it is.
        others: a policy for each other player by name, or one for all: one of ``mdpzoo.policies``, or anything with
            SB3's ``predict``. Plain networks of SB3 are exported, twenty times as fast as their ``predict``.
        num_envs: None for a Gymnasium environment; otherwise the number of games of a vector environment.
        output: of the vector environment: ``"numpy"``, ``"torch"``, or ``"sb3"`` for SB3's ``VecEnv``.
        device: where the tensors live.
        deterministic: whether the others take their most likely actions instead of drawing.
        **kwargs: ``max_cycles``, ``render_mode``, ``reveal``, for vector environments ``autoreset_mode`` and
            ``statistics``, and for an id the game's settings.

    Raises:
        UnknownNameError: if there is no such id; names the nearest.
        SettingError: if there is no such player, or another has no policy.

    Example:
        >>> from mdpzoo.policies import TablePolicy
        >>> rock = TablePolicy([[1.0, 0.0, 0.0]] * 10)
        >>> env = seat("mdpzoo/MatrixGame-v0", "player_0", rock, payoffs="rock-paper-scissors")
        >>> observation, info = env.reset(seed=0)
        >>> env.step(1)[1]  # paper wins
        1.0
    """
    from mdpzoo.interop.seats import SETTINGS, SIMULATOR_SETTINGS, seat_of

    if isinstance(game, str):
        spec = _game(game)
        id, is_simulator = game, spec.kind == "environment"
        shells = SIMULATOR_SETTINGS if is_simulator else SETTINGS
        own = {name: kwargs.pop(name) for name in kwargs.keys() - shells}
        if is_simulator:
            made: Any = partial(make_parallel, id, **own)
        else:
            kwargs.setdefault("max_cycles", spec.max_episode_steps)
            made = build(spec.rules, {**spec.settings, **own}, f"environment {id!r}")
    else:
        made = game
    if output == "sb3":
        require("stable_baselines3", "sb3")
    return seat_of(
        made, player, others, num_envs=num_envs, output=output, device=device, deterministic=deterministic, **kwargs
    )


def make_agent(id: str, env: Any, **settings: Any) -> "Agent":
    """Makes an agent in Stable-Baselines3's form: ``learn``, ``predict``, ``save``.

    Args:
        id: of ours or a plugin's.
        env: an environment (Gymnasium's or SB3's; PettingZoo's for an agent that learns from games), or the id of one.
        **settings: ``seed`` and the agent's own.

    Raises:
        UnknownNameError: there is no such agent or environment; names the nearest.
        SettingError: the agent has no such setting, or does not take the environment's spaces.
        MissingExtraError: a package that the agent needs is not installed.
    """
    from mdpzoo.checkpoints import tag

    spec = registry.agent(id)
    env = make_any(env) if isinstance(env, str) else env
    check_fit(spec, env)
    check_ranges(spec.ranges, settings)
    try:
        own = _copied(settings)  # SB3 adds entries of its own to policy_kwargs
        agent = build(spec.build, {"env": env, **spec.settings, **own}, f"agent {id!r}")
    except ModuleNotFoundError as error:
        everything = f"pip install {registry.owner(id)}"
        raise MissingExtraError(f"agent {id!r} needs the package {error.name!r}; type: {everything}") from error
    return tag(agent, id, settings, env)


def _copied(value: Any) -> Any:
    """Copies dictionaries and lists within settings; all else is shared."""
    if type(value) is dict:
        return {name: _copied(each) for name, each in value.items()}
    return [_copied(each) for each in value] if type(value) is list else value


def make_any(id: str, **kwargs: Any) -> Any:
    """Makes a parallel environment if the id is a game's, otherwise an environment of one decision maker.

    Raises:
        UnknownNameError: if there is no such id; names the nearest.
        SettingError: if it has no such setting.
    """
    spec = registry.environments().get(id)
    return make_parallel(id, **kwargs) if spec is not None and spec.several_players else make(id, **kwargs)


def require(module: str, extra: str, distribution: str = "mdpzoo") -> None:
    """Checks that an optional package is installed.

    Raises:
        MissingExtraError: it is not; says what to install.
    """
    from importlib.util import find_spec

    if find_spec(module) is None:
        raise MissingExtraError(f"{module} is not installed; type: pip install '{distribution}[{extra}]'")


def _single(id: str) -> EnvironmentSpec | None:
    """The spec of an environment for one decision maker; None for one that only Gymnasium knows."""
    if id.removeprefix("mdpzoo:") in registry.environments():
        spec = registry.environment(id.removeprefix("mdpzoo:"))
        if spec.several_players:
            raise SettingError(f"{id!r} is a game of several players; use make_parallel, make_aec or seat")
        return spec
    if id not in gymnasium.registry and ":" not in id:
        raise registry.unknown_name("environment", id, {*registry.environments(), *gymnasium.registry})
    return None


def _game(id: str) -> EnvironmentSpec:
    spec = registry.environment(id)
    if not spec.several_players:
        raise SettingError(f"{id!r} has one decision maker; use make, make_vec or make_sb3")
    return spec
