"""A ``Model`` as a Gymnasium environment: the shell keeps the state and the random stream, the rules are pure."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium.spaces import Discrete, flatdim

from mdpzoo.errors import ResetNeededError
from mdpzoo.interop.shells.shell import LegalDiscrete, Shell, check_action
from mdpzoo.protocols import Model


class ModelEnv(Shell):
    """One decision maker, one state at a time."""

    def __init__(
        self,
        rules: Model,
        render_mode: str | None = None,
        reveal: str = "never",
        max_episode_steps: int | None = None,
    ) -> None:
        """Wraps rules; the arguments and errors are those of ``Shell``."""
        super().__init__(rules, render_mode, reveal, max_episode_steps)
        self._own_spaces(rules)
        self._draw: Any = None
        self._step, self._observe = _before_reset, rules.observe

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Starts an episode.

        Raises:
            SettingError: if ``options`` is not empty.
        """
        self._draw = self._begin(seed, options).draw
        self._state = self.rules.initial(self._draw, self._state)
        self._step = self.rules.step
        return self._observe(self._state), self._first_info()

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Acts once.

        Raises:
            IllegalActionError: if the state does not allow the action, or it has another shape or type.
            ResetNeededError: if the episode has ended, or none has begun.
        """
        if action.__class__ is not int and action.__class__ is not np.int64:
            action = check_action(action, self.action_space)[()]
        self._state, reward, terminated = self._step(self._state, action, self._draw)
        if terminated:
            self._step = _after_end
        if self._plain:
            return self._observe(self._state), reward, terminated, False, {}
        return self._observe(self._state), reward, terminated, *self._count(terminated)

    def render(self) -> np.ndarray | None:
        """Returns a picture of the current state, ``[height, width, 3]`` uint8."""
        return self._render(self._state)

    def state_dict(self) -> dict[str, Any]:
        """Returns a copy of the state, the random stream and the clock; see ``Shell``."""
        return super().state_dict() | {"_idle": self._step if self._step in (_before_reset, _after_end) else None}

    def load_state_dict(self, saved: Mapping[str, Any]) -> None:
        """Restores a saved state; see ``Shell``."""
        rest = {name: value for name, value in (saved or {}).items() if name != "_idle"}
        super().load_state_dict(rest)
        self._draw = None if self._stream is None else self._stream.draw
        self._step = saved["_idle"] or self.rules.step

    def set_policy(self, player: str, policy: Any) -> None:
        """Replaces another player's frozen policy; see ``Shell``."""
        super().set_policy(player, policy)
        if self._step not in (_before_reset, _after_end):
            self._step = self.rules.step
        self._observe = self.rules.observe


class MaskedModelEnv(ModelEnv):
    """A model that defines legal actions; samples of its action space are legal in the current state."""

    def __init__(self, rules: Any, *arguments: Any, **settings: Any) -> None:
        """Wraps rules that have ``action_mask(state)``; the arguments and errors are those of ``Shell``."""
        super().__init__(rules, *arguments, **settings)
        if isinstance(self.action_space, Discrete) and self.action_space.start == 0:
            self.action_space = LegalDiscrete(self.action_space.n)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Starts an episode; see ``ModelEnv``."""
        started = super().reset(seed=seed, options=options)
        self._note_mask()
        return started

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Acts once; see ``ModelEnv``."""
        result = super().step(action)
        self._note_mask()
        return result

    def load_state_dict(self, saved: Mapping[str, Any]) -> None:
        """Restores a saved state; see ``Shell``."""
        super().load_state_dict(saved)
        if self._state is not None:
            self._note_mask()

    def action_masks(self) -> np.ndarray:
        """Returns the legal actions, ``[actions]`` bool, for MaskablePPO."""
        mask = self.rules.action_mask(self._state)
        return np.ones(flatdim(self.action_space), bool) if mask is None else np.array(mask, bool)

    def _note_mask(self) -> None:
        if isinstance(self.action_space, LegalDiscrete):
            self.action_space.legal = self.action_masks()


def model_shell(rules: Model, *arguments: Any, **settings: Any) -> ModelEnv:
    """Wraps a model in the shell that fits it; the arguments and errors are those of ``Shell``."""
    shell = MaskedModelEnv if hasattr(rules, "action_mask") else ModelEnv
    return shell(rules, *arguments, **settings)


def _before_reset(state: Any, action: Any, draw: Any) -> Any:
    raise ResetNeededError("no episode has begun; call reset() before step()")


def _after_end(state: Any, action: Any, draw: Any) -> Any:
    raise ResetNeededError("the episode has ended; call reset() before the next step()")
