"""Random tables that are redrawn at each change: Dirichlet transitions, uniform rewards."""

from typing import Annotated

import numpy as np

from mdpzoo.models import TabularMDP
from mdpzoo.models.piecewise import CLOCKS, PiecewiseMDP
from mdpzoo.settings import Choices, Range, ranged
from mdpzoo_nonstationary.environments.schedules import PROTOCOL, Changes, change_points


@ranged
def random_switch(
    states: Annotated[int, Range(2)] = 6,
    actions: Annotated[int, Range(1)] = 3,
    concentration: Annotated[float, Range(0, above=True)] = 0.3,
    segments: Annotated[int, Range(1)] = 5,
    seed: Annotated[int, Range(0)] = 0,
    changes: Changes = PROTOCOL,
    clock: Annotated[str, Choices(CLOCKS)] = "run",
) -> PiecewiseMDP:
    """Builds tables that take turns; every pair of states can reach each other with probability 1.

    Rewards: Of each state and action, drawn from the seed for each segment: in [0, 1].

    Ends: Never by the rules; a limit of steps truncates it.

    Args:
        states: S, at least 2.
        actions: A, at least 1.
        concentration: of the Dirichlet distribution of each row; the smaller, the fewer likely successors.
        segments: tables that take turns, at least 1.
        seed: of the tables.
        changes: the schedule; see ``change_points``.
        clock: ``"run"`` or ``"episode"``; see ``PiecewiseMDP``.

    Raises:
        SettingError: if a number is out of its range.
    """
    points, period = change_points(changes, segments)
    models = []
    for stream in np.random.SeedSequence(seed).spawn(segments):
        generator = np.random.default_rng(stream)
        transitions = generator.dirichlet(np.full(states, concentration), (states, actions))
        rewards = generator.random((states, actions))
        models.append(TabularMDP.from_arrays(transitions, rewards))
    return PiecewiseMDP(tuple(models), points, period=period, clock=clock)
