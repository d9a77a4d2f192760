"""The environment of a batched problem, in the shell that fits it and the device."""

from typing import Any

from mdpzoo.interop.shells.compiled_env import CompiledEnv
from mdpzoo.interop.shells.problem_env import ProblemEnv
from mdpzoo.protocols import BatchedProblem


def problem_shell(
    rules: BatchedProblem,
    render_mode: str | None = None,
    device: Any = "cpu",
    illegal: str = "raise",
    reveal: str = "never",
    max_episode_steps: int | None = None,
) -> ProblemEnv:
    """Wraps a problem: compiled on the CPU where it can be, on tensors everywhere else."""
    if str(device) == "cpu" and hasattr(rules, "compiled"):
        return CompiledEnv(rules.compiled(), render_mode, illegal, reveal, max_episode_steps)
    from mdpzoo.interop.shells.tensor_env import TensorEnv  # with torch

    return TensorEnv(rules, render_mode, device, illegal, reveal, max_episode_steps)
