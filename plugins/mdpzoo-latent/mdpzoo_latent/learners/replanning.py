"""A learner's plan from its counts: estimate, be optimistic, pass values back through the tree of histories."""

import math
from typing import Any

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.models import LatentMDP
from mdpzoo_latent.learners.designs import IGNORED, POSTERIOR
from mdpzoo_latent.learners.records import Learner
from mdpzoo_latent.planning.tree_kernels import BALLS, INTERVALS, VARIANCE, back_up, propagate

NEVER = 1 << 62


def replan(learner: Learner) -> None:
    """Plans from the current counts. Costs O(n A S M) with n histories."""
    settings, counts, plan, tree = learner.settings, learner.counts, learner.plan, learner.tree
    high = settings.reward_range[1]
    kernels, rewards = estimates(learner)
    plan.kernels[:] = kernels.transpose(1, 2, 3, 0).reshape(plan.kernels.shape)
    prior = counts.starts + 1 / counts.starts.size  # of context and first state
    plan.beliefs[: tree.levels[1]] = (prior / prior.sum(0)).T[tree.visible[: tree.levels[1]]]
    process = tree.process
    actions = counts.visits.shape[2]
    propagate(process.offsets, plan.kernels, actions, tree.levels, tree.visible, tree.child, plan.beliefs)
    bonus = bonuses(learner)
    mode, horizon = learner.design.mode, settings.horizon
    assert horizon is not None
    caps = high * np.arange(horizon, 0, -1.0)
    plan.leaves[:] = rewards.transpose(1, 2, 0)
    if mode == VARIANCE:
        plan.leaves[:] = np.minimum(plan.leaves + bonus[1] / np.maximum(counts.visits, 1).transpose(1, 2, 0), high)
    own = np.ascontiguousarray(rewards.transpose(1, 2, 0))
    leaves = plan.leaves if horizon > 1 else np.zeros_like(plan.leaves)
    back_up(
        process.offsets, process.targets, plan.kernels, own, 1.0, tree.levels, tree.visible, plan.beliefs, tree.child,
        leaves, mode, counts.visits, bonus, caps, np.zeros(plan.beliefs.shape), plan.chosen,
    )  # fmt: skip
    counts.planned[:] = counts.visits
    learner.plans += 1


def longest(learner: Learner, before: int) -> int:
    """Returns the maximum number of episodes of the current plan; the previous one was played for ``before``.

    A sampled model is played for one episode more than the last (Ouyang, Gagrani, Nayyar and Jain 2017); other plans
    until a count has doubled.
    """
    return before + 1 if learner.design.sampled else NEVER


def estimates(learner: Learner) -> tuple[np.ndarray, np.ndarray]:
    """Returns kernels ``[M, S, A, S]`` and rewards ``[M, S, A]`` to plan with.

    Counts are smoothed by one visit with uniform next states, so that a move not seen yet excludes no context. A
    reward not seen yet is the largest one, or drawn uniformly if the model is sampled.
    """
    counts, (low, high) = learner.counts, learner.settings.reward_range
    states = counts.moves.shape[-1]
    smooth = counts.moves + 1 / states
    unseen = np.full(counts.paid.shape, high)
    if learner.design.sampled:
        smooth = learner.generator.gamma(np.maximum(smooth, 1e-3)) + 1e-12
        unseen = learner.generator.uniform(low, high, counts.paid.shape)
    kernels = smooth / smooth.sum(-1, keepdims=True)
    rewards = np.where(counts.visits > 0, counts.paid / np.maximum(counts.visits, 1e-12), unseen)
    return kernels, rewards


def bonuses(learner: Learner) -> np.ndarray:
    """Returns the factors of the two terms of a bonus or a radius, ``[2]``; see ``back_up``."""
    settings, mode = learner.settings, learner.design.mode
    contexts, states, actions = learner.counts.visits.shape
    assert settings.horizon is not None
    size = settings.horizon * (settings.reward_range[1] - settings.reward_range[0])  # of an episode's return
    iota = 2 * math.log(2 * contexts * states * actions * settings.horizon * settings.episodes / settings.delta)
    if mode == VARIANCE and learner.design.label == IGNORED:
        found = (math.sqrt(8 * iota / 2 / states), 14 / 3 * size * iota / 2)
    elif mode == VARIANCE:
        found = (4 * math.sqrt(iota), 16 * states * size * iota)
    elif mode == INTERVALS:
        found = (2 * math.sqrt(iota), 5 * iota)
    elif mode == BALLS:
        found = (math.sqrt(14 * states * iota / 2), 0.0)
    else:
        found = (0.0, 0.0)
    scale = learner.design.scale if settings.bonus_scale is None else settings.bonus_scale
    return scale * np.array(found)


def start_from(learner: Learner, initial: Any, model: LatentMDP | None) -> None:
    """Fills the counts of a learner without hindsight with an initial model; see ``LearnerSettings.initial``.

    Raises:
        SettingError: if it needs one and has none, or the model does not fit.
    """
    if learner.design.label != POSTERIOR:
        return
    shape = learner.counts.moves.shape
    kernels, rewards = _initial(initial, model, shape)
    if kernels.shape != shape or rewards.shape != shape[:3]:
        raise SettingError(f"initial must have transitions {list(shape)} and rewards {list(shape[:3])}")
    count = learner.settings.initial_count
    learner.counts.visits[:] = count
    learner.counts.moves[:] = count * kernels
    learner.counts.paid[:] = count * rewards


def _initial(initial: Any, model: LatentMDP | None, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    if not isinstance(initial, dict):
        raise SettingError(
            "l-ucrl without hindsight needs an initial model; give initial={'transitions': ..., 'rewards': ...}, "
            "or {'noise': 0.3, 'seed': 0}"
        )
    if "noise" not in initial:
        try:
            return np.array(initial["transitions"], np.float64), np.array(initial["rewards"], np.float64)
        except (KeyError, TypeError, ValueError):
            raise SettingError(f"initial must have transitions and rewards, got {sorted(initial)!s:.60}") from None
    share, generator = float(initial["noise"]), np.random.default_rng(initial.get("seed", 0))
    if not 0 <= share <= 1:
        raise SettingError(f"the noise of an initial model must lie in [0, 1], got {share}")
    kernels, rewards = generator.dirichlet(np.ones(shape[-1]), shape[:3]), generator.random(shape[:3])
    if share == 1:
        return kernels, rewards
    if model is None:
        raise SettingError("an initial model with noise below 1 needs an environment with a LatentMDP")
    return (1 - share) * model.transitions + share * kernels, (1 - share) * model.rewards + share * rewards
