"""Solvers of whole instances as policies: they plan when an episode begins, and then play what was planned.

The plan is the recurrent state of SB3's ``predict``; where a caller passes none on, the policy remembers its last one.
The beginning of an episode is seen from the observation: nothing has been chosen yet. Where rounding makes a planned
choice illegal it is put off, and when the plan is at its end the nearest legal choice is made.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3.common.policies import BasePolicy
from torch import Tensor

from mdpzoo.errors import SettingError
from mdpzoo_combinatorial.baselines.observed_instances import (
    Row,
    instance_of,
    matches,
    names_left,
    problem_of,
    size_of,
)
from mdpzoo_combinatorial.baselines.registry import Answer, solve
from mdpzoo_combinatorial.problems import PROBLEMS

Plan = tuple[NDArray[np.int64], NDArray[np.int64]]  # direct actions [B, A], -1 beyond; how many were made [B, 1]
UNKNOWN = -1  # made, of an environment whose beginning was not seen
REMEMBERED = 64  # plans of instances that come again


class PlannedPolicy(BasePolicy):
    """Plays the solutions of one solver.

    Attributes:
        solver: a key of ``SOLVERS``.
        seconds: for every plan; None: as long as the solver takes.
        seed: of what the solver draws, the same for every plan.
        instance: what is solved in place of the observation where the observation shows it; or None.
    """

    def __init__(
        self,
        observation_space: Any,
        action_space: Any,
        *,
        solver: str,
        seconds: float | None = None,
        seed: int = 0,
        instance: Any = None,
    ) -> None:
        """See the class attributes."""
        super().__init__(observation_space, action_space)
        self.solver, self.seconds, self.seed, self.instance = solver, seconds, seed, instance
        self._last: Plan | None = None
        self._plans: dict[bytes, list[int]] = {}

    def predict(
        self,
        observation: Any,
        state: tuple[NDArray[Any], ...] | None = None,
        episode_start: NDArray[Any] | None = None,
        deterministic: bool = True,
    ) -> tuple[NDArray[np.int64], tuple[NDArray[Any], ...] | None]:
        """Chooses actions.

        Args:
            observation: a dictionary, of one environment or with a leading axis for several.
            state: the plans that the last call returned; None: those that the policy remembers.
            episode_start: unused, an observation shows it.
            deterministic: unused.

        Returns:
            Actions, int64, ``[B]`` or a single one of shape ``[]``; and the plans.

        Raises:
            SettingError: the first observation of an episode was not seen.
        """
        if not isinstance(observation, Mapping):
            raise SettingError(f"an observation must be a dictionary, got {type(observation).__name__}")
        problem = problem_of(observation)
        single = np.ndim(observation["action_mask"]) == 1
        rows = [dict(observation)] if single else _rows(observation)
        length = len(rows[0]["action_mask"])
        plan = self._last if state is None else (state[0].copy(), state[1].copy())
        if plan is None or plan[0].shape != (len(rows), length):
            plan = np.full((len(rows), length), -1), np.full((len(rows), 1), UNKNOWN)
        chosen = np.array([self._choose(row, problem, *each) for row, *each in zip(rows, *plan, strict=True)], np.int64)
        self._last = plan[0].copy(), plan[1].copy()
        return (chosen[0] if single else chosen), plan

    def _predict(self, observation: Any, deterministic: bool = False) -> Tensor:
        parts = {name: part.numpy(force=True) for name, part in observation.items()}
        return torch.as_tensor(self.predict(parts)[0], device=observation["action_mask"].device)

    def _choose(self, row: Row, problem: str, order: NDArray[np.int64], made: NDArray[np.int64]) -> int:
        """The action of one environment; ``order`` and ``made`` are changed in place."""
        first, ways = PROBLEMS[problem].first, PROBLEMS[problem].action_variants
        size, mask = size_of(row, problem), np.asarray(row["action_mask"], bool)
        if names_left(row, problem) == size - first:
            plan = self._plan(row, problem)
            order[:], made[0] = -1, 0
            order[: len(plan)] = plan
        if made[0] == UNKNOWN or names_left(row, problem) != size - first - made[0]:
            raise SettingError(f"{self.solver} plans when an episode begins, but was not shown its first observation")
        left = np.setdiff1d(np.arange(first, size), order[: made[0]] // ways)
        planned = order[made[0] :][order[made[0] :] >= 0]
        bq = "valid" in row
        token = first + np.searchsorted(left, planned // ways) if bq else planned // ways
        legal = mask[ways * token + planned % ways]
        if legal.any():
            place = int(legal.argmax())
            action = int(ways * token[place] + planned[place] % ways)
            direct = int(planned[place])
        else:
            action = _nearest(row, mask, ways)
            direct = action if not bq else ways * int(left[action // ways - first]) + action % ways if len(left) else 0
        if direct in planned:
            order[made[0] : made[0] + len(planned)] = [direct, *planned[planned != direct]]
        else:
            kept = planned[planned // ways != direct // ways]  # a planned way that was illegal gives place to another
            order[made[0] :] = -1
            order[made[0] : made[0] + 1 + len(kept)] = [direct, *kept]
        made[0] += 1
        return action

    def _plan(self, row: Row, problem: str) -> list[int]:
        """Direct actions that lead to the solver's solution."""
        key = b"".join(np.ascontiguousarray(row[name]).tobytes() for name in sorted(row))
        if key not in self._plans:
            known = self.instance if matches(self.instance, row, problem) else instance_of(row, problem)
            answer = self.solved(known)
            if len(self._plans) >= REMEMBERED:
                del self._plans[next(iter(self._plans))]
            self._plans[key] = PROBLEMS[problem].actions(answer.solution)
        return self._plans[key]

    def solved(self, instance: Any) -> Answer:
        """Solves an instance."""
        return solve(instance, self.solver, seconds=self.seconds, seed=self.seed)

    def _get_constructor_parameters(self) -> dict[str, Any]:
        kept = {"solver": self.solver, "seconds": self.seconds, "seed": self.seed, "instance": self.instance}
        return super()._get_constructor_parameters() | kept


def _rows(observation: Mapping[str, Any]) -> list[Row]:
    """The observations of each environment."""
    count = len(observation["action_mask"])
    return [{name: np.asarray(part)[row] for name, part in observation.items()} for row in range(count)]


def _nearest(row: Row, mask: NDArray[np.bool_], ways: int) -> int:
    """The nearest legal action; 0 where there is none, as after the end of an episode."""
    if not mask.any():
        return 0
    far = np.repeat(np.asarray(row["distance"]), ways) if "distance" in row else np.zeros(len(mask))
    return int(np.where(mask, far, np.inf).argmin())
