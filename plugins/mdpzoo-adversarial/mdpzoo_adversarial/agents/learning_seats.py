"""One player's seat with a curriculum: every episode has a temperature, which the learner and its opponent observe."""

from collections.abc import Callable, Mapping
from typing import Any

import gymnasium
import numpy as np

from mdpzoo_adversarial.agents.conditioned_policies import ConditionedPolicy, TemperatureScale

Opponents = Callable[[], Any]
KEPT = (
    *("finished", "share", "temperature"),
    *("_plan", "_shares", "_next", "_seen", "_z", "_return", "_weight"),
)


class LearningSeat(gymnasium.Wrapper[Any, Any, Any, Any]):
    """A seat whose episodes follow a plan of temperatures.

    Attributes:
        finished: the temperature and the protagonist's discounted return of each episode since they were last taken.
        share: of the learner's own actions that is used, in [0, 1].
        opponent: the other player of the present episode; None: it is idle.
    """

    def __init__(
        self, env: gymnasium.Env[Any, Any], other: str, sign: float, discount: float, scale: TemperatureScale | None
    ) -> None:
        """Wraps a seat.

        Args:
            env: the seat.
            other: the other player's name.
            sign: 1 for the protagonist's seat, -1 for the adversary's.
            discount: of the recorded returns.
            scale: the encoding of temperatures; None: they are not observed.
        """
        super().__init__(env)
        self._other, self._sign, self._discount, self.scale = other, sign, discount, scale
        if scale is not None:
            self.observation_space = TemperatureScale.extend(env.observation_space)  # type: ignore[arg-type]
        self.finished: list[tuple[float, float]] = []
        self.share = 1.0
        self._plan, self._shares = [1.0], [1.0]
        self._next = 0
        self._opponents: Opponents | None = None
        self.opponent: ConditionedPolicy | None = None
        self._seen: Any = None
        self._begin_episode()

    def follow(self, plan: np.ndarray, shares: np.ndarray, opponents: Opponents) -> np.ndarray | None:
        """Starts a phase: the episode that has just begun becomes its first.

        Args:
            plan: ``[n]`` temperatures of the next episodes, again from the first after the last.
            shares: ``[n]`` shares of the adversary's force.
            opponents: returns the other player of an episode, a ``ConditionedPolicy``.

        Returns:
            The learner's current observation; None if no episode has begun.
        """
        self._plan, self._shares, self._next = plan.tolist(), shares.tolist(), 0
        self._opponents = opponents
        self._begin_episode()
        return None if self._seen is None else self._shown()

    def reset(self, **arguments: Any) -> tuple[Any, dict[str, Any]]:
        """Starts an episode with the next temperature."""
        self._seen, info = self.env.reset(**arguments)
        self._begin_episode()
        return self._shown(), info

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Acts once."""
        if self.share < 1.0:
            action = np.clip(action, -self.share, self.share)
        self._seen, reward, terminated, truncated, info = self.env.step(action)
        self._return += self._weight * self._sign * float(reward)
        self._weight *= self._discount
        if terminated or truncated:
            self.finished.append((self.temperature, self._return))
        return self._shown(), reward, terminated, truncated, info

    def state(self) -> dict[str, Any]:
        """Returns the place in the phase and in the episode, without the game's own state, for ``restore``."""
        return {name: getattr(self, name) for name in KEPT}

    def restore(self, state: Mapping[str, Any], opponents: Opponents | None, opponent: Any) -> None:
        """Continues an episode.

        Args:
            state: of a seat of the same player.
            opponents: as in ``follow``; None: this player waits for its turn.
            opponent: of the current episode; None: it is idle or irrelevant.
        """
        for name in KEPT:
            setattr(self, name, state[name])
        self._opponents = opponents
        if opponent is not None:
            self._face(opponent, self._planned(self._next - 1)[1])

    def _begin_episode(self) -> None:
        self.temperature, share = self._planned(self._next)
        self._next += 1
        self._z = None if self.scale is None else self.scale.show(self.temperature)
        self._return, self._weight = 0.0, 1.0
        if self._sign < 0:
            self.share = share
        if self._opponents is not None:
            self._face(self._opponents(), share)

    def _planned(self, episode: int) -> tuple[float, float]:
        """Returns the temperature and the share of force of an episode of the phase."""
        place = episode % len(self._plan)
        return self._plan[place], self._shares[place]

    def _face(self, opponent: ConditionedPolicy, share: float) -> None:
        opponent.z = self._z
        opponent.share = share if self._sign > 0 else 1.0
        self.opponent = opponent
        self.env.unwrapped.set_policy(self._other, opponent)  # type: ignore[attr-defined]

    def _shown(self) -> Any:
        if self.scale is None:
            return self._seen
        return np.append(np.asarray(self._seen, np.float32).ravel(), np.float32(self._z))
