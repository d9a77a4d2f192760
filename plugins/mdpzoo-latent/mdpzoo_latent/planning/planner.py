"""The optimum of a latent MDP or a POMDP over all policies of histories, exactly, or within bounds if the budget ends.

By a belief tree (``trees``) or by alpha vectors (``alpha_vectors``): both are exact up to rounding.
"""

import math
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mdpzoo.errors import SettingError, did_you_mean
from mdpzoo.showing import shown
from mdpzoo_latent.planning.alpha_vectors import Stage, earlier, last_stage, limited
from mdpzoo_latent.planning.belief_policies import BeliefPolicy, TreePolicy, VectorPolicy
from mdpzoo_latent.planning.bounds import bounds_of
from mdpzoo_latent.planning.processes import BeliefProcess, process_of
from mdpzoo_latent.planning.trees import enclosed, grow_tree

METHODS = ("tree", "alpha")
GAP = 1e-11  # of an endless problem: the bounds' distance at which its horizon is cut off, relative to the rewards
CLOSE = 1e-9  # relative distance up to which bounds count as equal
MOST_NODES = 30_000_000


@shown
@dataclass(frozen=True, eq=False, repr=False)
class Plan:
    """The result of ``plan``.

    Attributes:
        value: the expected (discounted) sum of rewards that ``policy`` is certain to earn: ``lower``.
        lower: a lower bound of the optimum, reached by ``policy``.
        upper: an upper bound of the optimum; equals ``lower`` if the budget sufficed.
        informed: the optimum of a planner that knows the context, or the state of a POMDP.
        policy: a policy that earns ``value``; see ``BeliefPolicy``.
        horizon: steps planned for.
        nodes: beliefs of the tree, or alpha vectors, that were stored.
        seconds: CPU time.
        stages: of the method ``"alpha"``: the vector sets with 0, 1, ... steps to go, one a visible state.
    """

    value: float
    lower: float
    upper: float
    informed: float
    policy: BeliefPolicy = field(repr=False)
    horizon: int
    nodes: int
    seconds: float
    stages: tuple[Stage, ...] = field(default=(), repr=False)

    @property
    def exact(self) -> bool:
        """Whether the bounds meet, up to 1e-9 of the value's size."""
        return self.upper - self.lower <= CLOSE * max(1.0, abs(self.upper))


def plan(
    model: Any,
    horizon: int | None = None,
    discount: float = 1.0,
    method: str = "tree",
    *,
    seconds: float = math.inf,
    most_nodes: int = MOST_NODES,
) -> Plan:
    """Computes the optimum over all policies of histories.

    Args:
        model: a ``LatentMDP`` or a ``TabularPOMDP``. Policies do not see rewards, unless states show them.
        horizon: steps; None: the model's own, or without one an endless problem, for which discount must be below 1.
        discount: of each step's rewards, in (0, 1].
        method: ``"tree"`` or ``"alpha"``.
        seconds: CPU time after which to stop and return bounds.
        most_nodes: beliefs that a tree may store, about 60 bytes each, before it stops and returns bounds.

    Raises:
        SettingError: if the model is of another kind, or an argument is out of its range.

    Costs: a tree has at most (A K)^h beliefs with h steps taken, K the branches of an action; beliefs that are equal
    within 2^-43 are one, which changes the value by less than H^2 2^-43 times the largest reward.
    """
    began = time.process_time()
    process = process_of(model)
    steps = _check(model, horizon, discount, method, process)
    deadline = began + seconds / 3  # passing both bounds back takes twice as long as growing
    found = _by_tree if method == "tree" else _by_vectors
    lower, upper, informed, policy, nodes, stages = found(process, steps, discount, deadline, most_nodes)
    if horizon is None and not model.horizon:  # endless: what can follow the steps planned for
        tail = discount**steps / (1 - discount)
        lower, upper, informed = (
            lower + tail * process.rewards.min(), upper + tail * process.rewards.max(),
            informed + tail * process.rewards.max(),
        )  # fmt: skip
    return Plan(lower, lower, upper, informed, policy, steps, nodes, time.process_time() - began, stages)


def _by_tree(
    process: BeliefProcess, horizon: int, discount: float, deadline: float, most_nodes: int
) -> tuple[float, float, float, BeliefPolicy, int, tuple[Stage, ...]]:
    bounds = bounds_of(process, horizon, discount)
    tree = grow_tree(process, max(horizon - 2, 0), deadline, most_nodes)
    values, upper = enclosed(tree, bounds, horizon, discount)
    informed = float((process.roots * bounds.informed[horizon][process.root_states]).sum())
    policy = TreePolicy(tree, values, bounds, horizon)
    return values.at_roots(process), upper, informed, policy, len(tree.visible), ()


def _by_vectors(
    process: BeliefProcess, horizon: int, discount: float, deadline: float, most_nodes: int
) -> tuple[float, float, float, BeliefPolicy, int, tuple[Stage, ...]]:
    bounds = bounds_of(process, horizon, discount)
    stages, exact = [last_stage(process)], True
    while len(stages) <= horizon:
        stage = earlier(process, stages[-1], discount, deadline) if exact else None
        exact = stage is not None
        stages.append(stage or limited(process, stages[-1], discount, _beliefs(process)))
    at = zip(process.root_states, process.roots, strict=True)
    lower = sum(float(stages[-1][x].value(weights)) for x, weights in at)
    informed = float((process.roots * bounds.informed[horizon][process.root_states]).sum())
    count = sum(len(each.vectors) for stage in stages for each in stage)
    policy = VectorPolicy(process, stages, horizon)
    return lower, lower if exact else max(informed, lower), informed, policy, count, tuple(stages)


def _beliefs(process: BeliefProcess) -> np.ndarray:
    """Returns the beliefs at which vectors stay exact after the time limit: corners, middle and first beliefs."""
    hidden = process.num_hidden
    first = process.roots / process.roots.sum(1, keepdims=True)
    return np.vstack([np.eye(hidden), np.full((1, hidden), 1 / hidden), first])


def _check(model: Any, horizon: int | None, discount: float, method: str, process: BeliefProcess) -> int:
    """Returns the number of steps to plan for."""
    if method not in METHODS:
        raise SettingError(f"unknown method {method!r}.{did_you_mean(str(method), METHODS) or ' Known: tree, alpha'}")
    if not 0 < discount <= 1:
        raise SettingError(f"discount must lie in (0, 1], got {discount!r}")
    steps = model.horizon if horizon is None else horizon
    if isinstance(steps, bool) or not isinstance(steps, int | np.integer) or steps < (horizon is not None):
        raise SettingError(f"horizon must be a whole number of at least 1, got {horizon!r:.60}")
    if steps:
        return int(steps)
    if discount == 1:
        raise SettingError("this model has no end; give a horizon, or a discount below 1")
    spread = max(float(np.ptp(process.rewards)), 1e-12)
    scale = max(1.0, float(np.abs(process.rewards).max()))
    return max(1, math.ceil(math.log(GAP * scale * (1 - discount) / spread) / math.log(discount)))
