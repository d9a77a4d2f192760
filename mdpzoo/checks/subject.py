"""The subject of the checks: an environment with settings, and every form that it can be made into."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

import mdpzoo
from mdpzoo.codes import build
from mdpzoo.errors import SettingError
from mdpzoo.interop.vector import batched_form
from mdpzoo.protocols import BatchedGame, BatchedProblem
from mdpzoo.specs import EnvironmentSpec


class NotApplicable(Exception):
    """Raised by a check that does not apply to its subject; the message says why."""


@dataclass(frozen=True)
class Subject:
    """An environment with settings.

    Attributes:
        id: the id passed to ``make``.
        settings: the settings to make it with.
        spec: its spec; None if no plugin provides it.
    """

    id: str
    settings: Mapping[str, Any]
    spec: EnvironmentSpec | None = None

    @property
    def title(self) -> str:
        """The name used in reports: the environment's id and settings."""
        return " ".join([self.id, *(f"{name}={value}" for name, value in self.settings.items())])

    @property
    def kind(self) -> str:
        """The kind of its spec; ``"environment"`` if no plugin provides it."""
        return "environment" if self.spec is None else self.spec.kind

    @property
    def several_players(self) -> bool:
        """Whether this is a game."""
        return self.spec is not None and self.spec.several_players

    def try_settings(self) -> None:
        """Makes the environment once, so that wrong settings are reported as such; all else is left to the checks.

        Raises:
            SettingError: if it cannot be made with its settings.
        """
        try:
            (self.make_parallel if self.several_players else self.make)().close()
        except SettingError:
            raise
        except Exception:  # third-party code may raise anything
            return

    def rules(self) -> Any:
        """Builds the rules.

        Raises:
            NotApplicable: if it is a simulator, which has none.
        """
        if self.spec is None or self.kind == "environment":
            raise NotApplicable("a simulator keeps its own state; it has no rules to look at")
        return build(self.spec.rules, {**self.spec.settings, **self.settings})

    def batched(self) -> BatchedProblem:
        """Builds the rules for many episodes at once.

        Raises:
            NotApplicable: if there are none.
        """
        rules = self.rules()
        problem = rules if isinstance(rules, BatchedProblem) else batched_form(rules)
        if problem is None:
            raise NotApplicable("this model has no batched form")
        return problem

    def batched_game(self) -> BatchedGame:
        """Builds the game for many rows at once.

        Raises:
            NotApplicable: if there is none.
        """
        rules = self.rules()
        if isinstance(rules, BatchedGame):
            return rules
        if not hasattr(rules, "batched"):
            raise NotApplicable("this game has no batched form")
        return rules.batched()

    def make(self, **more: Any) -> gymnasium.Env[Any, Any]:
        """Makes the single environment."""
        return mdpzoo.make(self.id, **self.settings, **more)

    def make_vec(self, rows: int, **more: Any) -> Any:
        """Makes the vector environment."""
        return mdpzoo.make_vec(self.id, rows, **self.settings, **more)

    def make_sb3(self, rows: int, **more: Any) -> Any:
        """Makes SB3's vector environment."""
        return mdpzoo.make_sb3(self.id, rows, **self.settings, **more)

    def make_parallel(self, **more: Any) -> Any:
        """Makes the parallel environment of a game."""
        return mdpzoo.make_parallel(self.id, **self.settings, **more)

    def make_aec(self, **more: Any) -> Any:
        """Makes the environment of a game whose players act in turn."""
        return mdpzoo.make_aec(self.id, **self.settings, **more)

    def seat(self, player: str, others: Any, **more: Any) -> Any:
        """Makes one player's seat; the arguments are those of ``mdpzoo.seat``."""
        return mdpzoo.seat(self.id, player, others, **self.settings, **more)

    def outputs(self) -> list[str]:
        """Returns the outputs of the vector environment: ``"numpy"``, and ``"torch"`` if it has a batched form."""
        try:
            self.batched()
        except NotApplicable:
            return ["numpy"]
        return ["numpy", "torch"]


def legal_action(env: gymnasium.Env[Any, Any], generator: np.random.Generator) -> Any:
    """Draws a legal action of a single environment's current state."""
    if hasattr(env.unwrapped, "action_masks") and isinstance(env.action_space, spaces.Discrete):
        legal = np.flatnonzero(env.unwrapped.action_masks())
        assert legal.size, "action_masks() allows nothing in an episode that has not ended"
        return int(generator.choice(legal)) + int(env.action_space.start)
    env.action_space.seed(int(generator.integers(2**31)))
    return env.action_space.sample()


def legal_rows(space: spaces.Space[Any], mask: Any, rows: int, generator: Any) -> Any:
    """Draws actions for batched rules.

    Args:
        space: the space of one action.
        mask: ``[rows, actions]`` bool, a tensor; any action where a row allows none; None: all are legal.
        rows: number of rows.
        generator: a torch generator.

    Returns:
        A tensor ``[rows, ...]``.
    """
    import torch

    if mask is not None:
        return torch.multinomial((mask | ~mask.any(1, keepdim=True)).double(), 1, generator=generator)[:, 0]
    space.seed(int(torch.randint(2**31, (), generator=generator)))
    return torch.as_tensor(np.stack([np.asarray(space.sample()) for _ in range(rows)]))


def require_equal(where: str, found: Any, expected: Any) -> None:
    """Compares two observations, rewards or facts, exactly.

    Raises:
        AssertionError: if they differ; says where.
    """
    if isinstance(expected, Mapping):
        assert isinstance(found, Mapping), f"{where} is no mapping: {found!s:.60}"
        assert found.keys() == expected.keys(), f"{where} has entries {sorted(found)}, not {sorted(expected)}"
        for name in expected:
            require_equal(f"{where} {name!r}", found[name], expected[name])
        return
    got, wanted = np.asarray(found), np.asarray(expected)
    same = np.array_equal(got, wanted, equal_nan=got.dtype.kind == "f" and wanted.dtype.kind == "f")
    assert same, f"{where} differs: {got!s:.60} instead of {wanted!s:.60}"
