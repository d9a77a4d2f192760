"""Any Gymnasium environment as a latent MDP: its keyword arguments are drawn at each reset, and hidden."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import gymnasium
import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.interop.shells.shell import check_reveal

Context = Mapping[str, Any] | Callable[[], gymnasium.Env[Any, Any]]


class VariedEnv(gymnasium.Env[Any, Any]):
    """Environments with equal spaces, one of which is drawn for each episode."""

    def __init__(
        self,
        makers: Sequence[Callable[[], gymnasium.Env[Any, Any]]],
        weights: Sequence[float] | None = None,
        reveal: str = "never",
    ) -> None:
        """Makes all environments.

        Args:
            makers: M functions, each makes one.
            weights: ``[M]`` positive probabilities; None: uniform.
            reveal: when ``info`` holds ``context``: ``"never"``, ``"end"`` or ``"always"``.

        Raises:
            SettingError: if the spaces differ, or an argument has no such value.
        """
        count = len(makers)
        shares = np.full(count, 1 / max(count, 1)) if weights is None else np.array(weights, np.float64)
        if not count or shares.shape != (count,) or (shares <= 0).any() or abs(shares.sum() - 1) > 1e-9:
            raise SettingError(f"give one positive weight a context, {count} that sum to 1, got {weights!s:.60}")
        self.reveal = check_reveal(reveal)
        self._weights, self._envs = shares / shares.sum(), [make() for make in makers]
        self.observation_space, self.action_space = self._envs[0].observation_space, self._envs[0].action_space
        for place, env in enumerate(self._envs):
            if env.observation_space != self.observation_space or env.action_space != self.action_space:
                raise SettingError(f"contexts must have equal spaces; those of context {place} differ from the first's")
        self.metadata = self._envs[0].metadata
        self.render_mode = self._envs[0].render_mode
        self._drawn = 0

    def __repr__(self) -> str:
        """Shows the number of environments."""
        return f"VariedEnv({len(self._envs)} of {self._envs[0].spec.id if self._envs[0].spec else self._envs[0]!r})"

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Draws an environment and starts an episode in it; one seed gives one sequence of episodes."""
        super().reset(seed=seed)
        self._drawn = int(self.np_random.choice(len(self._envs), p=self._weights))
        own = int(self.np_random.integers(2**31))
        observation, info = self._envs[self._drawn].reset(seed=own, options=options)
        return observation, info | (self._fact() if self.reveal == "always" else {})

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Acts once."""
        observation, reward, terminated, truncated, info = self._envs[self._drawn].step(action)
        revealed = self.reveal == "always" or (self.reveal == "end" and (terminated or truncated))
        return observation, reward, terminated, truncated, info | (self._fact() if revealed else {})

    def render(self) -> Any:
        """Returns the picture of the environment drawn."""
        return self._envs[self._drawn].render()

    def close(self) -> None:
        """Closes all environments."""
        for env in self._envs:
            env.close()

    def _fact(self) -> dict[str, Any]:
        return {"context": self._drawn}


def latent_of(
    id: str,
    contexts: Sequence[Context],
    weights: Sequence[float] | None = None,
    reveal: str = "never",
    **settings: Any,
) -> VariedEnv:
    """Makes an environment whose settings are drawn at each reset and hidden.

    Args:
        id: of a Gymnasium environment.
        contexts: M contexts, each the keyword arguments in which it differs. A name that the environment's constructor
            does not have, but the environment itself as a number, is set there (CartPole's ``gravity``); numbers
            derived from it are not updated. A function that makes an environment is a context, too.
        weights: ``[M]`` positive probabilities; None: uniform.
        reveal: when ``info`` holds ``context``: ``"never"``, ``"end"`` or ``"always"``.
        **settings: of all contexts, for ``gymnasium.make``.

    Raises:
        SettingError: if a context names something that the environment does not have, or the spaces differ.
    """
    if not contexts:
        raise SettingError("contexts must hold at least one mapping, got none")
    makers = [each if callable(each) else partial(_made, id, dict(each), settings) for each in contexts]
    return VariedEnv(makers, weights, reveal)


def _made(id: str, context: dict[str, Any], settings: Mapping[str, Any]) -> gymnasium.Env[Any, Any]:
    plain = gymnasium.make(id, **settings)
    numbers = {name: each for name, each in context.items() if _is_number(plain.unwrapped, name)}
    arguments = {name: each for name, each in context.items() if name not in numbers}
    env = plain
    if arguments:
        plain.close()
        try:
            env = gymnasium.make(id, **{**settings, **arguments})
        except TypeError as error:
            raise SettingError(f"{id} has no setting {', '.join(arguments)}: {error!s:.80}") from None
    for name, value in numbers.items():
        setattr(env.unwrapped, name, value)
    return env


def _is_number(env: Any, name: str) -> bool:
    value = getattr(env, name, None)
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)
