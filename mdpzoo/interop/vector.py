"""Entry points of ``gymnasium.make_vec``: the vector environment of rules, in the shell for them and the device."""

from collections.abc import Callable
from inspect import signature
from typing import Any

import gymnasium
from gymnasium.vector import AutoresetMode

from mdpzoo.codes import build
from mdpzoo.errors import MissingExtraError, SettingError
from mdpzoo.interop.shells.batched_vector import BatchedVectorEnv, autoreset
from mdpzoo.interop.shells.model_env import model_shell
from mdpzoo.protocols import BatchedProblem, Model
from mdpzoo.registry import named_by
from mdpzoo.settings import check_names


def vector_env(
    rules: str | Model | BatchedProblem,
    num_envs: int = 1,
    *,
    device: Any = "cpu",
    output: Any = "numpy",
    autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
    max_episode_steps: int | None = None,
    statistics: bool | None = None,
    render_mode: str | None = None,
    reveal: str = "never",
    **settings: Any,
) -> gymnasium.vector.VectorEnv:
    """Builds a vector environment of rules, given by name or as an object.

    The other arguments are those of ``BatchedVectorEnv``. A model without ``batched()`` gets Gymnasium's own
    synchronous vector environment, on the CPU with NumPy output.

    Raises:
        SettingError: if an argument has no such value.
    """
    mode = autoreset(autoreset_mode)
    built: Any = rules
    if isinstance(rules, str):
        built = build(rules, settings, named_by(rules))
    else:
        check_names(settings, signature(vector_env).parameters.keys() - {"rules", "settings"})
    batched = built if isinstance(built, BatchedProblem) else batched_form(built)
    if batched is None:
        return synchronous(lambda: model_shell(built, render_mode, reveal, max_episode_steps), num_envs, mode, output)
    return shell_of(batched, device)(
        batched,
        num_envs,
        device=device,
        output=output,
        autoreset_mode=mode,
        max_episode_steps=max_episode_steps,
        statistics=statistics,
        render_mode=render_mode,
        reveal=reveal,
    )


def simulator_vector_env(
    rules: str, num_envs: int = 1, *, vector: str, max_episode_steps: int | None = None, **settings: Any
) -> gymnasium.vector.VectorEnv:
    """Builds a simulator's own vector environment; ``vector`` is ``"module:attribute"``."""
    limit = {} if max_episode_steps is None else {"max_episode_steps": max_episode_steps}
    return build(vector, {"num_envs": num_envs, **limit, **settings})


def batched_form(rules: Any) -> BatchedProblem | None:
    """Returns a model's rules for many episodes at once; None if it has none.

    Raises:
        MissingExtraError: if they are tensors, and torch is not installed.
    """
    try:
        return rules.batched() if hasattr(rules, "batched") else None
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise MissingExtraError("torch is not installed; type: pip install 'mdpzoo[torch]'") from error


def shell_of(rules: BatchedProblem, device: Any) -> type[BatchedVectorEnv]:
    """Returns the shell for a problem on a device: compiled on the CPU, where it can be."""
    if str(device) == "cpu" and hasattr(rules, "compiled"):
        from mdpzoo.interop.shells.compiled_vector import CompiledVectorEnv

        return CompiledVectorEnv
    from mdpzoo.interop.shells.tensor_vector import TensorVectorEnv

    return TensorVectorEnv


def synchronous(
    make: Callable[[], gymnasium.Env[Any, Any]], num_envs: int, mode: AutoresetMode, output: str
) -> gymnasium.vector.VectorEnv:
    """Builds Gymnasium's own synchronous vector environment, around single ones.

    Raises:
        SettingError: if the output is not ``"numpy"``.
    """
    if output != "numpy":
        raise SettingError(f"this model steps one state at a time, its output is 'numpy', not {output!r}")
    return gymnasium.vector.SyncVectorEnv([make] * num_envs, autoreset_mode=mode)
