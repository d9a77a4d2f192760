"""A problem as a Gymnasium environment, a batch of one: the base class of its two shells."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.spaces import Discrete

from mdpzoo.errors import IllegalActionError, ResetNeededError, SettingError
from mdpzoo.interop.shells.shell import LegalDiscrete, Shell, check_action


class ProblemEnv(Shell):
    """Base class of both shells: legal actions, errors and pictures."""

    _kept = (*Shell._kept, "_idle", "_sampled_before")

    def __init__(
        self, rules: Any, render_mode: str | None, illegal: str, reveal: str, max_episode_steps: int | None
    ) -> None:
        """Wraps rules.

        Args:
            rules: a batched or a compiled problem.
            render_mode: ``"rgb_array"`` or None.
            illegal: ``"raise"``, or ``"end"``: an illegal action ends the episode at the rules' own penalty. The
                first action of an episode ends it, too, if it was sampled before ``reset``, when it may have been
                legal: checkers do that.
            reveal: ``"never"``, ``"end"`` or ``"always"``; see ``Shell``.
            max_episode_steps: steps after which an episode is truncated; None or -1: never.

        Raises:
            SettingError: if an argument has no such value.
        """
        super().__init__(rules, render_mode, reveal, max_episode_steps)
        if illegal not in ("raise", "end"):
            raise SettingError(f"illegal must be 'raise' or 'end', got {illegal!r}")
        self._raises = illegal == "raise"
        self._idle = "no episode has begun; call reset() before step()"  # a step's error; empty in an episode
        self._sampled_before = -1  # the action that was sampled last before this episode's first step
        self._mask: np.ndarray | None = None
        self._legal_space: LegalDiscrete | None = None
        self._own_spaces(rules)
        if isinstance(rules.action_space, Discrete):
            self.action_space = self._legal_space = LegalDiscrete(rules.action_space.n)
            self._actions = int(rules.action_space.n)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Starts an episode.

        Raises:
            SettingError: if ``options`` is not empty.
        """
        self._source = self._begin(seed, options)
        self._state = self._initial(self._source.take(self.rules.initial_draws), self._state)
        self._idle = ""
        self._sampled_before = -1 if self._legal_space is None else self._legal_space.drawn
        return self._look(), self._first_info()

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Acts once.

        Raises:
            IllegalActionError: if the state does not allow the action, and illegal actions raise.
            ResetNeededError: if the episode has ended, or none has begun.
        """
        if self._idle:
            raise ResetNeededError(self._idle)
        if self._legal_space is None:
            action = check_action(action, self.action_space)
        elif self._raises:
            self._check_legal(action)
        self._state, reward, ended, illegal = self._act(action)
        terminated = bool(ended[0])
        if terminated:
            self._idle = "the episode has ended; call reset() before the next step()"
        info = {} if self._raises and not illegal[0] else {"illegal": bool(illegal[0])}
        truncated = False
        if not self._plain:
            truncated, facts = self._count(terminated)
            info |= facts
        return self._look(), float(reward[0]), terminated, truncated, info

    def action_masks(self) -> np.ndarray:
        """Returns the legal actions, ``[actions]`` bool, for MaskablePPO."""
        return np.ones(spaces.flatdim(self.action_space), bool) if self._mask is None else self._mask.copy()

    def load_state_dict(self, saved: Mapping[str, Any]) -> None:
        """Restores a saved state; see ``Shell``."""
        super().load_state_dict(saved)
        if self._stream is not None:
            self._source = self._stream
            self._look()  # which actions are legal

    def render(self) -> np.ndarray | None:
        """Returns a picture of the current state, ``[height, width, 3]`` uint8."""
        return self._render(self._state, 0)

    def _check_legal(self, action: Any) -> None:
        mask = self._mask
        if type(action) is not int and not isinstance(action, np.integer):
            check_action(action, self.action_space)
        sampled_before, self._sampled_before = self._sampled_before, -1
        if not 0 <= action < (self._actions if mask is None else len(mask)) or not (mask is None or mask[action]):
            if 0 <= action == sampled_before:
                return
            legal = range(self._actions) if mask is None else np.flatnonzero(mask).tolist()
            raise IllegalActionError(
                f"action {action} is illegal here; play one of {legal!s:.80}, "
                "where action_masks() is True, or make the environment with illegal='end'"
            )

    def _initial(self, draws: np.ndarray, before: Any) -> Any:
        """Returns the start state of ``[1, initial_draws]`` numbers."""
        raise NotImplementedError

    def _act(self, action: Any) -> Any:
        """Returns the outcome of an action."""
        raise NotImplementedError

    def _look(self) -> Any:
        """Returns the observation and updates the legal actions."""
        raise NotImplementedError
