"""Parameter drift for any Gymnasium environment: gravity, masses, lengths and friction that move while an agent learns.

``drifting(env, {"gravity": Step([10_000], [1.0, 2.0])})`` is an ordinary environment for SB3, or any other library. The
clock counts steps and runs on through resets; ``reset(seed=...)`` starts it again only with ``clock="seed"``.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import gymnasium

from mdpzoo.errors import SettingError, did_you_mean
from mdpzoo.interop.physical_parameters import named, parameters_of
from mdpzoo_nonstationary.drift.schedules import Schedule

NOTIFY = ("nothing", "change", "value")
CLOCKS = ("run", "seed", "episode")
Own = tuple[Schedule, Callable[[gymnasium.Env[Any, Any], float], None]]


class DriftingEnv(gymnasium.Wrapper[Any, Any, Any, Any]):
    """An environment whose parameters move.

    Attributes:
        clock: steps taken; the next step is number ``clock``.
        factors: the present factor of each parameter, by name.
    """

    def __init__(
        self,
        env: gymnasium.Env[Any, Any],
        schedules: Mapping[str, Schedule | Own],
        notify: str = "nothing",
        clock: str = "run",
    ) -> None:
        """Wraps an environment and sets its parameters to their values at step 0.

        Args:
            env: of Gymnasium's classic control or MuJoCo; or any other, with custom functions.
            schedules: for each parameter its schedule, or a pair of a schedule and ``function(env, factor)`` that
                sets it.
            notify: the content of ``info``: ``"nothing"``; ``"change"``: ``drift_change``, whether a factor differs
                from the previous step's, False where the clock starts; ``"value"``: also ``drift``, the factors
                by name.
            clock: ``"run"``: counts all steps; ``"seed"``: starts again with ``reset(seed=...)``; ``"episode"``: with
                every reset.

        Raises:
            SettingError: if the environment has no such parameter, or an argument has no such value.
        """
        super().__init__(env)
        for name, value, known in (("notify", notify, NOTIFY), ("clock", clock, CLOCKS)):
            if value not in known:
                raise SettingError(f"unknown {name} {value!r}.{did_you_mean(value, known) or f' Known: {known}'}")
        if not schedules:
            raise SettingError("schedules must name at least one parameter, got none")
        self._setters: dict[str, tuple[Schedule, Callable[[float], None]]] = {}
        known_parameters = None
        for name, given in schedules.items():
            if isinstance(given, tuple):
                schedule, function = given
                self._setters[name] = schedule, partial(function, env)
            elif isinstance(given, Schedule):
                known_parameters = known_parameters or parameters_of(env)
                self._setters[name] = given, named(known_parameters, name).set
            else:
                raise SettingError(f"the schedule of {name!r} must have value(t), got {type(given).__name__}")
        self._notify, self._clock_kind, self.clock = notify, clock, 0
        self.factors: dict[str, float] = {}
        self._set()

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Starts an episode; see ``clock``."""
        begins = self._clock_kind == "episode" or (self._clock_kind == "seed" and seed is not None)
        if begins:
            self.clock = 0
        changed = self._set() and not begins
        observation, info = self.env.reset(seed=seed, options=options)
        return observation, info | self._facts(changed)

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Sets the parameters of this step, and steps the environment."""
        changed = self._set()
        observation, reward, terminated, truncated, info = self.env.step(action)
        self.clock += 1
        return observation, reward, terminated, truncated, info | self._facts(changed)

    def _set(self) -> bool:
        """Sets the parameters that have moved; returns whether any has."""
        changed = False
        for name, (schedule, set_) in self._setters.items():
            factor = schedule.value(self.clock)
            if factor != self.factors.get(name):
                set_(factor)
                changed, self.factors[name] = True, factor
        return changed

    def _facts(self, changed: bool) -> dict[str, Any]:
        if self._notify == "nothing":
            return {}
        facts: dict[str, Any] = {"drift_change": changed}
        return facts | {"drift": dict(self.factors)} if self._notify == "value" else facts


def drifting(
    env: gymnasium.Env[Any, Any] | str, schedules: Mapping[str, Schedule | Own], notify: str = "nothing",
    clock: str = "run", **settings: Any,
) -> DriftingEnv:  # fmt: skip
    """Makes an environment whose parameters move; the arguments are those of ``DriftingEnv``.

    Args:
        env: an environment, or the id of one, made with the ``settings``.
        schedules: for each parameter its schedule.
        notify: the content of ``info``.
        clock: when the clock starts again.
        **settings: of ``gymnasium.make``.
    """
    made = gymnasium.make(env, **settings) if isinstance(env, str) else env
    return DriftingEnv(made, schedules, notify, clock)
