"""Entry points of ``gymnasium.make`` for one decision maker, and environments of unregistered rules."""

from typing import Any

import gymnasium

from mdpzoo.codes import build
from mdpzoo.errors import SettingError
from mdpzoo.interop.shells.model_env import model_shell
from mdpzoo.protocols import BatchedProblem, Model
from mdpzoo.registry import named_by
from mdpzoo.settings import check_names

OF_MODELS = ("render_mode", "reveal")  # settings of the shells
OF_PROBLEMS = (*OF_MODELS, "device", "illegal")


def model_env(
    rules: str, *, render_mode: str | None = None, reveal: str = "never", **settings: Any
) -> gymnasium.Env[Any, Any]:
    """Builds a model's environment; ``rules`` is ``"module:attribute"``."""
    return model_shell(build(rules, settings, named_by(rules)), render_mode, reveal)


def problem_env(
    rules: str,
    *,
    render_mode: str | None = None,
    reveal: str = "never",
    device: Any = "cpu",
    illegal: str = "raise",
    **settings: Any,
) -> gymnasium.Env[Any, Any]:
    """Builds a batched problem's environment; ``rules`` is ``"module:attribute"``."""
    from mdpzoo.interop.problems import problem_shell

    return problem_shell(build(rules, settings, named_by(rules)), render_mode, device, illegal, reveal)


def simulator_env(
    rules: str, *, render_mode: str | None = None, vector: str | None = None, **settings: Any
) -> gymnasium.Env[Any, Any]:
    """Builds an environment that keeps a state of its own; ``rules`` is ``"module:attribute"``, ``vector`` not used.

    Raises:
        SettingError: if a setting is unknown, or what was built is no Gymnasium environment.
    """
    env = build(rules, settings if render_mode is None else {"render_mode": render_mode, **settings}, named_by(rules))
    if not isinstance(env, gymnasium.Env):
        raise SettingError(f"{rules!r} must build a gymnasium.Env, got {type(env).__name__}")
    return env


def env_of(rules: Any, max_episode_steps: int | None = None, **settings: Any) -> gymnasium.Env[Any, Any]:
    """Builds an environment of rules that are not registered.

    Args:
        rules: a ``Model`` or a ``BatchedProblem``.
        max_episode_steps: steps after which an episode is truncated; None: only the rules end it.
        settings: the shell's: ``render_mode``, ``reveal``, and for a problem ``device`` and ``illegal``.

    Raises:
        SettingError: if these are no rules, or the shell has no such setting.
    """
    if not isinstance(rules, Model | BatchedProblem):
        raise SettingError(f"expected an id, a model or a problem, got {rules!r:.60}")
    if isinstance(rules, BatchedProblem):
        from mdpzoo.interop.problems import problem_shell

        check_names(settings, OF_PROBLEMS)
        return problem_shell(rules, max_episode_steps=max_episode_steps, **settings)
    check_names(settings, OF_MODELS)
    return model_shell(rules, max_episode_steps=max_episode_steps, **settings)


# gymnasium.make reads the render modes of its entry point, to add its window for render_mode="human"
model_env.metadata = problem_env.metadata = {"render_modes": ["rgb_array"]}  # type: ignore[attr-defined]
