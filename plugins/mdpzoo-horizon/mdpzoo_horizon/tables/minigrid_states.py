"""MiniGrid's states (Chevalier-Boisvert et al. 2023), told apart and restored exactly.

What the environments leave to be done: objects of the grid change in place, so that each restored state needs objects
of its own; ``MiniGridEnv.hash`` leaves out what is carried, the grid's code leaves out what boxes hold, and attributes
may point at objects; the reward falls with ``step_count``.

What differs from the environments: a positive reward is 1, whatever the step, and nothing is truncated.
"""

import copy
from collections.abc import Hashable
from typing import Any

import gymnasium
import numpy as np

EMPTY = 3  # turn left, turn right, go forward: all there is to do in an empty room
USEFUL = 6  # the others do something somewhere, but for "done"


def is_minigrid(env: gymnasium.Env[Any, Any]) -> bool:
    """Whether an environment is one of MiniGrid's."""
    return any(kind.__module__ == "minigrid.minigrid_env" for kind in type(env.unwrapped).__mro__)


class MiniGridStates:
    """A ``Simulator`` of the layout that one seed draws; BRIDGE's actions: three in empty rooms, six elsewhere."""

    def __init__(self, env: gymnasium.Env[Any, Any], seed: int) -> None:
        """Takes an environment over; its wrappers are left out."""
        from minigrid.core import world_object
        from minigrid.envs import EmptyEnv

        inner: Any = env.unwrapped
        self.env, inner.gen_obs = inner, dict  # nobody looks at observations, and they take most of a step
        self._seed = seed
        self._object = world_object.WorldObj
        self._constant = (world_object.Wall, world_object.Floor, world_object.Goal, world_object.Lava)
        self.num_actions = EMPTY if isinstance(self.env, EmptyEnv) else USEFUL

    def reset(self) -> Hashable:
        """Draws the layout of the seed."""
        self.env.reset(seed=self._seed)
        return self._name()

    def act(self, action: int) -> tuple[Hashable, float, bool]:
        """Acts as if at the first step."""
        self.env.step_count = 0
        _, reward, ends, _, _ = self.env.step(action)
        return self._name(), 1.0 if reward > 0 else float(reward), bool(ends)

    def snapshot(self) -> dict[str, Any]:
        """All attributes that a step may change."""
        shared = (gymnasium.Space, np.random.Generator, type)
        kept = {name: each for name, each in vars(self.env).items() if not isinstance(each, shared)}
        return {name: each for name, each in kept.items() if name not in ("spec", "window", "clock", "np_random")}

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Goes back, with fresh objects; links between attributes, grid and boxes are kept."""
        cells = snapshot["grid"].grid
        memo = {id(each): each for each in cells if isinstance(each, self._constant)}
        vars(self.env).update(copy.deepcopy(snapshot, memo))

    def generator(self) -> np.random.Generator:
        """MiniGrid's random source."""
        return self.env.np_random

    def reseed(self, seed: int) -> None:
        """Replaces it."""
        self.env.np_random = np.random.default_rng(seed)

    def _name(self) -> Hashable:
        """Everything that the rules can see but the step's number."""
        cells = self.env.grid.grid
        grid = tuple((at, *self._told(each)) for at, each in enumerate(cells) if each is not None)
        plain: list[tuple[str, Any]] = []
        for name, each in vars(self.env).items():
            if isinstance(each, self._object) and name != "carrying":  # of two alike, one may be the target
                plain.append((name, next((at for at, cell in enumerate(cells) if cell is each), -1)))
            elif name == "agent_pos":
                plain.append((name, tuple(int(number) for number in each)))
            elif name != "step_count" and isinstance(each, int | float | str | bool | np.integer):
                plain.append((name, each))
        return grid, self._told(self.env.carrying), tuple(plain)

    def _told(self, thing: Any) -> tuple[Any, ...]:
        """An object with what it holds."""
        return () if thing is None else (*thing.encode(), *self._told(thing.contains))
