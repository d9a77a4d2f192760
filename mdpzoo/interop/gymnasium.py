"""One decision maker as a Gymnasium environment: the shell keeps the state and the random stream, the rules are pure.

``reset(seed=s)`` starts the stream of seed s (``mdpzoo.streams``); ``reset()`` goes on with it. The same seed and
actions give the same trajectory here and in the row of a vector environment that was given this seed.
"""

from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.spaces import Discrete

from mdpzoo import streams
from mdpzoo.errors import IllegalActionError, SettingError
from mdpzoo.protocols import BatchedProblem, Model
from mdpzoo.specs import build

BLOCK = 256  # uniform numbers that a stream makes at a time


def model_env(rules: str, *, render_mode: str | None = None, **settings: Any) -> "ModelEnv":
    """What ``gymnasium.make`` calls for a model."""
    return ModelEnv(build(rules, settings), render_mode=render_mode)


def problem_env(
    rules: str, *, render_mode: str | None = None, device: Any = "cpu", illegal: str = "raise", **settings: Any
) -> "ProblemEnv":
    """What ``gymnasium.make`` calls for a batched problem."""
    return ProblemEnv(build(rules, settings), render_mode=render_mode, device=device, illegal=illegal)


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
            self._block = self._take(BLOCK)[::-1].tolist()
            return self._block.pop()

    def _take(self, count: int) -> np.ndarray:
        numbers = streams.uniforms(self._keys, self._drawn, count)[0]
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


class _Shell(gymnasium.Env[Any, Any]):
    """What both shells do: seeding and rendering."""

    def __init__(self, rules: Any, render_mode: str | None) -> None:
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


class ModelEnv(_Shell):
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


class ProblemEnv(_Shell):
    """A ``BatchedProblem`` as a Gymnasium environment: a batch of one."""

    def __init__(
        self, rules: BatchedProblem, render_mode: str | None = None, device: Any = "cpu", illegal: str = "raise"
    ) -> None:
        """Wraps rules.

        Args:
            rules: the problem.
            render_mode: ``"rgb_array"`` or None.
            device: where its tensors live.
            illegal: ``"raise"``, or ``"end"``: an illegal action ends the episode at the rules' own penalty.

        Raises:
            SettingError: an argument has no such value.
        """
        super().__init__(rules.to(device), render_mode)
        if illegal not in ("raise", "end"):
            raise SettingError(f"illegal must be 'raise' or 'end', got {illegal!r}")
        from mdpzoo.interop import tensors  # with torch, which this shell is the first to need

        self._tensors, self._illegal, self._device = tensors, illegal, device
        self._mask: np.ndarray | None = None
        self.observation_space, self.action_space = rules.observation_space, rules.action_space
        if isinstance(rules.action_space, Discrete):
            self.action_space = LegalDiscrete(rules.action_space.n)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Starts an episode."""
        self._source = self._begin(seed)
        self._state = self.rules.initial(self._draws(self.rules.initial_draws))
        return self._look(), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Acts once.

        Raises:
            IllegalActionError: the state does not allow the action, and illegal actions raise.
        """
        if self._illegal == "raise" and not self._is_legal(action):
            raise IllegalActionError(
                f"action {action} is illegal here; play one of {np.flatnonzero(self.action_masks()).tolist()!s:.80}, "
                "where action_masks() is True, or make the environment with illegal='end'"
            )
        outcome = self.rules.step(
            self._state, self._tensors.tensor([action], self._device), self._draws(self.rules.step_draws)
        )
        self._state = outcome.state
        info = {"illegal": bool(outcome.illegal[0])} if self._illegal == "end" else {}
        return self._look(), float(outcome.reward[0]), bool(outcome.terminated[0]), False, info

    def action_masks(self) -> np.ndarray:
        """``[actions]`` bool, the legal actions; what MaskablePPO asks for."""
        return np.ones(spaces.flatdim(self.action_space), bool) if self._mask is None else self._mask.copy()

    def render(self) -> np.ndarray | None:
        """A picture of the current state, ``[height, width, 3]`` uint8."""
        return self._render(self._state, 0)

    def _is_legal(self, action: Any) -> bool:
        return self._mask is None or (0 <= action < len(self._mask) and bool(self._mask[action]))

    def _look(self) -> Any:
        mask = self.rules.action_mask(self._state)
        self._mask = None if mask is None else mask[0].cpu().numpy()
        if isinstance(self.action_space, LegalDiscrete):
            self.action_space.legal = self._mask
        return self._tensors.row(self.rules.observe(self._state), 0, self.observation_space)

    def _draws(self, count: int) -> Any:
        return self._tensors.tensor([[self._source.draw() for _ in range(count)]], self._device).double()
