"""Learning curves against the exact optimum: regret of every episode, from the policies' exact values.

Regret is the sum over episodes of V* - V^pi, both exact: a policy is constant between two plans, and its value is
computed in the tree of histories. V* is the optimum over policies of histories, not that of a planner that knows the
context.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mdpzoo import registry, streams
from mdpzoo.codes import build
from mdpzoo.errors import SettingError
from mdpzoo.models import LatentMDP
from mdpzoo.models.outcomes import threshold_rows
from mdpzoo_latent.learners.building import learner_for
from mdpzoo_latent.learners.playing import play
from mdpzoo_latent.learners.records import Learner
from mdpzoo_latent.learners.replanning import longest, replan
from mdpzoo_latent.planning.planner import plan
from mdpzoo_latent.planning.tree_kernels import evaluate_choices

POINTS = 200


@dataclass(frozen=True, eq=False)
class LatentStudy:
    """The result of ``simulate``.

    Attributes:
        agent: the learner.
        at: ``[points]`` int64, numbers of episodes.
        regret: ``[seeds, points]`` float64, summed over the episodes so far.
        values: ``[seeds, points]`` float64, the exact value of the policy played in the previous episode.
        optimum: the best value of a policy of histories.
        informed: the best value of a policy that knows the context.
        plans: ``[seeds]``, number of plans of each learner.
    """

    agent: str
    at: np.ndarray
    regret: np.ndarray
    values: np.ndarray
    optimum: float
    informed: float
    plans: list[int]

    def growth(self, since: int) -> np.ndarray:
        """Returns for each seed the exponent with which regret has grown since an episode, ``[seeds]``.

        It is log(R_K / R_k) / log(K / k) with k the first point at or after ``since``; 0 if regret has not grown.
        """
        first = int(np.searchsorted(self.at, since))
        ratio = self.regret[:, -1] / np.maximum(self.regret[:, first], 1e-12)
        return np.log(np.maximum(ratio, 1.0)) / np.log(self.at[-1] / self.at[first])


def simulate(
    model: LatentMDP | str,
    agent: str,
    episodes: int,
    seeds: int | Sequence[int] = 10,
    *,
    points: int = POINTS,
    environment: dict[str, Any] | None = None,
    **settings: Any,
) -> LatentStudy:
    """Runs a learner in a latent MDP, in compiled code.

    Args:
        model: a latent MDP with a horizon and without terminal states, or the id of an environment of one.
        agent: a learner of ``designs.DESIGNS``.
        episodes: of each run.
        seeds: a number of runs, from seed 0, or the seeds.
        points: of the curve.
        environment: settings of the environment, if an id is given.
        **settings: the learner's.

    Raises:
        SettingError: if the model has no horizon or terminal states, or a setting is unknown or out of its range.
    """
    if isinstance(model, str):
        model = build(registry.environment(model).rules, _own_settings(model, environment))
    if not isinstance(model, LatentMDP) or not model.horizon or model.terminal.any():
        raise SettingError("simulate needs a LatentMDP with a horizon and without terminal states")
    if episodes < 1 or points < 1:
        raise SettingError(f"episodes and points must be at least 1, got {episodes} and {points}")
    chosen = list(range(seeds)) if isinstance(seeds, int) else list(seeds)
    settings = {"episodes": episodes, **settings}
    exact, truth = plan(model), Truth.of(model)
    at = np.unique(np.linspace(0, episodes, points + 1).astype(np.int64)[1:])
    regret, values, plans = np.zeros((len(chosen), len(at))), np.zeros((len(chosen), len(at))), []
    for row, seed in enumerate(chosen):
        learner = learner_for(agent, settings, model.num_states, model.num_actions, model, seed)
        changes, found = run(learner, truth, seed, episodes)
        lengths = np.diff([*changes, episodes])
        each = np.repeat(found, lengths)
        regret[row] = np.cumsum(exact.value - each)[at - 1]
        values[row] = each[at - 1]
        plans.append(learner.plans)
    return LatentStudy(agent, at, regret, values, exact.value, exact.informed, plans)


@dataclass(frozen=True, eq=False)
class Truth:
    """A latent MDP in the form of the compiled loop; see ``playing.play``.

    Attributes:
        start_limits: ``[1, M S - 1]``.
        limits: ``[M S A, S - 1]``.
        given: ``[M S A, S]`` rewards.
        horizon: steps of an episode.
        kernels: ``[S A S, M, 1]``.
        rewards: ``[S, A, M]``.
        start: ``[M, S]``, the joint probability of context and first state.
    """

    start_limits: np.ndarray
    limits: np.ndarray
    given: np.ndarray
    horizon: int
    kernels: np.ndarray
    rewards: np.ndarray
    start: np.ndarray

    @classmethod
    def of(cls, model: LatentMDP) -> "Truth":
        """Converts a model."""
        count, states = model.num_contexts, model.num_states
        every, start = model.transitions, model.weights[:, None] * model.start
        given = np.stack([each.to_arrays()[1] for each in model.models])
        return cls(
            threshold_rows(start.reshape(1, -1)), threshold_rows(every.reshape(-1, states)),
            given.reshape(-1, states), model.horizon,
            np.ascontiguousarray(every.transpose(1, 2, 3, 0).reshape(-1, count, 1)),
            np.ascontiguousarray(model.rewards.transpose(1, 2, 0)), start,
        )  # fmt: skip


def run(learner: Learner, truth: Truth, seed: int, episodes: int) -> tuple[list[int], list[float]]:
    """Runs a learner.

    Returns:
        The first episode of each of its plans, beginning with 0, and the exact values of the plans.
    """
    position, played = streams.key(seed), 0
    changes, values = [], []
    counts, made, done = learner.counts, learner.plan, 0
    while played < episodes:
        replan(learner)
        changes.append(played)
        values.append(value_of(learner, truth))
        most = min(episodes - played, longest(learner, done))
        done, position = play(
            truth.start_limits, truth.limits, truth.given, truth.horizon, np.uint64(position), most, learner.roots,
            learner.tree.child, *made[:2], made.leaves, made.chosen, learner.design.label,
            *map(float, learner.settings.reward_range), *counts,
        )  # fmt: skip
        played += done
    return changes, values


def value_of(learner: Learner, truth: Truth) -> float:
    """Returns the exact value of a learner's current plan. Costs O(n S M) with n histories."""
    tree, made = learner.tree, learner.plan
    alpha = np.zeros((len(tree.visible), truth.rewards.shape[2]))
    paid = truth.rewards.copy()
    leaves = made.leaves
    if truth.horizon == 1:
        leaves, paid = np.zeros_like(leaves), np.zeros_like(paid)
    evaluate_choices(
        tree.process.offsets, tree.process.targets, truth.kernels, made.kernels, truth.rewards, 1.0, tree.levels,
        tree.visible, made.beliefs, tree.child, leaves, paid, made.chosen, alpha,
    )  # fmt: skip
    roots = learner.roots[truth.start.any(0)]
    return float((truth.start[:, truth.start.any(0)].T * alpha[roots]).sum())


def _own_settings(id: str, settings: dict[str, Any] | None) -> dict[str, Any]:
    return {**registry.environment(id).settings, **(settings or {})}
