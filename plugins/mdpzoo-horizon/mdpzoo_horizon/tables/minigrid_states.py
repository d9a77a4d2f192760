"""Exact states of MiniGrid environments (Chevalier-Boisvert et al. 2023), to compare and to restore.

Objects in the grid change in place, so each restored state needs its own. ``MiniGridEnv.hash`` leaves out the carried
object, the encoding of the grid leaves out the contents of boxes, attributes may refer to objects, and rewards fall
with ``step_count``; this module handles all of these.

What differs from the environments: positive rewards are 1 at every step, and episodes are not truncated.
"""

import copy
from collections.abc import Hashable
from typing import Any

import gymnasium
import numpy as np

EMPTY = 3  # turn left, turn right, go forward: the other actions have no effect in an empty room
USEFUL = 6  # all actions except "done"


def is_minigrid(env: gymnasium.Env[Any, Any]) -> bool:
    """Checks whether an environment belongs to MiniGrid."""
    return any(kind.__module__ == "minigrid.minigrid_env" for kind in type(env.unwrapped).__mro__)


class MiniGridStates:
    """A ``Simulator`` of the layout of one seed, with BRIDGE's actions: three in empty rooms, six elsewhere."""

    def __init__(self, env: gymnasium.Env[Any, Any], seed: int) -> None:
        """Wraps the unwrapped environment and owns it from now on."""
        from minigrid.core import world_object
        from minigrid.envs import EmptyEnv

        inner: Any = env.unwrapped
        self.env, inner.gen_obs = inner, dict  # observations are not needed and take most of the time of a step
        self._seed = seed
        self._object = world_object.WorldObj
        self._constant = (world_object.Wall, world_object.Floor, world_object.Goal, world_object.Lava)
        self.num_actions = EMPTY if isinstance(self.env, EmptyEnv) else USEFUL

    def reset(self) -> Hashable:
        """Draws the layout of the seed and returns its first state."""
        self.env.reset(seed=self._seed)
        return self._name()

    def act(self, action: int) -> tuple[Hashable, float, bool]:
        """Acts as at the first step, so that rewards do not depend on the step."""
        self.env.step_count = 0
        _, reward, ends, _, _ = self.env.step(action)
        return self._name(), 1.0 if reward > 0 else float(reward), bool(ends)

    def legal(self) -> None:
        """Returns None: every action is legal."""

    def snapshot(self) -> dict[str, Any]:
        """Returns all attributes that a step may change."""
        shared = (gymnasium.Space, np.random.Generator, type)
        kept = {name: each for name, each in vars(self.env).items() if not isinstance(each, shared)}
        return {name: each for name, each in kept.items() if name not in ("spec", "window", "clock", "np_random")}

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Restores a snapshot with fresh objects and the same links between attributes, grid and boxes."""
        cells = snapshot["grid"].grid
        memo = {id(each): each for each in cells if isinstance(each, self._constant)}
        vars(self.env).update(copy.deepcopy(snapshot, memo))

    def generator(self) -> np.random.Generator:
        """Returns MiniGrid's random generator."""
        return self.env.np_random

    def reseed(self, seed: int) -> None:
        """Replaces the random generator."""
        self.env.np_random = np.random.default_rng(seed)

    def _name(self) -> Hashable:
        """Returns everything that the rules depend on, except the step count."""
        cells = self.env.grid.grid
        grid = tuple((at, *self._encoded(each)) for at, each in enumerate(cells) if each is not None)
        plain: list[tuple[str, Any]] = []
        for name, each in vars(self.env).items():
            if isinstance(each, self._object) and name != "carrying":  # of two equal objects, one may be the target
                plain.append((name, next((at for at, cell in enumerate(cells) if cell is each), -1)))
            elif name == "agent_pos":
                plain.append((name, tuple(int(number) for number in each)))
            elif name != "step_count" and isinstance(each, int | float | str | bool | np.integer):
                plain.append((name, each))
        return grid, self._encoded(self.env.carrying), tuple(plain)

    def _encoded(self, thing: Any) -> tuple[Any, ...]:
        """Encodes an object with its contents."""
        return () if thing is None else (*thing.encode(), *self._encoded(thing.contains))
