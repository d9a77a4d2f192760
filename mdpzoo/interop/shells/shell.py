"""The shell of one decision maker: seeds, options, pictures and hidden facts of every single environment.

``reset(seed=s)`` starts the stream of seed s (``mdpzoo.streams``); ``reset()`` continues it. The same seed and
actions give the same trajectory here and in the row of a vector environment that was given this seed.
"""

import copy
from collections.abc import Collection, Mapping
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Discrete

from mdpzoo import streams
from mdpzoo.errors import IllegalActionError, ResetNeededError, SettingError, did_you_mean
from mdpzoo.interop.shells.snapshots import restore, snapshot

BLOCK = 256  # uniform numbers that a stream makes at a time
REVEALS = ("never", "end", "always")
FRAMES_PER_SECOND = 4  # of pictures, unless the rules have render_fps


class Stream:
    """The uniform numbers of one seed, one after the other."""

    def __init__(self, seed: int) -> None:
        """Starts the stream of a seed."""
        self._keys = np.array([streams.key(seed)])
        self._drawn = np.zeros(1, np.uint64)
        self._block: list[float] = []

    def draw(self) -> float:
        """Returns the next number in [0, 1)."""
        try:
            return self._block.pop()
        except IndexError:
            self._block = self.take(BLOCK)[0, ::-1].tolist()
            return self._block.pop()

    def take(self, count: int) -> np.ndarray:
        """Returns the next numbers, ``[1, count]``; use either ``take`` or ``draw`` on a stream, never both."""
        numbers = streams.uniforms(self._keys, self._drawn, count)
        self._drawn += np.uint64(count)
        return numbers

    def state(self) -> dict[str, Any]:
        """Returns key, position and the numbers made in advance, as arrays and lists."""
        return {"keys": self._keys, "drawn": self._drawn, "block": list(self._block)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Restores a state."""
        self._keys, self._drawn = (np.array(state[name], np.uint64) for name in ("keys", "drawn"))
        self._block = list(state["block"])


class LegalDiscrete(Discrete):
    """A Discrete space whose samples are legal in the environment's current state.

    Scripts and checkers that act by ``action_space.sample()`` therefore never play an illegal action, unless they reset
    the environment in between. Membership, equality and ``sample(mask=...)`` are those of Discrete.
    """

    legal: np.ndarray | None = None  # [n] bool; None or none set: every action
    drawn: int = -1  # the last sample

    def sample(self, mask: Any = None, probability: Any = None) -> np.int64:
        """Draws one of the legal actions uniformly, or according to the arguments."""
        if mask is None and probability is None and self.legal is not None and self.legal.any():
            mask = self.legal.astype(np.int8)
        sample = super().sample(mask, probability)
        self.drawn = int(sample)
        return sample


class Shell(gymnasium.Env[Any, Any]):
    """Base class of the shells of models and problems.

    Attributes:
        outer_limit: steps after which a wrapper around this environment truncates, for ``reveal="end"``; -1: never,
            None: as registered. Gymnasium does not tell the environment that ``gymnasium.make`` was given another
            limit; ``mdpzoo.make`` does.
    """

    outer_limit: int | None = None
    _kept: tuple[str, ...] = ("_state", "_stream", "_steps")  # what determines the rest of an episode

    def __init__(self, rules: Any, render_mode: str | None, reveal: str, max_episode_steps: int | None) -> None:
        """Wraps rules.

        Args:
            rules: the rules.
            render_mode: ``"rgb_array"`` or None.
            reveal: when ``info`` holds hidden facts: ``"never"``, ``"end"`` (in an episode's last info) or
                ``"always"``.
            max_episode_steps: steps after which an episode is truncated; None or -1: never. A limit given to
                ``gymnasium.make`` is not passed on: its own wrapper truncates then.

        Raises:
            SettingError: if an argument has no such value.
        """
        limit = check_limit(max_episode_steps, "max_episode_steps")
        modes = ["rgb_array"] if hasattr(rules, "render") else []
        self.metadata = {"render_modes": modes, "render_fps": frames_per_second(rules)}
        if render_mode is not None and not modes:
            raise SettingError(f"{type(rules).__name__} draws no pictures; leave render_mode out")
        if render_mode not in (None, "rgb_array"):
            raise SettingError(f"render_mode must be 'rgb_array' or None, got {render_mode!r}")
        self.rules = rules
        self.render_mode = render_mode
        self.reveal = check_reveal(reveal)
        self._reveals = reveal != "never" and hasattr(rules, "reveal")
        self._limit = limit
        self._plain = limit is None and not self._reveals  # no step needs to be counted
        self._stream: Stream | None = None
        self._state: Any = None
        self._steps = 0

    def state_dict(self) -> dict[str, Any]:
        """Returns a copy of the state, the random stream and the clock, for ``load_state_dict``.

        The counts of wrappers around this environment, such as Gymnasium's ``TimeLimit``, are not part of it.
        """
        return snapshot(self, self._kept)

    def load_state_dict(self, saved: Mapping[str, Any]) -> None:
        """Restores a state that ``state_dict`` returned: the same actions then lead to the same results.

        Args:
            saved: what ``state_dict`` of an environment with the same rules returned; it is not changed, and can be
                loaded any number of times.

        Raises:
            SettingError: if ``saved`` comes from another kind of environment.
        """
        restore(self, self._kept, saved)

    def _own_spaces(self, rules: Any) -> None:
        """Copies the spaces, which hold generators, so that two environments of the same rules share nothing."""
        self.observation_space = copy.deepcopy(rules.observation_space)
        self.action_space = copy.deepcopy(rules.action_space)

    def _begin(self, seed: int | None, options: Mapping[str, Any] | None) -> Stream:
        """Checks the arguments of ``reset``; a new seed starts its stream and discards the last episode."""
        check_options(options, ())
        check_seed(seed)
        super().reset(seed=seed)
        if seed is not None or self._stream is None:
            self._stream = Stream(seed if seed is not None else int(self.np_random.integers(2**63)))
            self._state = None
        self._steps = 0
        return self._stream

    def _count(self, terminated: bool) -> tuple[bool, dict[str, Any]]:
        """Counts a step; returns whether it truncates the episode, and the facts in its info."""
        self._steps += 1
        facts: dict[str, Any] = {}
        if self._reveals and (self.reveal == "always" or terminated or self._steps == self._last_step()):
            facts = self._facts()
        return self._limit is not None and self._steps >= self._limit, facts

    def _last_step(self) -> int | None:
        """Returns the step that truncates an episode, here or in the wrapper that ``gymnasium.make`` adds."""
        if self._limit is None and self.outer_limit is None and self.spec is not None:
            self.outer_limit = gymnasium.spec(self.spec.id).max_episode_steps or -1
        return self.outer_limit if self._limit is None else self._limit

    def _first_info(self) -> dict[str, Any]:
        """Returns the facts in the info of ``reset``."""
        return self._facts() if self._reveals and self.reveal == "always" else {}

    def _facts(self) -> dict[str, Any]:
        return dict(self.rules.reveal(self._state))

    @property
    def max_episode_steps(self) -> int | None:
        """Steps after which this shell itself truncates an episode; None: never."""
        return self._limit

    def set_policy(self, player: str, policy: Any) -> None:
        """Replaces another player's frozen policy; of seats only, effective from the next step on.

        Raises:
            SettingError: if this is no seat, or there is no such player.
        """
        self.rules = exchanged(self.rules, player, policy)

    def _render(self, *arguments: Any) -> np.ndarray | None:
        if self.render_mode is None:
            return None
        if self._state is None:
            raise ResetNeededError("there is no state to draw yet; call reset() first")
        return self.rules.render(*arguments)


def frames_per_second(rules: Any) -> int:
    """Returns the frame rate of the pictures of rules."""
    return int(getattr(rules, "render_fps", FRAMES_PER_SECOND))


def check_reveal(reveal: str) -> str:
    """Returns the argument.

    Raises:
        SettingError: if it is none of ``"never"``, ``"end"``, ``"always"``.
    """
    if reveal not in REVEALS:
        hint = did_you_mean(str(reveal), REVEALS) or f" Known: {', '.join(REVEALS)}"
        raise SettingError(f"unknown reveal {reveal!r}.{hint}")
    return reveal


def check_limit(steps: int | None, name: str) -> int | None:
    """Returns a limit of steps; None and -1 both mean no limit.

    Raises:
        SettingError: if it is no positive integer.
    """
    if steps is None or (type(steps) is int and steps == -1):
        return None
    if isinstance(steps, bool) or not isinstance(steps, int | np.integer) or steps < 1:
        raise SettingError(f"{name} must be a whole number of at least 1, or -1 for no limit, got {steps!r:.60}")
    return int(steps)


def check_seed(seed: Any) -> None:
    """Raises SettingError unless a seed is None or an integer of at least 0."""
    if seed is None:
        return
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise SettingError(f"seed must be an integer of at least 0 or None, got {seed!r:.60}")


def check_options(options: Mapping[str, Any] | None, known: Collection[str]) -> None:
    """Checks the options of ``reset``.

    Raises:
        SettingError: if one is unknown; names it.
    """
    for name in options or ():
        if name not in known:
            hint = did_you_mean(str(name), known) or f" Known: {', '.join(known) or 'none'}"
            raise SettingError(f"unknown reset option {name!r}.{hint}")


def check_action(action: Any, space: gymnasium.Space[Any]) -> Any:
    """Returns an action as an array of the space's type and shape.

    Raises:
        IllegalActionError: if it has another shape, or another kind of number.
    """
    if space.shape is None or space.dtype is None:  # a space of spaces: its rules look for themselves
        return action
    array = np.asarray(action)
    whole = np.issubdtype(space.dtype, np.integer)
    if array.shape != space.shape or array.dtype.kind not in ("iu" if whole else "iuf"):
        raise IllegalActionError(
            f"action {action!r:.60} does not fit the action space {space}; play one of its elements"
        )
    return array.astype(space.dtype, copy=False)


def exchanged(rules: Any, player: str, policy: Any) -> Any:
    """Returns the rules of a seat with another policy for one of the other players.

    Raises:
        SettingError: if the rules are not those of a seat.
    """
    if not hasattr(rules, "with_policy"):
        raise SettingError(f"{type(rules).__name__} is no seat of a game; set_policy belongs to mdpzoo.seat(...)")
    return rules.with_policy(player, policy)
