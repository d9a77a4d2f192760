"""Drift as registered ids: CartPole and Pendulum whose parameters move, with schedules that JSON can hold."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import gymnasium

from mdpzoo.errors import SettingError, did_you_mean
from mdpzoo.settings import check_names
from mdpzoo_nonstationary.drift.schedules import Bursts, Drift, RandomWalk, Schedule, Sinus, Step
from mdpzoo_nonstationary.drift.wrapper import DriftingEnv

SCHEDULES: dict[str, type[Any]] = {
    "step": Step,
    "drift": Drift,
    "sinus": Sinus,
    "random-walk": RandomWalk,
    "bursts": Bursts,
}
Written = Mapping[str, Mapping[str, Any]]
POLE: Written = {"pole_length": {"kind": "step", "changes": [10_000, 20_000], "levels": [1.0, 2.0, 0.5]}}
HEAVIER: Written = {"gravity": {"kind": "step", "changes": [5_000], "levels": [1.0, 1.6]}}


def drifting_cart_pole(
    schedules: dict[str, dict[str, Any]] | None = None,
    notify: str = "nothing",
    clock: str = "seed",
    render_mode: str | None = None,
) -> DriftingEnv:
    """Builds CartPole-v1 whose parameters move.

    Rewards: 1 in each step.

    Ends: When the pole falls or the cart leaves the track, as in CartPole-v1.

    Args:
        schedules: for each of ``gravity``, ``pole_length``, ``pole_mass``, ``cart_mass`` and ``force`` that moves, its
            schedule: ``kind`` (``"step"``, ``"drift"``, ``"sinus"``, ``"random-walk"`` or ``"bursts"``) and that
            class's arguments. None: a pole of twice its length from step 10,000, of half from 20,000.
        notify: ``"nothing"``, ``"change"`` or ``"value"``: the content of ``info``.
        clock: ``"seed"``: steps count from ``reset(seed=...)``; ``"run"``: from the beginning; ``"episode"``.
        render_mode: one of Gymnasium's for CartPole, or None.

    Raises:
        SettingError: if there is no such parameter or schedule, or a number is out of its range.
    """
    return _drifting("CartPole-v1", POLE if schedules is None else schedules, notify, clock, render_mode)


def drifting_pendulum(
    schedules: dict[str, dict[str, Any]] | None = None,
    notify: str = "nothing",
    clock: str = "seed",
    render_mode: str | None = None,
) -> DriftingEnv:
    """Builds Pendulum-v1 whose parameters move.

    Rewards: Those of Pendulum-v1: less for an angle, a speed and a torque.

    Ends: Never by itself.

    Args:
        schedules: for each of ``gravity``, ``mass`` and ``length`` that moves, its schedule: ``kind`` (``"step"``,
            ``"drift"``, ``"sinus"``, ``"random-walk"`` or ``"bursts"``) and that class's arguments. None: gravity is
            1.6 times itself from step 5,000.
        notify: ``"nothing"``, ``"change"`` or ``"value"``: the content of ``info``.
        clock: ``"seed"``: steps count from ``reset(seed=...)``; ``"run"``: from the beginning; ``"episode"``.
        render_mode: one of Gymnasium's for Pendulum, or None.

    Raises:
        SettingError: if there is no such parameter or schedule, or a number is out of its range.
    """
    return _drifting("Pendulum-v1", HEAVIER if schedules is None else schedules, notify, clock, render_mode)


def schedule_of(written: Mapping[str, Any]) -> Schedule:
    """Returns the schedule that a mapping describes: its ``kind``, and the arguments of that class.

    Raises:
        SettingError: if there is no such kind, an argument is unknown or missing, or out of its range.
    """
    kind = written.get("kind") if isinstance(written, Mapping) else None
    if kind not in SCHEDULES:
        hint = did_you_mean(str(kind), SCHEDULES) or f" Known: {', '.join(SCHEDULES)}"
        raise SettingError(f"a schedule needs a kind, got {kind!r}.{hint}")
    arguments = {name: value for name, value in written.items() if name != "kind"}
    check_names(arguments, [each.name for each in fields(SCHEDULES[kind])], f"schedule {kind!r}")
    try:
        made: Schedule = SCHEDULES[kind](**arguments)
    except TypeError as error:
        raise SettingError(f"schedule {kind!r} cannot be made of {arguments!r:.60}: {error!s:.80}") from None
    return made


def _drifting(id: str, schedules: Written, notify: str, clock: str, render_mode: str | None) -> DriftingEnv:
    env = gymnasium.make(id, render_mode=render_mode).unwrapped  # the limit is the registered environment's
    return DriftingEnv(env, {name: schedule_of(each) for name, each in schedules.items()}, notify, clock)
