"""Solvers as policies: they plan at the start of an episode and then follow the plan.

The plan is the recurrent state of SB3's ``predict``; if the caller passes no state, the policy uses that of its last
call. An observation in which nothing has been chosen yet starts an episode. If rounding makes a planned choice illegal,
it is postponed; if no planned choice is legal, the nearest legal one is made.
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
    num_remaining,
    problem_of,
    size_of,
)
from mdpzoo_combinatorial.baselines.registry import Answer, solve
from mdpzoo_combinatorial.problems import PROBLEMS

Plan = tuple[NDArray[np.int64], NDArray[np.int64]]  # direct actions [B, A], padded with -1; actions taken [B, 1]
UNKNOWN = -1  # actions taken in an episode whose first observation was not seen
CACHED_PLANS = 64  # for instances that are solved again


class PlannedPolicy(BasePolicy):
    """Follows the solutions of one solver.

    Attributes:
        solver: a key of ``SOLVERS``.
        seconds: time limit of a plan; None: no limit.
        seed: of the solver, the same for all plans.
        instance: solved instead of the observed instance if it matches the observation; None: there is none.
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
        """Returns actions and the plans.

        Args:
            observation: a dictionary, of one environment or with a leading axis for several.
            state: the plans that the last call returned; None: those of the policy's last call.
            episode_start: not used; observations show it.
            deterministic: not used.

        Returns:
            Actions, int64, ``[B]`` or a single one of shape ``[]``; and the plans.

        Raises:
            SettingError: if the policy has not received the first observation of an episode.
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
        """Returns the action of one environment; changes ``order`` and ``made`` in place."""
        first, variants = PROBLEMS[problem].first, PROBLEMS[problem].action_variants
        size, mask = size_of(row, problem), np.asarray(row["action_mask"], bool)
        if num_remaining(row, problem) == size - first:
            plan = self._plan(row, problem)
            order[:], made[0] = -1, 0
            order[: len(plan)] = plan
        if made[0] == UNKNOWN or num_remaining(row, problem) != size - first - made[0]:
            raise SettingError(f"{self.solver} plans at the start of an episode; pass it the first observation as well")
        left = np.setdiff1d(np.arange(first, size), order[: made[0]] // variants)
        planned = order[made[0] :][order[made[0] :] >= 0]
        bq = "valid" in row
        token = first + np.searchsorted(left, planned // variants) if bq else planned // variants
        legal = mask[variants * token + planned % variants]
        if legal.any():
            position = int(legal.argmax())
            action = int(variants * token[position] + planned[position] % variants)
            direct = int(planned[position])
        else:
            action = _nearest(row, mask, variants)
            direct = (
                action
                if not bq
                else variants * int(left[action // variants - first]) + action % variants
                if len(left)
                else 0
            )
        if direct in planned:
            order[made[0] : made[0] + len(planned)] = [direct, *planned[planned != direct]]
        else:
            kept = planned[planned // variants != direct // variants]  # another variant may have been planned
            order[made[0] :] = -1
            order[made[0] : made[0] + 1 + len(kept)] = [direct, *kept]
        made[0] += 1
        return action

    def _plan(self, row: Row, problem: str) -> list[int]:
        """Returns the direct actions of the solver's solution."""
        key = b"".join(np.ascontiguousarray(row[name]).tobytes() for name in sorted(row))
        if key not in self._plans:
            own = matches(self.instance, row, problem)
            answer = self.find_answer(self.instance if own else instance_of(row, problem))
            if len(self._plans) >= CACHED_PLANS:
                del self._plans[next(iter(self._plans))]
            self._plans[key] = PROBLEMS[problem].actions(answer.solution)
        return self._plans[key]

    def find_answer(self, instance: Any) -> Answer:
        """Returns the solver's answer for an instance."""
        return solve(instance, self.solver, seconds=self.seconds, seed=self.seed)

    def _get_constructor_parameters(self) -> dict[str, Any]:
        kept = {"solver": self.solver, "seconds": self.seconds, "seed": self.seed, "instance": self.instance}
        return super()._get_constructor_parameters() | kept


def _rows(observation: Mapping[str, Any]) -> list[Row]:
    """Returns the observation of each environment."""
    count = len(observation["action_mask"])
    return [{name: np.asarray(part)[row] for name, part in observation.items()} for row in range(count)]


def _nearest(row: Row, mask: NDArray[np.bool_], variants: int) -> int:
    """Returns the nearest legal action; 0 if there is none, as after the end of an episode."""
    if not mask.any():
        return 0
    far = np.repeat(np.asarray(row["distance"]), variants) if "distance" in row else np.zeros(len(mask))
    return int(np.where(mask, far, np.inf).argmin())
