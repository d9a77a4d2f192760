"""Exactly known values of latent MDPs and POMDPs: their optimum over histories, and the return of random actions."""

from typing import Any

import numpy as np

from mdpzoo.codes import load
from mdpzoo.experiments.truths import Truth
from mdpzoo.models import LatentMDP
from mdpzoo.planning import evaluate
from mdpzoo_latent.planning.planner import plan

SECONDS = 60.0  # CPU time of planning, after which bounds are returned
NODES = 2_000_000  # beliefs


def known_value(
    *, rules: str, max_episode_steps: int | None = None, reveal: str = "never", **settings: Any
) -> Truth | None:
    """Returns the optimum of an episode; None for a model without end.

    Args:
        rules: ``"module:attribute"`` of the environment's builder.
        max_episode_steps: the environment's time limit.
        reveal: ignored; optimal policies do not observe hidden facts.
        **settings: of the environment.
    """
    model: Any = load(rules)(**settings)
    horizon = min((each for each in (model.horizon, max_episode_steps) if each), default=None)
    if horizon is None:
        return None
    found = plan(model, horizon, seconds=SECONDS, most_nodes=NODES)
    how = "exactly" if found.exact else "within bounds"
    return Truth(
        criterion="return",
        optimum=found.value,
        random=_random(model, horizon),
        high=found.upper,
        exact=found.exact,
        interval=None if found.exact else (found.lower, found.upper),
        source=f"the optimum over all policies of histories, computed {how} by a belief tree of {found.nodes} nodes",
    )


def _random(model: Any, horizon: int) -> float | None:
    """Returns the expected return of uniformly random actions."""
    if not isinstance(model, LatentMDP):
        return None
    table = model.joint
    uniform = np.full((table.num_states, table.num_actions), 1 / table.num_actions)
    return float(table.start @ evaluate(table, uniform, horizon=horizon).values[0])
