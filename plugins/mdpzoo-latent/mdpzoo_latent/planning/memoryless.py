"""The best policy without memory: an action for each step and state, chosen before the episode.

The value is linear in the choice of each step and state by itself, so a deterministic policy is best. Finding it is
hard (Littman 1994); this is branch and bound over one step's choices at a time, with the informed optimum as the bound.
"""

import math
import time
from dataclasses import dataclass
from itertools import product

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.models import LatentMDP
from mdpzoo.showing import shown
from mdpzoo_latent.planning.bounds import bounds_of
from mdpzoo_latent.planning.processes import process_of

MARGIN = 1e-10  # minimum improvement of a branch to be followed
MOST_CHOICES = 4096  # joint choices of one step
STARTS = 20  # of the coordinate ascent


@shown
@dataclass(frozen=True, eq=False, repr=False)
class MemorylessSolution:
    """The best deterministic policy of step and state.

    Attributes:
        value: its expected sum of rewards.
        upper: no policy without memory is better than this; equals ``value``, up to 1e-10, if the search has ended.
        policy: ``[H, S]`` int64.
    """

    value: float
    upper: float
    policy: np.ndarray


def solve_memoryless(
    model: LatentMDP, horizon: int | None = None, *, seconds: float = math.inf, seed: int = 0
) -> MemorylessSolution:
    """Computes the best policy that sees only the step and the state.

    Args:
        model: a latent MDP.
        horizon: steps; None: the model's own.
        seconds: CPU time after which the best policy so far is returned, with an upper bound.
        seed: of the starts of the first, approximate search.

    Raises:
        SettingError: if the model is of another kind, or there is no horizon.
    """
    if not isinstance(model, LatentMDP):
        raise SettingError(f"model must be a LatentMDP, got {type(model).__name__}")
    steps = model.horizon if horizon is None else horizon
    if steps < 1:
        raise SettingError(f"horizon must be at least 1, got {horizon!r}")
    return _Search(model, steps, time.process_time() + seconds).run(seed)


class _Search:
    """Depth-first branch and bound; arrays are ``[S, M]`` a step."""

    def __init__(self, model: LatentMDP, horizon: int, deadline: float) -> None:
        self._kernels = np.moveaxis(model.transitions, 0, -1)  # [S, A, S, M]
        self._rewards = np.moveaxis(model.rewards, 0, -1)  # [S, A, M]
        self._start = (model.weights[:, None] * model.start).T  # [S, M]
        self._horizon, self._deadline = horizon, deadline
        informed = bounds_of(process_of(model), horizon, 1.0).informed
        # the value of an action if the context is revealed after it, [r, S, A, M] with r steps to go
        self._action_values = np.array([self._ahead(informed[left]) for left in range(horizon)])
        self._best, self._policy = -np.inf, np.zeros((horizon, model.num_states), np.int64)
        self._chosen, self._seen, self._open = (
            self._policy.copy(),
            [dict[bytes, float]() for _ in range(horizon)],
            -np.inf,
        )
        same = (self._kernels == self._kernels[:, :1]).all((2, 3)) & (self._rewards == self._rewards[:, :1]).all(2)
        self._idle = same.all(1)  # states whose actions are all the same

    def run(self, seed: int) -> MemorylessSolution:
        generator = np.random.default_rng(seed)
        for _ in range(STARTS):
            self._climb(generator.integers(self._rewards.shape[1], size=self._policy.shape))
        self._descend(0, self._start, 0.0)
        return MemorylessSolution(self._best, max(self._best, self._open), self._policy)

    def _ahead(self, values: np.ndarray) -> np.ndarray:
        """Returns action values ``[S, A, M]`` before state values ``[S, M]``."""
        return self._rewards + np.einsum("satm,tm->sam", self._kernels, values)

    def _climb(self, policy: np.ndarray) -> None:
        """Improves one step at a time, the others fixed, until nothing improves."""
        every, value = np.arange(len(self._start)), -np.inf
        while True:
            reached = [self._start]
            for choice in policy[:-1]:
                reached.append(self._moved(reached[-1], choice))
            values = np.zeros_like(self._start)
            for step in reversed(range(self._horizon)):
                ahead = self._ahead(values)
                policy[step] = np.einsum("sam,sm->sa", ahead, reached[step]).argmax(1)
                values = ahead[every, policy[step]]
            now = float((self._start * values).sum())
            if now > self._best:
                self._best, self._policy = now, policy.copy()
            if now <= value + MARGIN:
                return
            value = now

    def _moved(self, occupancy: np.ndarray, choice: np.ndarray) -> np.ndarray:
        return np.einsum("stm,sm->tm", self._kernels[np.arange(len(choice)), choice], occupancy)

    def _descend(self, step: int, occupancy: np.ndarray, collected: float) -> None:
        """Tries the choices of a step, the most promising first; ``occupancy [S, M]`` is reached by those before."""
        action_values = np.einsum("sam,sm->sa", self._action_values[self._horizon - 1 - step], occupancy)
        bound = collected + float(action_values.max(1).sum())
        if bound <= self._best + MARGIN or not self._is_new(step, occupancy, collected):
            return
        places = np.flatnonzero((occupancy.sum(1) > 0) & ~self._idle)
        if time.process_time() > self._deadline or self._rewards.shape[1] ** len(places) > MOST_CHOICES:
            self._open = max(self._open, bound)
            return
        fixed = float(np.delete(action_values, places, 0).max(1).sum())
        options = [
            (fixed + sum(action_values[place, action] for place, action in zip(places, actions, strict=True)), actions)
            for actions in product(range(action_values.shape[1]), repeat=len(places))
        ]
        choice = np.zeros(len(occupancy), np.int64)
        for promise, actions in sorted(options, reverse=True):
            if collected + promise <= self._best + MARGIN:
                return
            choice[places] = actions
            self._chosen[step] = choice
            paid = collected + float((self._rewards[np.arange(len(choice)), choice] * occupancy).sum())
            if step + 1 < self._horizon:
                self._descend(step + 1, self._moved(occupancy, choice), paid)
            elif paid > self._best:
                self._best, self._policy = paid, self._chosen.copy()

    def _is_new(self, step: int, occupancy: np.ndarray, collected: float) -> bool:
        """Whether this occupancy was not reached before with as much reward."""
        key = np.round(occupancy, 13).tobytes()
        if self._seen[step].get(key, -np.inf) >= collected - 1e-13:
            return False
        self._seen[step][key] = collected
        return True
