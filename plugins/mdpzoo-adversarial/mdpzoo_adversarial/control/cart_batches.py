"""Many carts at once: the rules of ``cart_game`` on tensors, and compiled for a CPU."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from mdpzoo.protocols import GameOutcome
from mdpzoo_adversarial.control.cart_kernels import advance
from mdpzoo_adversarial.control.cart_physics import FARTHEST, START, STEEPEST, STEP, accelerations, sine_and_cosine


class CartState(NamedTuple):
    """The states of B carts, as arrays or tensors.

    Attributes:
        values: ``[B, 4]`` float64: position (m), speed (m/s), angle (rad), angular velocity (rad/s).
    """

    values: Any


class _Rules:
    """Base class of the tensor form and the compiled form."""

    initial_draws, step_draws = 4, 0
    render_fps = 50

    def __init__(self, game: Any) -> None:
        """Takes the rules of one game."""
        self.one, self.players, self.physics = game, game.players, game.physics
        self.observation_spaces, self.action_spaces = game.observation_spaces, game.action_spaces

    def initial(self, draws: Any, before: CartState | None = None) -> CartState:
        """Draws start states from ``[B, 4]`` numbers."""
        return CartState(START * (2 * draws - 1))

    def action_masks(self, state: CartState) -> None:
        """Returns None: every action is always legal."""
        return None

    def render(self, state: CartState, row: int) -> np.ndarray:
        """Draws one of the carts."""
        return self.one.render(tuple(state.values[row].tolist()))


class CartGames(_Rules):
    """B carts on tensors: a ``BatchedGame``."""

    def to(self, device: Any) -> "CartGames":
        """Returns the same rules; they hold no tensors."""
        return self

    def compiled(self) -> "CompiledCartGames":
        """Returns the same rules for a CPU."""
        return CompiledCartGames(self.one)

    def observe(self, state: CartState) -> dict[str, Tensor]:
        """Returns both players' observations, ``[B, 4]`` float32."""
        seen = state.values.float()
        return dict.fromkeys(self.players, seen)

    def step(self, state: CartState, actions: Mapping[str, Tensor], draws: Tensor) -> GameOutcome:
        """Moves every cart by one Euler step; an action that is not finite ends the game where it stands."""
        chosen = [actions[name].double() for name in self.players]
        illegal = torch.stack([~torch.isfinite(each).all(1) for each in chosen], 1)
        wrong = illegal.any(1)
        push = self.physics.force * chosen[0].clamp(-1, 1)[:, 0]
        fx, fz = (self.physics.adversary_force * chosen[1].clamp(-1, 1)).unbind(1)
        x, speed, angle, turning = state.values.unbind(1)
        sin, cos = sine_and_cosine(angle)
        own, angular = accelerations(sin, cos, turning, push, fx, fz, self.physics)
        moved = torch.stack(
            [x + STEP * speed, speed + STEP * own, angle + STEP * turning, turning + STEP * angular], 1
        )  # fmt: skip
        after = torch.where(wrong[:, None], state.values, moved)
        fallen = ~((after[:, 0].abs() <= FARTHEST) & (after[:, 2].abs() <= STEEPEST)) | wrong
        reward = torch.where(wrong, 0.0, 1.0).double()
        return GameOutcome(
            CartState(after), torch.stack([reward, -reward], 1), fallen[:, None].expand(-1, 2), illegal
        )  # fmt: skip


class CompiledCartGames(_Rules):
    """B carts in arrays: a ``CompiledGame``."""

    def observe(self, state: CartState) -> dict[str, np.ndarray]:
        """Returns both players' observations, ``[B, 4]`` float32."""
        seen = state.values.astype(np.float32)
        return dict.fromkeys(self.players, seen)

    def step(
        self, state: CartState, actions: Mapping[str, np.ndarray], draws: np.ndarray, asleep: np.ndarray
    ) -> GameOutcome:
        """Moves every cart that is not asleep by one Euler step."""
        push, force = (actions[name] for name in self.players)
        after, *results = advance(self.physics, state.values, push, force, asleep)
        return GameOutcome(CartState(after), *results)
