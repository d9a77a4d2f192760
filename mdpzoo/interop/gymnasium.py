"""One decision maker as a Gymnasium environment: the shell keeps the state and the random stream, the rules are pure.

``reset(seed=s)`` starts the stream of seed s (``mdpzoo.streams``); ``reset()`` goes on with it. The same seed and
actions give the same trajectory here and in the row of a vector environment that was given this seed.
"""

from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Discrete

from mdpzoo import streams
from mdpzoo.errors import SettingError
from mdpzoo.protocols import BatchedProblem, Model
from mdpzoo.settings import check_names
from mdpzoo.specs import build

BLOCK = 256  # uniform numbers that a stream makes at a time


def model_env(rules: str, *, render_mode: str | None = None, **settings: Any) -> "ModelEnv":
    """What ``gymnasium.make`` calls for a model."""
    return ModelEnv(build(rules, settings), render_mode=render_mode)


def problem_env(
    rules: str, *, render_mode: str | None = None, device: Any = "cpu", illegal: str = "raise", **settings: Any
) -> gymnasium.Env[Any, Any]:
    """What ``gymnasium.make`` calls for a batched problem."""
    from mdpzoo.interop.problems import problem_shell

    return problem_shell(build(rules, settings), render_mode, device, illegal)


def env_of(rules: Any, max_episode_steps: int | None = None, **settings: Any) -> gymnasium.Env[Any, Any]:
    """An environment of rules that stand in no registry.

    Args:
        rules: a ``Model`` or a ``BatchedProblem``.
        max_episode_steps: steps after which an episode is truncated; None: only the rules end it.
        settings: the shell's: ``render_mode``, and for a problem ``device`` and ``illegal``.

    Raises:
        SettingError: these are no rules, or the shell has no such setting.
    """
    if not isinstance(rules, Model | BatchedProblem):
        raise SettingError(f"expected an id, a model or a problem, got {rules!r:.60}")
    check_names(
        settings, ("render_mode", "device", "illegal") if isinstance(rules, BatchedProblem) else ("render_mode",)
    )
    env: gymnasium.Env[Any, Any]
    if isinstance(rules, BatchedProblem):
        from mdpzoo.interop.problems import problem_shell

        env = problem_shell(rules, **settings)
    else:
        env = ModelEnv(rules, **settings)
    return env if max_episode_steps is None else gymnasium.wrappers.TimeLimit(env, max_episode_steps)


# gymnasium.make asks what it calls which pictures there are, to put its window around them for render_mode="human"
model_env.metadata = problem_env.metadata = {"render_modes": ["rgb_array"], "render_fps": 4}  # type: ignore[attr-defined]


class Stream:
    """The uniform numbers of one seed, one after the other."""

    def __init__(self, seed: int) -> None:
        """Starts the stream of a seed."""
        self._keys = np.array([streams.key(seed)])
        self._drawn = np.zeros(1, np.uint64)
        self._block: list[float] = []

    def draw(self) -> float:
        """The next number in [0, 1)."""
        try:
            return self._block.pop()
        except IndexError:
            self._block = self.take(BLOCK)[0, ::-1].tolist()
            return self._block.pop()

    def take(self, count: int) -> np.ndarray:
        """The next numbers, ``[1, count]``; whoever takes some never asks for single ones."""
        numbers = streams.uniforms(self._keys, self._drawn, count)
        self._drawn += np.uint64(count)
        return numbers


class LegalDiscrete(Discrete):
    """A Discrete space whose samples are legal in the environment's current state.

    Scripts and checkers that act by ``action_space.sample()`` so never play an illegal action. Membership,
    equality and ``sample(mask=...)`` are those of Discrete.
    """

    legal: np.ndarray | None = None  # [n] bool; None or none set: every action

    def sample(self, mask: Any = None, probability: Any = None) -> np.int64:
        """Draws one of the legal actions uniformly, or as the arguments say."""
        if mask is None and probability is None and self.legal is not None and self.legal.any():
            mask = self.legal.astype(np.int8)
        return super().sample(mask, probability)


class Shell(gymnasium.Env[Any, Any]):
    """What every shell does: seeding and rendering."""

    def __init__(self, rules: Any, render_mode: str | None) -> None:
        """Takes the rules; ``render_mode`` is ``"rgb_array"`` or None."""
        self.metadata = {"render_modes": ["rgb_array"] if hasattr(rules, "render") else [], "render_fps": 4}
        if render_mode is not None and not self.metadata["render_modes"]:
            raise SettingError(f"{type(rules).__name__} draws no pictures; leave render_mode out")
        if render_mode not in (None, "rgb_array"):
            raise SettingError(f"render_mode must be 'rgb_array' or None, got {render_mode!r}")
        self.rules = rules
        self.render_mode = render_mode
        self._stream: Stream | None = None
        self._state: Any = None

    def _begin(self, seed: int | None) -> Stream:
        super().reset(seed=seed)
        if seed is not None or self._stream is None:
            self._stream = Stream(seed if seed is not None else int(self.np_random.integers(2**63)))
        return self._stream

    def _render(self, *arguments: Any) -> np.ndarray | None:
        return None if self.render_mode is None else self.rules.render(*arguments)


class ModelEnv(Shell):
    """A ``Model`` as a Gymnasium environment."""

    def __init__(self, rules: Model, render_mode: str | None = None) -> None:
        """Wraps rules.

        Raises:
            SettingError: there is no such render mode.
        """
        super().__init__(rules, render_mode)
        self.observation_space, self.action_space = rules.observation_space, rules.action_space
        self._step: Callable[..., Any] = rules.step
        self._observe: Callable[[Any], Any] = rules.observe

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Starts an episode."""
        self._draw = self._begin(seed).draw
        self._state = self.rules.initial(self._draw)
        return self._observe(self._state), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Acts once.

        Raises:
            IllegalActionError: the state does not allow the action.
        """
        self._state, reward, terminated = self._step(self._state, action, self._draw)
        return self._observe(self._state), reward, terminated, False, {}

    def render(self) -> np.ndarray | None:
        """A picture of the current state, ``[height, width, 3]`` uint8."""
        return self._render(self._state)
